/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system call carries the load, and on which CPUs. */
#include "tui/counters.h"

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "SYSCALL", .width = 16, .most = 30,
		.text = true },
	{ .what = COUNTER_WHERE, .id = "abi", .title = "ABI", .width = 6, .rank = 6, .text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "SUM/s", .width = 8 },
	{ .what = COUNTER_SHARE, .id = "share", .title = "%", .width = 5, .rank = 1 },
	{ .what = COUNTER_MAX, .id = "max", .title = "MAX/s", .width = 7, .rank = 1 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 1 },
	{ .what = COUNTER_ACTIVE, .id = "cpus", .title = "CPUs", .width = 4, .rank = 3 },
	{ .what = COUNTER_SECOND, .id = "errors", .title = "ERR/s", .width = 7, .rank = 4 },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 8, .rank = 5 },
	{ .what = COUNTER_GINI, .id = "gini", .title = "GINI", .width = 4, .rank = 3,
		.optional = true },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 8, .most = 60,
		.rank = 2, .picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static const struct counter_part parts[] = {
	{ .table = TABLE_SYSCALLS, .column = SYSCALL_CALLS, .second = SYSCALL_ERRORS },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = 1,
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_HEAT,
	.nothing = "no system calls yet",
};

static void *open_syscalls(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

extern const struct view_ops view_syscalls;
const struct view_ops view_syscalls = {
	.name = "syscalls",
	.title = "Syscalls",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_SYSCALLS,
	.stats = STATS_SYSCALLS,
	.errors = true,
	.open = open_syscalls,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
};
