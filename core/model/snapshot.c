/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct snapshot *snapshot_new(int n_cpus)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	atomic_init(&snapshot->references, 1);
	snapshot->n_cpus = n_cpus;
	for (int t = 0; t < TABLE_COUNT; t++) {
		snapshot->table[t].n_columns = table_schema(t)->n_columns;
		snapshot->table[t].n_slots = n_cpus + 1;
	}
	return snapshot;
}

int snapshot_grow(struct snapshot *snapshot, enum table_id table, int n_rows)
{
	struct table *t = &snapshot->table[table];
	size_t row_values = (size_t)t->n_columns * t->n_slots;
	uint64_t *values;

	if (n_rows <= t->n_rows)
		return 0;
	values = reallocarray(t->values, (size_t)n_rows * row_values, sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(values + t->n_rows * row_values, 0,
		(n_rows - t->n_rows) * row_values * sizeof(*values));
	t->values = values;
	t->n_rows = n_rows;
	return 0;
}

int snapshot_row(
	struct snapshot *snapshot, struct catalog *catalog, enum table_id table, const struct row *row)
{
	int index = catalog_add(catalog, table, row);

	if (index >= 0 && snapshot_grow(snapshot, table, catalog_count(catalog, table)))
		return -ENOMEM;
	return index;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot ||
		atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
		return;
	for (int t = 0; t < TABLE_COUNT; t++)
		free(snapshot->table[t].values);
	free(snapshot);
}

uint64_t table_sum(const struct table *t, int row, int column)
{
	const uint64_t *values;
	uint64_t sum = 0;

	if (row >= t->n_rows)
		return 0;
	values = table_values(t, row, column);
	for (int slot = 0; slot < t->n_slots; slot++)
		sum += values[slot];
	return sum;
}
