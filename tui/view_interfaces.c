/* SPDX-License-Identifier: GPL-2.0-only */
/* Which interface of which network namespace carries the packets, each way. */
#include "tui/counters.h"

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "INTERFACE", .width = 14, .most = 16,
		.text = true },
	{ .what = COUNTER_KIND, .id = "way", .title = "WAY", .width = 3, .text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "PKT/s", .width = 8 },
	{ .what = COUNTER_SECOND, .id = "bytes", .title = "BYTES/s", .width = 8, .rank = 1 },
	{ .what = COUNTER_MAX, .id = "max", .title = "MAX/s", .width = 7, .rank = 1 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 1 },
	{ .what = COUNTER_WHERE, .id = "where", .title = "WHERE", .width = 16, .most = 24,
		.rank = 3, .text = true },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 8, .rank = 4 },
	{ .what = COUNTER_GINI, .id = "gini", .title = "GINI", .width = 4, .rank = 3,
		.optional = true },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 8, .most = 60,
		.rank = 2, .picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static const struct counter_part parts[] = {
	{ .table = TABLE_INTERFACES, .column = IF_RX_PACKETS, .second = IF_RX_BYTES, .kind = "rx" },
	{ .table = TABLE_INTERFACES, .column = IF_TX_PACKETS, .second = IF_TX_BYTES, .kind = "tx" },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = 2,
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_TX,
	.nothing = "no interface has received or sent anything yet",
};

static void *open_interfaces(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

extern const struct view_ops view_interfaces;
const struct view_ops view_interfaces = {
	.name = "interfaces",
	.title = "Ifaces",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_FUNCTIONS,
	.stats = STATS_PACKETS,
	.open = open_interfaces,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
};
