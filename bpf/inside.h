/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside a function: how long each call takes, and what it returns. The entry is noted by the program that
 * counts the function's packets, so that the same ones are meant; the return by a program of its own.
 * Both know a call by the place of its return address on the stack, which no other call has at that time,
 * whoever interrupts, recurs or sleeps.
 *
 * Programs of this kind never interrupt one another on a CPU, so a CPU's counters need no atomic addition.
 */
#ifndef SKEWTOP_INSIDE_H
#define SKEWTOP_INSIDE_H

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct inside_call);
} inside_calls SEC(".maps");

/* User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct inside_counts);
} inside_counts SEC(".maps");

static __always_inline struct inside_counts *inside_of_cpu(u32 slot)
{
	u32 key = bpf_get_smp_processor_id() * INSIDE_SLOTS + slot;

	return bpf_map_lookup_elem(&inside_counts, &key);
}

static __always_inline void inside_enter(u64 frame, u32 slot)
{
	struct inside_counts *counts = inside_of_cpu(slot);
	struct inside_call call = { .slot = slot };

	if (!counts)
		return;
	call.started_ns = bpf_ktime_get_ns();
	counts->calls++;
	if (bpf_map_update_elem(&inside_calls, &frame, &call, BPF_ANY))
		counts->no_room++;
}

/* The place of the highest bit that is set, for numbers of at least 1. */
static __always_inline u64 highest_bit(u64 n)
{
	u64 bit = 0;

	for (u32 step = 32; step; step /= 2) {
		if (n >> step) {
			n >>= step;
			bit += step;
		}
	}
	return bit;
}

/* core/model/inside.c has the same the other way round. */
static __always_inline u64 inside_bucket(u64 ns)
{
	u64 bit, bucket;

	if (ns < INSIDE_FIRST_NS)
		return 0;
	bit = highest_bit(ns);
	bucket = 1 + (bit - 6) * 4 + ((ns >> (bit - 2)) & 3);
	/* The verifier of 6.1 must see the comparison on the very register that is used then. */
	asm volatile("" : "+r"(bucket));
	return bucket < INSIDE_BUCKETS ? bucket : INSIDE_BUCKETS - 1;
}

static __always_inline void inside_count_value(struct inside_counts *counts, u64 value)
{
	for (u32 i = 0; i < INSIDE_VALUES; i++) {
		if (counts->value_count[i] && counts->value[i] != value)
			continue;
		counts->value[i] = value;
		counts->value_count[i]++;
		return;
	}
	counts->other++;
}

static __always_inline void inside_leave(u64 frame, u64 cookie, u64 value)
{
	const struct inside_call *call = bpf_map_lookup_elem(&inside_calls, &frame);
	struct inside_counts *counts = inside_of_cpu(INSIDE_COOKIE_SLOT(cookie));
	u64 size = INSIDE_COOKIE_SIZE(cookie), ns;

	if (!call || !counts || call->slot != INSIDE_COOKIE_SLOT(cookie))
		return; /* entered before we looked, or with a packet that does not count */
	ns = bpf_ktime_get_ns() - call->started_ns;
	bpf_map_delete_elem(&inside_calls, &frame);
	counts->returned++;
	counts->total_ns += ns;
	if (ns > counts->longest_ns)
		counts->longest_ns = ns;
	counts->bucket[inside_bucket(ns)]++;
	if (size == 1)
		value = (u8)value;
	else if (size == 2)
		value = (u16)value;
	else if (size == 4)
		value = (u32)value;
	if (size)
		inside_count_value(counts, value);
}

#endif
