/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/header.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/model/rates.h"
#include "core/output/number.h"
#include "tui/hits.h"
#include "tui/lines.h"
#include "tui/series.h"
#include "tui/spark.h"
#include "tui/view.h"

/* ---- the top line ---- */

static const char *mode_text(const struct frame *frame, char *buf, size_t size)
{
	const struct moment *m = &frame->moment;
	bool replay = !frame->source->paced;
	char behind[NUMBER_MAX];

	if (replay && m->mode == CURSOR_PAUSED)
		snprintf(buf, size, "REPLAY PAUSED");
	else if (replay && m->at_end && m->mode != CURSOR_FOLLOWING)
		snprintf(buf, size, "REPLAY END");
	else if (m->mode == CURSOR_PAUSED)
		snprintf(buf, size, "PAUSED %s",
			number_duration(m->behind_ns, behind, sizeof(behind)));
	else if (m->mode == CURSOR_PLAYING)
		snprintf(buf, size, replay ? "REPLAY %gx" : "BEHIND %gx", m->speed);
	else if (frame->stale)
		snprintf(buf, size, "STALE");
	else
		snprintf(buf, size, "%s %.1fs", frame->source->name, frame->interval_ns / 1e9);
	return buf;
}

static enum theme_role mode_role(const struct frame *frame)
{
	if (frame->moment.mode == CURSOR_PAUSED)
		return ROLE_PAUSED;
	return frame->stale ? ROLE_ALERT : ROLE_OK;
}

/* Share of one CPU that skewtop takes: its own time, and its probes' where the kernel measures. */
static const char *cost_text(const struct frame *frame, char *buf, size_t size)
{
	uint64_t interval = rates_interval(frame->older, frame->newer);
	uint64_t own;

	if (!interval) {
		snprintf(buf, size, "own -");
		return buf;
	}
	own = frame->newer->own_cpu_ns - frame->older->own_cpu_ns;
	if (frame->newer->bpf_ns > frame->older->bpf_ns)
		snprintf(buf, size, "own %.1f%% bpf %.1f%%", own * 100.0 / interval,
			(frame->newer->bpf_ns - frame->older->bpf_ns) * 100.0 / interval);
	else
		snprintf(buf, size, "own %.1f%%", own * 100.0 / interval);
	return buf;
}

/* As much of "name, CPUs, nodes" as there is room for. */
static void who_text(const struct frame *frame, int width, char *buf, size_t size)
{
	const struct topology *t = &frame->host->topology;

	snprintf(buf, size, "skewtop %s  %d cpu  %d node", frame->host->name, t->n_cpus, t->n_nodes);
	if (text_columns(buf) > width)
		snprintf(buf, size, "skewtop %s  %d cpu", frame->host->name, t->n_cpus);
	if (text_columns(buf) > width)
		snprintf(buf, size, "skewtop %s", frame->host->name);
}

void header_top(
	const struct canvas *canvas, const struct frame *frame, struct area line, const char *path)
{
	char mode[64], lost[NUMBER_MAX], cost[64], clock[32] = "", who[160], text[64];
	int right = line.x + line.w, x;

	if (frame->newer)
		clock_text(frame->newer->real_ns, 0, clock, sizeof(clock));
	mode_text(frame, mode, sizeof(mode));
	cost_text(frame, cost, sizeof(cost));
	snprintf(text, sizeof(text), "lost %s",
		number_count(frame->ledger.lost, lost, sizeof(lost)));
	/* From the right: what must never be cut comes last and so stays. */
	x = right - text_columns(mode) - text_columns(text) - text_columns(cost) - 4 - 10;
	if (path[0])
		snprintf(who, sizeof(who), "skewtop > %s", path);
	else
		who_text(frame, x - line.x - 1, who, sizeof(who));
	canvas_cut(canvas, line.y, line.x, x > line.x + 1 ? x - line.x - 1 : 7, ROLE_TITLE, who);
	if (x < line.x + 8)
		x = line.x + 8;
	x += canvas_role(canvas, line.y, x, right - x, mode_role(frame), mode) + 2;
	x += canvas_role(canvas, line.y, x, right - x, frame->ledger.lost ? ROLE_ALERT : ROLE_TEXT, text) +
	     2;
	x += canvas_role(canvas, line.y, x, right - x, ROLE_TEXT, cost);
	if (right - 8 > x)
		canvas_role(canvas, line.y, right - 8, 8, ROLE_TITLE, clock);
}

/* ---- tabs ---- */

/* How the screen differs from "everything, by CPU": short, only what applies. */
static void narrowing_text(const struct frame *frame, const char *notes, char *buf, size_t size)
{
	char cpus[64];
	size_t used = 0;

	buf[0] = '\0';
	if (notes[0])
		used += snprintf(buf, size, "%s  ", notes);
	if (frame->host->narrowed[0] && used < size)
		used += snprintf(buf + used, size - used, "only %.60s  ", frame->host->narrowed);
	if (frame->shown && used < size) {
		cpus_format(frame->shown, cpus, sizeof(cpus));
		used += snprintf(buf + used, size - used, "cpu:%.20s  ", cpus);
	}
	if (frame->group != GROUP_BY_CPU && used < size)
		used += snprintf(buf + used, size - used, "by %s  ", grouping_name(frame->group));
	if (frame->units != UNITS_RATE && used < size)
		used += snprintf(buf + used, size - used, "%s  ", units_name(frame->units));
	if (frame->filter[0] && used < size)
		used += snprintf(buf + used, size - used, "filter: %s", frame->filter);
	if (used < size)
		while (used && buf[used - 1] == ' ')
			buf[--used] = '\0';
}

