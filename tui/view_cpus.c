/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The overview: which CPU carries the load, how much more than the others, and with what. On top the
 * picture of all CPUs, of whatever the table beneath is sorted by; the hottest come first in the table.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/rates.h"
#include "core/output/number.h"
#include "tui/counters.h"
#include "tui/series.h"
#include "tui/spark.h"
#include "tui/why.h"

enum cpu_column {
	CPU_NAME,
	CPU_NODE,
	CPU_PACKETS,
	CPU_X_AVG,
	CPU_SYSCALLS,
	CPU_NET_RX,
	CPU_NET_TX,
	CPU_DROPS,
	CPU_FUNCTION,
	CPU_SYSCALL,
	CPU_INTERFACE,
	CPU_HISTORY,
	CPU_COLUMNS,
};

static const struct column columns[CPU_COLUMNS] = {
	[CPU_NAME] = { .id = "cpu", .title = "CPU", .width = 7, .text = true },
	[CPU_NODE] = { .id = "node", .title = "NODE", .width = 4, .rank = 4 },
	[CPU_PACKETS] = { .id = "packets", .title = "PKT/s", .width = 8 },
	[CPU_X_AVG] = { .id = "xavg", .title = "x avg", .width = 5, .rank = 1 },
	[CPU_SYSCALLS] = { .id = "syscalls", .title = "SYS/s", .width = 8 },
	[CPU_NET_RX] = { .id = "netrx", .title = "NET_RX%", .width = 7, .rank = 1 },
	[CPU_NET_TX] = { .id = "nettx", .title = "NET_TX%", .width = 7, .rank = 5 },
	[CPU_DROPS] = { .id = "drops", .title = "DROP/s", .width = 7, .rank = 4 },
	[CPU_FUNCTION] = { .id = "function", .title = "HOTTEST FUNCTION", .width = 17, .most = 32,
		.rank = 2, .text = true },
	[CPU_SYSCALL] = { .id = "syscall", .title = "TOP SYSCALL", .width = 14, .most = 20, .rank = 6,
		.text = true },
	[CPU_INTERFACE] = { .id = "interface", .title = "TOP IFACE", .width = 12, .most = 16,
		.rank = 7, .text = true },
	[CPU_HISTORY] = { .id = "history", .title = "HISTORY", .width = 8, .most = 60, .rank = 3,
		.picture = true },
};

/* What a measure knows of the CPUs: rates by slot, then by group. */
struct measure {
	double *slot;
	double *group;
	double *total; /* by group, since the start or the zero point; only where totals are shown */
	bool known;
};

enum measures { PACKETS, SYSCALLS, DROPS, NET_RX, NET_TX, MEASURES };

struct cpus_view {
	struct grid grid;
	struct cpu_groups groups;
	struct measure measure[MEASURES];
	const struct row **function; /* by group: the busiest row, or NULL */
	const struct row **syscall;
	const struct row **interface;
	double mean[MEASURES]; /* over the groups online */
	double sum[MEASURES];
	bool few_packets; /* of late: system calls tell more */
	double peak; /* the scale of the history column */
	const struct frame *frame; /* while drawing */
	int room;		   /* groups that the arrays hold */
	int width;		   /* as drawn last */
	bool maximised;
};

/* ---- measuring ---- */

static int make_room(struct cpus_view *v, int n)
{
	if (n <= v->room)
		return 0;
	for (int m = 0; m < MEASURES; m++) {
		free(v->measure[m].slot);
		free(v->measure[m].group);
		free(v->measure[m].total);
		v->measure[m].slot = calloc(n, sizeof(double));
		v->measure[m].group = calloc(n, sizeof(double));
		v->measure[m].total = calloc(n, sizeof(double));
		if (!v->measure[m].slot || !v->measure[m].group || !v->measure[m].total)
			return -ENOMEM;
	}
	free(v->function);
	free(v->syscall);
	free(v->interface);
	v->function = calloc(n, sizeof(*v->function));
	v->syscall = calloc(n, sizeof(*v->syscall));
	v->interface = calloc(n, sizeof(*v->interface));
	if (!v->function || !v->syscall || !v->interface)
		return -ENOMEM;
	v->room = n;
	return 0;
}

