/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/run_cost.h"

#include <bpf/bpf.h>
#include <unistd.h>

/* Rarely: the switch itself rewrites kernel code, for which every CPU is interrupted. */
#define WINDOW_NS UINT64_C(100000000)
#define PERIOD_NS UINT64_C(30000000000)
#define GIVE_UP UINT64_MAX

static void begin(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd < 0) {
		cost->next_ns = GIVE_UP;
		return;
	}
	cost->stats_fd = fd;
	cost->since_ns = now_ns;
	cost->since_run_ns = read(context);
}

static void finish(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context)
{
	uint64_t run_ns = read(context);

	/* Less than before: programs have gone meanwhile. */
	if (run_ns >= cost->since_run_ns) {
		run_cost_total(cost, now_ns);
		cost->share = (double)(run_ns - cost->since_run_ns) / (now_ns - cost->since_ns);
		if (!cost->last_ns)
			cost->last_ns = now_ns;
	}
	run_cost_close(cost);
	cost->next_ns = now_ns + PERIOD_NS;
}

void run_cost_restart(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context)
{
	if (cost->stats_fd) {
		cost->since_ns = now_ns;
		cost->since_run_ns = read(context);
	} else if (cost->next_ns != GIVE_UP) {
		cost->next_ns = now_ns;
	}
}

void run_cost_tend(struct run_cost *cost, uint64_t now_ns, run_time_reader read, void *context)
{
	if (cost->stats_fd) {
		if (now_ns >= cost->since_ns + WINDOW_NS)
			finish(cost, now_ns, read, context);
	} else if (now_ns >= cost->next_ns && cost->next_ns != GIVE_UP) {
		begin(cost, now_ns, read, context);
	}
}

uint64_t run_cost_total(struct run_cost *cost, uint64_t now_ns)
{
	if (!cost->last_ns)
		return 0;
	cost->total_ns += (uint64_t)(cost->share * (now_ns - cost->last_ns));
	cost->last_ns = now_ns;
	return cost->total_ns;
}

void run_cost_close(struct run_cost *cost)
{
	if (cost->stats_fd)
		close(cost->stats_fd);
	cost->stats_fd = 0;
}
