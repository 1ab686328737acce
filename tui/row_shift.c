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

/* True if the row's shift is in stdscr now; the row itself is in `is`. */
static bool shift_row(int y, cchar_t *was, cchar_t *is, int width)
{
	struct row_shift shift;

	memset(was, 0, (width + 1) * sizeof(*was));
	memset(is, 0, (width + 1) * sizeof(*is));
	mvwin_wchnstr(curscr, y, 0, was, width);
	mvin_wchnstr(y, 0, is, width);
	shift = row_shift_find(was, is, width);
	if (!shift.saved || !one_column_each(was, width) || !one_column_each(is, width))
		return false;
	put_without(y, was, shift.at, width);
	return true;
}

void row_shift_apply(void)
{
	int height = getmaxy(stdscr), width = getmaxx(stdscr), y, x, shifted = 0;
	cchar_t *was, *rows;

	if (is_cleared(curscr) || !parm_dch || getmaxy(curscr) != height || getmaxx(curscr) != width)
		return;
	was = calloc(width + 1, sizeof(*was));
	rows = calloc(height * (size_t)(width + 1), sizeof(*rows));
	getyx(stdscr, y, x);
	for (int row = 0; was && rows && row < height; row++) {
		cchar_t *is = rows + row * (size_t)(width + 1);

		if (shift_row(row, was, is, width))
			shifted++;
		else
			is[0].chars[0] = L'\0';
	}
	if (shifted) {
		wnoutrefresh(stdscr);
		doupdate();
		for (int row = 0; row < height; row++)
			if (rows[row * (size_t)(width + 1)].chars[0])
				mvadd_wchnstr(row, 0, rows + row * (size_t)(width + 1), width);
	}
	move(y, x);
	free(rows);
	free(was);
}
