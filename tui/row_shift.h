/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A history line that moves on by a cell is moved by the terminal, with one character deleted at its start,
 * instead of being written again: some 20 bytes a row, however long the line. ncurses deletes characters
 * where the end of a row moves to the left; it does not look for a part of a row that does.
 */
#ifndef SKEWTOP_TUI_ROW_SHIFT_H
#define SKEWTOP_TUI_ROW_SHIFT_H

#include <ncurses.h>

/* The cell to delete in a row, and the cells that need not be written then; 0 saved: it is no gain. */
struct row_shift {
	int at;
	int saved;
};

/* `was` is on screen and `is` is to be; each has `width` cells. */
struct row_shift row_shift_find(const cchar_t *was, const cchar_t *is, int width);

/*
 * Moves, on the terminal, what has moved in stdscr, just before it is put on screen; leaves stdscr as it
 * is. Rows with characters that are not one column wide are left to ncurses, and out of memory all are.
 */
void row_shift_apply(void);

#endif
