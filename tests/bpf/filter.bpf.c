// SPDX-License-Identifier: GPL-2.0-only
/* The filter as a probe uses it, with an skb made of the words that a test run passes in. */
#include <linux/bpf.h>

#include "bpf/filter.h"

char LICENSE[] SEC("license") = "GPL";

SEC("raw_tp")
int accepts(struct bpf_raw_tracepoint_args *ctx)
{
	struct filter_skb skb = {
		.head = ctx->args[0],
		.data = ctx->args[1],
		.len = ctx->args[2],
		.data_len = ctx->args[3],
		.mac_header = ctx->args[4],
		.network_header = ctx->args[5],
		.tag = ctx->args[6],
		.ethernet = ctx->args[7],
	};

	return filter_accepts(&skb);
}
