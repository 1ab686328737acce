/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns that come and go with the width: of tables and of the pane of trace lines alike. */
#ifndef SKEWTOP_TUI_COLUMNS_H
#define SKEWTOP_TUI_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

enum { COLUMNS_MAX = 24, COLUMN_GAP = 2, COLUMN_RANKS = 9 };

struct column {
	int what;	   /* the view's own name for what is in it */
	const char *id;	   /* in the config file, the sort prompt and exports */
	const char *title;
	int width;	   /* least columns of the screen */
	int most;	   /* spare room goes to it up to this width; 0: never */
	int rank;	   /* 0: always there; of the others the lowest stay longest when it gets narrow */
	bool text;	   /* left-aligned, sorted as text, ascending at first */
	bool picture;	   /* drawn, not written; not sorted, not exported */
	bool optional;	   /* only where the setup asks for it */
};

struct layout {
	int n;
	int column[COLUMNS_MAX];
	int width[COLUMNS_MAX];
};

/*
 * The columns that `width` has room for, with what is left over shared among those that can use it.
 * Bit c of `hidden` takes column c away; the first `scrolled` columns after the first, which names the
 * row, are passed over. Numbers are there whole or not at all: half of one would be another number.
 */
struct layout layout_make(
	const struct column *columns, int n, uint32_t hidden, int scrolled, int width);

/* Bit c: the layout has column c. */
uint32_t layout_drawn(const struct layout *layout);

#endif
