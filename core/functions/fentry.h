/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core set of functions by fentry (bpf/fentry.bpf.c): programs bound to one function each, which are loaded for all
 * of the set at once and attached to those that are chosen.
 */
#ifndef SKEWTOP_FUNCTIONS_FENTRY_H
#define SKEWTOP_FUNCTIONS_FENTRY_H

#include <linux/types.h>

#include "bpf/abi.h"
#include "core/functions/attach.h"
#include "core/functions/find.h"
#include "core/functions/object.h"

/* The functions by their programs' number. Zeroed: none. */
struct fentry_set {
	const struct function *function[FENTRY_MAX];
	int n;
};

/* Takes from a list what is in the core set and can be attached to. The set refers to the list. */
void fentry_choose(struct fentry_set *set, const struct function_list *list);

/* Leaves out of the list, with the reason, what is not in the set. How many. */
int fentry_leave_out(const struct fentry_set *set, struct function_list *list);

/*
 * Binds an opened object's programs to the functions: with `entry` those that are attached and those that they jump to,
 * else only the latter. Negative errno.
 */
int fentry_bind(struct function_object *object, const struct fentry_set *set, bool entry);

/* From here on the programs that are attached jump to those of `body`. Negative errno. */
int fentry_jump(const struct function_object *entry, const struct function_object *body, const struct fentry_set *set);

/* As attach_kprobes(). Negative errno only for want of memory. */
int fentry_attach(const struct function_object *entry, const struct fentry_set *set, struct attach_target *targets,
	int n, struct attach_links *links, struct attach_progress *progress);

#endif
