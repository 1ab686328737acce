/* SPDX-License-Identifier: GPL-2.0-only */
/* The BPF objects of function probes: the program that is attached, the one it jumps to, their
 * maps. */
#ifndef SKEWTOP_FUNCTIONS_PROGRAMS_H
#define SKEWTOP_FUNCTIONS_PROGRAMS_H

#include <linux/types.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "core/error.h"
#include "core/functions.h"
#include "core/live_packets.h"
#include "core/source.h"

struct filter;
struct functions_bpf;

/* Where trace lines go, and which packets count. All its own. */
struct function_outlet {
	struct trace_maps maps;
	void *elf;    /* the object's bytes, with the filter in them */
	size_t elf_size;
	__u32 filter_set;
};

#define FUNCTION_OUTLET_NONE { .maps = { -1, -1, -1, -1 } }

/* Duplicates the descriptors. Negative errno; function_outlet_free() in any case. */
int function_outlet_init(struct function_outlet *outlet, const struct trace_maps *maps,
	const struct filter *filter);
void function_outlet_free(struct function_outlet *outlet);

struct function_programs {
	enum functions_means means;
	struct functions_bpf *entry; /* attached; owns the maps */
	struct functions_bpf *body;  /* what it jumps to */
	struct packet_count *counts; /* mapped: cpu * stride + index */
	size_t counts_size;
	struct function_state *states; /* mapped, FUNCTIONS_MAX */
	struct inside_counts *inside;  /* mapped: cpu * INSIDE_SLOTS + slot */
	size_t inside_size;
	uint64_t *places; /* mapped; see FUNCTION_PLACE() */
	size_t places_size;
	uint32_t n_places; /* a power of two; 1: they are not used */
	int stride;
};

/*
 * Loads programs for these means with room for n_functions on CPUs 0 ... max_cpu. Negative errno
 * with a sentence; functions_programs_close() in any case.
 */
int functions_programs_open(struct function_programs *programs, enum functions_means means,
	int n_functions, int max_cpu, const struct live_options *options,
	const struct function_outlet *outlet, struct error *err);

/*
 * Loads another body for the same maps; functions_programs_jump() makes it the one that runs, and frees
 * the one before. Negative errno with a sentence.
 */
int functions_programs_load(const struct function_programs *programs,
	const struct live_options *options, const struct function_outlet *outlet,
	struct functions_bpf **body, struct error *err);
int functions_programs_jump(struct function_programs *programs, struct functions_bpf *body);
void functions_programs_discard(struct functions_bpf *body); /* NULL is fine */

/* The program to attach. */
int functions_programs_fd(const struct function_programs *programs);

/* The one to attach to a function's return. */
int functions_programs_return_fd(const struct function_programs *programs);

/* The program that attach_kprobes() reads instructions with; -1 where kprobes are not the means. */
int functions_programs_text_fd(const struct function_programs *programs);

/* Tells the program at `address` its cookie where attaching cannot (before 5.15). Negative errno.
 */
int functions_programs_name(
	const struct function_programs *programs, uint64_t address, uint64_t cookie);

/*
 * Tells programs of kprobe.multi what the function at `address` is: its cookie, whose link plays no part. Once for
 * each function, before anything is attached to it.
 */
void functions_programs_place(const struct function_programs *programs, uint64_t address, uint64_t cookie);

/* Runs skipped because another program of its kind was running on the CPU. */
uint64_t functions_programs_missed(const struct function_programs *programs);

void functions_programs_close(struct function_programs *programs);

#endif
