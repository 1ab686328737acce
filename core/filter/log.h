/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packet filter was in force when, on one machine. The live source adds an entry for each
 * change, a replay those of its recording; whoever shows a moment asks for that moment's. Entries
 * only grow and stay where they are until the log is freed. Safe for any number of threads.
 */
#ifndef SKEWTOP_FILTER_LOG_H
#define SKEWTOP_FILTER_LOG_H

#include <stddef.h>
#include <stdint.h>

struct filter_log;

struct filter_entry {
	uint64_t mono_ns;  /* from this moment on, as in struct snapshot */
	const char *outer; /* the expression for the packet; "" none */
	const char *inner; /* for the packet inside a tunnel; "" none */
};

struct filter_log *filter_log_new(void); /* NULL: no memory */
void filter_log_free(struct filter_log *log);

/* Adds copies of the strings (NULL is ""). In the order of time. -ENOMEM. */
int filter_log_add(struct filter_log *log, uint64_t mono_ns, const char *outer, const char *inner);

/* The entry in force at a moment (UINT64_MAX: now), or NULL: no filter. */
const struct filter_entry *filter_log_at(struct filter_log *log, uint64_t mono_ns);

/* Number of entries, and entry number i: for a recording, which writes those it has not yet. */
size_t filter_log_count(struct filter_log *log);
const struct filter_entry *filter_log_entry(struct filter_log *log, size_t i);

#endif
