// SPDX-License-Identifier: GPL-2.0-only
/* What the least that can be attached to sys_enter costs: the measure for what skewtop attaches. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int empty_sys_enter(void *ctx)
{
	(void)ctx;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
