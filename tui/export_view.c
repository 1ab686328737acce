/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/export_view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording/export.h"

enum { CELL_MAX = 160 };

void export_name(const struct view_ops *ops, const struct focus *focus, const struct frame *frame,
	char *buf, size_t size)
{
	char clock[32] = "";

	if (frame->newer)
		clock_text(frame->newer->real_ns, 0, clock, sizeof(clock));
	if (strlen(clock) == 8) /* 14:02:11 */
		snprintf(buf, size, "skewtop-%s-%.2s%.2s%.2s.%s", ops->name, clock, clock + 3, clock + 6,
			focus->pane ? "pcapng" : "csv");
	else
		snprintf(buf, size, "skewtop-%s.%s", ops->name, focus->pane ? "pcapng" : "csv");
}

/* ---- a table ---- */

static void write_head(struct csv *csv, const struct grid_ops *ops)
{
	for (int c = 0; c < ops->n_columns; c++)
		if (!ops->columns[c].picture)
			csv_cell(csv, ops->columns[c].id);
	csv_end_row(csv);
}

/* What is drawn as "-" is not known, and stays empty. */
static void write_cell(struct csv *csv, const struct grid *grid, int index, int column)
{
	char text[CELL_MAX];

	grid->ops->cell(grid->rows, index, column, text, sizeof(text));
	if (!grid->ops->columns[column].text && strcmp(text, "-") != 0)
		snprintf(text, sizeof(text), "%.10g", grid->ops->number(grid->rows, index, column));
	csv_cell(csv, strcmp(text, "-") == 0 ? "" : text);
}

static int export_grid(
	const struct grid *grid, const char *path, bool force, struct error *err)
{
	struct csv *csv = csv_new();
	int n = 0, ret;

	if (!csv)
		return error_set(err, -ENOMEM, "no memory for the export");
	write_head(csv, grid->ops);
	for (int i = 0; i < grid->n; i++) {
		int index = grid->order[i];

		if (grid->n_marks && !grid_marked(grid, index))
			continue;
		for (int c = 0; c < grid->ops->n_columns; c++)
			if (!grid->ops->columns[c].picture)
				write_cell(csv, grid, index, c);
		csv_end_row(csv);
		n++;
	}
	ret = csv_write(csv, path, force, err);
	csv_free(csv);
	return ret ? ret : n;
}

/* ---- lines ---- */

static int by_sequence(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int export_pane(const struct pane *pane, const struct frame *frame, const char *path, bool force,
	struct error *err)
{
	struct trace_range range = trace_log_range(frame->log);
	size_t room = range.end - range.first + PANE_MARKS, n;
	uint64_t *sequences = calloc(room, sizeof(*sequences));
	int ret;

	if (!sequences)
		return error_set(err, -ENOMEM, "no memory for the export");
	n = pane_sequences(pane, frame, sequences, room);
	qsort(sequences, n, sizeof(*sequences), by_sequence);
	ret = export_lines_pcapng(path, force, frame->host, frame->log, sequences, n, err);
	free(sequences);
	return ret;
}

int export_focus(const struct focus *focus, const struct frame *frame, const char *path, bool force,
	struct error *err)
{
	if (focus->grid)
		return export_grid(focus->grid, path, force, err);
	if (focus->pane)
		return export_pane(focus->pane, frame, path, force, err);
	return error_set(err, -ENOTSUP, "there is nothing to export here");
}