static void total_table(struct cpus_view *v, struct measure *m, const struct frame *frame,
	enum table_id table, uint32_t flags)
{
	const struct table *t = &frame->newer->table[table];

	memset(m->total, 0, v->groups.n * sizeof(*m->total));
	for (int row = 0; row < t->n_rows; row++) {
		if (flags && !(catalog_row(frame->host->catalog, table, row)->flags & flags))
			continue;
		for (int slot = 0; slot < v->groups.n_slots; slot++)
			if (v->groups.of_slot[slot] >= 0)
				m->total[v->groups.of_slot[slot]] +=
					frame_total_at(frame, table, row, 0, slot);
	}
}

static void measure_table(struct cpus_view *v, enum measures which, const struct frame *frame,
	enum table_id table, uint32_t flags)
{
	struct measure *m = &v->measure[which];
	struct spread spread = rates_spread_table(frame->older, frame->newer, frame->host, frame->shown,
		table, flags, 0, m->slot);

	m->known = spread.state == RATE_FRESH;
	cpu_groups_sum(&v->groups, m->slot, m->group);
	if (frame->units == UNITS_TOTAL)
		total_table(v, m, frame, table, flags);
}

/* Share of its time that a CPU spends in a softirq; a group shows its busiest CPU. */
static void measure_softirq(struct cpus_view *v, enum measures which, const struct frame *frame,
	const char *name)
{
	const struct table *t = &frame->newer->table[TABLE_SOFTIRQ];
	struct measure *m = &v->measure[which];

	m->known = false;
	memset(m->slot, 0, v->groups.n_slots * sizeof(double));
	for (int row = 0; row < t->n_rows; row++) {
		if (strcmp(catalog_row(frame->host->catalog, TABLE_SOFTIRQ, row)->name, name) != 0)
			continue;
		for (int slot = 0; slot < v->groups.n_slots; slot++) {
			struct rate rate = rate_of_cpu(frame->older, frame->newer,
				&frame->host->topology, TABLE_SOFTIRQ, row, SOFTIRQ_TIME_NS, slot);

			m->known |= rate.state == RATE_FRESH;
			m->slot[slot] = fmin(rate.per_second / 1e7, 100);
		}
	}
	cpu_groups_max(&v->groups, m->slot, m->group);
}

/* By group, the row of a table that has grown most; `best` holds what it grew by. */
static void find_busiest(struct cpus_view *v, const struct frame *frame, enum table_id table, int column,
	uint64_t *best, uint64_t *grown, const struct row **out)
{
	const struct table *newer = &frame->newer->table[table], *older = &frame->older->table[table];

	for (int row = 0; row < newer->n_rows; row++) {
		memset(grown, 0, v->groups.n * sizeof(*grown));
		for (int slot = 0; slot < v->groups.n_slots; slot++) {
			uint64_t then = table_at(older, row, column, slot);
			uint64_t now = table_at(newer, row, column, slot);

			if (v->groups.of_slot[slot] >= 0 && now > then)
				grown[v->groups.of_slot[slot]] += now - then;
		}
		for (int i = 0; i < v->groups.n; i++) {
			if (grown[i] <= best[i])
				continue;
			best[i] = grown[i];
			out[i] = catalog_row(frame->host->catalog, table, row);
		}
	}
}

