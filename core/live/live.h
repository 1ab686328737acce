/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the live source: source.c (operations and books), ring.c (records), filter.c (changing from one instance
 * of the packet programs to the next), read.c (maps into snapshots), kernel.c (the kernel's own counters),
 * programs.c (tc and XDP programs of others). What it stands on is in probes/ (packet programs, system calls,
 * softirqs) and in functions/.
 */
#ifndef SKEWTOP_LIVE_H
#define SKEWTOP_LIVE_H

#include "core/machine/proc_counters.h"
#include "core/model/ledger.h"
#include "core/probes/packets.h"
#include "core/probes/percpu.h"
#include "core/probes/run_cost.h"
#include "core/probes/unfiltered.h"
#include "core/source.h"

struct btf;
struct filter_change;
struct interrupts;
struct live_functions;
struct live_programs;
struct nic_counters;

enum { INTERFACES_MAX = 1024, LOCATIONS_MAX = 2048 };

/* What one reading needs; sized once, for the possible CPUs. */
struct live_buffers {
	struct percpu_buffer syscalls;	 /* 1 entry: one ABI */
	struct percpu_buffer packets;	 /* 1 entry */
	struct percpu_buffer interfaces; /* INTERFACES_MAX entries */
	struct percpu_buffer locations;	 /* LOCATIONS_MAX entries */
	struct percpu_buffer softirq;	 /* 1 entry */
	struct percpu_buffer trace;	 /* 1 entry */
	struct interface_key interface_keys[INTERFACES_MAX];
	struct location_key location_keys[LOCATIONS_MAX];
};

/* Counters of the kernel's own; each may be missing. */
struct live_kernel {
	struct proc_file online_file;
	struct proc_file softirqs_file;
	struct proc_file softnet_file;
	struct proc_file interrupts_file;
	struct proc_counters softirqs;
	struct proc_counters softnet;
	struct interrupts *interrupts;
	uint64_t interrupts_ns;	     /* when they were read last */
	uint64_t interrupts_cost_ns; /* what that took */
	struct nic_counters *nics;
};

struct live {
	struct source source; /* first: a source is the head of every kind */
	struct host *host;
	struct live_options options;
	struct unfiltered probes;
	struct packet_probes packet_probes;
	/* Oldest first; the last one's filter is in force. More than one only during a change. Only the
	 * collector's thread walks the list. */
	struct packet_instance *instances;
	struct snapshot *closed; /* what instances that are gone have counted; NULL: there were none */
	struct filter_change *change; /* under way; NULL: none */
	struct live_buffers *buffers;
	struct live_functions *functions;
	struct live_programs *programs; /* tc and XDP programs of others */
	struct run_cost cost;
	uint64_t swept_ns; /* when followed packets were looked through */
	struct trace_selection selection;
	struct live_kernel kernel;
	uint64_t sequence;
	uint64_t to_real_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC at the last sample */
	bool stopped;
	uint64_t *delivered; /* per slot, and one for CPUs that cannot be */
	uint64_t *malformed;
	record_sink sink; /* during drain */
	void *sink_context;
	uint64_t drain_until_ns;
	int drained;
};

/* ---- filter.c ---- */

/* Opens the first instance, with options->compiled, and its ring. */
int live_instances_open(struct live *live, struct error *err);

/* Ends a change under way, detaches every instance. Maps and rings stay readable. Idempotent. */
void live_instances_detach(struct live *live);
void live_instances_free(struct live *live);

/* struct source_ops: set_filter, filter_outcome. */
int live_set_filter(
	struct source *source, const char *outer, const char *inner, struct error *err);
int live_filter_outcome(struct source *source, struct error *err);

/* After the rings were drained: closes instances that are detached and whose ring is empty, once what
 * they counted is kept. */
void live_instances_retire(struct live *live);

/* ---- ring.c ---- */

/* Maps a new instance's ring; its records go where draining says. */
int live_ring_open(struct live *live, struct packet_instance *instance, struct error *err);

/* Hands on what the rings of all instances hold, as struct source_ops: drain. */
int live_rings_drain(struct live *live, record_sink sink, void *context);

/* ---- read.c ---- */

int live_buffers_init(struct live_buffers *buffers, int n_cpus);
void live_buffers_free(struct live_buffers *buffers);

/* Reads every map and /proc counter into a snapshot. Negative errno with a sentence. */
int live_read(struct live *live, struct snapshot *snapshot, struct error *err);

/* Adds what one instance has counted to a snapshot. Negative errno with a sentence. */
int live_read_instance(struct live *live, const struct packet_instance *instance,
	struct snapshot *snapshot, struct error *err);

/* Adds the values of every table, none of which may be larger in `from`. */
void live_add_snapshot(struct snapshot *into, const struct snapshot *from);

/* ---- kernel.c ---- */

/* Opens what there is. -ENOMEM. */
int live_kernel_open(struct live_kernel *kernel, const struct topology *topology, const char *netns);
void live_kernel_free(struct live_kernel *kernel);

/* Which CPUs are online. Negative errno. */
int live_read_online(struct live_kernel *kernel, struct cpus *online);

/* Softirqs (runs only) and softnet, interrupts, interfaces' own counters. Negative errno. */
int live_read_softirqs(struct live *live, struct snapshot *snapshot);
int live_read_interrupts(struct live *live, struct snapshot *snapshot);
int live_read_nics(struct live *live, struct snapshot *snapshot);

#endif
