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

/* One of the books' lines, which takes two where the screen is narrow. */
struct sentence {
	char first[160];
	char rest[160];
	const char *between; /* where both stand in one line */
};

static struct sentence where_seen_went(const struct ledger_sums *l)
{
	struct sentence s = { .between = " + " };

	snprintf(s.first, sizeof(s.first), "seen %llu = delivered %llu + ring full %llu + held back %llu",
		(unsigned long long)l->of[LOSS_SEEN], (unsigned long long)l->of[LOSS_DELIVERED],
		(unsigned long long)l->of[LOSS_RING_FULL],
		(unsigned long long)l->of[LOSS_RATE_LIMITED]);
	snprintf(s.rest, sizeof(s.rest), "filtered %llu + in flight %llu",
		(unsigned long long)l->of[LOSS_FILTERED_OUT], (unsigned long long)l->in_flight);
	return s;
}

static struct sentence where_delivered_went(const struct ledger_sums *l)
{
	struct sentence s = { .between = "; " };
	char missed[32] = "unknown";

	if (l->missed_known)
		snprintf(missed, sizeof(missed), "%llu", (unsigned long long)l->of[LOSS_MISSED]);
	snprintf(s.first, sizeof(s.first), "delivered = kept %llu + overwritten %llu",
		(unsigned long long)l->kept, (unsigned long long)l->of[LOSS_OVERWRITTEN]);
	snprintf(s.rest, sizeof(s.rest), "missed %s, map full %llu, malformed %llu, not recorded %llu, details full %llu",
		missed, (unsigned long long)l->of[LOSS_MAP_FULL], (unsigned long long)l->of[LOSS_MALFORMED],
		(unsigned long long)l->of[LOSS_NOT_RECORDED], (unsigned long long)l->of[LOSS_DETAILS_FULL]);
	return s;
}

static int lines_of(const struct sentence *s, int width)
{
	return text_columns(s->first) + text_columns(s->between) + text_columns(s->rest) > width ? 2 : 1;
}

static void draw_sentence(const struct canvas *canvas, struct area *books, const struct sentence *s)
{
	struct area line = area_take_top(books, 1);
	char text[400];

	if (lines_of(s, line.w - 1) == 1) {
		snprintf(text, sizeof(text), "%s%s%s", s->first, s->between, s->rest);
		canvas_cut(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT, text);
		return;
	}
	canvas_cut(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT, s->first);
	line = area_take_top(books, 1);
	snprintf(text, sizeof(text), "  %s%s", s->between[0] == ' ' ? s->between + 1 : "", s->rest);
	canvas_cut(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT, text);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	const struct sentence seen = where_seen_went(&frame->ledger), delivered = where_delivered_went(&frame->ledger);
	int wanted = 1 + lines_of(&seen, area.w - 1) + lines_of(&delivered, area.w - 1);
	struct area books = area_take_bottom(&area, area.h >= 10 ? wanted : 0);

	counters_draw(state, frame, canvas, area);
	if (!books.h)
		return;
	canvas_rule(canvas, books.y, books.x, books.w, "the books");
	area_take_top(&books, 1);
	draw_sentence(canvas, &books, &seen);
	draw_sentence(canvas, &books, &delivered);
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
