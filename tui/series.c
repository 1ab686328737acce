/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#include "bpf/abi.h"
#include "core/model/rates.h"

/* The columns with a history besides the first of each table: an interface's two ways are rows of their own. */
static const struct kept {
	enum table_id table;
	int column;
} more[] = {
	{ TABLE_INTERFACES, IF_TX_PACKETS },
};

enum { KEPT = TABLE_COUNT + sizeof(more) / sizeof(more[0]) };

static struct kept kept_at(int k)
{
	return k < TABLE_COUNT ? (struct kept){ k, 0 } : more[k - TABLE_COUNT];
}

/* -1: that column has none. */
static int kept_find(enum table_id table, int column)
{
	for (int k = column ? TABLE_COUNT : (int)table; k < (int)KEPT; k++)
		if (kept_at(k).table == table && kept_at(k).column == column)
			return k;
	return -1;
}

/* What one interval tells: rates by row of each column that is kept, and by CPU. */
struct point {
	uint64_t sequence; /* of the snapshot at its end */
	bool made;
	float *rows[KEPT];
	int n_rows[KEPT];
	float largest[KEPT]; /* of rows */
	float *cpus[SERIES_CPU_KINDS];
	float all[SERIES_CPU_KINDS]; /* over the CPUs shown */
};

struct series {
	const struct history *history;
	const struct host *host;
	struct cpus shown;
	bool narrowed;
	double *scratch; /* n_cpus rates */
	struct point point[SERIES_POINTS];
};

struct series *series_new(const struct history *history, const struct host *host)
{
	struct series *series = calloc(1, sizeof(*series));

	if (!series)
		return NULL;
	series->history = history;
	series->host = host;
	series->scratch = calloc(host->topology.n_cpus + 1, sizeof(*series->scratch));
	if (!series->scratch) {
		free(series);
		return NULL;
	}
	return series;
}

static void point_clear(struct point *point)
{
	for (int k = 0; k < (int)KEPT; k++)
		free(point->rows[k]);
	for (int k = 0; k < SERIES_CPU_KINDS; k++)
		free(point->cpus[k]);
	memset(point, 0, sizeof(*point));
}

static void forget(struct series *series)
{
	for (int i = 0; i < SERIES_POINTS; i++)
		point_clear(&series->point[i]);
}

void series_free(struct series *series)
{
	if (!series)
		return;
	forget(series);
	free(series->scratch);
	free(series);
}

void series_show(struct series *series, const struct cpus *shown)
{
	if (series->narrowed == !!shown &&
		(!shown || memcmp(&series->shown, shown, sizeof(*shown)) == 0))
		return;
	series->narrowed = !!shown;
	if (shown)
		series->shown = *shown;
	forget(series);
}

static const struct cpus *shown_of(const struct series *series)
{
	return series->narrowed ? &series->shown : NULL;
}

static uint64_t grown(
	const struct table *older, const struct table *newer, int row, int column, int slot)
{
	uint64_t then = table_at(older, row, column, slot), now = table_at(newer, row, column, slot);

	return now > then ? now - then : 0;
}

/* The sum over the slots that count, of what a row has grown by in a column. */
static uint64_t grown_of_row(const struct series *series, const struct table *older,
	const struct table *newer, int row, int column)
{
	const struct topology *topology = &series->host->topology;
	uint64_t sum = series->narrowed ? 0 : grown(older, newer, row, column, newer->n_slots - 1);

	for (int slot = 0; slot < newer->n_slots - 1 && slot < topology->n_cpus; slot++)
		if (!series->narrowed || cpus_has(&series->shown, topology->cpu[slot].id))
			sum += grown(older, newer, row, column, slot);
	return sum;
}

static void make_rows(struct series *series, struct point *point, const struct snapshot *older,
	const struct snapshot *newer, double seconds)
{
	for (int k = 0; k < (int)KEPT; k++) {
		struct kept kept = kept_at(k);
		const struct table *table = &newer->table[kept.table];

		point->rows[k] = calloc(table->n_rows + 1, sizeof(float));
		if (!point->rows[k])
			continue;
		point->n_rows[k] = table->n_rows;
		for (int row = 0; row < table->n_rows; row++) {
			point->rows[k][row] = grown_of_row(series, &older->table[kept.table], table, row,
						      kept.column) /
				seconds;
			point->largest[k] = fmaxf(point->largest[k], point->rows[k][row]);
		}
	}
}

