/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/counters.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/rates.h"
#include "core/output/number.h"
#include "tui/series.h"
#include "tui/spark.h"

/* ---- cells ---- */

static const struct counter_row *row_of(const void *rows, int index)
{
	return &((const struct counter_rows *)rows)->row[index];
}

static double share_of(const struct counter_rows *rows, const struct counter_row *row)
{
	return rows->share_base > 0 ? row->spread.sum / rows->share_base * 100 : 0;
}

static bool has_rate(const struct counter_row *row)
{
	return row->spread.state != RATE_UNKNOWN && row->spread.state != RATE_FIRST;
}

static void sum_cell(
	const struct counter_rows *rows, const struct counter_row *row, char *buf, size_t size)
{
	if (rows->frame.units == UNITS_TOTAL)
		number_count(row->total, buf, size);
	else if (rows->frame.units == UNITS_SHARE && has_rate(row))
		number_percent(share_of(rows, row), buf, size);
	else
		number_rate(row->spread.sum, row->spread.state, buf, size);
}

static void spread_cell(
	const struct counter_row *row, enum counter_column what, char *buf, size_t size)
{
	const struct spread *spread = &row->spread;

	switch (what) {
	case COUNTER_MAX:
		number_rate(spread->max, spread->state, buf, size);
		break;
	case COUNTER_CPU:
		if (spread->max_cpu >= 0)
			snprintf(buf, size, "%d", spread->max_cpu);
		else
			snprintf(buf, size, "-");
		break;
	case COUNTER_X_AVG:
		number_times(spread->x_avg, buf, size);
		break;
	case COUNTER_ACTIVE:
		snprintf(buf, size, has_rate(row) ? "%d" : "-", spread->active);
		break;
	case COUNTER_GINI:
		snprintf(buf, size, has_rate(row) ? "%.2f" : "-", spread->gini);
		break;
	default:
		buf[0] = '\0';
		break;
	}
}

/* What a row is called; the function of "tcp_v4_rcv+0x1f" is what is left of the plus sign. */
static const char *name_of(const struct counter_row *row, char *buf, size_t size)
{
	const char *where = row->info->where;

	if (row->part->by_function && where[0])
		snprintf(buf, size, "%.*s", (int)strcspn(where, "+"), where);
	else
		snprintf(buf, size, "%s", row->info->name);
	return buf;
}

/* Another column of the row's table. */
static struct spread column_spread(const struct counter_rows *rows, const struct counter_row *row, int column)
{
	const struct frame *f = &rows->frame;

	return rates_spread(f->older, f->newer, &f->host->topology, f->shown, row->part->table, row->row, column);
}

static void column_cell(const struct counter_rows *rows, const struct counter_row *row, int column, char *buf,
	size_t size)
{
	struct spread spread = column_spread(rows, row, column);
	bool known = !row->part->knows || row->part->knows(row->info, column);

	number_rate(spread.sum, known ? spread.state : RATE_UNKNOWN, buf, size);
}

enum theme_role counters_cell(const void *context, int index, int column, char *buf, size_t size)
{
	const struct counter_rows *rows = context;
	const struct counter_row *row = row_of(rows, index);
	enum counter_column what = rows->spec->grid->columns[column].what;

	if (what >= COUNTER_COLUMN) {
		column_cell(rows, row, what - COUNTER_COLUMN, buf, size);
		return row->spread.sum > 0 ? ROLE_TEXT : ROLE_DIM;
	}
	switch (what) {
	case COUNTER_KIND:
		snprintf(buf, size, "%s", row->part->kind);
		return ROLE_DIM;
	case COUNTER_NAME:
		name_of(row, buf, size);
		break;
	case COUNTER_WHERE:
		snprintf(buf, size, "%s", row->info->where);
		break;
	case COUNTER_SUM:
		sum_cell(rows, row, buf, size);
		break;
	case COUNTER_SHARE:
		if (has_rate(row))
			number_percent(share_of(rows, row), buf, size);
		else
			snprintf(buf, size, "-");
		break;
	case COUNTER_SECOND:
		number_rate(row->second, row->second_known ? RATE_FRESH : RATE_UNKNOWN, buf, size);
		break;
	case COUNTER_TOTAL:
		number_count(row->total, buf, size);
		break;
	default:
		spread_cell(row, what, buf, size);
		break;
	}
	return row->spread.sum > 0 ? ROLE_TEXT : ROLE_DIM;
}