void header_tabs(const struct canvas *canvas, struct area line, int current)
{
	int x = line.x, right = line.x + line.w, whole = 0;

	for (int i = 0; i < n_tabs; i++)
		whole += text_columns(tabs[i]->title) + 4;
	for (int i = 0; i < n_tabs && x < right; i++) {
		char tab[32];
		int used;

		/* Where they do not fit, only the one on screen has its name. */
		if (i != current && whole - 1 > line.w)
			snprintf(tab, sizeof(tab), " %d ", i + 1);
		else
			snprintf(tab, sizeof(tab), i == current ? "[%d %s]" : " %d %s ", i + 1, tabs[i]->title);
		used = canvas_role(canvas, line.y, x, right - x,
			i == current ? tabs[i]->box : ROLE_DIM, tab);
		hits_add(canvas->hits, HIT_TAB, line.y, x, 1, used, i);
		x += used;
	}
}

void header_rule(
	const struct canvas *canvas, const struct frame *frame, struct area line, const char *notes)
{
	char text[200];

	narrowing_text(frame, notes, text, sizeof(text));
	canvas_rule(canvas, line.y, line.x, line.w, text);
}

/* ---- sums ---- */

struct stat {
	unsigned bit;
	const char *name;
	enum table_id table;
	uint32_t flags;
	int series; /* enum series_cpu, -1: none */
};

static const struct stat stat_lines[] = {
	{ STATS_SYSCALLS, "SYS", TABLE_SYSCALLS, 0, SERIES_SYSCALLS },
	{ STATS_PACKETS, "PKT", TABLE_PROBES, PROBE_RX | PROBE_TX, SERIES_PACKETS },
	{ STATS_DROPS, "DROP", TABLE_DROPS, 0, -1 },
};

static void draw_stat(const struct canvas *canvas, const struct frame *frame, struct area line,
	const struct stat *stat)
{
	struct spread s = rates_spread_table(frame->older, frame->newer, frame->host, frame->shown,
		stat->table, stat->flags, 0, NULL);
	char sum[NUMBER_MAX], avg[NUMBER_MAX], max[NUMBER_MAX], times[NUMBER_MAX], cpu[24] = "";
	char top1[NUMBER_MAX] = "    -";
	float values[SERIES_POINTS];
	int used, n;

	if (s.max_cpu >= 0)
		snprintf(cpu, sizeof(cpu), "cpu%d", s.max_cpu);
	if (s.state == RATE_FRESH)
		snprintf(top1, sizeof(top1), "%5.1f", s.top_share * 100);
	used = canvas_printf(canvas, line.y, line.x, line.w, ROLE_TEXT,
		"%-4s%8s/s  avg %7s  max %7s %-7s%6s avg  top1 %s%%  ", stat->name,
		number_rate(s.sum, s.state, sum, sizeof(sum)),
		number_rate(s.mean, s.state, avg, sizeof(avg)),
		number_rate(s.max, s.state, max, sizeof(max)), cpu,
		number_times(s.x_avg, times, sizeof(times)), top1);
	n = line.w - used;
	if (n > 60)
		n = 60;
	if (stat->series < 0 || n <= 0)
		return;
	n = spark_values(canvas, n);
	series_of_cpu(frame->series, frame->newer->sequence, stat->series, -1, values,
		series_span(n, frame->newer->sequence));
	spark_quiet(canvas, line.y, line.x + used, values, n,
		series_fold(values, n, frame->newer->sequence));
}

void header_stats(
	const struct canvas *canvas, const struct frame *frame, struct area *area, unsigned stats)
{
	for (size_t i = 0; i < sizeof(stat_lines) / sizeof(stat_lines[0]); i++) {
		struct area line;

		if (!(stats & stat_lines[i].bit))
			continue;
		line = area_take_top(area, 1);
		if (line.h && frame->newer)
			draw_stat(canvas, frame, line, &stat_lines[i]);
	}
}

/* ---- the bar ---- */

void header_bar(const struct canvas *canvas, const struct keymap *keymap, struct area line)
{
	int x = line.x + 1, right = line.x + line.w;
	const char *label;

	for (int rank = 1; x < right; rank++) {
		enum action action = action_of_bar(rank, &label);
		char key[KEY_NAME_MAX];
		int start = x;

		if (action == ACTION_NONE)
			break;
		keymap_key(keymap, action, key, sizeof(key));
		x += canvas_role(canvas, line.y, x, right - x, ROLE_HIGHLIGHT, key);
		x += canvas_role(canvas, line.y, x, right - x, ROLE_TEXT, label);
		hits_add(canvas->hits, HIT_ACTION, line.y, start, 1, x - start, action);
		x++;
	}
}
