/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure functions over two snapshots: totals become deltas, deltas become rates per second over the
 * measured interval. A rate carries a state, so that what is not known is never drawn as 0.
 */
#ifndef SKEWTOP_RATES_H
#define SKEWTOP_RATES_H

#include "core/cpus.h"
#include "core/host.h"
#include "core/snapshot.h"

enum rate_state {
	RATE_UNKNOWN, /* the column was not measured */
	RATE_FIRST,   /* no older snapshot to compare with yet */
	RATE_FRESH,
	RATE_STALE,   /* the source has not delivered for more than two intervals */
	RATE_OFFLINE, /* this CPU is not online (one CPU's rate only) */
};

struct rate {
	double per_second;
	enum rate_state state;
};

/* The interval between two snapshots in ns; 0 if older is NULL. */
uint64_t rates_interval(const struct snapshot *older, const struct snapshot *newer);

/* Rate of one slot. `slot` counts possible CPUs; see snapshot.h. */
struct rate rate_of_cpu(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, enum table_id table, int row, int column, int slot);

/*
 * How one counter spreads over CPUs. `shown` narrows to some CPU ids; NULL: all online CPUs. The sum
 * always runs over all possible CPUs of the choice, online or not (and, where shown is NULL, over what
 * belongs to no CPU), because an offline CPU's share does not go away.
 */
struct spread {
	enum rate_state state;
	double sum;	/* per second */
	double mean;	/* sum / CPUs shown and online */
	double max;
	int max_cpu;	/* id; -1 if all are idle */
	double x_avg;	/* max / mean; 0 if idle */
	double top_share; /* max / sum; 0 if idle */
	double gini;	/* 0 even ... 1 all on one CPU */
	int active;	/* CPUs with a rate above 0 */
	int n_cpus;	/* CPUs shown */
};

struct spread rates_spread(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, const struct cpus *shown, enum table_id table, int row,
	int column);

/*
 * The same over several rows at once (all rows whose flags have one of `flags`, or all if 0), summed
 * per CPU first: the header's SYS and PKT lines. `per_cpu`, if not NULL, takes n_cpus rates.
 */
struct spread rates_spread_table(const struct snapshot *older, const struct snapshot *newer,
	const struct host *host, const struct cpus *shown, enum table_id table, uint32_t flags,
	int column, double *per_cpu);

/* The skew figures of n values (some may be absent: mask NULL or per value). See struct spread. */
struct spread skew_of(const double *per_cpu, const int *cpu_ids, int n);

#endif