static int find_reasons(struct cpus_view *v, const struct frame *frame)
{
	size_t n = v->groups.n + 1;
	uint64_t *best = calloc(n, sizeof(*best)), *grown = calloc(n, sizeof(*grown));
	bool functions = frame->newer->table[TABLE_FUNCTIONS].n_rows > 0;

	if (best && grown && frame->older) {
		find_busiest(v, frame, functions ? TABLE_FUNCTIONS : TABLE_PROBES, 0, best, grown,
			v->function);
		if (!functions)
			find_busiest(v, frame, TABLE_CONSUMED, 0, best, grown, v->function);
		memset(best, 0, n * sizeof(*best));
		find_busiest(v, frame, TABLE_SYSCALLS, 0, best, grown, v->syscall);
		memset(best, 0, n * sizeof(*best));
		find_busiest(v, frame, TABLE_INTERFACES, IF_RX_PACKETS, best, grown, v->interface);
		find_busiest(v, frame, TABLE_INTERFACES, IF_TX_PACKETS, best, grown, v->interface);
	}
	free(best);
	free(grown);
	return best && grown ? 0 : -ENOMEM;
}

static void sum_up(struct cpus_view *v)
{
	int online = 0;

	for (int i = 0; i < v->groups.n; i++)
		online += v->groups.list[i].online;
	for (int m = 0; m < MEASURES; m++) {
		v->sum[m] = 0;
		for (int i = 0; i < v->groups.n; i++)
			v->sum[m] += v->measure[m].group[i];
		v->mean[m] = online ? v->sum[m] / online : 0;
	}
}

/* Fewer than one a second in the last minute, so that a lonely one does not turn the screen over for a second. */
static bool few_packets(const struct frame *frame)
{
	float values[SERIES_LEAST];
	double sum = 0;
	int known = 0;

	series_of_cpu(frame->series, frame->newer->sequence, SERIES_PACKETS, -1, values, SERIES_LEAST);
	for (int i = 0; i < SERIES_LEAST; i++) {
		if (isnan(values[i]))
			continue;
		sum += values[i];
		known++;
	}
	return sum < known || sum <= 0;
}

static bool packets_now(const struct cpus_view *v)
{
	return !v->few_packets && v->sum[PACKETS] > 0;
}

/* ---- the table ---- */

static double x_avg(const struct cpus_view *v, int group)
{
	return v->mean[PACKETS] > 0 ? v->measure[PACKETS].group[group] / v->mean[PACKETS] : 0;
}

static void measure_cell(
	const struct cpus_view *v, enum measures which, int index, char *buf, size_t size)
{
	const struct measure *m = &v->measure[which];

	/* A CPU that is offline does not do "0 a second"; in the moment when it left, it did something. */
	if (!m->known || (!v->groups.list[index].online && m->group[index] <= 0))
		snprintf(buf, size, "-");
	else if (which == NET_RX || which == NET_TX)
		number_percent(m->group[index], buf, size);
	else if (v->frame->units == UNITS_TOTAL)
		number_count(m->total[index], buf, size);
	else if (v->frame->units == UNITS_SHARE)
		number_percent(v->sum[which] > 0 ? m->group[index] / v->sum[which] * 100 : 0, buf, size);
	else
		number_count(m->group[index], buf, size);
}

static void row_name(const struct row *row, char *buf, size_t size)
{
	snprintf(buf, size, "%s", row ? row->name : "-");
}

static enum theme_role cell(const void *rows, int index, int column, char *buf, size_t size)
{
	const struct cpus_view *v = rows;
	const struct cpu_group *group = &v->groups.list[index];

