/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the live source: source_live.c (operations and books), live_packets.c (instances: packet
 * programs with their filter), live_filter.c (changing from one instance to the next), live_load.c (the
 * other BPF objects), live_read.c (maps into snapshots) and live_kernel.c (the kernel's own counters).
 */
#ifndef SKEWTOP_LIVE_H
#define SKEWTOP_LIVE_H

#include "core/ledger.h"
#include "core/live_packets.h"
#include "core/percpu.h"
#include "core/proc_counters.h"
#include "core/run_cost.h"
#include "core/source.h"

struct bpf_link;
struct bpf_object;
struct btf;
struct filter_change;
struct interrupts;
struct live_functions;
struct live_programs;
struct nic_counters;
struct softirq_bpf;
struct syscalls_bpf;

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

/* What is attached once and for all, whatever the filter. */
struct live_probes {
	struct softirq_bpf *softirq;
	struct syscalls_bpf *syscalls;
	struct bpf_link *softirq_link[2];
	struct bpf_link *enter_link;
	struct bpf_link *exit_link; /* only while errors are asked for */
	bool errors_counted;	    /* they were asked for at some time */
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
	struct live_probes probes;
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

/* Opens, loads and attaches what has no filter: system calls, softirq time. Negative errno with a
 * sentence. live_probes_free() afterwards in any case. */
int live_probes_open(
	struct live_probes *probes, const struct live_options *options, struct error *err);

/* Adds or takes away the sys_exit program. */
int live_probes_want_errors(struct live_probes *probes, bool on);

/* Detaches all programs and waits until none runs any more. Maps stay readable. Idempotent. */
void live_probes_detach(struct live_probes *probes);
void live_probes_free(struct live_probes *probes);

/* Program runs that the kernel skipped; false where it does not tell (before 5.12). Adds to *missed. */
bool live_probes_missed(const struct live_probes *probes, uint64_t *missed);
bool live_add_misses(struct bpf_object *object, uint64_t *missed);

/* Runs of a program and the time in them while the kernel measures that (BPF_ENABLE_STATS). */
struct program_runs {
	uint64_t n;
	uint64_t ns;
};

struct program_runs live_program_runs(int fd); /* -1: none */

/* The time of all of an object's programs. */
uint64_t live_object_run_time(struct bpf_object *object);

/* ---- live_filter.c ---- */

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

/* Maps a new instance's ring; its records go where drain says. */
int live_ring_open(struct live *live, struct packet_instance *instance, struct error *err);

/* ---- live_read.c ---- */

int live_buffers_init(struct live_buffers *buffers, int n_cpus);
void live_buffers_free(struct live_buffers *buffers);

/* Reads every map and /proc counter into a snapshot. Negative errno with a sentence. */
int live_read(struct live *live, struct snapshot *snapshot, struct error *err);

/* Adds what one instance has counted to a snapshot. Negative errno with a sentence. */
int live_read_instance(struct live *live, const struct packet_instance *instance,
	struct snapshot *snapshot, struct error *err);

/* The row of a key, with room for it in the snapshot; negative errno. */
int live_row(struct live *live, struct snapshot *snapshot, enum table_id table, const struct row *row);

static inline void live_know(struct snapshot *snapshot, enum table_id table, int column)
{
	snapshot->table[table].known |= 1u << column;
}

/* Adds the values of every table, none of which may be larger in `from`. */
void live_add_snapshot(struct snapshot *into, const struct snapshot *from);

/* ---- live_kernel.c ---- */

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
