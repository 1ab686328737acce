/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kernel function carries the packets: function probes where the kernel has them, the tracepoints
 * that carry an skb, and the functions in which packets end, found in drop and consume locations.
 */
#include "tui/counters.h"

#include <stdio.h>

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "FUNCTION", .width = 24, .most = 40,
		.text = true },
	{ .what = COUNTER_KIND, .id = "kind", .title = "PROBE", .width = 10, .rank = 4,
		.text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "SUM/s", .width = 8 },
	{ .what = COUNTER_SHARE, .id = "share", .title = "% of rx", .width = 7, .rank = 2 },
	{ .what = COUNTER_MAX, .id = "max", .title = "MAX/s", .width = 7, .rank = 1 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 1 },
	{ .what = COUNTER_SECOND, .id = "bytes", .title = "BYTES/s", .width = 8, .rank = 5 },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 8, .rank = 6 },
	{ .what = COUNTER_GINI, .id = "gini", .title = "GINI", .width = 4, .rank = 3,
		.optional = true },
	{ .what = COUNTER_WHERE, .id = "where", .title = "WHERE", .width = 16, .most = 40,
		.rank = 7, .text = true },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 7, .most = 60,
		.rank = 3, .picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static const struct counter_part parts[] = {
	{ .table = TABLE_FUNCTIONS, .second = COUNT_BYTES, .kind = "function" },
	{ .table = TABLE_PROBES, .without = PROBE_ABSENT, .second = COUNT_BYTES, .kind = "tracepoint" },
	{ .table = TABLE_CONSUMED, .second = COUNT_BYTES, .kind = "consumed" },
	{ .table = TABLE_DROPS, .second = COUNT_BYTES, .kind = "dropped", .by_function = true },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = sizeof(parts) / sizeof(parts[0]),
	.grid = &grid,
	.sort = 2,
	.share_of_rx = true,
	.gradient = GRADIENT_RX,
	.nothing = "no probes",
};

static void *open_functions(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

/* What the attaching of functions has come to, while it is under way or where it failed in part. */
static bool functions_progress(const struct functions_status *s, char *buf, size_t size)
{
	switch (s->state) {
	case FUNCTIONS_FINDING:
		snprintf(buf, size, "looking for functions that take an skb ...");
		return true;
	case FUNCTIONS_ATTACHING:
		snprintf(buf, size, "attaching to functions: %d of %d", s->done, s->total);
		return true;
	case FUNCTIONS_DETACHING:
		if (s->total)
			snprintf(buf, size, "letting go of functions: %d of %d", s->done, s->total);
		else
			snprintf(buf, size, "letting go of functions ...");
		return true;
	case FUNCTIONS_ON:
		snprintf(buf, size, "Enter: its packets  A: other functions  %s: %d on, %d left out",
			functions_means_name(s->means), s->attached, s->left_out);
		return true;
	case FUNCTIONS_FAILED:
		snprintf(buf, size, "%s", s->text);
		return true;
	default:
		return false;
	}
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	const struct counter_row *row = counters_selected(state);

	if (functions_progress(&frame->functions, buf, size))
		return buf;
	if (row && row->part->table != TABLE_FUNCTIONS && frame->host->functions_note[0])
		snprintf(buf, size, "%s", frame->host->functions_note);
	else
		snprintf(buf, size, "Enter: its packets, line by line");
	return buf;
}

extern const struct view_ops view_functions;
const struct view_ops view_functions = {
	.name = "functions",
	.title = "Functions",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_FUNCTIONS,
	.stats = STATS_PACKETS,
	.functions = true,
	.open = open_functions,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
	.hint = hint,
};
