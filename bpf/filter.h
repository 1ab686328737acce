/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet filter as the probes see it: fill a struct filter_skb, ask filter_accepts().
 *
 * filter_run() holds the user's expressions: user space writes their instructions over it before
 * the object is opened (core/filter/filter.h). It is a global function, so that the verifier looks at it
 * once per program, whatever the state of its callers, and it uses nothing but its own stack
 * frame, so that any probe may call it from any context. */
#ifndef FILTER_H
#define FILTER_H

#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "bpf/filter_abi.h"

/* FILTER_SET_ bits. A constant to the verifier, which drops the calls that it makes needless. */
const volatile __u32 filter_set;

/* What the filter needs to know of an skb: the values of the fields of these names, by whatever
 * means the program reads them. */
struct filter_skb {
	__u64 head, data;
	__u32 len, data_len;
	__u16 mac_header, network_header;
	bool ethernet; /* frames of its device begin with an Ethernet header, or nobody knows */
	/* An outer VLAN tag held beside the packet: vlan_proto in host order << 16 | vlan_tci; 0 if
	 * there is none (skb->vlan_all == 0 from 6.2 on, skb->vlan_present == 0 before). */
	__u32 tag;
};

/* A packet to be filtered: where it begins, how much of it lies there in one piece. */
struct filter_packet {
	__u64 start;
	__u32 headlen, wirelen;
	__u32 kind; /* enum filter_kind */
	__u32 tag;
};

__u32 filter_run(__u64 start, __u32 headlen, __u32 wirelen, __u32 kind, __u32 tag);

/* Returns 0 if the packet does not match. `start` must have readable memory behind the headlen
 * bytes, as any skb has (core/filter/ebpf.h).
 *
 * What stands here accepts every packet and skips the room behind it by a jump that is always
 * taken: a plain one would leave unreachable instructions, which the kernel refuses. Weak: the
 * compiler must not conclude from this body which arguments are used and whether it returns. Not
 * naked: that would leave the names of the arguments out of BTF, which the kernel refuses too. */
__attribute__((noinline, weak)) __u32 filter_run(__u64 start __attribute__((unused)),
	__u32 headlen __attribute__((unused)), __u32 wirelen __attribute__((unused)),
	__u32 kind __attribute__((unused)), __u32 tag __attribute__((unused)))
{
	asm volatile("r0 = 1\n"
		     "if r0 == 1 goto filter_run_end\n"
		     ".rept %[room] - 3\n"
		     "goto +0\n"
		     ".endr\n"
		     "filter_run_end: exit\n" ::[room] "i"(FILTER_ROOM));
	__builtin_unreachable();
}

#include "bpf/filter_tunnel.h"

/* Where the packet begins; false if it has no headers, as an skb above the network layer on its
 * way down. The Ethernet header counts if it is there and followed by the network header, be it
 * already pulled or not: a device without one sets both to the same place (or, as GRE's, to where
 * the outer header was), and a tunnel's outer header is pushed in front of the MAC header that the
 * inner packet came with. Before the network layer has seen a received packet its network header
 * may be unset, and is where data points. */
static __always_inline bool filter_locate(
	const struct filter_skb *skb, struct filter_packet *packet)
{
	__u64 end = skb->data + skb->len - skb->data_len;
	__u64 network = skb->network_header ? skb->head + skb->network_header : skb->data;
	__u64 mac = skb->head + skb->mac_header;
	bool has_mac = skb->mac_header != 0xffff;

	if (!has_mac && !skb->network_header)
		return false;
	packet->tag = 0;
	if (has_mac && skb->ethernet && mac + 14 <= network) {
		packet->start = mac;
		packet->kind = FILTER_ETHERNET;
	} else {
		packet->start = network;
		packet->kind = FILTER_IP;
	}
	packet->headlen = end > packet->start ? end - packet->start : 0;
	packet->wirelen = skb->data + skb->len - packet->start;
	if (packet->kind == FILTER_ETHERNET && skb->tag && packet->headlen >= 14) {
		packet->kind = FILTER_ETHERNET_TAG;
		packet->tag = skb->tag;
		packet->wirelen += 4;
	}
	return true;
}

/* Whether the user wants to see this packet. One without headers does not match: nothing shows
 * that it is one of those asked for. */
static __always_inline bool filter_accepts(const struct filter_skb *skb)
{
	struct filter_packet packet;

	if (!filter_set)
		return true;
	if (!filter_locate(skb, &packet))
		return false;
	if ((filter_set & FILTER_SET_OUTER) &&
		!filter_run(packet.start, packet.headlen, packet.wirelen, packet.kind, packet.tag))
		return false;
	return !(filter_set & FILTER_SET_INNER) ||
	       filter_tunnel(packet.start, packet.headlen, packet.wirelen, packet.kind);
}

#endif
