/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model that everything draws from.
 *
 * Every kind of counter has the same shape: a table of rows x columns x CPUs of 64-bit totals since the
 * start. What the rows are is in the catalog, which only grows; the numbers at one moment are in a
 * snapshot, which never changes once it is published. Row r of a snapshot's table is entry r of the
 * catalog's, so two snapshots are compared by index, and a row that the older one lacks was 0.
 *
 *	value(table, row, column, slot)   slot 0 ... n_cpus-1: the i-th possible CPU
 *	                                  slot n_cpus: what cannot be told apart by CPU
 */
#ifndef SKEWTOP_SNAPSHOT_H
#define SKEWTOP_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cpus.h"
#include "core/model/catalog.h"

struct table {
	int n_rows;
	int n_columns;
	int n_slots;	  /* possible CPUs + 1 */
	uint32_t known;   /* bit c: column c was measured; else its values are 0 and mean nothing */
	uint64_t *values; /* n_rows x n_columns x n_slots */
};

struct snapshot {
	atomic_int references;
	uint64_t sequence;  /* 0, 1, 2 ... of its source */
	uint64_t mono_ns;   /* CLOCK_MONOTONIC of the source's machine, taken just before reading */
	uint64_t real_ns;   /* the same moment, CLOCK_REALTIME */
	int n_cpus;	    /* possible */
	struct cpus online; /* ids */
	uint64_t own_cpu_ns; /* CPU time that skewtop itself has used so far */
	uint64_t bpf_ns;     /* time inside its BPF programs so far, estimated (run_cost.h); 0: unknown */
	struct table table[TABLE_COUNT];
};

/* A snapshot of n_cpus possible CPUs with empty tables and one reference. NULL: no memory. */
struct snapshot *snapshot_new(int n_cpus);

/* Gives a table room for n_rows rows, keeping what it has, zeroing the rest. -ENOMEM. */
int snapshot_grow(struct snapshot *snapshot, enum table_id table, int n_rows);

/* The index of a row, added to the catalog if it was not there, with room for it in the snapshot. -ENOMEM. */
int snapshot_row(
	struct snapshot *snapshot, struct catalog *catalog, enum table_id table, const struct row *row);

/* Column c of a table was measured. */
static inline void snapshot_know(struct snapshot *snapshot, enum table_id table, int column)
{
	snapshot->table[table].known |= 1u << column;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

static inline uint64_t *table_values(const struct table *t, int row, int column)
{
	return t->values + ((size_t)row * t->n_columns + column) * t->n_slots;
}

/* Sum over all possible CPUs and what belongs to none. 0 for a row that is not there yet. */
uint64_t table_sum(const struct table *t, int row, int column);

/* One slot, or 0 for a row that is not there yet. */
static inline uint64_t table_at(const struct table *t, int row, int column, int slot)
{
	return row < t->n_rows ? table_values(t, row, column)[slot] : 0;
}

static inline bool table_knows(const struct table *t, int column)
{
	return t->known >> column & 1;
}

#endif
