/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of one packet through the probes that are traced. Where packets are followed (--track) it is that of
 * all its skbs, clones and copies too, each a branch. Else it is that of one address, which is used again
 * soon after its skb is freed: the way begins after the last end of life before the line that was
 * asked for, and ends with the first one after it.
 */
#ifndef SKEWTOP_TUI_HOPS_H
#define SKEWTOP_TUI_HOPS_H

#include "core/model/host.h"
#include "core/trace/log.h"

enum { HOPS_MAX = 256, BRANCHES_MAX = 26 };

struct branch {
	uint64_t skb;
	int first, last; /* hops */
	bool ended;	 /* the last one is a drop or a consume */
};

struct hops {
	int n;
	int at; /* the line that was asked for */
	struct trace_line line[HOPS_MAX];
	int branch_of[HOPS_MAX];
	int before[HOPS_MAX]; /* the hop before it on its branch, -1: it is the first */
	struct branch branch[BRANCHES_MAX];
	int n_branches;
};

/* Collects what the log keeps of the packet of `line`, in order; the line itself is always there. */
void hops_collect(struct hops *hops, const struct host *host, struct trace_log *log,
	const struct trace_line *line);

#endif
