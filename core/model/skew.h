/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How unevenly a counter spreads over CPUs (or cores, caches, nodes). The one definition of each figure
 * that the screens, the help and the JSON output share.
 */
#ifndef SKEWTOP_SKEW_H
#define SKEWTOP_SKEW_H

#include "core/base/cpus.h"

enum rate_state {
	RATE_UNKNOWN, /* the column was not measured */
	RATE_FIRST,   /* no older snapshot to compare with yet */
	RATE_FRESH,
	RATE_STALE,   /* the source has not delivered for more than two intervals; see rates_stale() */
	RATE_OFFLINE, /* this CPU is not online (one CPU's rate only) */
};

/*
 * n_cpus counts the CPUs shown: those that are online, and those that went offline in this very
 * interval after having counted something. `mean`, `x_avg` and `gini` are about these n values, so that
 * x_avg is at least 1 wherever anything happened.
 */
struct spread {
	enum rate_state state;
	double sum;	  /* per second; may exceed n_cpus * mean by what belongs to no CPU */
	double mean;	  /* of the CPUs shown */
	double max;
	int max_cpu;	  /* id, the lowest of equals; -1 if all are idle */
	double x_avg;	  /* max / mean; 0 if idle */
	double top_share; /* max / sum; 0 if idle */
	double gini;	  /* 0 even ... 1 all on one CPU; 0 if idle or for a single CPU */
	int active;	  /* CPUs with a rate above 0 */
	int n_cpus;	  /* CPUs shown */
};

/*
 * The figures of n values (at least 0 each, n up to CPU_ID_MAX); state is RATE_FRESH. `ids` names them
 * for max_cpu, NULL: by index. The Gini coefficient is the mean absolute difference of all pairs over
 * twice the mean, scaled by n / (n - 1) so that 1 is reached; it is exact to 0.0002.
 */
struct spread skew_of(const double *values, const int *ids, int n);

#endif
