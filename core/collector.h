/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that owns the source: drains trace records every few tens of ms, takes a snapshot every
 * interval, keeps both, passes both to whoever listens (recording, JSON). The terminal thread only ever
 * asks for what has been kept, so a terminal that stalls delays nothing here.
 */
#ifndef SKEWTOP_COLLECTOR_H
#define SKEWTOP_COLLECTOR_H

#include "core/model/history.h"
#include "core/options.h"
#include "core/source.h"
#include "core/trace/log.h"

/* Hears of everything in order, in the collector's thread. Each may be NULL. */
struct listener {
	void (*record)(void *context, const struct trace_record *record, uint64_t real_ns);
	/* Before a snapshot is kept: enters into its books what this listener itself has lost so far. */
	void (*books)(void *context, struct snapshot *snapshot);
	/* `older` is NULL for the first snapshot. A listener that keeps one takes a reference. */
	void (*snapshot)(void *context, const struct snapshot *older, struct snapshot *newer);
	/* After the last snapshot, which holds the closed books; NULL: there are none (a source that failed, a
	 * file of lines alone). */
	void (*end)(void *context, struct snapshot *last);
	void *context;
};

enum { LISTENERS_MAX = 4 };

struct collector_options {
	uint64_t interval_ns;
	uint64_t first_ns; /* a shorter first interval, so that there soon are rates; 0: none */
	uint64_t iterations; /* intervals until the end, 0: none */
	size_t log_lines;    /* 0: TRACE_LOG_LINES */
	size_t history_bytes; /* 0: the default of history.h */
	uint64_t history_ns; /* 0: the default of history.h */
	struct listener listener[LISTENERS_MAX];
	int n_listeners;
};

struct collector;

/* Takes the source over, also when it fails. NULL with a sentence. */
struct collector *collector_start(struct source *source, const struct collector_options *options,
	struct error *err);

/* Stops the thread: tracing ends, the ring is drained, a last snapshot closes the books. Idempotent. */
void collector_stop(struct collector *collector);
void collector_free(struct collector *collector); /* stops first */

/* What has been kept. Both are safe to read while the collector runs. */
const struct history *collector_history(const struct collector *collector);
struct trace_log *collector_log(const struct collector *collector);
const struct host *collector_host(const struct collector *collector);
const struct source_ops *collector_source(const struct collector *collector);

/* A descriptor that becomes readable when something new was kept or the collector ended; clear it with
 * collector_seen(). */
int collector_fd(const struct collector *collector);
void collector_seen(struct collector *collector);

/* True once the source has ended or failed; the sentence, if any, is in err. */
bool collector_ended(struct collector *collector, struct error *err);

/* What has become of the last wish for another filter. */
enum filter_outcome {
	FILTER_UNASKED,
	FILTER_PENDING,
	FILTER_APPLIED,
	FILTER_REFUSED, /* the old filter stays */
};

struct filter_state {
	enum filter_outcome outcome;
	uint64_t n_asked; /* wishes so far: tells an outcome from the one before */
	struct error why; /* FILTER_REFUSED: one sentence, libpcap's own where libpcap refuses */
	/* In force now, whatever was asked for; "" none. */
	char outer[OPTIONS_FILTER_MAX];
	char inner[OPTIONS_FILTER_MAX];
};

/*
 * Asks for another packet filter: `outer` for the packet, `inner` for the one inside a tunnel (NULL or
 * blank: none). Takes some tenths of a second, longer if host names are to be looked up; what comes of
 * it is in collector_filter(), and announced on collector_fd(). A wish made while another is pending
 * takes its place. An expression longer than OPTIONS_FILTER_MAX - 1 bytes is refused.
 */
void collector_set_filter(struct collector *collector, const char *outer, const char *inner);
struct filter_state collector_filter(const struct collector *collector);

/* Requests, carried out by the collector's thread soon. */
void collector_select(struct collector *collector, enum table_id table, int row, bool on);
void collector_details(struct collector *collector, unsigned wish); /* bits of enum trace_detail */
void collector_want_errors(struct collector *collector, bool on);
void collector_functions(struct collector *collector, const struct function_choice *choice);
void collector_programs(struct collector *collector);
void collector_inside(struct collector *collector, int row); /* source.h: -1 none */
void collector_set_interval(struct collector *collector, uint64_t interval_ns);

/*
 * How far the functions of the last choice are attached, and the index-th that is not, with its reason.
 * False where the source has none (a recording) or, of refusals, no more.
 */
bool collector_functions_status(const struct collector *collector, struct functions_status *out);
bool collector_functions_refusal(
	const struct collector *collector, int index, struct function_entry *out);

#endif
