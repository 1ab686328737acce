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
static void cost_texts(const struct frame *frame, char *own, char *bpf, size_t size)
{
	uint64_t interval = rates_interval(frame->older, frame->newer);

	snprintf(own, size, "own -");
	bpf[0] = '\0';
	if (!interval)
		return;
	snprintf(own, size, "own %.1f%%",
		(frame->newer->own_cpu_ns - frame->older->own_cpu_ns) * 100.0 / interval);
	if (frame->newer->bpf_ns > frame->older->bpf_ns)
		snprintf(bpf, size, "bpf %.1f%%",
			(frame->newer->bpf_ns - frame->older->bpf_ns) * 100.0 / interval);
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

/* What stands at the right, the first to stay where it gets narrow. */
enum top_item { TOP_MODE, TOP_LOST, TOP_OWN, TOP_BPF, TOP_CLOCK, TOP_ITEMS };
enum { TOP_TEXT = 64, TOP_GAP = 2, TOP_NAME = 7 /* of the program, at the left */ };

static void top_texts(const struct frame *frame, char text[TOP_ITEMS][TOP_TEXT])
{
	char lost[NUMBER_MAX], clock[32] = "";

	if (frame->newer)
		clock_text(frame->newer->real_ns, 0, clock, sizeof(clock));
	mode_text(frame, text[TOP_MODE], TOP_TEXT);
	snprintf(text[TOP_LOST], TOP_TEXT, "lost %s", number_count(frame->ledger.lost, lost, sizeof(lost)));
	cost_texts(frame, text[TOP_OWN], text[TOP_BPF], TOP_TEXT);
	snprintf(text[TOP_CLOCK], TOP_TEXT, "%-8s", clock);
}

/* With the gap before it. What bpf takes belongs to what skewtop does. */
static int top_columns(enum top_item item, const char *text)
{
	int gap = item == TOP_MODE ? 0 : item == TOP_BPF ? 1 : TOP_GAP;

	return text[0] ? gap + text_columns(text) : 0;
}

static enum theme_role top_role(const struct frame *frame, enum top_item item)
{
	switch (item) {
	case TOP_MODE:
		return mode_role(frame);
	case TOP_LOST:
		return frame->ledger.lost ? ROLE_ALERT : ROLE_TEXT;
	case TOP_CLOCK:
		return ROLE_TITLE;
	default:
		return ROLE_TEXT;
	}
}

void header_top(
	const struct canvas *canvas, const struct frame *frame, struct area line, const char *path)
{
	char text[TOP_ITEMS][TOP_TEXT], who[160];
	int columns = 0, n = 0, room;

	top_texts(frame, text);
	for (; n < TOP_ITEMS; n++) {
		int more = top_columns(n, text[n]);

		/* What is lost is said even where the name has to give way. */
		if (n && columns + more > line.w - (n > TOP_LOST ? TOP_NAME + 1 : 0))
			break;
		columns += more;
	}
	room = line.w - columns - 1;
	if (path[0])
		snprintf(who, sizeof(who), "skewtop > %s", path);
	else
		who_text(frame, room, who, sizeof(who));
	if (room > 1)
		canvas_cut(canvas, line.y, line.x, room, ROLE_TITLE, who);
	line.x += room + 1;
	for (int i = 0; i < n; i++) {
		int used = top_columns(i, text[i]), own = text_columns(text[i]);

		canvas_role(canvas, line.y, line.x + used - own, own, top_role(frame, i), text[i]);
		line.x += used;
	}
}

/* ---- tabs ---- */

/* A list of words that takes at most `most` bytes: whole words of it, and a mark for the rest. */
static void cut_list(char *text, size_t most, const char *mark)
{
	size_t end = most;

	if (strlen(text) <= most)
		return;
	while (end && text[end - 1] != ',')
		end--;
	/* No comma: one long word, which ends with a character of its own. */
	if (!end)
		for (end = most; end && (text[end] & 0xc0) == 0x80; end--)
			;
	strcpy(text + end, mark);
}

/* How the screen differs from "everything, by CPU": short, only what applies. */
static void narrowing_text(
	const struct frame *frame, const char *notes, const char *mark, char *buf, size_t size)
{
	char cpus[64], only[sizeof(frame->host->narrowed) + 4];
	size_t used = 0;

	buf[0] = '\0';
	if (notes[0])
		used += snprintf(buf, size, "%s  ", notes);
	if (frame->host->narrowed[0] && used < size) {
		snprintf(only, sizeof(only), "%s", frame->host->narrowed);
		cut_list(only, 60, mark);
		used += snprintf(buf + used, size - used, "only %s  ", only);
	}
	if (frame->shown && used < size) {
		cpus_format(frame->shown, cpus, sizeof(cpus));
		cut_list(cpus, 20, mark);
		used += snprintf(buf + used, size - used, "cpu:%s  ", cpus);
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

static int tab_text(int tab, int current, bool named, char *buf, size_t size)
{
	if (tab != current && !named)
		snprintf(buf, size, " %d ", tab + 1);
	else
		snprintf(buf, size, tab == current ? "[%d %s]" : " %d %s ", tab + 1, tabs[tab]->title);
	return text_columns(buf);
}

void header_tabs(const struct canvas *canvas, struct area line, int current)
{
	int x = line.x, right = line.x + line.w, whole = 0, later;
	bool named;
	char tab[32];

	for (int i = 0; i < n_tabs; i++)
		whole += text_columns(tabs[i]->title) + 4;
	/* Where they do not fit, only the one on screen has its name, and its place before all others. */
	named = whole - 1 <= line.w;
	later = tab_text(current, current, named, tab, sizeof(tab));
	for (int i = 0; i < n_tabs; i++) {
		int used = tab_text(i, current, named, tab, sizeof(tab));

		if (i == current)
			later = 0;
		else if (x + used + later > right + named)
			continue;
		canvas_role(canvas, line.y, x, right - x, i == current ? tabs[i]->box : ROLE_DIM, tab);
		hits_add(canvas->hits, HIT_TAB, line.y, x, 1, used, i);
		x += used;
	}
}

void header_rule(
	const struct canvas *canvas, const struct frame *frame, struct area line, const char *notes)
{
	char text[1024];

	narrowing_text(frame, notes, canvas_mark(canvas), text, sizeof(text));
	canvas_rule(canvas, line.y, line.x, line.w, text);
}

bool header_limited(const struct frame *frame)
{
	char text[1024];

	narrowing_text(frame, "", "", text, sizeof(text));
	return text[0] != '\0';
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

/* As many as there is room for, from the left; the columns that they take. */
static int draw_figures(const struct canvas *canvas, struct area line, const char *name, const struct spread *s)
{
	char text[6][32], number[NUMBER_MAX], cpu[24] = "";
	int used = 0;

	if (s->max_cpu >= 0)
		snprintf(cpu, sizeof(cpu), "cpu%d", s->max_cpu);
	snprintf(text[0], sizeof(text[0]), "%-4s%8s/s", name,
		number_rate(s->sum, s->state, number, sizeof(number)));
	snprintf(text[1], sizeof(text[1]), "  avg %7s", number_rate(s->mean, s->state, number, sizeof(number)));
	snprintf(text[2], sizeof(text[2]), "  max %7s", number_rate(s->max, s->state, number, sizeof(number)));
	snprintf(text[3], sizeof(text[3]), " %-7s", cpu);
	snprintf(text[4], sizeof(text[4]), "%6s avg", number_times(s->x_avg, number, sizeof(number)));
	snprintf(text[5], sizeof(text[5]), s->state == RATE_FRESH ? "  top1 %5.1f%%" : "  top1     -%%",
		s->top_share * 100);
	for (int i = 0; i < 6; i++) {
		int more = canvas_whole(canvas, line.y, line.x + used, line.w - used, ROLE_TEXT, text[i]);

		if (!more)
			break;
		used += more;
	}
	return used;
}

enum { LEAST_HISTORY = 4 };

static void draw_stat(const struct canvas *canvas, const struct frame *frame, struct area line,
	const struct stat *stat)
{
	struct spread s = rates_spread_table(frame->older, frame->newer, frame->host, frame->shown,
		stat->table, stat->flags, 0, NULL);
	float values[SERIES_POINTS];
	int used = draw_figures(canvas, line, stat->name, &s), n;

	used += 2;
	n = line.w - used;
	if (n > 60)
		n = 60;
	if (stat->series < 0 || n < LEAST_HISTORY)
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

	for (int rank = 1;; rank++) {
		enum action action = action_of_bar(rank, &label);
		char key[KEY_NAME_MAX];
		int start = x;

		if (action == ACTION_NONE)
			break;
		keymap_key(keymap, action, key, sizeof(key));
		if (x + text_columns(key) + text_columns(label) > right)
			break;
		x += canvas_role(canvas, line.y, x, right - x, ROLE_HIGHLIGHT, key);
		x += canvas_role(canvas, line.y, x, right - x, ROLE_TEXT, label);
		hits_add(canvas->hits, HIT_ACTION, line.y, start, 1, x - start, action);
		x++;
	}
}