	switch (column) {
	case CPU_NAME:
		if (v->groups.group == GROUP_BY_CPU)
			snprintf(buf, size, "%d%s", group->id, group->online ? "" : " off");
		else
			cpu_group_name(&v->groups, index, buf, size);
		return group->online ? ROLE_TEXT : ROLE_DIM;
	case CPU_NODE:
		snprintf(buf, size, "%d", group->node);
		return ROLE_DIM;
	case CPU_PACKETS:
		measure_cell(v, PACKETS, index, buf, size);
		break;
	case CPU_X_AVG:
		number_times(x_avg(v, index), buf, size);
		return x_avg(v, index) >= 1.5 && v->groups.n > 1 ? ROLE_WARN : ROLE_TEXT;
	case CPU_SYSCALLS:
		measure_cell(v, SYSCALLS, index, buf, size);
		break;
	case CPU_NET_RX:
		measure_cell(v, NET_RX, index, buf, size);
		return v->measure[NET_RX].group[index] >= 80 ? ROLE_ALERT : ROLE_TEXT;
	case CPU_NET_TX:
		measure_cell(v, NET_TX, index, buf, size);
		break;
	case CPU_DROPS:
		measure_cell(v, DROPS, index, buf, size);
		break;
	case CPU_FUNCTION:
		row_name(v->function[index], buf, size);
		break;
	case CPU_SYSCALL:
		row_name(v->syscall[index], buf, size);
		break;
	case CPU_INTERFACE:
		row_name(v->interface[index], buf, size);
		break;
	default:
		buf[0] = '\0';
		break;
	}
	return ROLE_TEXT;
}

static const enum measures measure_of[CPU_COLUMNS] = {
	[CPU_PACKETS] = PACKETS,
	[CPU_X_AVG] = PACKETS,
	[CPU_SYSCALLS] = SYSCALLS,
	[CPU_NET_RX] = NET_RX,
	[CPU_NET_TX] = NET_TX,
	[CPU_DROPS] = DROPS,
};

static const char *title(const void *rows, int column)
{
	enum units units = ((const struct cpus_view *)rows)->frame->units;

	if (units == UNITS_RATE)
		return NULL;
	switch (column) {
	case CPU_PACKETS:
		return units == UNITS_TOTAL ? "PKT" : "PKT%";
	case CPU_SYSCALLS:
		return units == UNITS_TOTAL ? "SYS" : "SYS%";
	case CPU_DROPS:
		return units == UNITS_TOTAL ? "DROP" : "DROP%";
	default:
		return NULL;
	}
}

/* Where there are no packets to speak of, the busiest in system calls come first. */
static double number(const void *rows, int index, int column)
{
	const struct cpus_view *v = rows;

	if (column == CPU_NODE)
		return v->groups.list[index].node;
	if ((column == CPU_PACKETS || column == CPU_X_AVG) && !packets_now(v))
		return v->grid.sort == column ? v->measure[SYSCALLS].group[index] : 0;
	if (column == CPU_X_AVG)
		return x_avg(v, index);
	if (v->frame->units == UNITS_TOTAL && title(rows, column))
		return v->measure[measure_of[column]].total[index];
	return v->measure[measure_of[column]].group[index];
}

static uint64_t identity(const void *rows, int index)
{
	const struct cpus_view *v = rows;

	return (uint64_t)v->groups.group << 32 | (uint32_t)v->groups.list[index].id;
}

static bool idle(const void *rows, int index)
{
	const struct cpus_view *v = rows;

	return v->measure[PACKETS].group[index] <= 0 && v->measure[SYSCALLS].group[index] <= 0;
}

/* The history of a group: its members' summed. */
static void group_series(
	const struct cpus_view *v, int group, enum series_cpu kind, float *out, int n)
{
	float one[SERIES_POINTS];
	int left = v->groups.list[group].members;

	memset(out, 0, n * sizeof(*out));
	for (int slot = v->groups.list[group].first; slot < v->groups.n_slots && left; slot++) {
		if (v->groups.of_slot[slot] != group)
			continue;
		series_of_cpu(v->frame->series, v->frame->newer->sequence, kind, slot, one, n);
		for (int i = 0; i < n; i++)
			out[i] += one[i];
		left--;
	}
}

static enum series_cpu series_shown(const struct cpus_view *v)
{
	bool calls = v->grid.sort == CPU_SYSCALLS || v->grid.sort == CPU_SYSCALL || v->few_packets;

