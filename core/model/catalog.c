/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/catalog.h"

#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"

/*
 * Rows live in chunks that never move, and the chunk pointers in a fixed array: a reader that was
 * handed a row count (through a published snapshot) can follow both without a lock while the owner adds.
 */
enum { CHUNK_ROWS = 256, CHUNKS_MAX = 1024 };

struct row_set {
	int n_rows;
	struct row *chunk[CHUNKS_MAX];
	int *bucket; /* open addressing: row index + 1, 0 free */
	size_t n_buckets;
};

struct catalog {
	struct row_set table[TABLE_COUNT];
};

static const struct table_schema schemas[TABLE_COUNT] = {
	[TABLE_SYSCALLS] = { "syscalls", 2, { "calls", "errors" } },
	[TABLE_PROBES] = { "packets", 2, { "packets", "bytes" } },
	[TABLE_FUNCTIONS] = { "functions", 2, { "packets", "bytes" } },
	[TABLE_INTERFACES] = { "interfaces", 4,
		{ "rx_packets", "rx_bytes", "tx_packets", "tx_bytes" } },
	[TABLE_DROPS] = { "drops", 2, { "packets", "bytes" } },
	[TABLE_CONSUMED] = { "consumed", 2, { "packets", "bytes" } },
	[TABLE_SOFTIRQ] = { "softirq", 2, { "runs", "time_ns" } },
	[TABLE_SOFTNET] = { "softnet", 1, { "events" } },
	[TABLE_LOSS] = { "loss", 1, { "events" } },
	[TABLE_INTERRUPTS] = { "interrupts", 1, { "interrupts" } },
	[TABLE_NIC] = { "nic", 1, { "events" } },
	[TABLE_INSIDE] = { "inside", 1, { "events" } },
	[TABLE_PROGRAMS] = { "programs", 8,
		{ "packets", "bytes", "pass", "drop", "tx", "redirect", "aborted", "other" } },
};

const struct table_schema *table_schema(enum table_id table)
{
	return &schemas[table];
}

static struct row *row_at(const struct row_set *set, int index)
{
	return &set->chunk[index / CHUNK_ROWS][index % CHUNK_ROWS];
}

static size_t key_hash(uint64_t key0, uint64_t key1)
{
	uint64_t h = key0 * UINT64_C(0x9e3779b97f4a7c15) ^ (key1 + UINT64_C(0x7f4a7c15)) *
			     UINT64_C(0xff51afd7ed558ccd);

	return (size_t)(h ^ h >> 29);
}

/* The bucket of this key, or the free one where it would go. */
static size_t bucket_of(const struct row_set *set, uint64_t key0, uint64_t key1)
{
	size_t i = key_hash(key0, key1) & (set->n_buckets - 1);

	while (set->bucket[i]) {
		const struct row *row = row_at(set, set->bucket[i] - 1);

		if (row->key[0] == key0 && row->key[1] == key1)
			break;
		i = (i + 1) & (set->n_buckets - 1);
	}
	return i;
}

/* Keeps the index at most half full. */
static int row_set_make_room(struct row_set *set)
{
	size_t n_buckets = set->n_buckets ? set->n_buckets * 2 : 64;
	int *old = set->bucket;

	if (set->n_rows == CHUNK_ROWS * CHUNKS_MAX)
		return -ENOMEM;
	if (set->n_rows % CHUNK_ROWS == 0 && !set->chunk[set->n_rows / CHUNK_ROWS]) {
		struct row *chunk = calloc(CHUNK_ROWS, sizeof(*chunk));

		if (!chunk)
			return -ENOMEM;
		set->chunk[set->n_rows / CHUNK_ROWS] = chunk;
	}
	if ((size_t)set->n_rows * 2 < set->n_buckets)
		return 0;
	set->bucket = calloc(n_buckets, sizeof(*set->bucket));
	if (!set->bucket) {
		set->bucket = old;
		return -ENOMEM;
	}
	set->n_buckets = n_buckets;
	for (int i = 0; i < set->n_rows; i++) {
		const struct row *row = row_at(set, i);

		set->bucket[bucket_of(set, row->key[0], row->key[1])] = i + 1;
	}
	free(old);
	return 0;
}

struct catalog *catalog_new(void)
{
	return calloc(1, sizeof(struct catalog));
}

void catalog_free(struct catalog *catalog)
{
	if (!catalog)
		return;
	for (int t = 0; t < TABLE_COUNT; t++) {
		struct row_set *set = &catalog->table[t];

		for (int i = 0; i < set->n_rows; i++) {
			free((char *)row_at(set, i)->name);
			free((char *)row_at(set, i)->where);
		}
		for (int c = 0; c < CHUNKS_MAX; c++)
			free(set->chunk[c]);
		free(set->bucket);
	}
	free(catalog);
}

int catalog_find(const struct catalog *catalog, enum table_id table, uint64_t key0, uint64_t key1)
{
	const struct row_set *set = &catalog->table[table];
	int found = set->n_buckets ? set->bucket[bucket_of(set, key0, key1)] : 0;

	return found ? found - 1 : -ENOENT;
}

int catalog_add(struct catalog *catalog, enum table_id table, const struct row *row)
{
	struct row_set *set = &catalog->table[table];
	int index = catalog_find(catalog, table, row->key[0], row->key[1]);
	struct row copy = *row;

	if (index >= 0)
		return index;
	if (row_set_make_room(set))
		return -ENOMEM;
	copy.name = strdup(row->name);
	copy.where = strdup(row->where ? row->where : "");
	if (!copy.name || !copy.where) {
		free((char *)copy.name);
		free((char *)copy.where);
		return -ENOMEM;
	}
	index = set->n_rows;
	*row_at(set, index) = copy;
	set->bucket[bucket_of(set, copy.key[0], copy.key[1])] = index + 1;
	set->n_rows++;
	return index;
}

const struct row *catalog_row(const struct catalog *catalog, enum table_id table, int index)
{
	return row_at(&catalog->table[table], index);
}

const struct row *catalog_traced(const struct catalog *catalog, unsigned probe)
{
	enum table_id table = probe < PROBE_MAX ? TABLE_PROBES : TABLE_FUNCTIONS;
	int index = (int)(probe < PROBE_MAX ? probe : probe - PROBE_MAX);

	return index < catalog_count(catalog, table) ? catalog_row(catalog, table, index) : NULL;
}

int catalog_count(const struct catalog *catalog, enum table_id table)
{
	return catalog->table[table].n_rows;
}