double counters_number(const void *context, int index, int column)
{
	const struct counter_rows *rows = context;
	const struct counter_row *row = row_of(rows, index);
	int what = rows->spec->grid->columns[column].what;

	if (what >= COUNTER_COLUMN)
		return column_spread(rows, row, what - COUNTER_COLUMN).sum;
	switch ((enum counter_column)what) {
	case COUNTER_SUM:
		return rows->frame.units == UNITS_TOTAL ? row->total : row->spread.sum;
	case COUNTER_SHARE:
		return share_of(rows, row);
	case COUNTER_MAX:
		return row->spread.max;
	case COUNTER_CPU:
		return row->spread.max_cpu;
	case COUNTER_X_AVG:
		return row->spread.x_avg;
	case COUNTER_ACTIVE:
		return row->spread.active;
	case COUNTER_SECOND:
		return row->second;
	case COUNTER_TOTAL:
		return row->total;
	case COUNTER_GINI:
		return row->spread.gini;
	default:
		return 0;
	}
}

uint64_t counters_identity(const void *rows, int index)
{
	const struct counter_row *row = row_of(rows, index);

	return (uint64_t)row->part->table << 40 | (uint64_t)row->part->column << 32 | (uint32_t)row->row;
}

bool counters_idle(const void *rows, int index)
{
	return row_of(rows, index)->spread.sum <= 0;
}

void counters_draw_cell(const void *context, int index, int column, const struct canvas *canvas, int y,
	int x, int width)
{
	const struct counter_rows *rows = context;
	const struct counter_row *row = row_of(rows, index);
	float values[SERIES_POINTS];
	int n = spark_values(canvas, width);
	uint64_t upto;

	(void)column;
	if (canvas->plain || !rows->frame.newer)
		return;
	upto = rows->frame.newer->sequence;
	series_row(rows->frame.series, upto, row->part->table, row->row, row->part->column, values,
		series_span(n, upto));
	spark_draw(canvas, y, x, values, n, series_fold(values, n, upto), rows->peak,
		rows->spec->gradient);
}

const char *counters_title(const void *context, int column)
{
	const struct counter_rows *rows = context;

	if (rows->spec->grid->columns[column].what != COUNTER_SUM || rows->frame.units == UNITS_RATE)
		return NULL;
	return rows->frame.units == UNITS_TOTAL ? "TOTAL" : "SHARE%";
}

/* In other units than the rate the sum shows what has a column of its own. */
int counters_twin(const void *context, int column)
{
	static const int same_as_sum[UNITS] = {
		[UNITS_RATE] = -1,
		[UNITS_TOTAL] = COUNTER_TOTAL,
		[UNITS_SHARE] = COUNTER_SHARE,
	};
	const struct counter_rows *rows = context;
	const struct grid_ops *ops = rows->spec->grid;

	if (ops->columns[column].what != same_as_sum[rows->frame.units])
		return -1;
	for (int c = 0; c < ops->n_columns; c++)
		if (ops->columns[c].what == COUNTER_SUM)
			return c;
	return -1;
}

/* ---- rows ---- */

static bool belongs(const struct counter_part *part, const struct row *info)
{
	return (!part->flags || info->flags & part->flags) && !(info->flags & part->without) &&
	       (!part->keep || part->keep(info));
}

static int make_room(struct counter_rows *rows, int n)
{
	struct counter_row *row;

	if (n <= rows->room)
		return 0;
	row = realloc(rows->row, (size_t)n * 2 * sizeof(*row));
	if (!row)
		return -ENOMEM;
	rows->row = row;
	rows->room = n * 2;
	return 0;
}

static void fill_row(struct counter_rows *rows, struct counter_row *row,
	const struct counter_part *part, int index, const struct row *info)
{
	const struct frame *f = &rows->frame;

	*row = (struct counter_row){ .part = part, .row = index, .info = info };
	row->spread = rates_spread(f->older, f->newer, &f->host->topology, f->shown, part->table, index,
		part->column);
	row->total = frame_total(f, part->table, index, part->column);
	if (part->second >= 0) {
		struct spread second = rates_spread(f->older, f->newer, &f->host->topology, f->shown,
			part->table, index, part->second);

		row->second = second.sum;
		row->second_known = second.state == RATE_FRESH;
	}
}

