/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of one skb through the probes that are traced. The address of an skb is used again soon after
 * it is freed, so a way begins after the last end of life before the line that was asked for, and
 * ends with the first one after it.
 */
#ifndef SKEWTOP_TUI_HOPS_H
#define SKEWTOP_TUI_HOPS_H

#include "core/host.h"
#include "core/trace_log.h"

enum { HOPS_MAX = 256 };

struct hops {
	int n;
	int at;	    /* the line that was asked for */
	bool ended; /* the last hop is a drop or a consume */
	struct trace_line line[HOPS_MAX];
};

/* Collects what the log keeps of the skb of `line`, in order; the line itself is always there. */
void hops_collect(struct hops *hops, const struct host *host, struct trace_log *log,
	const struct trace_line *line);

#endif
