/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of the last minutes, bounded in time and bytes, packed: most counters of a machine do not
 * move in a second. One writer, any number of readers; a reader that unpacks never holds up the writer.
 */
#ifndef SKEWTOP_HISTORY_H
#define SKEWTOP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"

enum { HISTORY_SECONDS = 600 };
#define HISTORY_BYTES ((size_t)64 << 20)
#define HISTORY_FOREVER UINT64_MAX /* as max_ns: only bytes bound it */

struct history;

/*
 * Snapshots not older than `max_ns` before the newest are kept, in at most `max_bytes` of packed data,
 * beside the newest two as they are and a quarter of max_bytes of unpacked ones that readers asked
 * for lately. 0: 600 s, 64 MiB. NULL: no memory.
 */
struct history *history_new(uint64_t max_ns, size_t max_bytes);
void history_free(struct history *history);

/*
 * Keeps a snapshot (takes a reference). Sequence numbers rise by one: where one is left out (there was no
 * memory for it, say), what was kept before goes; where they do not rise, -EINVAL. -ENOMEM.
 */
int history_append(struct history *history, struct snapshot *snapshot);

/* Sequence numbers first (oldest kept) and end (one past the newest); equal when empty. */
struct history_range {
	uint64_t first;
	uint64_t end;
};
struct history_range history_range(const struct history *history);

/* Snapshot `sequence` with a reference for the caller, or NULL if it is not kept (or no memory). The
 * newest two cost nothing; an older one is unpacked, at little cost beside one asked for just before. */
struct snapshot *history_get(const struct history *history, uint64_t sequence);

/* The sequence number of the newest snapshot at or before a CLOCK_REALTIME moment, or the first. */
uint64_t history_at(const struct history *history, uint64_t real_ns);

/* The CLOCK_REALTIME moment of a snapshot that is kept, without unpacking it; 0 if it is not kept. */
uint64_t history_time(const struct history *history, uint64_t sequence);

/* Bytes of packed snapshots now kept. */
size_t history_bytes(const struct history *history);

#endif
