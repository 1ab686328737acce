/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/columns.h"

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

struct layout layout_make(
	const struct column *columns, int n, uint32_t hidden, int scrolled, int width)
{
	struct layout layout = { 0 };
	uint32_t chosen = scrolled ? ~hidden : choose(columns, n, hidden, width);
	int used = -COLUMN_GAP;

	for (int c = 0; c < n && layout.n < COLUMNS_MAX; c++) {
		if (!(chosen >> c & 1))
			continue;
		if (layout.n && scrolled-- > 0)
			continue;
		layout.column[layout.n] = c;
		layout.width[layout.n++] = columns[c].width;
		used += columns[c].width + COLUMN_GAP;
	}
	share_spare(columns, &layout, width - used);
	return layout;
}

uint32_t layout_drawn(const struct layout *layout, int width)
{
	uint32_t drawn = 0;

	for (int i = 0, x = 0; i < layout->n && x < width; i++) {
		drawn |= UINT32_C(1) << layout->column[i];
		x += layout->width[i] + COLUMN_GAP;
	}
	return drawn;
}
