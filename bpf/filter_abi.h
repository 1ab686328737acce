/* SPDX-License-Identifier: GPL-2.0-only */
/* What both sides of the packet filter agree on: the function whose instructions user space
 * writes (bpf/filter.h, core/filter/filter.h), and its arguments. */
#ifndef FILTER_ABI_H
#define FILTER_ABI_H

/* Instructions that the compiled object has room for. One filter holds the programs of every kind
 * below. A jump of eBPF spans 16 bits, so this must stay below 32768. */
#define FILTER_ROOM 8192

/* How a packet is to be read, chosen per packet; each kind has its own program. */
enum filter_kind {
	FILTER_ETHERNET,       /* begins with an Ethernet header */
	FILTER_ETHERNET_TAG,   /* the same, its outer VLAN tag held beside it (skb->vlan_tci) */
	FILTER_IP,	       /* begins with an IPv4 or IPv6 header */
	FILTER_INNER_ETHERNET, /* in a tunnel: the inner packet */
	FILTER_INNER_IP,
	FILTER_KINDS
};

/* Bits of `filter_set`, which tell the probes what there is to ask. */
#define FILTER_SET_OUTER 1
#define FILTER_SET_INNER 2

#endif
