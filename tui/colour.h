/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Colours on the terminal: roles and gradients of a theme as ncurses attributes and pairs.
 *
 * Pairs go beyond 255, where COLOR_PAIR() draws the wrong one: set them with paint_set() (attr_set(3x)
 * with the pair in opts) and never through an attribute. The user's palette is never edited.
 */
#ifndef SKEWTOP_COLOUR_H
#define SKEWTOP_COLOUR_H

#include <ncurses.h>

#include "tui/colour_plan.h"
#include "tui/theme.h"

/* colour_new(): find out what the terminal can do. */
#define DEPTH_AUTO DEPTH_COUNT

struct colour;

struct paint {
	attr_t attr; /* A_BOLD and the like, without a pair */
	int pair;
};

/*
 * After initscr(3x) or newterm(3x). `depth` is DEPTH_AUTO or what is wanted; what the terminal does not
 * have is not given, and a non-empty $NO_COLOR gives no colour at all in DEPTH_AUTO. Starts with the
 * built-in theme. NULL: no memory. It belongs to the screen it was made on.
 */
struct colour *colour_new(enum colour_depth depth);
void colour_free(struct colour *colour); /* NULL is fine */

/*
 * Takes the colours of a theme (copied). Pairs are given anew, so repaint every window afterwards; a
 * paint kept from before is no longer good.
 */
void colour_use(struct colour *colour, const struct theme *theme);

enum colour_depth colour_depth(const struct colour *colour);

struct paint colour_role(const struct colour *colour, enum theme_role role);

/* `percent` below 0 counts as 0, above 100 as 100. */
struct paint colour_gradient(const struct colour *colour, enum theme_gradient gradient, int percent);

/* What is drawn in `win` from now on looks like this. */
void paint_set(WINDOW *win, struct paint paint);

/*
 * Gives `win` the theme's background: blanks, and what werase(3x) leaves, show it. For each window, when
 * it is made and after colour_use(). Costs nothing for a theme without a background.
 */
void colour_background(const struct colour *colour, WINDOW *win);

#endif
