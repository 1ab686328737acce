/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the tracepoints of the running kernel that carry an skb, and which argument is what, from the
 * kernel's BTF: every tracepoint has a typedef btf_trace_NAME of a function pointer whose parameters
 * after the first are the program's arguments. Not a hand list: 5.10 has 22 of them, 6.18 has 30.
 */
#ifndef SKEWTOP_TRACEPOINTS_H
#define SKEWTOP_TRACEPOINTS_H

#include <linux/types.h>

#include "bpf/abi.h"

struct btf;

struct tracepoint {
	char name[64];
	char module[56]; /* "" for the kernel proper */
	struct probe_config config;
};

/*
 * Appends what `btf` declares to `out` (room for max); `first_type` is 1, or for a module's split BTF
 * the number of types in its base. Returns the new count; entries beyond `max` are counted in
 * *left_out. Names already in `out` are skipped.
 */
int tracepoints_scan(const struct btf *btf, unsigned first_type, const char *module,
	struct tracepoint *out, int n, int max, int *left_out);

/*
 * All of the running kernel, modules too. Returns how many, or negative errno with `vmlinux` not
 * usable.
 */
int tracepoints_find(struct btf *vmlinux, struct tracepoint *out, int max, int *left_out);

#endif
