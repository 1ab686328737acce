/* SPDX-License-Identifier: GPL-2.0-only */
/* What tc and XDP programs of others get and decide, per program and interface. */
#include "tui/counters.h"

#include <stdio.h>

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "PROGRAM", .width = 16, .most = 32, .text = true },
	{ .what = COUNTER_WHERE, .id = "where", .title = "WHERE", .width = 18, .most = 48, .rank = 1,
		.text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "PKT/s", .width = 7 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_PASS, .id = "pass", .title = "PASS/s",
		.width = 7, .rank = 1 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_DROP, .id = "drop", .title = "DROP/s",
		.width = 7, .rank = 1 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_REDIRECT, .id = "redirect", .title = "REDIR/s",
		.width = 7, .rank = 1 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_ABORTED, .id = "aborted", .title = "ABORT/s",
		.width = 7, .rank = 2 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_TX, .id = "tx", .title = "TX/s", .width = 7,
		.rank = 3 },
	{ .what = COUNTER_COLUMN + PROGRAM_VERDICTS + VERDICT_OTHER, .id = "other", .title = "OTHER/s",
		.width = 7, .rank = 4 },
	{ .what = COUNTER_COLUMN + PROGRAM_BYTES, .id = "bytes", .title = "BYTES/s", .width = 8, .rank = 5 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 3 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 4 },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 8, .rank = 6 },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 7, .most = 60, .rank = 5,
		.picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static bool knows(const struct row *info, int column)
{
	return column == PROGRAM_PACKETS || !(info->flags & PROGRAM_RUNS_ONLY);
}

static const struct counter_part parts[] = {
	{ .table = TABLE_PROGRAMS, .column = PROGRAM_PACKETS, .second = -1, .kind = "program", .knows = knows },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = 1,
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_RX,
	.nothing = "no tc or XDP program is attached to an interface here",
};

static void *open_programs(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	const struct counter_row *row = counters_selected(state);

	if (frame->newer && !frame->newer->table[TABLE_PROGRAMS].known)
		snprintf(buf, size, frame->source->programs ? "looking for tc and XDP programs ..." :
							       "none were watched when this was recorded");
	else if (row && row->info->flags & PROGRAM_RUNS_ONLY)
		snprintf(buf, size, "only runs are known: %s", row->info->where);
	else
		snprintf(buf, size, "Enter: what the program decides, per CPU");
	return buf;
}

extern const struct view_ops view_programs;
const struct view_ops view_programs = {
	.name = "programs",
	.title = "BPF",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_FUNCTIONS,
	.stats = STATS_PACKETS,
	.programs = true,
	.open = open_programs,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
	.hint = hint,
};
