/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of the last minutes, bounded in time and bytes, packed: most counters of a machine do not
 * move in a second. One writer, any number of readers.
 */
#ifndef SKEWTOP_HISTORY_H
#define SKEWTOP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/snapshot.h"

enum { HISTORY_SECONDS = 600 };

struct history;

/* `max_ns` of time and `max_bytes` of memory are kept; 0: 600 s, 64 MiB. NULL: no memory. */
struct history *history_new(uint64_t max_ns, size_t max_bytes);
void history_free(struct history *history);

/* Keeps a snapshot (takes a reference if it needs one). Sequence numbers must rise by one. -ENOMEM. */
int history_append(struct history *history, struct snapshot *snapshot);

/* Sequence numbers first (oldest kept) and end (one past the newest); equal when empty. */
struct history_range {
	uint64_t first;
	uint64_t end;
};
struct history_range history_range(const struct history *history);

/* Snapshot `sequence` with a reference for the caller, or NULL if it is not kept. The newest two cost
 * nothing; an older one is unpacked. */
struct snapshot *history_get(const struct history *history, uint64_t sequence);

/* The sequence number of the newest snapshot at or before a CLOCK_REALTIME moment, or the first. */
uint64_t history_at(const struct history *history, uint64_t real_ns);

#endif
