/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many kprobes as one trace event each, through tracefs (Documentation/trace/kprobetrace.rst): the probes of one event
 * are armed by one perf event and let go of by its close, while kprobes with a perf event each cost the kernel two
 * grace periods each, one after the other. What stays of them is an inert line each in tracefs's kprobe_events, until a
 * process of its own has removed it: at a grace period each, and also if this one is killed.
 *
 * An event is (group, set): group is a number of the caller, set counts from 0. From one thread at a time.
 */
#ifndef SKEWTOP_FUNCTIONS_KPROBE_EVENTS_H
#define SKEWTOP_FUNCTIONS_KPROBE_EVENTS_H

#include <stdint.h>

struct kprobe_events;

/* Finds tracefs and starts the process that removes. NULL with errno where either cannot be had. */
struct kprobe_events *kprobe_events_open(void);

/* Adds a kprobe at an address to a set that is not armed. Negative errno: -EILSEQ if no instruction begins there. */
int kprobe_events_define(const struct kprobe_events *events, uint32_t group, int set, uint64_t address);

/*
 * Arms a set: the program, of type kprobe, runs at each of its kprobes, and finds this attach cookie. A link's
 * descriptor, whose close lets go of all of them; -EINVAL before 5.15, which has no such cookies; or negative errno.
 */
int kprobe_events_arm(const struct kprobe_events *events, uint32_t group, int set, int prog_fd, uint64_t cookie);

/* Removes the lines of a group, of which nothing is armed any more, in the background. */
void kprobe_events_remove(const struct kprobe_events *events, uint32_t group);

/* The same for all, and frees. Waits for it for two seconds at most, after which it goes on by itself. NULL is fine. */
void kprobe_events_close(struct kprobe_events *events);

#endif
