/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the live source, which is three files: source_live.c (operations and books), live_load.c
 * (opening, configuring, attaching the BPF objects) and live_read.c (maps into snapshots).
 */
#ifndef SKEWTOP_LIVE_H
#define SKEWTOP_LIVE_H

#include "core/ledger.h"
#include "core/percpu.h"
#include "core/proc_counters.h"
#include "core/source.h"
#include "core/tracepoints.h"

struct bpf_link;
struct btf;
struct packets_bpf;
struct ring_buffer;
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

/* The BPF objects of one instance and what they are attached to. Shares nothing with another's. */
struct live_probes {
	struct packets_bpf *packets;
	struct softirq_bpf *softirq;
	struct syscalls_bpf *syscalls;
	struct bpf_link *packet_link[PROBE_MAX];
	struct bpf_link *softirq_link[2];
	struct bpf_link *enter_link;
	struct bpf_link *exit_link; /* only while errors are asked for */
	struct tracepoint tracepoint[PROBE_MAX];
	int n_tracepoints;
	int left_out; /* tracepoints beyond PROBE_MAX */
	char refused[PROBE_MAX][96]; /* why there is no program; "" where there is one */
};

struct live {
	struct source source; /* first: a source is the head of every kind */
	struct host *host;
	struct live_options options;
	struct live_probes probes;
	struct live_buffers *buffers;
	struct ring_buffer *ring;
	struct trace_selection selection;
	struct proc_counters softirqs;
	struct proc_counters softnet;
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

/*
 * Opens, configures, loads and attaches everything; fills the catalog's probe rows. A tracepoint whose
 * program the kernel refuses is left out with the reason; only if none is left that is an error.
 * Negative errno with a sentence. live_probes_free() afterwards in any case.
 */
int live_probes_open(struct live_probes *probes, const struct live_options *options,
	struct host *host, struct btf *vmlinux, struct error *err);

/* Adds or takes away the sys_exit program. */
int live_probes_want_errors(struct live_probes *probes, bool on);

/* Detaches all programs and waits until none runs any more. Maps stay readable. Idempotent. */
void live_probes_detach(struct live_probes *probes);
void live_probes_free(struct live_probes *probes);

/* Program runs that the kernel skipped, over all programs; false where it does not tell (before 5.12). */
bool live_probes_missed(const struct live_probes *probes, uint64_t *missed);

int live_buffers_init(struct live_buffers *buffers, int n_cpus);
void live_buffers_free(struct live_buffers *buffers);

/* Reads every map and /proc counter into a snapshot. Negative errno with a sentence. */
int live_read(struct live *live, struct snapshot *snapshot, struct error *err);

#endif
