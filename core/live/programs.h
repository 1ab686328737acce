/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tc and XDP programs of others: which there are, in one network namespace, and what they decide. A thread of
 * its own looks for them every second, attaches to the return of new ones and lets go of those that are
 * gone, so that none of them lives longer because of us. Where the kernel does not let a program be traced
 * its own count of runs stands in.
 */
#ifndef SKEWTOP_LIVE_PROGRAMS_H
#define SKEWTOP_LIVE_PROGRAMS_H

#include "core/base/error.h"
#include "core/model/snapshot.h"

struct live;
struct live_programs;

/* `netns` names the namespace as --netns does (NULL: our own). NULL: no memory, or no such namespace; the
 * sentence says which. Nothing is looked for before live_programs_watch(). */
struct live_programs *live_programs_new(const char *netns, struct error *err);

/* Lets go of everything; maps are freed too. NULL is fine. */
void live_programs_free(struct live_programs *programs);

/* Begins to watch, once and for all; with `wait` it returns when those that are there now are attached to. Negative
 * errno with a sentence. */
int live_programs_watch(struct live_programs *programs, bool wait, struct error *err);

/* Detaches; maps stay readable. Idempotent. */
void live_programs_detach(struct live_programs *programs);

/* Rows and values of TABLE_PROGRAMS, losses of its table. The collector's thread. Negative errno. */
int live_programs_read(struct live *live, struct snapshot *snapshot);

/* Run time of our programs there, in ns, as far as it is measured; runs that were skipped (adds to *missed). */
uint64_t live_programs_run_time(struct live_programs *programs);
void live_programs_missed(struct live_programs *programs, uint64_t *missed);

#endif
