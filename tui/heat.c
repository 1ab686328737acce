/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/heat.h"

#include <stdio.h>

#include "core/output/number.h"
#include "tui/spark.h"

enum { LABEL = 11, SHARE = 5 };

/* Cells in a row: a power of two times 64, so that CPU numbers line up. */
static int row_cells(int width)
{
	int room = width - LABEL - SHARE;

	if (room >= 256)
		return 256;
	if (room >= 128)
		return 128;
	if (room >= 64)
		return 64;
	return room >= 32 ? 32 : room >= 16 ? 16 : room > 0 ? room : 1;
}

/* Groups of the node that group `i` belongs to. */
static int node_size(const struct cpu_groups *groups, int i)
{
	int n = 1;

	while (i + n < groups->n && groups->list[i + n].node == groups->list[i].node)
		n++;
	return n;
}

static int rows_with(const struct cpu_groups *groups, int per_row)
{
	int rows = 0;

	for (int i = 0; i < groups->n; i += node_size(groups, i))
		rows += (node_size(groups, i) + per_row - 1) / per_row;
	return rows;
}

int heat_rows(const struct cpu_groups *groups, int width)
{
	return rows_with(groups, row_cells(width));
}

struct heat {
	const struct canvas *canvas;
	const struct cpu_groups *groups;
	const double *values;
	double largest, sum;
	enum theme_gradient gradient;
	int cells;  /* to a row */
	int folded; /* groups to a cell */
	int hot;
};

static void draw_cell(const struct heat *heat, int y, int x, int first, int end)
{
	char letter[2] = "x";
	double value = 0;
	bool online = false;
	struct paint paint;

	for (int i = first; i < first + heat->folded && i < end; i++) {
		if (heat->values[i] > value)
			value = heat->values[i];
		online |= heat->groups->list[i].online;
	}
	if (online || value > 0)
		letter[0] = level_letter(value, heat->largest);
	paint = value > 0 ? colour_gradient(heat->canvas->colour, heat->gradient,
				    (int)(value / heat->largest * 100)) :
			    colour_role(heat->canvas->colour, ROLE_DIM);
	if (heat->hot >= first && heat->hot < first + heat->folded)
		paint.attr |= A_BOLD | A_UNDERLINE;
	canvas_text(heat->canvas, y, x, 1, paint, letter);
}

/* One row of cells with its label and its share of the sum; groups first ... end-1 of one node. */
static void draw_row(const struct heat *heat, int y, int x, int first, int end, bool names_node)
{
	const struct cpu_groups *groups = heat->groups;
	double sum = 0;
	char label[32] = "";

	if (names_node)
		snprintf(label, sizeof(label), "node%d", groups->list[first].node);
	if (groups->group == GROUP_BY_NODE || groups->group == GROUP_ALL)
		canvas_role(heat->canvas, y, x, LABEL - 1, ROLE_GRAPH, label);
	else
		canvas_printf(heat->canvas, y, x, LABEL - 1, ROLE_GRAPH, "%-5.5s%5d", label,
			groups->list[first].id);
	for (int i = first, cell = 0; i < end; i += heat->folded, cell++)
		draw_cell(heat, y, x + LABEL + cell, i, end);
	for (int i = first; i < end; i++)
		sum += heat->values[i];
	canvas_printf(heat->canvas, y, x + LABEL + heat->cells, SHARE, ROLE_GRAPH, "%4.0f%%",
		heat->sum > 0 ? sum / heat->sum * 100 : 0);
}

int heat_draw(const struct canvas *canvas, struct area area, const struct cpu_groups *groups,
	const double *values, int hot, enum theme_gradient gradient)
{
	struct heat heat = {
		.canvas = canvas,
		.groups = groups,
		.values = values,
		.gradient = gradient,
		.cells = row_cells(area.w),
		.folded = 1,
		.hot = hot,
	};
	int y = area.y;

	for (int i = 0; i < groups->n; i++) {
		heat.sum += values[i];
		if (values[i] > heat.largest)
			heat.largest = values[i];
	}
	while (heat.folded < groups->n && rows_with(groups, heat.cells * heat.folded) > area.h)
		heat.folded *= 2;
	for (int i = 0, left; i < groups->n; i += left) {
		int size = left = node_size(groups, i);

		for (int done = 0; done < size && y < area.y + area.h; y++) {
			int n = size - done;

			if (n > heat.cells * heat.folded)
				n = heat.cells * heat.folded;
			draw_row(&heat, y, area.x, i + done, i + done + n, done == 0);
			done += n;
		}
	}
	return heat.folded;
}
