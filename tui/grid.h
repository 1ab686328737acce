/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table on screen: columns that come and go with the width, rows sorted, filtered, marked, searched.
 * It knows nothing of what the rows are: a view gives it an array of anything with a const table of
 * operations. The selection sticks to a row's identity, not to its place, except at the top, where
 * it stays at the top, so that a hot-first table shows the hottest row's details by itself.
 */
#ifndef SKEWTOP_TUI_GRID_H
#define SKEWTOP_TUI_GRID_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tui/canvas.h"
#include "tui/columns.h"
#include "tui/keys.h"

struct frame;

enum { GRID_MARKS = 256, GRID_TEXT = 64 };

struct grid_ops {
	const struct column *columns;
	int n_columns;
	/* A cell's text; returns the role it is drawn in. `rows` is the view's array. */
	enum theme_role (*cell)(const void *rows, int index, int column, char *buf, size_t size);
	double (*number)(const void *rows, int index, int column); /* to sort by */
	uint64_t (*identity)(const void *rows, int index);	    /* unique, stable over frames */
	bool (*idle)(const void *rows, int index);	  /* hidden while idle rows are */
	const char *(*title)(const void *rows, int column); /* instead of the column's, or NULL */
	int (*twin)(const void *rows, int column); /* the one that has the same figures just now, or -1 */
	void (*draw)(const void *rows, int index, int column, const struct canvas *canvas, int y,
		int x, int width); /* picture columns */
};

struct grid {
	const struct grid_ops *ops;
	const void *rows; /* the view's, valid from grid_arrange() until the next frame */
	int *order;	  /* owned; indexes of the rows that are shown, in order */
	int n, room;
	int n_all, n_idle, n_filtered; /* rows there are; of them hidden as idle, by the filter */
	int sort;	  /* column */
	bool reverse;
	bool at_top;	  /* the selection stays at the first row */
	uint64_t selected;
	int at;		  /* place of the selection in order, -1: no rows */
	int top;	  /* place of the first row on screen */
	int height;	  /* rows on screen, of the last drawing */
	int first_column; /* scrolled to the right by so many columns */
	uint64_t mark[GRID_MARKS];
	int n_marks;
	char find[GRID_TEXT];
	char filter[GRID_TEXT];
	uint32_t hidden_columns; /* bit c: the setup hides column c */
	struct layout layout;	 /* of the last arranging */
	uint32_t drawn_columns;	 /* bit c: column c is on screen */
};

void grid_init(struct grid *grid, const struct grid_ops *ops, int sort);
void grid_free(struct grid *grid);

/*
 * Takes the rows of this frame, for an area of the frame's width: sorts, filters, finds the selection again. The
 * filter looks at the columns that this width has room for. -ENOMEM.
 */
int grid_arrange(struct grid *grid, const void *rows, int n, const struct frame *frame, bool hide_idle);

/*
 * Draws the head and as many rows as fit; a last line says what is not shown ("more" is what the view
 * says of the rows below; "" for just their number).
 */
void grid_draw(struct grid *grid, const struct canvas *canvas, struct area area, const char *more);

/* Selects what is at a place; sorts by a column, the other way round if it already does. */
void grid_select(struct grid *grid, int place);
void grid_click_column(struct grid *grid, int column);

/* The selected row's index in the view's array, or -1. */
int grid_selected(const struct grid *grid);

/* Moves, sorts, marks. True if the action was one of these. */
bool grid_act(struct grid *grid, enum action action);

/* Selects the next row (step 1 or -1) that has `text` in a text cell that is drawn. False: none. */
bool grid_find(struct grid *grid, const char *text, int step, bool from_here);
void grid_filter(struct grid *grid, const char *text);
bool grid_marked(const struct grid *grid, int index);

/* Sorts by a column named by the start of its id or title. False: there is none. */
bool grid_sort_by(struct grid *grid, const char *name);

/* The ids of the sortable columns, separated by blanks. */
void grid_sort_names(const struct grid *grid, char *buf, size_t size);

#endif
