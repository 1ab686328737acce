// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tc and XDP programs of others decide: a program of ours runs at the return of each (fexit of a BPF
 * program), one set of programs for each that is watched, all with the same tables. Programs of this kind
 * may be preempted, so every addition is atomic.
 */
#include <linux/bpf.h>

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct program_key);
	__type(value, struct program_count);
} program_counts SEC(".maps");

/* Packets that found that table full. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} programs_full SEC(".maps");

const volatile __u32 program_id;

static __always_inline void count(
	struct net_device *dev, u64 bytes, enum verdict verdict)
{
	struct program_key key = {
		.id = program_id,
		.ifindex = BPF_CORE_READ(dev, ifindex),
		.netns = BPF_CORE_READ(dev, nd_net.net, ns.inum),
	};
	struct program_count *counts = bpf_map_lookup_elem(&program_counts, &key);
	u32 zero = 0;
	u64 *full;

	if (!counts) {
		struct program_count none = {};

		/* Another CPU may add it first: then the look-up below finds that. */
		bpf_map_update_elem(&program_counts, &key, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(&program_counts, &key);
	}
	if (counts) {
		__sync_fetch_and_add(&counts->packets, 1);
		__sync_fetch_and_add(&counts->bytes, bytes);
		__sync_fetch_and_add(&counts->verdict[verdict], 1);
		return;
	}
	full = bpf_map_lookup_elem(&programs_full, &zero);
	if (full)
		__sync_fetch_and_add(full, 1);
}

/* enum xdp_action */
static __always_inline enum verdict xdp_verdict(u32 action)
{
	switch (action) {
	case XDP_ABORTED:
		return VERDICT_ABORTED;
	case XDP_DROP:
		return VERDICT_DROP;
	case XDP_PASS:
		return VERDICT_PASS;
	case XDP_TX:
		return VERDICT_TX;
	case XDP_REDIRECT:
		return VERDICT_REDIRECT;
	default:
		return VERDICT_OTHER;
	}
}

/* TC_ACT_* of linux/pkt_cls.h; those of tcx (enum tcx_action_base) are among them. */
static __always_inline enum verdict tc_verdict(s32 action)
{
	switch (action) {
	case -1: /* UNSPEC */
	case 0:	 /* OK */
	case 1:	 /* RECLASSIFY */
	case 3:	 /* PIPE */
		return VERDICT_PASS;
	case 2: /* SHOT */
		return VERDICT_DROP;
	case 7:
		return VERDICT_REDIRECT;
	default:
		return VERDICT_OTHER;
	}
}

SEC("fexit")
int xdp_leaves(u64 *ctx)
{
	struct xdp_buff *xdp = (void *)ctx[0];

	count(BPF_CORE_READ(xdp, rxq, dev), xdp->data_end - xdp->data, xdp_verdict(ctx[1]));
	return 0;
}

SEC("fexit")
int tc_leaves(u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];

	count(BPF_CORE_READ(skb, dev), skb->len, tc_verdict(ctx[1]));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
