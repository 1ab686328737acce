/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One opened BPF object of function probes: functions.bpf.c for kprobes of either kind, fentry.bpf.c for fentry. What
 * both have (maps, configuration) is reached here without asking which it is.
 */
#ifndef SKEWTOP_FUNCTIONS_OBJECT_H
#define SKEWTOP_FUNCTIONS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/functions/choice.h"
#include "core/probes/packets.h"
#include "core/source.h"

struct bpf_map;
struct bpf_object;
struct filter;
struct functions_bpf;
struct fentry_bpf;

/* The bytes of an object, with a filter in them. Owned. */
struct function_image {
	void *elf;
	size_t size;
};

/* Where trace lines go, and which packets count. All its own. */
struct function_outlet {
	struct trace_maps maps;
	struct function_image kprobe, fentry;
	uint32_t filter_set;
};

#define FUNCTION_OUTLET_NONE { .maps = { -1, -1, -1, -1 } }

/* Duplicates the descriptors. Negative errno; function_outlet_free() in any case. */
int function_outlet_init(struct function_outlet *outlet, const struct trace_maps *maps,
	const struct filter *filter);
void function_outlet_free(struct function_outlet *outlet);

struct function_object {
	struct functions_bpf *kprobe; /* NULL: it is of the other kind */
	struct fentry_bpf *fentry;
	struct bpf_object *obj; /* the same, for libbpf */
};

/* What an object is told before it is loaded, beside its outlet. */
struct function_setting {
	const struct live_options *options;
	uint32_t stride;
	uint32_t place_mask;
	bool places_probed;
};

/* Opens it from the outlet's bytes and configures it. NULL with errno. */
struct function_object *function_object_open(
	enum functions_means means, const struct function_outlet *outlet, const struct function_setting *setting);

/* Uses the maps of the outlet, and if `from` is given all other maps of that. Negative errno. */
int function_object_share(struct function_object *object, const struct function_outlet *outlet,
	const struct function_object *from);

/* Negative errno. */
int function_object_load(struct function_object *object);

/* One of the maps that both kinds have. */
struct bpf_map *function_object_map(const struct function_object *object, const char *name);

void function_object_free(struct function_object *object); /* NULL is fine */

#endif