	return calls ? SERIES_SYSCALLS : SERIES_PACKETS;
}

/* The largest rate of a group in what history lines show, in what the history column shows. */
static double peak_of_groups(const struct cpus_view *v)
{
	float values[SERIES_POINTS];
	double peak = 0;

	for (int g = 0; g < v->groups.n; g++) {
		group_series(v, g, series_shown(v), values, SERIES_SCALE);
		for (int i = 0; i < SERIES_SCALE; i++)
			peak = fmax(peak, values[i]);
	}
	return peak;
}

static void draw_history(const void *rows, int index, int column, const struct canvas *canvas, int y,
	int x, int width)
{
	const struct cpus_view *v = rows;
	float values[SERIES_POINTS];
	int n = spark_values(canvas, width);
	uint64_t upto = v->frame->newer->sequence;

	(void)column;
	group_series(v, index, series_shown(v), values, series_span(n, upto));
	spark_draw(canvas, y, x, values, n, series_fold(values, n, upto), v->peak, GRADIENT_HEAT);
}

static const struct grid_ops grid_ops = {
	.title = title,
	.columns = columns,
	.n_columns = CPU_COLUMNS,
	.cell = cell,
	.number = number,
	.identity = identity,
	.idle = idle,
	.draw = draw_history,
};

/* ---- the picture ---- */

static enum measures measure_shown(const struct cpus_view *v)
{
	enum measures m = measure_of[v->grid.sort];

	if (columns[v->grid.sort].text || v->grid.sort == CPU_NODE)
		m = PACKETS;
	return m == PACKETS && v->few_packets ? SYSCALLS : m;
}

enum { LANES_MOST = 8, LANE_LABEL = 8, LANE_NUMBER = 10 };

static int lane_values(const struct canvas *canvas, int width)
{
	int cells = width - LANE_LABEL - LANE_NUMBER - 2;

	return cells > 0 ? spark_values(canvas, cells) : 0;
}

/* Few CPUs: each gets a line with its last minutes, sample by sample, all on one scale. */
static void draw_lanes(const struct cpus_view *v, const struct canvas *canvas, struct area area)
{
	enum series_cpu kind = measure_shown(v) == SYSCALLS ? SERIES_SYSCALLS : SERIES_PACKETS;
	enum measures measure = kind == SERIES_SYSCALLS ? SYSCALLS : PACKETS;
	float values[LANES_MOST][SERIES_POINTS];
	int n = lane_values(canvas, area.w);
	double largest = 0;

	for (int g = 0; g < v->groups.n && n > 0; g++) {
		group_series(v, g, kind, values[g], n);
		for (int i = 0; i < n; i++)
			if (values[g][i] > largest)
				largest = values[g][i];
	}
	for (int g = 0; g < v->groups.n && g < area.h; g++) {
		char name[24], value[NUMBER_MAX];

		canvas_right(canvas, area.y + g, area.x, LANE_LABEL - 1, ROLE_GRAPH,
			cpu_group_name(&v->groups, g, name, sizeof(name)));
		if (n > 0)
			spark_draw(canvas, area.y + g, area.x + LANE_LABEL, values[g], n,
				v->frame->newer->sequence % 2, largest, GRADIENT_HEAT);
		number_rate(v->measure[measure].group[g], RATE_FRESH, value, sizeof(value));
		canvas_right(canvas, area.y + g, area.x + area.w - LANE_NUMBER - 1, LANE_NUMBER,
			ROLE_TEXT, v->groups.list[g].online ? value : "off");
	}
}

static const char *const measure_names[MEASURES] = {
	[PACKETS] = "pkt/s",
	[SYSCALLS] = "syscalls/s",
	[DROPS] = "drops/s",
	[NET_RX] = "NET_RX %",
	[NET_TX] = "NET_TX %",
};

