// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel spends on reaching a program at a function: one program that calls a kernel function which hardly
 * anyone else calls, and one that does nothing there. The first is run by hand, without and with the second.
 */
#include <linux/bpf.h>

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_helpers.h>

/* bpf_csum_diff() in net/core/filter.c: it can be traced, and is called, not inlined, since 4.6. */
SEC("xdp")
int reach_calls(void *ctx)
{
	u32 word = 0;

	(void)ctx;
	for (u32 i = 0; i < REACH_CALLS; i++)
		bpf_csum_diff(0, 0, &word, sizeof(word), 0);
	return 0;
}

SEC("kprobe.multi")
int reach_kprobe(void *ctx)
{
	(void)ctx;
	return 0;
}

SEC("fentry/bpf_csum_diff")
int reach_fentry(void *ctx)
{
	(void)ctx;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
