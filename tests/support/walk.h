/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up snapshots that move as a machine's do: most counters stand still, tables grow, CPUs come and
 * go. The same seed gives the same walk. */
#ifndef SKEWTOP_TESTS_WALK_H
#define SKEWTOP_TESTS_WALK_H

#include "core/model/snapshot.h"

struct walk {
	uint64_t state; /* of the random numbers */
	struct snapshot *now;
	double moving; /* share of counters that move per step */
};

/* A walk at its first snapshot: n_cpus CPUs and n_rows rows in every table. */
struct walk walk_start(uint64_t seed, int n_cpus, int n_rows);

/* The next snapshot, a second later; the walk keeps it. Grows each table by up to `more_rows` rows. */
struct snapshot *walk_step(struct walk *walk, int more_rows);

void walk_end(struct walk *walk);

uint64_t walk_random(struct walk *walk);

/* Fails the running test unless both snapshots say the same in every field. */
void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b);

#endif