/* Of the newest sample, in hundredths, so that what is made of it does not flicker. */
static double interval_s(const struct frame *frame)
{
	return round(rates_interval(frame->older, frame->newer) / 1e7) / 100;
}

static void draw_picture(const struct cpus_view *v, const struct canvas *canvas, struct area area)
{
	struct area head = area_take_top(&area, 1);
	enum measures m = measure_shown(v);
	const double *values = v->measure[m].group;
	char title[160], fold[48] = "";
	int folded;

	if (!v->measure[m].known) {
		snprintf(title, sizeof(title), "%s: not known yet", measure_names[m]);
	} else if (v->groups.n <= LANES_MOST) {
		draw_lanes(v, canvas, area);
		snprintf(title, sizeof(title), "%s per %s, last %.0f s", measure_names[m],
			grouping_name(v->groups.group), lane_values(canvas, area.w) * interval_s(v->frame));
	} else {
		folded = heat_draw(canvas, area, &v->groups, values, cpu_groups_hottest(&v->groups, values),
			GRADIENT_HEAT);
		if (folded > 1)
			snprintf(fold, sizeof(fold), " (largest of %d)", folded);
		snprintf(title, sizeof(title), "%s per %s%s: %s", measure_names[m],
			grouping_name(v->groups.group), fold, LEVEL_LEGEND);
	}
	if (head.h)
		canvas_rule(canvas, head.y, head.x, head.w, title);
}

/* ---- the view ---- */

static void *open_cpus(struct app *app, const void *argument)
{
	struct cpus_view *v = calloc(1, sizeof(*v));

	(void)app;
	(void)argument;
	if (v)
		grid_init(&v->grid, &grid_ops, CPU_PACKETS);
	return v;
}

static void close_cpus(struct app *app, void *state)
{
	struct cpus_view *v = state;

	(void)app;
	if (!v)
		return;
	for (int m = 0; m < MEASURES; m++) {
		free(v->measure[m].slot);
		free(v->measure[m].group);
		free(v->measure[m].total);
	}
	free(v->function);
	free(v->syscall);
	free(v->interface);
	cpu_groups_free(&v->groups);
	grid_free(&v->grid);
	free(v);
}

static int prepare(void *state, const struct frame *frame)
{
	struct cpus_view *v = state;

	v->frame = frame;
	cpu_groups_free(&v->groups);
	if (cpu_groups_make(&v->groups, frame) || make_room(v, frame->host->topology.n_cpus + 1))
		return -ENOMEM;
	memset(v->function, 0, v->room * sizeof(*v->function));
	memset(v->syscall, 0, v->room * sizeof(*v->syscall));
	memset(v->interface, 0, v->room * sizeof(*v->interface));
	if (!frame->newer)
		return grid_arrange(&v->grid, v, 0, frame, false);
	measure_table(v, PACKETS, frame, TABLE_PROBES, PROBE_RX | PROBE_TX);
	measure_table(v, SYSCALLS, frame, TABLE_SYSCALLS, 0);
	measure_table(v, DROPS, frame, TABLE_DROPS, 0);
	measure_softirq(v, NET_RX, frame, "NET_RX");
	measure_softirq(v, NET_TX, frame, "NET_TX");
	sum_up(v);
	v->few_packets = few_packets(frame);
	v->peak = peak_of_groups(v);
	if (find_reasons(v, frame))
		return -ENOMEM;
	return grid_arrange(&v->grid, v, v->groups.n, frame, frame->hide_idle);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct cpus_view *v = state;
	char more[64] = "";
	int wanted, below = 0;

	v->width = area.w;
	if (!frame->newer) {
		canvas_cut(canvas, area.y, area.x + 2, area.w - 2, ROLE_DIM, "waiting for the first sample");
		return;
	}
	wanted = v->groups.n <= LANES_MOST ? v->groups.n : heat_rows(&v->groups, area.w);
	if (wanted > area.h - 7)
		wanted = area.h - 7;
	/* To be heard, letters without spaces are noise: the table has the same as numbers. */
	if (wanted > 0 && !v->maximised && !canvas->plain) {
		draw_picture(v, canvas, area_take_top(&area, wanted + 1));
		canvas_rule(canvas, area.y, area.x, area.w, "");
		area_take_top(&area, 1);
	}
	for (int i = 0; i < v->groups.n; i++)
		below += x_avg(v, i) < 1.5;
	if (v->mean[PACKETS] > 0)
		snprintf(more, sizeof(more), " (%d below 1.5x avg)", below);
	grid_draw(&v->grid, canvas, area, more);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct cpus_view *v = state;
	int index = grid_selected(&v->grid);
	struct cpu_view_argument argument = { .name = "" };

	if (action == ACTION_MAXIMISE) {
		v->maximised = !v->maximised;
		return true;
	}
	if (action != ACTION_ENTER || index < 0)
		return false;
	for (int slot = 0; slot < v->groups.n_slots; slot++)
		if (v->groups.of_slot[slot] == index)
			cpus_add(&argument.cpus, frame->host->topology.cpu[slot].id);
	cpu_group_name(&v->groups, index, argument.name, sizeof(argument.name));
	app_push(app, &view_cpu, &argument);
	return true;
}

