/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One row in detail: its rate, how it spreads over the CPUs, and where packets are concerned their lines
 * as they come. Opening it switches the lines on in the kernel, closing it switches them off.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/rates.h"
#include "core/output/number.h"
#include "tui/advice.h"
#include "tui/counters.h"
#include "tui/inside_lines.h"
#include "tui/series.h"
#include "tui/spark.h"

struct drill_view {
	struct drill drill;
	bool has_lines;
	bool traced[PROBE_MAX]; /* rows of TABLE_PROBES that this view has switched on */
	struct pane pane;
	const struct row *info;
	double *per_cpu;
	bool lines_only;
	bool inside; /* the function's return is probed too */
	const struct host *host;
};

/* ---- which lines ---- */

static void trace_probes(struct drill_view *v, struct app *app, uint32_t flags)
{
	int n = catalog_count(v->host->catalog, TABLE_PROBES);

	for (int row = 0; row < n && row < PROBE_MAX; row++) {
		const struct row *info = catalog_row(v->host->catalog, TABLE_PROBES, row);

		if (!(info->flags & flags) || info->flags & PROBE_ABSENT)
			continue;
		v->traced[row] = true;
		app_trace(app, TABLE_PROBES, row, true);
	}
}

static struct line_choice choose_lines(struct drill_view *v, struct app *app)
{
	struct line_choice choice = { 0 };

	v->has_lines = true;
	switch (v->drill.table) {
	case TABLE_FUNCTIONS:
		choice.by_probe = true;
		choice.probe = PROBE_MAX + v->drill.row;
		app_trace(app, TABLE_FUNCTIONS, v->drill.row, true);
		break;
	case TABLE_PROBES:
		choice.by_probe = true;
		choice.probe = v->drill.row;
		v->traced[v->drill.row] = true;
		app_trace(app, TABLE_PROBES, v->drill.row, true);
		break;
	case TABLE_DROPS:
		choice.by_reason = true;
		choice.reason = v->info->key[1];
		/* fall through */
	case TABLE_CONSUMED:
		choice.by_location = true;
		choice.location = v->info->key[0];
		choice.probe_flags = v->drill.table == TABLE_DROPS ? PROBE_DROP : PROBE_CONSUME;
		trace_probes(v, app, choice.probe_flags);
		break;
	case TABLE_INTERFACES:
		choice.by_interface = true;
		choice.netns = v->info->key[0];
		choice.ifindex = v->info->key[1];
		choice.probe_flags = PROBE_RX | PROBE_TX;
		trace_probes(v, app, choice.probe_flags);
		break;
	default:
		v->has_lines = false;
		break;
	}
	return choice;
}

static void *open_drill(struct app *app, const void *argument)
{
	struct drill_view *v = calloc(1, sizeof(*v));
	struct line_choice choice;

	if (!v)
		return NULL;
	v->drill = *(const struct drill *)argument;
	v->host = app_host(app);
	v->info = catalog_row(v->host->catalog, v->drill.table, v->drill.row);
	v->per_cpu = calloc(v->host->topology.n_cpus + 1, sizeof(*v->per_cpu));
	choice = choose_lines(v, app);
	if (!v->per_cpu || pane_init(&v->pane, &choice)) {
		free(v->per_cpu);
		free(v);
		return NULL;
	}
	/* All lines are of the one probe that the title names. */
	if (choice.by_probe || choice.by_location)
		v->pane.needless_columns |= UINT32_C(1) << LINE_PROBE;
	if (choice.by_location)
		v->pane.needless_columns |= UINT32_C(1) << LINE_LOCATION;
	return v;
}

static void close_drill(struct app *app, void *state)
{
	struct drill_view *v = state;

	if (!v)
		return;
	for (int row = 0; row < PROBE_MAX; row++)
		if (v->traced[row])
			app_trace(app, TABLE_PROBES, row, false);
	if (v->drill.table == TABLE_FUNCTIONS)
		app_trace(app, TABLE_FUNCTIONS, v->drill.row, false);
	if (v->inside)
		app_look_into(app, -1);
	pane_free(&v->pane);
	free(v->per_cpu);
	free(v);
}

