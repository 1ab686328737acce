/* SPDX-License-Identifier: GPL-2.0-only */
/* The user's filter asked about an skb: skb_accepted() where a program may read it directly
 * (tp_btf, fentry), skb_at_accepted() where only its address is known (kprobes, lists). */
#ifndef SKEWTOP_SKB_FILTER_H
#define SKEWTOP_SKB_FILTER_H

#include "bpf/filter.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

/* vlan_proto << 16 | vlan_tci of the tag beside the packet, 0: none. */
static __always_inline u32 skb_vlan_tag(struct sk_buff *skb)
{
	struct sk_buff___vlan_all *all = (void *)skb;
	struct sk_buff___vlan_present *present = (void *)skb;

	if (bpf_core_field_exists(all->vlan_all))
		return all->vlan_all ? (u32)bpf_ntohs(all->vlan_proto) << 16 | all->vlan_tci : 0;
	if (bpf_core_field_exists(present->vlan_present))
		return BPF_CORE_READ_BITFIELD(present, vlan_present)
			       ? (u32)bpf_ntohs(present->vlan_proto) << 16 | present->vlan_tci
			       : 0;
	return 0;
}

/* Whether frames of this type of device begin with an Ethernet header; 0: nobody knows. */
static __always_inline bool is_ethernet(u16 type)
{
	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK || !type;
}

/*
 * A kernel pointer as a number. From 6.17 on a pointer to bytes that was loaded from an skb is
 * memory to the verifier, which a function that takes a number refuses; what has been negated is a
 * number to every verifier (of a privileged program), and negated twice the same one. Costs no
 * helper call.
 */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = (u64)pointer;

	asm volatile("%0 = -%0\n%0 = -%0" : "+r"(number));
	return number;
}

/*
 * Whether the filter accepts this skb. `dev` is whose packet it is at this point, NULL where nobody
 * can say. Without a filter the verifier removes all of this.
 */
static __always_inline bool skb_accepted(struct sk_buff *skb, struct net_device *dev)
{
	struct filter_skb words;

	if (!filter_set)
		return true;
	words = (struct filter_skb){
		.head = number_of(skb->head),
		.data = number_of(skb->data),
		.len = skb->len,
		.data_len = skb->data_len,
		.mac_header = skb->mac_header,
		.network_header = skb->network_header,
		.ethernet = !dev || is_ethernet(dev->type),
		.tag = skb_vlan_tag(skb),
	};
	return filter_accepts(&words);
}

u32 skb_at_accepted(u64 address);

/*
 * The same for the skb at an address: 1 or 0. Global, so that the verifier looks at it once however
 * often it is called, and weak, so that the compiler does not draw conclusions from who calls it.
 */
__attribute__((noinline, weak)) u32 skb_at_accepted(u64 address)
{
	struct sk_buff *skb = (void *)address;
	struct sk_buff___vlan_all *all = (void *)skb;
	struct sk_buff___vlan_present *present = (void *)skb;
	struct filter_skb words = {};
	bool tagged = false;

	words.head = (u64)BPF_CORE_READ(skb, head);
	words.data = (u64)BPF_CORE_READ(skb, data);
	words.len = BPF_CORE_READ(skb, len);
	words.data_len = BPF_CORE_READ(skb, data_len);
	words.mac_header = BPF_CORE_READ(skb, mac_header);
	words.network_header = BPF_CORE_READ(skb, network_header);
	words.ethernet = is_ethernet(BPF_CORE_READ(skb, dev, type));
	if (bpf_core_field_exists(all->vlan_all))
		tagged = BPF_CORE_READ(all, vlan_all);
	else if (bpf_core_field_exists(present->vlan_present))
		tagged = BPF_CORE_READ_BITFIELD_PROBED(present, vlan_present);
	if (tagged)
		words.tag = (u32)bpf_ntohs(BPF_CORE_READ(all, vlan_proto)) << 16 |
			    BPF_CORE_READ(all, vlan_tci);
	return filter_accepts(&words);
}

#endif
