/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of two sets of programs counts an event, while one takes over from the other (struct gate
 * of abi.h). Each set owns its `gate`; `gate_before` is its predecessor's, and is read during the
 * takeover only. Alone, a set's gate is open from the start and costs one look at a word.
 */
#ifndef SKEWTOP_GATE_H
#define SKEWTOP_GATE_H

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct gate);
} gate SEC(".maps"), gate_before SEC(".maps");

/* Whether a gate has passed this CPU's events on. Volatile: user space writes it meanwhile. */
static __always_inline bool gate_passed(const struct gate *g)
{
	/* A mask: the verifier of 6.1 loses sight of a comparison on its way to the address. */
	u64 cpu = bpf_get_smp_processor_id() & (GATE_CPUS - 1);

	return *(const volatile u8 *)&g->passed[cpu];
}

static __always_inline bool gate_is_ours(void)
{
	u32 zero = 0, state;
	const struct gate *own = bpf_map_lookup_elem(&gate, &zero), *before;

	if (!own)
		return false;
	state = *(const volatile u32 *)&own->state;
	if (state == GATE_OPEN)
		return true;
	if (state == GATE_GIVING)
		return !gate_passed(own);
	if (state != GATE_TAKING)
		return false;
	before = bpf_map_lookup_elem(&gate_before, &zero);
	return before && gate_passed(before);
}

#endif
