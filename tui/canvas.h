/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where views draw: a window, its colours, and what kind of characters the terminal takes. Everything
 * that reaches the screen goes through here, clipped to the columns it was given, so that no text,
 * however long or wide, runs into its neighbour.
 */
#ifndef SKEWTOP_TUI_CANVAS_H
#define SKEWTOP_TUI_CANVAS_H

#include <ncurses.h>
#include <stdbool.h>

#include "tui/colour.h"
#include "tui/theme.h"

struct hits;

struct canvas {
	WINDOW *window;
	const struct colour *colour;
	struct hits *hits; /* where the mouse can click; NULL: no mouse */
	bool utf8;	   /* glyphs beyond ASCII may be drawn */
	bool braille;	   /* history lines are, where utf8 */
	bool plain;	   /* no lines and no glyphs, for screen readers */
};

/* A rectangle of cells. */
struct area {
	int y, x, h, w;
};

/* The first `h` rows of an area, taken off its top (or bottom); less if there are fewer. */
struct area area_take_top(struct area *area, int h);
struct area area_take_bottom(struct area *area, int h);

/*
 * Writes text at row y, from column x on, in at most `width` columns; a character that would be cut in
 * half is left out. Returns the columns used. Text is UTF-8 that sanitize() has seen.
 */
int canvas_text(const struct canvas *canvas, int y, int x, int width, struct paint paint,
	const char *text);

/* The same in a role's paint. */
int canvas_role(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text);

/* Text that may be too long for its place: then its last column says so, by this mark. */
int canvas_cut(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text);
int canvas_printf(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *format, ...) __attribute__((format(printf, 6, 7)));
const char *canvas_mark(const struct canvas *canvas);

/* Text that is there whole or not at all: 0 columns. */
int canvas_whole(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text);

/* Right-aligned in the `width` columns that start at x; text that is wider loses its end. */
void canvas_right(const struct canvas *canvas, int y, int x, int width, enum theme_role role,
	const char *text);

/* `width` blanks, to give a row its background. */
void canvas_blank(const struct canvas *canvas, int y, int x, int width, enum theme_role role);

/* A rule across the area's width, with a title in it ("" none). Plain canvases get the title only. */
void canvas_rule(const struct canvas *canvas, int y, int x, int width, const char *title);

/* Columns that the text takes on a screen. */
int text_columns(const char *text);

#endif