static void make_cpus(struct series *series, struct point *point, const struct snapshot *older,
	const struct snapshot *newer)
{
	static const struct {
		enum table_id table;
		uint32_t flags;
	} kinds[SERIES_CPU_KINDS] = {
		[SERIES_PACKETS] = { TABLE_PROBES, PROBE_RX | PROBE_TX },
		[SERIES_SYSCALLS] = { TABLE_SYSCALLS, 0 },
	};

	for (int k = 0; k < SERIES_CPU_KINDS; k++) {
		struct spread spread = rates_spread_table(older, newer, series->host,
			shown_of(series), kinds[k].table, kinds[k].flags, 0, series->scratch);

		point->all[k] = spread.sum;
		point->cpus[k] = calloc(newer->n_cpus + 1, sizeof(float));
		for (int slot = 0; point->cpus[k] && slot < newer->n_cpus; slot++)
			point->cpus[k][slot] = series->scratch[slot];
	}
}

/* The point of the interval that ends with snapshot `sequence`, or NULL. */
static const struct point *point_at(struct series *series, uint64_t sequence)
{
	struct point *point = &series->point[sequence % SERIES_POINTS];
	struct snapshot *older, *newer;
	uint64_t interval;

	if (point->made && point->sequence == sequence)
		return point;
	if (!sequence)
		return NULL;
	older = history_get(series->history, sequence - 1);
	newer = older ? history_get(series->history, sequence) : NULL;
	interval = newer ? rates_interval(older, newer) : 0;
	if (interval) {
		point_clear(point);
		make_rows(series, point, older, newer, interval / 1e9);
		make_cpus(series, point, older, newer);
		point->sequence = sequence;
		point->made = true;
	}
	snapshot_unref(older);
	snapshot_unref(newer);
	return interval ? point : NULL;
}

/* Point `i` of `n` that end at `upto`; NULL before the first. */
static const struct point *point_of(struct series *series, uint64_t upto, int i, int n)
{
	uint64_t back = n - 1 - i;

	return back < upto ? point_at(series, upto - back) : NULL;
}

void series_row(struct series *series, uint64_t upto, enum table_id table, int row, int column,
	float *out, int n)
{
	int k = kept_find(table, column);

	for (int i = 0; i < n; i++) {
		const struct point *point = point_of(series, upto, i, n);

		if (!point || k < 0)
			out[i] = NAN;
		else
			out[i] = row < point->n_rows[k] ? point->rows[k][row] : 0;
	}
}

float series_peak(struct series *series, uint64_t upto, enum table_id table, int column, int n)
{
	int k = kept_find(table, column);
	float peak = 0;

	for (int i = 0; i < n && k >= 0; i++) {
		const struct point *point = point_of(series, upto, i, n);

		if (point)
			peak = fmaxf(peak, point->largest[k]);
	}
	return peak;
}

void series_of_cpu(struct series *series, uint64_t upto, enum series_cpu kind, int slot, float *out,
	int n)
{
	for (int i = 0; i < n; i++) {
		const struct point *point = point_of(series, upto, i, n);

		if (!point || (slot >= 0 && !point->cpus[kind]))
			out[i] = NAN;
		else
			out[i] = slot < 0 ? point->all[kind] : point->cpus[kind][slot];
	}
}

/* Values to a cell. Snapshot 0 ends no interval. */
static int share_of_cell(int cells, uint64_t upto)
{
	int known = upto < SERIES_LEAST ? (int)upto : SERIES_LEAST;

	return known > cells ? (known + cells - 1) / cells : 1;
}

int series_span(int cells, uint64_t upto)
{
	return cells * share_of_cell(cells, upto);
}

bool series_fold(float *values, int cells, uint64_t upto)
{
	int share = share_of_cell(cells, upto), n = series_span(cells, upto);
	int value = n - 1, newest = upto % share + 1; /* how many the newest cell has so far */

	bool second = upto / share % 2;

	if (share == 1)
		return second;
	/* From the right, so that cells are written where they were read already: into the end of the array. */
	for (int cell = cells - 1, left = newest; cell >= 0; cell--, left = share) {
		float largest = NAN;

		for (; left; left--)
			largest = fmaxf(largest, values[value--]);
		values[n - cells + cell] = largest;
	}
	memmove(values, values + n - cells, cells * sizeof(*values));
	return second;
}
