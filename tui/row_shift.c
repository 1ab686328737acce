/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/row_shift.h"

#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <wchar.h>

/* Deleting costs a jump of the cursor and a sequence; glyphs have three bytes. Below this it is no gain. */
enum { WORTH_CELLS = 5 };

/* Cells that ncurses keeps as equal but with other bytes would only be taken for different ones. */
static bool same_cell(const cchar_t *a, const cchar_t *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Cells to write: as things are, and (shift 1) from `at` on after a cell was deleted there. */
static int different(const cchar_t *was, const cchar_t *is, int at, int width, int shift)
{
	int n = shift;

	for (int x = at; x + shift < width; x++)
		n += !same_cell(&was[x + shift], &is[x]);
	return n;
}

struct row_shift row_shift_find(const cchar_t *was, const cchar_t *is, int width)
{
	struct row_shift best = { 0 }, run = { 0 };

	for (int x = 0; x + 1 < width; x++) {
		if (!same_cell(&was[x + 1], &is[x])) {
			run = (struct row_shift){ .at = x + 1 };
			continue;
		}
		run.saved += !same_cell(&was[x], &is[x]);
		if (run.saved > best.saved)
			best = run;
	}
	if (!best.saved)
		return best;
	/* What comes after the part that moved has moved as well, and must be written again. */
	best.saved = different(was, is, best.at, width, 0) - different(was, is, best.at, width, 1);
	return best.saved >= WORTH_CELLS ? best : (struct row_shift){ 0 };
}

static bool one_column_each(const cchar_t *cells, int width)
{
	for (int x = 0; x < width; x++)
		if (wcwidth(cells[x].chars[0]) != 1)
			return false;
	return true;
}

/* The row on screen without its cell `at`, into stdscr. */
static void put_without(int y, const cchar_t *was, int at, int width)
{
	cchar_t blank;

	setcchar(&blank, L" ", A_NORMAL, 0, NULL);
	mvadd_wchnstr(y, 0, was, at);
	mvadd_wchnstr(y, at, was + at + 1, width - at - 1);
	mvadd_wchnstr(y, width - 1, &blank, 1);
}

/* The shift of a row of stdscr against the screen; `was` and `is` take its cells, there and here. */
static struct row_shift find_in_row(int y, cchar_t *was, cchar_t *is, int width)
{
	static const struct row_shift none = { 0 };
	struct row_shift shift;

	memset(was, 0, width * sizeof(*was));
	memset(is, 0, width * sizeof(*is));
	mvwin_wchnstr(curscr, y, 0, was, width);
	mvin_wchnstr(y, 0, is, width);
	if (!memcmp(was, is, width * sizeof(*was)))
		return none;
	shift = row_shift_find(was, is, width);
	return shift.saved && one_column_each(was, width) && one_column_each(is, width) ? shift : none;
}

void row_shift_apply(void)
{
	int height = getmaxy(stdscr), width = getmaxx(stdscr), y, x;
	WINDOW *final = NULL; /* stdscr as it is to be, once a row of it shows a step on the way */
	cchar_t *cells;

	if (is_cleared(curscr) || !parm_dch || getmaxy(curscr) != height || getmaxx(curscr) != width)
		return;
	/* One more for each row: ncurses ends what it reads with an empty cell. */
	cells = calloc(2 * (width + 1), sizeof(*cells));
	getyx(stdscr, y, x);
	for (int row = 0; cells && row < height; row++) {
		struct row_shift shift = find_in_row(row, cells, cells + width + 1, width);

		if (!shift.saved)
			continue;
		if (!final)
			final = dupwin(stdscr);
		if (!final)
			break;
		put_without(row, cells, shift.at, width);
	}
	if (final) {
		wnoutrefresh(stdscr);
		doupdate();
		copywin(final, stdscr, 0, 0, 0, 0, height - 1, width - 1, FALSE);
		delwin(final);
	}
	move(y, x);
	free(cells);
}
