/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/rates.h"

#include <string.h>

static const double NS_PER_SECOND = 1e9;

uint64_t rates_interval(const struct snapshot *older, const struct snapshot *newer)
{
	if (!older || newer->mono_ns <= older->mono_ns)
		return 0;
	return newer->mono_ns - older->mono_ns;
}

bool rates_stale(const struct snapshot *newest, uint64_t now_ns, uint64_t interval_ns)
{
	return now_ns > newest->mono_ns && (now_ns - newest->mono_ns) / 2 > interval_ns;
}

/* What can be said of a column at all, before any CPU is looked at. */
static enum rate_state column_state(const struct snapshot *older, const struct snapshot *newer,
	enum table_id table, int column)
{
	if (!table_knows(&newer->table[table], column))
		return RATE_UNKNOWN;
	/* Measured from now on only: the older totals are zeros that mean nothing. */
	if (!rates_interval(older, newer) || older->n_cpus != newer->n_cpus ||
		!table_knows(&older->table[table], column))
		return RATE_FIRST;
	return RATE_FRESH;
}

static uint64_t grown(uint64_t older, uint64_t newer)
{
	return newer > older ? newer - older : 0;
}

/* Adds to sums[0 ... n_slots-1] by how much each slot of a row has grown. */
static void add_growth(uint64_t *sums, const struct table *older, const struct table *newer, int row,
	int column)
{
	const uint64_t *new_values, *old_values;

	if (row >= newer->n_rows)
		return;
	new_values = table_values(newer, row, column);
	if (row >= older->n_rows) {
		for (int slot = 0; slot < newer->n_slots; slot++)
			sums[slot] += new_values[slot];
		return;
	}
	old_values = table_values(older, row, column);
	for (int slot = 0; slot < newer->n_slots; slot++)
		sums[slot] += grown(old_values[slot], new_values[slot]);
}

struct rate rate_of_cpu(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, enum table_id table, int row, int column, int slot)
{
	struct rate rate = { .state = column_state(older, newer, table, column) };
	uint64_t growth;

	if (slot < 0 || slot > newer->n_cpus)
		return (struct rate){ .state = RATE_UNKNOWN };
	if (rate.state == RATE_FRESH) {
		growth = grown(table_at(&older->table[table], row, column, slot),
			table_at(&newer->table[table], row, column, slot));
		rate.per_second =
			(double)growth * NS_PER_SECOND / (double)rates_interval(older, newer);
	}
	if (rate.state != RATE_UNKNOWN && slot < newer->n_cpus && slot < topology->n_cpus &&
		!cpus_has(&newer->online, topology->cpu[slot].id))
		rate.state = RATE_OFFLINE;
	return rate;
}

/* The spread of what each slot has grown by, in `seconds`. */
static struct spread spread_of_growth(const uint64_t *growth, const struct snapshot *newer,
	const struct topology *topology, const struct cpus *shown, double seconds)
{
	double values[CPU_ID_MAX];
	int ids[CPU_ID_MAX];
	int n_slots = newer->n_cpus < topology->n_cpus ? newer->n_cpus : topology->n_cpus;
	double of_no_cpu = shown ? 0 : (double)growth[newer->n_cpus] / seconds;
	struct spread spread;
	int n = 0;

	values[0] = ids[0] = 0; /* gcc 12 does not see that n = 0 reads none */
	for (int slot = 0; slot < n_slots; slot++) {
		int id = topology->cpu[slot].id;

		if (shown && !cpus_has(shown, id))
			continue;
		if (!growth[slot] && !cpus_has(&newer->online, id))
			continue;
		values[n] = (double)growth[slot] / seconds;
		ids[n++] = id;
	}
	spread = skew_of(values, ids, n);
	if (of_no_cpu > 0) {
		spread.sum += of_no_cpu;
		spread.top_share = spread.max / spread.sum;
	}
	return spread;
}

/* A spread of which nothing is known but how many CPUs it would be about. */
static struct spread spread_without_rates(const struct snapshot *newer, const struct topology *topology,
	const struct cpus *shown, enum rate_state state)
{
	struct spread spread = { .state = state, .max_cpu = -1 };

	for (int slot = 0; slot < topology->n_cpus; slot++) {
		int id = topology->cpu[slot].id;

		if (cpus_has(&newer->online, id) && (!shown || cpus_has(shown, id)))
			spread.n_cpus++;
	}
	return spread;
}

struct spread rates_spread(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, const struct cpus *shown, enum table_id table, int row,
	int column)
{
	enum rate_state state = column_state(older, newer, table, column);
	uint64_t growth[CPU_ID_MAX + 1];

	if (state != RATE_FRESH)
		return spread_without_rates(newer, topology, shown, state);
	memset(growth, 0, (newer->n_cpus + 1) * sizeof(growth[0]));
	add_growth(growth, &older->table[table], &newer->table[table], row, column);
	return spread_of_growth(growth, newer, topology, shown,
		(double)rates_interval(older, newer) / NS_PER_SECOND);
}

struct spread rates_spread_table(const struct snapshot *older, const struct snapshot *newer,
	const struct host *host, const struct cpus *shown, enum table_id table, uint32_t flags,
	int column, double *per_cpu)
{
	const struct table *t = &newer->table[table];
	enum rate_state state = column_state(older, newer, table, column);
	uint64_t growth[CPU_ID_MAX + 1];
	double seconds;

	if (per_cpu)
		memset(per_cpu, 0, newer->n_cpus * sizeof(*per_cpu));
	if (state != RATE_FRESH)
		return spread_without_rates(newer, &host->topology, shown, state);
	memset(growth, 0, (newer->n_cpus + 1) * sizeof(growth[0]));
	for (int row = 0; row < t->n_rows; row++) {
		if (!flags || catalog_row(host->catalog, table, row)->flags & flags)
			add_growth(growth, &older->table[table], t, row, column);
	}
	seconds = (double)rates_interval(older, newer) / NS_PER_SECOND;
	for (int slot = 0; per_cpu && slot < newer->n_cpus; slot++)
		per_cpu[slot] = (double)growth[slot] / seconds;
	return spread_of_growth(growth, newer, &host->topology, shown, seconds);
}
