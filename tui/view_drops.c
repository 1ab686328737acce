/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets the kernel drops, why and where: skb drops, and what never became an skb. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/advice.h"
#include "tui/counters.h"

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "REASON", .width = 18, .most = 32,
		.text = true },
	{ .what = COUNTER_WHERE, .id = "where", .title = "WHERE", .width = 22, .most = 44,
		.rank = 1, .text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "SUM/s", .width = 7 },
	{ .what = COUNTER_MAX, .id = "max", .title = "MAX/s", .width = 7, .rank = 1 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .what = COUNTER_SHARE, .id = "share", .title = "%", .width = 5, .rank = 3 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 4 },
	{ .what = COUNTER_SECOND, .id = "bytes", .title = "BYTES/s", .width = 8, .rank = 6 },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 7, .rank = 5 },
	{ .what = COUNTER_GINI, .id = "gini", .title = "GINI", .width = 4, .rank = 3,
		.optional = true },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 8, .most = 60,
		.rank = 2, .picture = true },
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
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_DROPS,
	.nothing = "no drops yet",
};

struct drops {
	struct counters counters; /* first: what counters_* take */
	struct pane pane;	  /* the last dropped packets */
	bool in_pane;		  /* has the keys */
	bool drawn_pane;
};

static void *open_drops(struct app *app, const void *argument)
{
	const struct line_choice choice = { .probe_flags = PROBE_DROP };
	struct drops *v = calloc(1, sizeof(*v));

	(void)app;
	(void)argument;
	if (!v || pane_init(&v->pane, &choice)) {
		free(v);
		return NULL;
	}
	counters_init(&v->counters, &spec);
	/* What a drop is about fits 80 columns: when, where, how long, who to whom, why. */
	for (int c = 0; c < LINE_COLUMNS; c++)
		if (c == LINE_PROBE || c == LINE_SKB || c == LINE_PROTOCOL || c == LINE_FLAGS ||
			c == LINE_IF || c == LINE_COMM)
			v->pane.needless_columns |= UINT32_C(1) << c;
	v->pane.hidden_columns = v->pane.needless_columns;
	return v;
}

static void close_drops(struct app *app, void *state)
{
	struct drops *v = state;

	if (v)
		pane_free(&v->pane);
	counters_close(app, state);
}

enum { PANE_ROWS = 6, ROWS_FOR_PANE = 16 };

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct drops *v = state;
	int rows = area.h - ROWS_FOR_PANE + PANE_ROWS;

	v->drawn_pane = area.h >= ROWS_FOR_PANE && !v->counters.maximised;
	if (v->drawn_pane) {
		struct area below = area_take_bottom(&area, rows < area.h / 2 ? rows : area.h / 2);

		pane_draw(&v->pane, frame, canvas, below);
	}
	counters_draw(state, frame, canvas, area);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct drops *v = state;
	const struct trace_line *line = pane_selected(&v->pane);

	if (action == ACTION_OTHER_PANE) {
		v->in_pane = !v->in_pane && v->drawn_pane;
		return true;
	}
	if (action == ACTION_ENTER && v->in_pane && line) {
		app_push(app, &view_packet, line);
		return true;
	}
	return counters_act(state, app, frame, action);
}

static struct focus focus(void *state)
{
	struct drops *v = state;

	if (v->in_pane && v->drawn_pane)
		return (struct focus){ .pane = &v->pane };
	return counters_focus(state);
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	const struct counter_row *row = counters_selected(state);
	const char *advice = row ? drop_advice(row->info->name) : NULL;

	(void)frame;
	if (((struct drops *)state)->in_pane)
		snprintf(buf, size, "Enter: this packet   w: the table");
	else if (advice)
		snprintf(buf, size, "%s: %s", row->info->name, advice);
	else
		snprintf(buf, size, "Enter: the packets dropped there   w: the last of all");
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
	.lines = true,
	.lines_of = PROBE_DROP,
	.open = open_drops,
	.close = close_drops,
	.prepare = counters_prepare,
	.draw = draw,
	.act = act,
	.focus = focus,
	.hint = hint,
};
