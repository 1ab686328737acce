/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Function probes of the live source. Finding, attaching and detaching take seconds and happen in a
 * thread of their own; the collector's thread asks, reads counters and never waits for it. One
 * object serves for the life of the source, so totals only grow, whichever functions come and go.
 *
 * functions.c: the thread and what it is asked; carry.c: what it does; find.c: which functions there are;
 * choice.c: which are wanted; programs.c and object.c: the BPF objects; attach.c, kprobe_events.c and fentry.c: the
 * kernel's ways to attach; inside.c: returns; reach.c: what attaching costs.
 */
#ifndef SKEWTOP_LIVE_FUNCTIONS_H
#define SKEWTOP_LIVE_FUNCTIONS_H

#include "core/base/error.h"
#include "core/functions/choice.h"
#include "core/functions/programs.h"
#include "core/model/snapshot.h"

struct live_functions;

/* Nothing is found or loaded before the first choice. NULL: no memory. */
struct live_functions *live_functions_new(const struct live_options *options);

/* Detaches all, waits for that, frees. NULL is fine. */
void live_functions_free(struct live_functions *functions);

/*
 * Where trace lines are to go (maps of an instance of the packet programs) and what the filter is (NULL: none); both are copied. What takes time is done here, and
 * live_functions_switch() then puts it in force for all functions at once. Negative errno with a
 * sentence; nothing has changed then. From any one thread at a time.
 */
int live_functions_prepare(struct live_functions *functions, const struct trace_maps *maps,
	const struct filter *filter, struct error *err);
void live_functions_switch(struct live_functions *functions);

/* Asks for a set; what was asked before and has not been done is forgotten. Any thread. */
void live_functions_choose(struct live_functions *functions, const struct function_choice *choice);

/* Asks to find the functions and try the means, attaching to nothing for longer than that takes. */
void live_functions_explore(struct live_functions *functions);

/* Waits until everything asked for is done. Negative errno with a sentence if that failed. */
int live_functions_wait(struct live_functions *functions, struct error *err);

/* How far things are. Any thread. */
void live_functions_status(struct live_functions *functions, struct functions_status *out);

/* The index-th function that is left out or was refused; false: there are no more. Any thread. */
bool live_functions_refusal(
	struct live_functions *functions, int index, struct function_entry *out);

/* The index-th function of all, by name; false: there are no more. Any thread. */
bool live_functions_entry(struct live_functions *functions, int index, struct function_entry *out);

/* ---- the thread that owns the source ---- */

/* Adds rows of TABLE_FUNCTIONS for functions that were chosen since the last time. Negative errno.
 */
int live_functions_add_rows(struct live_functions *functions, struct catalog *catalog);

/* Fills TABLE_FUNCTIONS, whose rows there must be; leaves it unknown if nothing was ever chosen. */
void live_functions_read(struct live_functions *functions, const struct topology *topology,
	struct snapshot *snapshot);

/* Bits of enum trace_wish for the function of a row; 0: no lines. -EINVAL. */
int live_functions_select(struct live_functions *functions, int row, unsigned wish);

/* Whether any function is selected. */
bool live_functions_traced(struct live_functions *functions);

/* Counts and traces nothing from now on, though still attached: the next step to an end. */
void live_functions_silence(struct live_functions *functions);

/* Adds the runs that the kernel skipped to *missed; false where it does not tell of all. */
bool live_functions_missed(struct live_functions *functions, uint64_t *missed);

/* Run time of its programs as far as the kernel has measured it, and what reaching them took meanwhile, in ns. */
uint64_t live_functions_run_time(struct live_functions *functions);

/* Whether what is attached has changed since the last call. */
bool live_functions_changed(struct live_functions *functions);

/* Asks to look into the function of a row (bpf/inside.h), into none with -1. Any thread. */
void live_functions_inside(struct live_functions *functions, int row);

#endif
