/* SPDX-License-Identifier: GPL-2.0-only */
/* The books: what became of every event, by cause and CPU. */
#include "tui/counters.h"

#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ .what = COUNTER_NAME, .id = "name", .title = "CAUSE", .width = 16, .most = 24,
		.text = true },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 9 },
	{ .what = COUNTER_SUM, .id = "sum", .title = "SUM/s", .width = 8 },
	{ .what = COUNTER_MAX, .id = "max", .title = "MAX/s", .width = 8, .rank = 1 },
	{ .what = COUNTER_CPU, .id = "cpu", .title = "@CPU", .width = 4, .rank = 1 },
	{ .what = COUNTER_X_AVG, .id = "xavg", .title = "x avg", .width = 5, .rank = 1 },
	{ .what = COUNTER_ACTIVE, .id = "cpus", .title = "CPUs", .width = 4, .rank = 3 },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY", .width = 8, .most = 60,
		.rank = 2, .picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static const struct counter_part parts[] = {
	{ .table = TABLE_LOSS, .second = -1 },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = 1,
	.grid = &grid,
	.sort = 1,
	.gradient = GRADIENT_DROPS,
	.nothing = "no books yet",
};

static void *open_losses(struct app *app, const void *argument)
{
	(void)app;
	(void)argument;
	return counters_open(&spec);
}

/* Where what was seen has gone. */
static void sum_texts(const struct ledger_sums *l, char *sum, char *rest, size_t size)
{
	snprintf(sum, size, "seen %llu = delivered %llu + ring full %llu + held back %llu",
		(unsigned long long)l->of[LOSS_SEEN], (unsigned long long)l->of[LOSS_DELIVERED],
		(unsigned long long)l->of[LOSS_RING_FULL],
		(unsigned long long)l->of[LOSS_RATE_LIMITED]);
	snprintf(rest, size, " + filtered %llu + in flight %llu",
		(unsigned long long)l->of[LOSS_FILTERED_OUT], (unsigned long long)l->in_flight);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	const struct ledger_sums *l = &frame->ledger;
	char missed[32], sum[200], rest[200];
	struct area books;
	bool two; /* lines, for the sum on a narrow screen */
	int used;

	sum_texts(l, sum, rest, sizeof(sum));
	two = text_columns(sum) + text_columns(rest) > area.w - 1;
	books = area_take_bottom(&area, area.h >= 10 ? 3 + two : 0);
	counters_draw(state, frame, canvas, area);
	if (!books.h)
		return;
	if (l->missed_known)
		snprintf(missed, sizeof(missed), "%llu", (unsigned long long)l->of[LOSS_MISSED]);
	else
		snprintf(missed, sizeof(missed), "unknown");
	canvas_rule(canvas, books.y++, books.x, books.w, "the books");
	used = canvas_cut(canvas, books.y, books.x + 1, books.w - 1, ROLE_TEXT, sum);
	if (two) {
		used = 0;
		books.y++;
	}
	canvas_cut(canvas, books.y++, books.x + 1 + used, books.w - 1 - used, ROLE_TEXT, rest);
	canvas_printf(canvas, books.y, books.x + 1, books.w - 1, ROLE_TEXT,
		"delivered = kept %llu + overwritten %llu; missed %s, map full %llu, malformed %llu",
		(unsigned long long)l->kept, (unsigned long long)l->of[LOSS_OVERWRITTEN], missed,
		(unsigned long long)l->of[LOSS_MAP_FULL],
		(unsigned long long)l->of[LOSS_MALFORMED]);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	return action != ACTION_ENTER && counters_act(state, app, frame, action);
}

extern const struct view_ops view_losses;
const struct view_ops view_losses = {
	.name = "losses",
	.title = "Losses",
	.columns = columns,
	.n_columns = sizeof(columns) / sizeof(columns[0]),
	.box = ROLE_BOX_DROPS,
	.stats = 0,
	.open = open_losses,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = draw,
	.act = act,
	.focus = counters_focus,
};
