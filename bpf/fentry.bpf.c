// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets at the core set of kernel functions by fentry, for kernels that have no kprobes. Such a program is bound to
 * one function when it is loaded, so there are FENTRY_MAX of them, which say nothing but their number. What is attached
 * only jumps, as at kprobes, so that a new filter needs no attaching; programs for different functions may not share
 * a table to jump by.
 *
 * From 6.1 on these programs can be preempted, and a program that would run in itself is skipped and counted as missed
 * by the kernel; before, it runs. Either way additions are atomic.
 */
#include <linux/bpf.h>

#include "bpf/function.h"

/* By number; user space knows them before anything is attached. */
const volatile __u8 fentry_argument[FENTRY_MAX];
const volatile __u8 fentry_part[FENTRY_MAX];

/* FUNCTION_COOKIE() by number, of which the index and the link count; written before a program is attached. */
__u64 fentry_cookie[FENTRY_MAX];

/* The program's words are the function's arguments. Read as mere numbers: to the verifier they would be pointers. */
static __always_inline u64 argument_of(const void *ctx, u32 argument)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + argument * sizeof(u64));
	return value;
}

/* A function of its own, looked at by the verifier for each number. */
static __noinline int fentry_count(void *ctx, u32 number)
{
	u64 cookie = *(volatile __u64 *)&fentry_cookie[number];
	struct function_run run = {
		.index = FUNCTION_COOKIE_INDEX(cookie),
		.part = fentry_part[number],
	};
	const volatile struct function_state *state = bpf_map_lookup_elem(&function_states, &run.index);
	struct sk_buff *skb;
	u32 owner;

	if (!state)
		return 0;
	owner = state->owner;
	if (!owner || (owner & ~FUNCTION_SHARED) != FUNCTION_COOKIE_LINK(cookie))
		return 0;
	skb = (void *)argument_of(ctx, fentry_argument[number]);
	if (!skb)
		return 0; /* called without a packet */
	run.trace = state->trace;
	if (function_packet(ctx, skb, &run, false) && tracking)
		function_track(skb, run.part, run.part & FUNCTION_COPIES ? argument_of(ctx, 0) : 0);
	return 0;
}

#define FENTRY(number)                                                                             \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY);                                             \
		__uint(max_entries, 1);                                                            \
		__type(key, u32);                                                                  \
		__type(value, u32);                                                                \
	} fentry_next_##number SEC(".maps");                                                       \
                                                                                                   \
	SEC("fentry")                                                                              \
	int fentry_count_##number(void *ctx)                                                       \
	{                                                                                          \
		return fentry_count(ctx, number);                                                  \
	}                                                                                          \
                                                                                                   \
	SEC("fentry")                                                                              \
	int fentry_entry_##number(void *ctx)                                                       \
	{                                                                                          \
		bpf_tail_call(ctx, &fentry_next_##number, 0);                                      \
		return 0;                                                                          \
	}

#define FENTRY_8(a, b, c, d, e, f, g, h)                                                           \
	FENTRY(a) FENTRY(b) FENTRY(c) FENTRY(d) FENTRY(e) FENTRY(f) FENTRY(g) FENTRY(h)

FENTRY_8(0, 1, 2, 3, 4, 5, 6, 7)
FENTRY_8(8, 9, 10, 11, 12, 13, 14, 15)
FENTRY_8(16, 17, 18, 19, 20, 21, 22, 23)
FENTRY_8(24, 25, 26, 27, 28, 29, 30, 31)
FENTRY_8(32, 33, 34, 35, 36, 37, 38, 39)
FENTRY_8(40, 41, 42, 43, 44, 45, 46, 47)
FENTRY_8(48, 49, 50, 51, 52, 53, 54, 55)
FENTRY_8(56, 57, 58, 59, 60, 61, 62, 63)

char LICENSE[] SEC("license") = "GPL";
