/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF programs of function probes, whatever the means: what is attached, what it jumps to, their maps. */
#ifndef SKEWTOP_FUNCTIONS_PROGRAMS_H
#define SKEWTOP_FUNCTIONS_PROGRAMS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "core/base/error.h"
#include "core/functions/attach.h"
#include "core/functions/choice.h"
#include "core/functions/fentry.h"
#include "core/functions/object.h"
#include "core/probes/program_runs.h"

struct function_programs {
	enum functions_means means;
	struct function_object *entry; /* attached; owns the maps */
	struct function_object *body;  /* what it jumps to; NULL: to its own */
	struct fentry_set fentry;
	struct packet_count *counts; /* mapped: cpu * stride + index */
	size_t counts_size;
	struct function_state *states; /* mapped, FUNCTIONS_MAX */
	struct inside_counts *inside;  /* mapped: cpu * INSIDE_SLOTS + slot */
	size_t inside_size;
	uint64_t *places; /* mapped; see FUNCTION_PLACE() */
	size_t places_size;
	uint32_t n_places; /* a power of two */
	int stride;
	struct kprobe_events *events; /* NULL: none yet */
	bool events_refused;	      /* no set is attached any more */
};

/*
 * Loads programs for these means with room for the functions of the list on CPUs 0 ... max_cpu. The list stays
 * as it is, and where it is, until functions_programs_close(), in any case. Negative errno with a sentence.
 */
int functions_programs_open(struct function_programs *programs, enum functions_means means,
	const struct function_list *list, int max_cpu, const struct live_options *options,
	const struct function_outlet *outlet, struct error *err);

/*
 * Loads another body for the same maps; functions_programs_jump() makes it the one that runs, and frees
 * the one before. Negative errno with a sentence.
 */
int functions_programs_load(const struct function_programs *programs,
	const struct live_options *options, const struct function_outlet *outlet,
	struct function_object **body, struct error *err);
int functions_programs_jump(struct function_programs *programs, struct function_object *body);

/*
 * Attaches to all targets by the means: attach_multi(), attach_sets() and attach_kprobes(), fentry_attach(). Their
 * cookies have one link in common.
 */
int functions_programs_attach(struct function_programs *programs, struct attach_target *targets, int n,
	struct attach_links *links, struct attach_progress *progress);

/* All links of these cookies' link are closed: what else stands for it may go. */
void functions_programs_forget(const struct function_programs *programs, uint32_t link);

/* Attaches to the return of a function: attach_return(). -EOPNOTSUPP by fentry. */
int functions_programs_attach_return(
	const struct function_programs *programs, uint64_t address, uint64_t cookie);

/*
 * Tells programs of kprobe.multi what the function at `address` is: its cookie, whose link plays no part. Before
 * anything is attached to it; programs of other kinds are told while attaching.
 */
void functions_programs_place(const struct function_programs *programs, uint64_t address, uint64_t cookie);

/* Whether the kernel counts the runs that it skips by these means: at kprobes from 6.7 on, else from 5.12 on. */
bool functions_means_count_misses(enum functions_means means);

/* Runs skipped because another program of its kind was running on the CPU. */
uint64_t functions_programs_missed(const struct function_programs *programs);

/* Of the programs that are attached. */
struct program_runs functions_programs_runs(const struct function_programs *programs);

void functions_programs_close(struct function_programs *programs);

#endif
