/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What skewtop's BPF programs cost: the kernel's own measure of their run time (BPF_ENABLE_STATS, from
 * 5.8 on), which costs something itself and so runs for a tenth of a second in thirty only. What was
 * measured then stands for the time until the next: an estimate, of the time inside the programs. What the
 * kernel spends on getting there is in it where that is much and known: at functions (functions/reach.h).
 *
 * (Under QEMU's software emulation a switch during a flood once ended a 6.12 guest: its CPUs do not keep
 * to the order that patching running code relies on. Tests there send when it is over.)
 */
#ifndef SKEWTOP_RUN_COST_H
#define SKEWTOP_RUN_COST_H

#include <stdint.h>

/* Zeroed: not measured yet. */
struct run_cost {
	int stats_fd; /* while measuring, else 0 */
	uint64_t since_ns;
	uint64_t since_run_ns;
	uint64_t next_ns; /* when to measure again */
	uint64_t last_ns; /* up to when total_ns counts */
	double share;	  /* of one CPU, over all CPUs */
	uint64_t total_ns;
};

/* Run time of all programs so far, as the kernel has measured it. */
typedef uint64_t (*run_time_reader)(void *context);

/*
 * To be called often (at every drain), with CLOCK_MONOTONIC: begins to measure, or ends it once it has
 * lasted long enough. Where the kernel does not measure nothing happens.
 */
void run_cost_tend(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context);

/* What was measured holds no longer: measures anew, from now on. */
void run_cost_restart(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context);

/* Run time up to now, estimated; 0 as long as nothing was measured. Never falls. */
uint64_t run_cost_total(struct run_cost *cost, uint64_t now_ns);

/* Ends measuring. */
void run_cost_close(struct run_cost *cost);

#endif
