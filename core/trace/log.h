/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bounded store of trace records between the collector, which appends, and the terminal, which reads
 * the rows it shows. The oldest are overwritten, and counted. Records are numbered from 0 for ever;
 * text is made from them only when they are on screen. Safe for one writer and any number of readers.
 */
#ifndef SKEWTOP_TRACE_LOG_H
#define SKEWTOP_TRACE_LOG_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

enum { TRACE_LOG_LINES = 65536 };

struct trace_log;

/* Room for `capacity` records, at least 1 (touched only when used). NULL: no memory. */
struct trace_log *trace_log_new(size_t capacity);
void trace_log_free(struct trace_log *log);

/*
 * Appends one record; `real_ns` is its time in CLOCK_REALTIME. Returns the CPU id of the record that
 * was overwritten, or -1 if there was room.
 */
int trace_log_append(struct trace_log *log, const struct trace_record *record, uint64_t real_ns);

struct trace_line {
	uint64_t sequence;
	uint64_t real_ns;
	struct trace_record record;
};

/* Sequence numbers first (oldest kept) and end (one past the newest). */
struct trace_range {
	uint64_t first;
	uint64_t end;
};
struct trace_range trace_log_range(struct trace_log *log);

/* Copies record `sequence`; false if it is overwritten or not there yet. */
bool trace_log_read(struct trace_log *log, uint64_t sequence, struct trace_line *line);

/*
 * The newest `max` sequence numbers from `from` (0: the oldest kept) up to and with `upto` (UINT64_MAX:
 * the newest) whose record passes `match` (NULL: all), oldest first in `out`; returns how many. `match`
 * runs under the log's lock and must be quick; the lock is let go now and then, so what is appended or
 * overwritten meanwhile may or may not be looked at.
 */
typedef bool (*trace_match)(void *context, const struct trace_record *record);
size_t trace_log_select(struct trace_log *log, uint64_t from, uint64_t upto, trace_match match,
	void *context, uint64_t *out, size_t max);

/* The same from the other end: the oldest `max` of them. */
size_t trace_log_select_oldest(struct trace_log *log, uint64_t from, uint64_t upto, trace_match match,
	void *context, uint64_t *out, size_t max);

#endif
