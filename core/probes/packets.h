/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instance: one set of packet programs with its filter, its maps, its ring and its
 * configuration, opened from the embedded object, which is never written to. Nothing mutable is
 * shared between two instances, so any number may be opened and closed at once, from whatever
 * threads; one instance belongs to one thread at a time. The one exception is a takeover: the
 * successor reads its predecessor's gate (struct gate, bpf/abi.h) while both are attached.
 */
#ifndef SKEWTOP_LIVE_PACKETS_H
#define SKEWTOP_LIVE_PACKETS_H

#include <linux/types.h>
#include <stdbool.h>

#include "core/base/error.h"
#include "core/probes/tracepoints.h"
#include "core/source.h"

struct bpf_link;
struct bpf_object;
struct filter;
struct packets_bpf;
struct ring_buffer;

/* The tracepoints to attach to, and what the kernel said to each; the same list serves every
 * instance of a source. */
struct packet_probes {
	struct tracepoint tracepoint[PROBE_MAX];
	int n;
	int left_out;		     /* tracepoints beyond PROBE_MAX */
	char refused[PROBE_MAX][96]; /* why there is no program; "" where there is one */
};

struct packet_instance {
	struct packet_instance *next; /* the successor; for the owner's list */
	struct packets_bpf *packets;
	struct bpf_link *link[PROBE_MAX];
	struct gate *gate;	  /* the kernel's, mapped */
	struct ring_buffer *ring; /* the owner's, see packets_ring(); freed here */
	bool detached;
	bool leaving; /* the owner's: detached in favour of its successor, */
	bool empty;   /* and its ring was then drained to the end */
};

/*
 * Opens, configures, loads and attaches. `filter` (NULL: none) is copied. A tracepoint whose
 * program the kernel refuses is left out, with the reason in `probes`; only if none is left that is
 * an error. With a predecessor `before` the instance counts nothing until packets_take_over(), and
 * a refusal is an error: both must have the same probes. 0, or negative errno with a sentence;
 * packets_close() afterwards in any case.
 */
int packets_open(struct packet_instance *instance, struct packet_probes *probes,
	const struct live_options *options, const struct filter *filter,
	const struct packet_instance *before, struct error *err);

/*
 * Makes `instance` count what `before` counted until now. CPU by CPU, from a thread that runs on
 * that CPU: where programs cannot be preempted (raw tracepoints up to 6.18) none is then in the
 * middle of an event there, so each event is counted by exactly one of the two. Moves the calling
 * thread around, and takes as long as each CPU takes to let it run. CPUs that it may not or cannot
 * run on (offline) are handed over from afar.
 */
void packets_take_over(struct packet_instance *instance, struct packet_instance *before);

/* Detaches all programs and waits until none runs any more. Maps stay readable. Idempotent. */
void packets_detach(struct packet_instance *instance);

/* Detaches, frees, zeroes. What was never opened is fine. */
void packets_close(struct packet_instance *instance);

/* Switches trace lines of this instance. Negative errno. */
int packets_select(const struct packet_instance *instance, const struct trace_selection *selection);

/* Its programs and maps; belongs to the instance. */
struct bpf_object *packets_object(const struct packet_instance *instance);

/* Descriptors of the maps that trace lines go through; bpf/trace.h and bpf/track.h say what they are. */
struct trace_maps {
	int ring;
	int stats;
	int selected;
	int tracked;
};

/* They belong to the instance. */
struct trace_maps packets_trace_maps(const struct packet_instance *instance);

/* Program runs that the kernel skipped; false where it does not tell (before 5.12). Adds to
 * *missed. */
bool packets_missed(const struct packet_instance *instance, uint64_t *missed);

#endif