static int collect_part(struct counter_rows *rows, const struct counter_part *part)
{
	const struct frame *f = &rows->frame;
	int n = f->newer->table[part->table].n_rows;

	if (make_room(rows, rows->n + n))
		return -ENOMEM;
	rows->peak = fmax(rows->peak, series_peak(f->series, f->newer->sequence, part->table, part->column,
					      SERIES_SCALE));
	for (int i = 0; i < n; i++) {
		const struct row *info = catalog_row(f->host->catalog, part->table, i);

		if (!belongs(part, info))
			continue;
		fill_row(rows, &rows->row[rows->n], part, i, info);
		if (!rows->spec->share_of_rx)
			rows->share_base += rows->row[rows->n].spread.sum;
		rows->n++;
	}
	return 0;
}

static int collect_rows(struct counter_rows *rows, const struct frame *frame)
{
	int err = 0;

	rows->frame = *frame;
	if (rows->narrowed)
		rows->frame.shown = &rows->only;
	rows->n = 0;
	rows->share_base = rows->peak = 0;
	if (!frame->newer)
		return 0;
	if (rows->spec->share_of_rx)
		rows->share_base = rates_spread_table(frame->older, frame->newer, frame->host,
			rows->frame.shown, TABLE_PROBES, PROBE_RX, COUNT_PACKETS, NULL)
					   .sum;
	for (int i = 0; i < rows->spec->n_parts && !err; i++)
		err = collect_part(rows, &rows->spec->part[i]);
	return err;
}

static void take_per_cpu(struct counters *c, const struct frame *frame)
{
	const struct counter_row *row = counters_selected(c);

	for (int slot = 0; slot < frame->host->topology.n_cpus; slot++)
		c->per_cpu[slot] = !row ? 0 :
					  rate_of_cpu(frame->older, frame->newer,
						  &frame->host->topology, row->part->table, row->row,
						  row->part->column, slot)
						  .per_second;
}

int counters_prepare(void *state, const struct frame *frame)
{
	struct counters *c = state;
	int err = collect_rows(&c->rows, frame);

	if (err)
		return err;
	if (!c->per_cpu)
		c->per_cpu = calloc(frame->host->topology.n_cpus + 1, sizeof(*c->per_cpu));
	err = grid_arrange(&c->grid, &c->rows, c->rows.n, frame, frame->hide_idle);
	if (err || !c->per_cpu)
		return -ENOMEM;
	if (frame->newer)
		take_per_cpu(c, &c->rows.frame);
	return 0;
}

const struct counter_row *counters_selected(const struct counters *c)
{
	int index = grid_selected(&c->grid);

	return index >= 0 && index < c->rows.n ? &c->rows.row[index] : NULL;
}

/* ---- the picture beneath the table ---- */

enum { FEW_GROUPS = 8 };

struct ranked {
	int group;
	double value;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return x->group - y->group;
}

static void draw_bar_line(const struct canvas *canvas, int y, struct area area, const char *name,
	double value, double largest, double sum, enum theme_gradient gradient)
{
	int width = area.w - 30;
	char number[NUMBER_MAX], percent[NUMBER_MAX];

	canvas_right(canvas, y, area.x, 9, ROLE_GRAPH, name);
	if (width > 0)
		bar_draw(canvas, y, area.x + 10, width, value, largest, gradient);
	canvas_right(canvas, y, area.x + area.w - 19, 9, ROLE_TEXT,
		number_count(value, number, sizeof(number)));
	canvas_role(canvas, y, area.x + area.w - 10, 2, ROLE_DIM, "/s");
	canvas_right(canvas, y, area.x + area.w - 8, 6, ROLE_TEXT,
		number_percent(sum > 0 ? value / sum * 100 : 0, percent, sizeof(percent)));
	canvas_role(canvas, y, area.x + area.w - 2, 1, ROLE_DIM, "%");
}

void counters_draw_bars(const struct canvas *canvas, struct area area, const struct cpu_groups *groups,
	const double *values, enum theme_gradient gradient)
{
	struct ranked *order = calloc(groups->n + 1, sizeof(*order));
	double sum = 0;
	bool all = groups->n <= area.h;

	for (int i = 0; order && i < groups->n; i++) {
		order[i] = (struct ranked){ i, values[i] };
		sum += values[i];
	}
	if (order && !all)
		qsort(order, groups->n, sizeof(*order), by_value);
	for (int i = 0; order && i < groups->n && i < area.h; i++) {
		double largest = 0;
		char name[24];

		for (int k = 0; k < groups->n; k++)
			largest = fmax(largest, values[k]);
		if (!all && i == area.h - 1 && i > 0)
			draw_bar_line(canvas, area.y + i, area, "avg", sum / groups->n, largest, sum,
				gradient);
		else
			draw_bar_line(canvas, area.y + i, area,
				cpu_group_name(groups, order[i].group, name, sizeof(name)),
				order[i].value, largest, sum, gradient);
	}
	free(order);
}

