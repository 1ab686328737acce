/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine is, as far as snapshots and trace records refer to it: its CPUs, its names for
 * addresses and drop reasons, what its kernel allows. The live source fills it from the running kernel,
 * a replay from the recording. Written while the source opens, and by append-only parts
 * (catalog, symbols, filters) afterwards; everything else is read-only from then on.
 */
#ifndef SKEWTOP_HOST_H
#define SKEWTOP_HOST_H

#include "core/base/cpus.h"

struct btf;
struct catalog;
struct filter_log;
struct symbols;
struct trace_details;
struct reasons;

struct cpu_place {
	int id;	  /* the kernel's CPU number */
	int node; /* NUMA node, the kernel's number; they may have gaps */
	int core; /* lowest CPU id of the physical core */
	int llc;  /* lowest CPU id that shares the last-level cache */
};

/* Slot i of every per-CPU value belongs to cpu[i], the i-th possible CPU. */
struct topology {
	int n_cpus; /* possible */
	int n_nodes; /* that CPUs belong to */
	struct cpu_place *cpu; /* owned; in ascending order of ids */
};

struct host {
	char name[65];	    /* hostname, sanitised (sanitize.h) */
	char release[65];   /* uname -r, sanitised */
	char functions_note[160]; /* in words: what function probes this kernel offers, or why none */
	char narrowed[160]; /* in words: what alone is counted, "netns web, pid 77"; "" everything */
	struct topology topology;
	struct catalog *catalog; /* what the rows of snapshots are */
	struct symbols *symbols; /* kernel address -> function+offset */
	struct reasons *reasons; /* drop reason -> name */
	struct trace_details *details; /* stacks and sk_buffs of trace lines */
	struct btf *skb_layout; /* how its sk_buffs lie in memory (skb_layout.h); NULL: not known */
	struct filter_log *filters; /* which packet filter was in force when */
};

/* A host of no CPUs, with its parts allocated and empty, or NULL. */
struct host *host_new(void);
void host_free(struct host *host);

/* For sources that know their CPUs already: ids 0 ... n-1, all of one node and cache, a core each.
 * -EINVAL unless n is 1 ... CPU_ID_MAX, -ENOMEM. */
int topology_flat(struct topology *topology, int n_cpus);

/* For a machine whose CPUs are known one by one: takes a copy. As topology_flat() otherwise. -EINVAL
 * too if the ids are not ascending from 0 and below CPU_ID_MAX. */
int topology_set(struct topology *topology, const struct cpu_place *cpu, int n_cpus);

/* The slot of a CPU id, or -1. */
int topology_slot(const struct topology *topology, int cpu_id);

#endif
