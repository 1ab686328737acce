/* SPDX-License-Identifier: GPL-2.0-only */
/* The live source, as tests ask it: whatever fails fails the running test with its sentence. */
#ifndef SKEWTOP_TEST_LIVE_H
#define SKEWTOP_TEST_LIVE_H

#include <jansson.h>

#include "core/source.h"
#include "tests/support/process.h"

struct source *live_open(const struct live_options *options);

/* The caller's. */
struct snapshot *live_take(struct source *source);

/* The row of a probe. */
int live_probe(const struct source *source, const char *name);

/* Traces it. */
void live_trace(struct source *source, const char *probe);

/* The slot of a CPU. */
int live_slot(const struct source *source, int cpu);

/* How much a counter grew on one slot; rows that are not there (negative) are 0. */
uint64_t live_growth(const struct snapshot *older, const struct snapshot *newer,
	enum table_id table, int row, int column, int slot);

/*
 * Fails unless a counter grew by exactly expected[slot] on each slot, and in sum. `what` stands in
 * the failure. `older` may be NULL.
 */
void live_assert_growth(const char *what, const struct snapshot *older,
	const struct snapshot *newer, enum table_id table, int row, int column,
	const uint64_t *expected);

/* ---- build/skewtop --json ---- */

struct stream {
	struct program program;
	char *line; /* the last one read, without its newline */
	size_t room;
	size_t used; /* bytes in line, with what was read beyond it */
	size_t length;
	char *err; /* after stream_end() */
	int status;
};

/* Starts it with these words behind --json, NULL at the end. */
struct stream stream_start(const char *const *words);

/* The next object; the caller's. NULL at the end. Fails the test on what is no object, or after 20
 * s. */
json_t *stream_next(struct stream *stream);

/* The next object of a type; the caller's. Others are dropped. Fails at the end. */
json_t *stream_find(struct stream *stream, const char *type);

/* The same, of those taken at this moment (ts_ns) or later. */
json_t *stream_find_since(struct stream *stream, const char *type, uint64_t real_ns);

/* Now, as ts_ns has it. */
uint64_t stream_clock(void);

/* Reads what is left, waits: status and err are set. */
void stream_end(struct stream *stream);
void stream_free(struct stream *stream);

/* The element of an array whose string (or integer) under `key` is this; borrowed, NULL if none. */
json_t *json_with(const json_t *array, const char *key, const char *value);

/* Fails unless `object` has this integer. */
uint64_t json_count(const json_t *object, const char *key);

/* "0": n of per_cpu. */
uint64_t json_on_cpu(const json_t *per_cpu, int cpu);

#endif