int counters_spread_rows(const struct frame *frame, int width, int most)
{
	struct cpu_groups groups;
	int rows;

	if (cpu_groups_make(&groups, frame))
		return 0;
	rows = groups.n <= FEW_GROUPS ? groups.n : heat_rows(&groups, width) + 4;
	cpu_groups_free(&groups);
	return rows + 1 < most ? rows + 1 : most;
}

void counters_draw_spread(const struct canvas *canvas, struct area area, const struct frame *frame,
	const double *values, const char *title, enum theme_gradient gradient)
{
	struct area head = area_take_top(&area, 1);
	struct cpu_groups groups;
	double *by_group;
	char text[160];
	int folded = 1;

	if (cpu_groups_make(&groups, frame))
		return;
	by_group = calloc(groups.n + 1, sizeof(*by_group));
	if (by_group && groups.n <= FEW_GROUPS) {
		cpu_groups_sum(&groups, values, by_group);
		counters_draw_bars(canvas, area, &groups, by_group, gradient);
	} else if (by_group) {
		int rows = canvas->plain ? 0 : heat_rows(&groups, area.w);
		struct area map = area_take_top(&area, area.h > rows ? rows : area.h);

		cpu_groups_max(&groups, values, by_group);
		if (rows)
			folded = heat_draw(canvas, map, &groups, by_group,
				cpu_groups_hottest(&groups, by_group), gradient);
		counters_draw_bars(canvas, area, &groups, by_group, gradient);
	}
	if (folded > 1)
		snprintf(text, sizeof(text), "%s, largest of %d in a cell", title, folded);
	else
		snprintf(text, sizeof(text), "%s", title);
	if (head.h)
		canvas_rule(canvas, head.y, head.x, head.w, text);
	free(by_group);
	cpu_groups_free(&groups);
}

void counters_draw(
	void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct counters *c = state;
	const struct counter_row *row = counters_selected(c);
	int wanted = counters_spread_rows(&c->rows.frame, area.w, area.h / 2);
	char name[80], title[160];

	(void)frame;
	if (row && !c->maximised && area.h >= 10) {
		struct area below = area_take_bottom(&area, wanted);

		snprintf(title, sizeof(title), "%s per %s", name_of(row, name, sizeof(name)),
			grouping_name(c->rows.frame.group));
		counters_draw_spread(canvas, below, &c->rows.frame, c->per_cpu, title,
			c->rows.spec->gradient);
	}
	grid_draw(&c->grid, canvas, area, "");
	if (!c->rows.n && area.h > 1)
		canvas_cut(canvas, area.y + 1, area.x + 2, area.w - 2, ROLE_DIM,
			frame->newer ? c->rows.spec->nothing : "waiting for the first sample");
}

/* ---- view operations ---- */

int counters_init(struct counters *c, const struct counters_spec *spec)
{
	memset(c, 0, sizeof(*c));
	c->rows.spec = spec;
	grid_init(&c->grid, spec->grid, spec->sort);
	return 0;
}

void counters_free(struct counters *c)
{
	grid_free(&c->grid);
	free(c->rows.row);
	free(c->per_cpu);
}

void *counters_open(const struct counters_spec *spec)
{
	struct counters *c = calloc(1, sizeof(*c));

	if (c)
		counters_init(c, spec);
	return c;
}

void counters_close(struct app *app, void *state)
{
	(void)app;
	if (state)
		counters_free(state);
	free(state);
}

struct focus counters_focus(void *state)
{
	return (struct focus){ .grid = &((struct counters *)state)->grid };
}

bool counters_act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct counters *c = state;
	const struct counter_row *row = counters_selected(c);

	(void)frame;
	if (action == ACTION_MAXIMISE) {
		c->maximised = !c->maximised;
		return true;
	}
	if (action == ACTION_ENTER && row) {
		struct drill drill = { .table = row->part->table, .row = row->row,
			.column = row->part->column };

		app_push(app, &view_drill, &drill);
		return true;
	}
	return false;
}