/* ---- figures ---- */

static int by_length(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Lengths and protocols of the lines on screen: what the packets look like just now. */
static void draw_shares(const struct drill_view *v, const struct canvas *canvas, int y, int x, int w)
{
	int lengths[PANE_LINES], v4 = 0, v6 = 0, tcp = 0, udp = 0, n = v->pane.n;

	for (int i = 0; i < n; i++) {
		struct packet packet;

		packet_decode(&packet, &v->pane.line[i].record);
		lengths[i] = v->pane.line[i].record.len;
		v4 += packet.outer.version == 4;
		v6 += packet.outer.version == 6;
		tcp += packet.outer.has_protocol && packet.outer.protocol == 6;
		udp += packet.outer.has_protocol && packet.outer.protocol == 17;
	}
	if (!n) {
		canvas_role(canvas, y, x, w, ROLE_DIM, "no lines yet");
		return;
	}
	qsort(lengths, n, sizeof(lengths[0]), by_length);
	canvas_printf(canvas, y, x, w, ROLE_TEXT,
		"last %d lines: len p50 %d  p99 %d   v4 %d%%  v6 %d%%   tcp %d%%  udp %d%%", n,
		lengths[n / 2], lengths[(n - 1) * 99 / 100], v4 * 100 / n, v6 * 100 / n, tcp * 100 / n,
		udp * 100 / n);
}

static void draw_rate(const struct drill_view *v, const struct frame *frame,
	const struct canvas *canvas, struct area line)
{
	struct spread spread = rates_spread(frame->older, frame->newer, &frame->host->topology,
		frame->shown, v->drill.table, v->drill.row,
		v->drill.column);
	char now[NUMBER_MAX], total[NUMBER_MAX], max[NUMBER_MAX], times[NUMBER_MAX], where[24] = "";
	float values[SERIES_POINTS];
	int used, n;

	if (spread.max_cpu >= 0)
		snprintf(where, sizeof(where), " cpu%d", spread.max_cpu);
	used = canvas_printf(canvas, line.y, line.x + 1, line.w - 1, ROLE_TEXT,
		"now %s/s  max %s%s  %s avg  total %s  ",
		number_rate(spread.sum, spread.state, now, sizeof(now)),
		number_rate(spread.max, spread.state, max, sizeof(max)), where,
		number_times(spread.x_avg, times, sizeof(times)),
		number_count(frame_total(frame, v->drill.table, v->drill.row,
		v->drill.column), total,
			sizeof(total)));
	n = line.w - 2 - used;
	if (n > 60)
		n = 60;
	if (n <= 0)
		return;
	n = spark_values(canvas, n);
	series_row(frame->series, frame->newer->sequence, v->drill.table, v->drill.row,
		v->drill.column, values, series_span(n, frame->newer->sequence));
	spark_quiet(canvas, line.y, line.x + 1 + used, values, n,
		series_fold(values, n, frame->newer->sequence));
}

/* ---- the view ---- */

static int prepare(void *state, const struct frame *frame)
{
	struct drill_view *v = state;

	for (int slot = 0; frame->newer && slot < frame->host->topology.n_cpus; slot++)
		v->per_cpu[slot] = rate_of_cpu(frame->older, frame->newer, &frame->host->topology,
			v->drill.table, v->drill.row, v->drill.column, slot)
					   .per_second;
	return 0;
}

static void draw_inside(const struct drill_view *v, const struct frame *frame, const struct canvas *canvas,
	struct area area)
{
	const struct functions_status *s = &frame->functions;

	if (inside_known(frame, v->drill.row))
		inside_draw(frame, v->drill.row, canvas, area);
	else
		canvas_cut(canvas, area.y, area.x + 1, area.w - 1,
			s->inside_text[0] ? ROLE_ALERT : ROLE_DIM,
			s->inside_text[0] ? s->inside_text : "probing the function's return ...");
}

/* One function at a time, as long as its screen stands. */
static void toggle_inside(struct drill_view *v, struct app *app)
{
	if (v->drill.table != TABLE_FUNCTIONS) {
		app_say(app, ROLE_WARN, "only a kernel function that is probed can be looked into");
		return;
	}
	v->inside = !v->inside;
	app_look_into(app, v->inside ? v->drill.row : -1);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct drill_view *v = state;
	struct area line = area_take_top(&area, 1), second, spread;
	int wanted = counters_spread_rows(frame, area.w, v->has_lines ? area.h / 3 : area.h);

	if (!frame->newer)
		return;
	draw_rate(v, frame, canvas, line);
	if (!v->has_lines) {
		counters_draw_spread(canvas, area, frame, v->per_cpu, v->info->name, GRADIENT_HEAT);
		return;
	}
	second = area_take_top(&area, 1);
	if (v->inside || (v->drill.table == TABLE_FUNCTIONS && inside_known(frame, v->drill.row)))
		draw_inside(v, frame, canvas, area_take_top(&area, INSIDE_LINES));
	if (wanted > 0 && !v->lines_only && area.h >= 12) {
		spread = area_take_top(&area, wanted);
		counters_draw_spread(canvas, spread, frame, v->per_cpu, "per CPU", GRADIENT_HEAT);
	}
	pane_draw(&v->pane, frame, canvas, area);
	draw_shares(v, canvas, second.y, second.x + 1, second.w - 1);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct drill_view *v = state;
	const struct trace_line *line = pane_selected(&v->pane);

	(void)frame;
	if (action == ACTION_INSIDE) {
		toggle_inside(v, app);
		return true;
	}
	if (action == ACTION_MAXIMISE) {
		v->lines_only = !v->lines_only;
		return true;
	}
	if (action != ACTION_ENTER || !line || !v->has_lines)
		return false;
	app_push(app, &view_packet, line);
	return true;
}

static struct focus focus(void *state)
{
	struct drill_view *v = state;

	return (struct focus){ .pane = v->has_lines ? &v->pane : NULL };
}

static const char *path(void *state, char *buf, size_t size)
{
	static const char *const titles[TABLE_COUNT] = {
		[TABLE_SYSCALLS] = "Syscalls",
		[TABLE_DROPS] = "Drops",
		[TABLE_INTERFACES] = "Ifaces",
		[TABLE_SOFTIRQ] = "Softirqs",
		[TABLE_SOFTNET] = "Softnet",
		[TABLE_LOSS] = "Losses",
		[TABLE_INTERRUPTS] = "Interrupts",
		[TABLE_NIC] = "NIC",
		[TABLE_PROGRAMS] = "BPF",
	};
	struct drill_view *v = state;

	snprintf(buf, size, "%s > %s", titles[v->drill.table] ? titles[v->drill.table] : "Functions",
		v->info->name);
	return buf;
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	struct drill_view *v = state;
	bool drops = v->drill.table == TABLE_DROPS || v->drill.table == TABLE_NIC;
	const char *advice = drops ? drop_advice(v->info->name) : NULL;

	if (advice)
		snprintf(buf, size, "%s: %s", v->info->name, advice);
	else if (v->has_lines && !frame->source->select && !v->pane.n)
		snprintf(buf, size, "a replay has only the lines that were recorded");
	else if (v->drill.table == TABLE_FUNCTIONS && frame->source->inside)
		snprintf(buf, size, "Enter: this skb through every probe   L: %s   e: export",
			v->inside ? "look away" : "time inside, returns");
	else if (v->has_lines)
		snprintf(buf, size, "Enter: this skb through every probe   space: mark   e: export");
	else
		snprintf(buf, size, "Esc: back");
	return buf;
}

const struct view_ops view_drill = {
	.name = "drill",
	.title = "Drill",
	.box = ROLE_BOX_FUNCTIONS,
	.lines = true,
	.open = open_drill,
	.close = close_drill,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.focus = focus,
	.path = path,
	.hint = hint,
};
