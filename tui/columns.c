/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/columns.h"

enum { RANKS = 9 };

static bool wanted(const struct column *column, int c, uint32_t hidden, int rank)
{
	return column->rank <= rank && !(hidden >> c & 1);
}

static int width_with(const struct column *columns, int n, uint32_t hidden, int rank)
{
	int width = -COLUMN_GAP;

	for (int c = 0; c < n; c++)
		if (wanted(&columns[c], c, hidden, rank))
			width += columns[c].width + COLUMN_GAP;
	return width;
}

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

struct layout layout_make(
	const struct column *columns, int n, uint32_t hidden, int scrolled, int width)
{
	struct layout layout = { 0 };
	int rank = 0, used = -COLUMN_GAP;

	while (rank < RANKS && width_with(columns, n, hidden, rank + 1) <= width)
		rank++;
	if (scrolled)
		rank = RANKS;
	for (int c = 0; c < n && layout.n < COLUMNS_MAX; c++) {
		if (!wanted(&columns[c], c, hidden, rank))
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
