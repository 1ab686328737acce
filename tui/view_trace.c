/* SPDX-License-Identifier: GPL-2.0-only */
/* All lines of all traced probes. */
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/output/number.h"

struct trace {
	struct pane pane;
};

static void *open_trace(struct app *app, const void *argument)
{
	const struct line_choice all = { 0 };
	struct trace *trace = calloc(1, sizeof(*trace));

	(void)app;
	(void)argument;
	if (trace && pane_init(&trace->pane, &all)) {
		free(trace);
		return NULL;
	}
	return trace;
}

static void close_trace(struct app *app, void *state)
{
	struct trace *trace = state;

	(void)app;
	if (trace)
		pane_free(&trace->pane);
	free(trace);
}

/* "netif_receive_skb, kfree_skb and 3 more" */
static void traced_names(const struct frame *frame, char *buf, size_t size)
{
	int n = catalog_count(frame->host->catalog, TABLE_PROBES), shown = 0, more = 0;
	size_t used = 0;

	buf[0] = '\0';
	for (int row = 0; row < n && row < PROBE_MAX; row++) {
		if (!frame->traced[row])
			continue;
		if (shown >= 3) {
			more++;
			continue;
		}
		used += snprintf(buf + used, size - used, "%s%s", shown++ ? ", " : "",
			catalog_row(frame->host->catalog, TABLE_PROBES, row)->name);
	}
	if (more)
		snprintf(buf + used, size - used, " and %d more", more);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct trace *trace = state;
	struct area head = area_take_top(&area, 1);
	const struct ledger_sums *l = &frame->ledger;
	char names[160], seen[NUMBER_MAX], held[NUMBER_MAX], full[NUMBER_MAX];

	traced_names(frame, names, sizeof(names));
	if (names[0])
		canvas_printf(canvas, head.y, head.x + 1, head.w - 1, ROLE_TEXT,
			"seen %s  held back %s  ring full %s  probes: %s",
			number_count(l->of[LOSS_SEEN], seen, sizeof(seen)),
			number_count(l->of[LOSS_RATE_LIMITED], held, sizeof(held)),
			number_count(l->of[LOSS_RING_FULL], full, sizeof(full)), names);
	else if (frame->source->select)
		canvas_cut(canvas, head.y, head.x + 1, head.w - 1, ROLE_DIM,
			"no probe is traced: Enter on a row of Functions or Drops traces it");
	else
		canvas_cut(canvas, head.y, head.x + 1, head.w - 1, ROLE_DIM,
			"the lines that were recorded");
	pane_draw(&trace->pane, frame, canvas, area);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct trace *trace = state;
	const struct trace_line *line = pane_selected(&trace->pane);

	(void)frame;
	if (action != ACTION_ENTER || !line)
		return false;
	app_push(app, &view_packet, line);
	return true;
}

static struct focus focus(void *state)
{
	return (struct focus){ .pane = &((struct trace *)state)->pane };
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	(void)state;
	(void)frame;
	snprintf(buf, size, "Enter: this skb through every probe   space: mark   e: export");
	return buf;
}

extern const struct view_ops view_trace;
const struct view_ops view_trace = {
	.name = "trace",
	.title = "Trace",
	.columns = line_columns,
	.n_columns = LINE_COLUMNS,
	.box = ROLE_BOX_FUNCTIONS,
	.stats = STATS_PACKETS,
	.lines = true,
	.open = open_trace,
	.close = close_trace,
	.draw = draw,
	.act = act,
	.focus = focus,
	.hint = hint,
};