static struct focus focus(void *state)
{
	return (struct focus){ .grid = &((struct cpus_view *)state)->grid };
}

/* The hot CPU, with what it is busy, and why it comes there: of these as much as there is room for. */
static void sentence(const struct cpus_view *v, const char *hot, const struct row *function,
	const struct row *interface, const char *why, char *buf, size_t size)
{
	const char *most = function ? function->name : "-";
	int n = snprintf(buf, size, "%s; most in %s%s%s%s%s", hot, most, interface ? ", on " : "",
		interface ? interface->name : "", why[0] ? "; " : "", why);

	/* The interrupt's name tells the interface, the table the function. */
	if (n >= v->width && why[0])
		n = snprintf(buf, size, "%s; most in %s; %s", hot, most, why);
	if (n >= v->width && why[0])
		snprintf(buf, size, "%s; %s", hot, why);
}

/* What the screen says in one sentence: the hot CPU, and with what it is busy. */
static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	struct cpus_view *v = state;
	enum measures m = packets_now(v) ? PACKETS : SYSCALLS;
	int hot = v->groups.n ? cpu_groups_hottest(&v->groups, v->measure[m].group) : -1;
	char name[24], times[NUMBER_MAX], head[96], why[WHY_MAX];
	const struct row *function, *interface;

	if (hot < 0 || v->groups.n < 2) {
		snprintf(buf, size, "Enter: what this CPU does");
		return buf;
	}
	cpu_group_name(&v->groups, hot, name, sizeof(name));
	function = m == PACKETS ? v->function[hot] : v->syscall[hot];
	interface = m == PACKETS ? v->interface[hot] : NULL;
	why_interrupt(frame, &v->groups, hot, interface, why);
	snprintf(head, sizeof(head), "%s: %3.0f%% of %s, %s avg", name,
		v->measure[m].group[hot] / v->sum[m] * 100, m == PACKETS ? "packets" : "system calls",
		number_times(v->measure[m].group[hot] / (v->mean[m] > 0 ? v->mean[m] : 1), times,
			sizeof(times)));
	sentence(v, head, function, interface, why, buf, size);
	return buf;
}

extern const struct view_ops view_cpus;
const struct view_ops view_cpus = {
	.name = "cpus",
	.title = "CPUs",
	.columns = columns,
	.n_columns = CPU_COLUMNS,
	.box = ROLE_BOX_CPU,
	.stats = STATS_SYSCALLS | STATS_PACKETS,
	.open = open_cpus,
	.close = close_cpus,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.focus = focus,
	.hint = hint,
};
