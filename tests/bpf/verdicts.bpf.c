// SPDX-License-Identifier: GPL-2.0-only
/* tc and XDP programs for tests: every fourth UDP packet to port 9 is dropped, the others go on. */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* Offsets behind an Ethernet header, IPv4 without options. */
enum { AT_TYPE = 12, AT_PROTOCOL = 14 + 9, AT_DPORT = 14 + 20 + 2, HEADERS = 14 + 20 + 8 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} verdicts_seen SEC(".maps");

static __always_inline int is_ours(const unsigned char *data, const unsigned char *end)
{
	return data + HEADERS <= end && data[AT_TYPE] == 8 && data[AT_TYPE + 1] == 0 &&
	       data[AT_PROTOCOL] == 17 && data[AT_DPORT] == 0 && data[AT_DPORT + 1] == 9;
}

/* One sender at a time. */
static __always_inline int is_fourth(void)
{
	__u32 zero = 0;
	__u64 *seen = bpf_map_lookup_elem(&verdicts_seen, &zero);

	return seen && ++*seen % 4 == 0;
}

SEC("xdp")
int verdicts_of_xdp(struct xdp_md *ctx)
{
	const unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return is_ours(data, end) && is_fourth() ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int verdicts_of_tc(struct __sk_buff *skb)
{
	const unsigned char *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	return is_ours(data, end) && is_fourth() ? 2 /* TC_ACT_SHOT */ : 0 /* TC_ACT_OK */;
}

char LICENSE[] SEC("license") = "GPL";
