/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets the kernel drops, why and where: skb drops, and what never became an skb. */
#include "tui/counters.h"
#include "tui/advice.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
	{ .id = "name", .title = "REASON", .width = 18, .most = 32, .text = true },
	{ .id = "where", .title = "WHERE", .width = 22, .most = 44, .text = true },
	{ .id = "sum", .title = "SUM/s", .width = 7 },
	{ .id = "max", .title = "MAX/s", .width = 7, .rank = 1 },
	{ .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .id = "share", .title = "%", .width = 5, .rank = 3 },
	{ .id = "xavg", .title = "x avg", .width = 5, .rank = 4 },
	{ .id = "bytes", .title = "BYTES/s", .width = 8, .rank = 6 },
	{ .id = "total", .title = "TOTAL", .width = 7, .rank = 5 },
	{ .id = "gini", .title = "GINI", .width = 4, .rank = 3, .optional = true },
	{ .id = "history", .title = "60 s", .width = 8, .most = 60, .rank = 2, .picture = true },
};

static const enum counter_column what[] = {
	COUNTER_NAME,
	COUNTER_WHERE,
	COUNTER_SUM,
	COUNTER_MAX,
	COUNTER_CPU,
	COUNTER_SHARE,
	COUNTER_X_AVG,
	COUNTER_SECOND,
	COUNTER_TOTAL,
	COUNTER_GINI,
	COUNTER_SPARK,
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

/* Of /proc/net/softnet_stat only what says that a packet was lost or had to wait. */
static bool is_trouble(const struct row *info)
{
	return !strcmp(info->name, "dropped") || !strcmp(info->name, "time_squeeze") ||
	       !strcmp(info->name, "flow_limit_count");
}

static const struct counter_part parts[] = {
	{ .table = TABLE_DROPS, .second = COUNT_BYTES },
	{ .table = TABLE_SOFTNET, .second = -1, .keep = is_trouble },
	{ .table = TABLE_NIC, .flags = NIC_LOSS, .second = -1 },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = sizeof(parts) / sizeof(parts[0]),
	.what = what,
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_DROPS,
	.nothing = "no drops yet",
};

static void *open_drops(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	const struct counter_row *row = counters_selected(state);
	const char *advice = row ? drop_advice(row->info->name) : NULL;

	(void)frame;
	if (advice)
		snprintf(buf, size, "%s: %s", row->info->name, advice);
	else
		snprintf(buf, size, "Enter: the packets dropped there");
	return buf;
}

extern const struct view_ops view_drops;
const struct view_ops view_drops = {
	.name = "drops",
	.title = "Drops",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_DROPS,
	.stats = STATS_DROPS,
	.open = open_drops,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
	.hint = hint,
};
