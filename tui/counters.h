/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine of every view that is a table of counters over the CPUs: rows with their sum, largest CPU
 * and skew, and beneath it how the selected row spreads. A view of this kind is a spec: which tables,
 * which columns, and what to do on Enter.
 */
#ifndef SKEWTOP_TUI_COUNTERS_H
#define SKEWTOP_TUI_COUNTERS_H

#include "core/model/rates.h"
#include "tui/heat.h"
#include "tui/view.h"

enum counter_column {
	COUNTER_KIND,  /* the part's word */
	COUNTER_NAME,
	COUNTER_WHERE,
	COUNTER_SUM,   /* in the units of the frame */
	COUNTER_SHARE, /* of the sum over all rows, or of received packets */
	COUNTER_MAX,
	COUNTER_CPU,   /* of the max */
	COUNTER_X_AVG,
	COUNTER_ACTIVE, /* CPUs with a rate above 0 */
	COUNTER_SECOND, /* the part's second column: bytes, errors */
	COUNTER_TOTAL,
	COUNTER_GINI,
	COUNTER_SPARK,
	COUNTER_COLUMN, /* from here on, per second: this plus a column of the part's table */
};

/* Rows of one table that a view shows. */
struct counter_part {
	enum table_id table;
	uint32_t flags;	  /* only rows with one of them; 0: all */
	uint32_t without; /* and with none of these */
	int column;	  /* what is counted */
	int second;	  /* what COUNTER_SECOND shows; -1: nothing */
	const char *kind;
	bool by_function; /* rows are called by the function of their location, not by their name */
	bool (*keep)(const struct row *info); /* NULL: all */
	bool (*knows)(const struct row *info, int column); /* whether a row has it; NULL: all have all */
};

struct counter_row {
	const struct counter_part *part;
	int row;
	const struct row *info;
	struct spread spread;
	double total;
	double second; /* per second */
	bool second_known;
};

struct counters_spec {
	const struct counter_part *part;
	int n_parts;
	/* `what` of each column is an enum counter_column. */
	const struct grid_ops *grid;
	int sort;
	bool share_of_rx;
	enum theme_gradient gradient;
	const char *nothing; /* said where there are no rows */
};

/* The rows that a grid of counters shows: what its operations get. */
struct counter_rows {
	const struct counters_spec *spec;
	struct frame frame; /* a copy: its `shown` may be narrower than the screen's */
	struct cpus only;
	bool narrowed; /* to `only` */
	struct counter_row *row;
	int n, room;
	double share_base; /* per second */
	double peak;	   /* the largest sum of a row, per second: the scale of history lines */
};

struct counters {
	struct counter_rows rows;
	struct grid grid;
	double *per_cpu; /* of the selected row, by slot */
	bool maximised;	 /* the table alone */
	struct error error;
};

/* The grid's operations, the same for every spec; `columns` differ. */
enum theme_role counters_cell(const void *rows, int index, int column, char *buf, size_t size);
double counters_number(const void *rows, int index, int column);
uint64_t counters_identity(const void *rows, int index);
bool counters_idle(const void *rows, int index);
void counters_draw_cell(const void *rows, int index, int column, const struct canvas *canvas, int y,
	int x, int width);
const char *counters_title(const void *rows, int column);
int counters_twin(const void *rows, int column);

#define COUNTERS_GRID(columns_)                                                                   \
	{                                                                                         \
		.columns = columns_, .n_columns = sizeof(columns_) / sizeof(columns_[0]),         \
		.cell = counters_cell, .number = counters_number, .identity = counters_identity,  \
		.idle = counters_idle, .draw = counters_draw_cell, .title = counters_title,       \
		.twin = counters_twin,                                                            \
	}

/* For view_ops; a view's state begins with a struct counters. */
int counters_init(struct counters *counters, const struct counters_spec *spec);
void counters_free(struct counters *counters);
int counters_prepare(void *state, const struct frame *frame);
void counters_draw(void *state, const struct frame *frame, const struct canvas *canvas,
	struct area area);
struct focus counters_focus(void *state);
bool counters_act(void *state, struct app *app, const struct frame *frame, enum action action);

/* A state that is nothing but counters. */
void *counters_open(const struct counters_spec *spec);
void counters_close(struct app *app, void *state);

/* The selected row, or NULL. */
const struct counter_row *counters_selected(const struct counters *counters);

/* Lists the busiest CPUs (groups) with a bar each: as many as there are rows. */
void counters_draw_bars(const struct canvas *canvas, struct area area, const struct cpu_groups *groups,
	const double *values, enum theme_gradient gradient);

/* The picture of how `values` (by slot) spread: bars for a few groups, a heat map for many. */
void counters_draw_spread(const struct canvas *canvas, struct area area, const struct frame *frame,
	const double *values, const char *title, enum theme_gradient gradient);

/* Rows that this picture wants, with its title. */
int counters_spread_rows(const struct frame *frame, int width, int most);

#endif
