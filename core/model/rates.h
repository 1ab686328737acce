/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure functions over two snapshots: totals become deltas, deltas become rates per second over the
 * measured interval. A rate carries a state, so that what is not known is never drawn as 0.
 */
#ifndef SKEWTOP_RATES_H
#define SKEWTOP_RATES_H

#include "core/base/cpus.h"
#include "core/model/host.h"
#include "core/model/skew.h"
#include "core/model/snapshot.h"

struct rate {
	double per_second;
	enum rate_state state;
};

/* The interval between two snapshots in ns; 0 if older is NULL or not older. */
uint64_t rates_interval(const struct snapshot *older, const struct snapshot *newer);

/*
 * True if `newest` is more than two intervals old at `now_ns` (CLOCK_MONOTONIC, as mono_ns is): whoever
 * draws then shows its rates as RATE_STALE. Pure functions of two snapshots cannot know.
 */
bool rates_stale(const struct snapshot *newest, uint64_t now_ns, uint64_t interval_ns);

/*
 * Rate of one slot (see snapshot.h: slot n_cpus is what belongs to no CPU). A total that falls, as a
 * counter of a replaced device may, gives 0, never less. per_second means something only with
 * RATE_FRESH, and with RATE_OFFLINE, where it is what the CPU still counted in this interval.
 */
struct rate rate_of_cpu(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, enum table_id table, int row, int column, int slot);

/*
 * How one counter spreads over CPUs. `shown` narrows to some CPU ids; NULL: all online CPUs. The sum
 * always runs over all possible CPUs of the choice, online or not (and, where shown is NULL, over what
 * belongs to no CPU), because an offline CPU's share does not go away. 512 CPUs take some 4 us.
 */
struct spread rates_spread(const struct snapshot *older, const struct snapshot *newer,
	const struct topology *topology, const struct cpus *shown, enum table_id table, int row,
	int column);

/*
 * The same over several rows at once (all rows whose flags have one of `flags`, or all if 0), summed
 * per CPU first: the header's SYS and PKT lines. `per_cpu`, if not NULL, takes n_cpus rates, by slot,
 * those of CPUs that are not shown included.
 */
struct spread rates_spread_table(const struct snapshot *older, const struct snapshot *newer,
	const struct host *host, const struct cpus *shown, enum table_id table, uint32_t flags,
	int column, double *per_cpu);

#endif
