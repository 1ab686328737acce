/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/columns.h"

#include <stddef.h>

enum { TEXT_LEAST = 5 };

static void share_spare(const struct column *columns, struct layout *layout, int spare)
{
	bool grew = true;

	while (spare > 0 && grew) {
		grew = false;
		for (int i = 0; i < layout->n && spare > 0; i++) {
			if (layout->width[i] >= columns[layout->column[i]].most)
				continue;
			layout->width[i]++;
			spare--;
			grew = true;
		}
	}
}

/* The columns that fit, by rank: a wide one that does not leaves room for narrower ones behind it. */
static uint32_t choose(const struct column *columns, int n, uint32_t hidden, int width)
{
	uint32_t chosen = 0;
	int used = -COLUMN_GAP;

	for (int rank = 0; rank <= COLUMN_RANKS; rank++) {
		for (int c = 0; c < n; c++) {
			int more = columns[c].width + COLUMN_GAP;

			if (columns[c].rank != rank || hidden >> c & 1)
				continue;
			if (rank && used + more > width)
				continue;
			chosen |= UINT32_C(1) << c;
			used += more;
		}
	}
	return chosen;
}

/* Columns that the layout has too many of, up to its last number. */
static int excess_of(const struct column *columns, const struct layout *layout, int width)
{
	int used = -COLUMN_GAP, excess = 0;

	for (int i = 0; i < layout->n; i++) {
		used += layout->width[i] + COLUMN_GAP;
		if (!columns[layout->column[i]].text)
			excess = used - width;
	}
	return excess;
}

/* Names give way to numbers, the longest first. */
static void shorten_text(const struct column *columns, struct layout *layout, int width)
{
	while (excess_of(columns, layout, width) > 0) {
		int *widest = NULL;

		for (int i = 0; i < layout->n; i++)
			if (columns[layout->column[i]].text && (!widest || layout->width[i] > *widest))
				widest = &layout->width[i];
		if (!widest || *widest <= TEXT_LEAST)
			return;
		--*widest;
	}
}

/* Leaves out what does not fit; of text a piece is worth having. */
static void clip(const struct column *columns, struct layout *layout, int width)
{
	int n = 0;

	for (int i = 0, x = 0; i < layout->n && x < width; i++) {
		int room = width - x;

		x += layout->width[i] + COLUMN_GAP;
		if (layout->width[i] > room && !columns[layout->column[i]].text)
			continue;
		layout->column[n] = layout->column[i];
		layout->width[n++] = layout->width[i] < room ? layout->width[i] : room;
	}
	layout->n = n;
}

struct layout layout_make(
	const struct column *columns, int n, uint32_t hidden, int scrolled, int width)
{
	struct layout layout = { 0 };
	uint32_t chosen = scrolled ? ~hidden : choose(columns, n, hidden, width);
	int used = -COLUMN_GAP, passed = scrolled;

	for (int c = 0; c < n && layout.n < COLUMNS_MAX; c++) {
		if (!(chosen >> c & 1))
			continue;
		if (layout.n && passed-- > 0)
			continue;
		layout.column[layout.n] = c;
		layout.width[layout.n++] = columns[c].width;
		used += columns[c].width + COLUMN_GAP;
	}
	share_spare(columns, &layout, width - used);
	if (!scrolled)
		shorten_text(columns, &layout, width);
	clip(columns, &layout, width);
	return layout;
}

uint32_t layout_drawn(const struct layout *layout)
{
	uint32_t drawn = 0;

	for (int i = 0; i < layout->n; i++)
		drawn |= UINT32_C(1) << layout->column[i];
	return drawn;
}
