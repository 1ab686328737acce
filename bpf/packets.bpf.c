// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets at every tracepoint that carries an skb: one program each, so that none makes another miss.
 * Which tracepoint a program serves, and which of its arguments are what, is decided by user space
 * from the running kernel's BTF and written into read-only data; the verifier then sees constants.
 *
 * A filter (filter.h) is asked before anything is counted or reserved. Where the packet cannot be read,
 * because the skb may be freed already (PROBE_SKB_STALE) or has no headers yet (tcp_sendmsg_locked and
 * whatever else looks at an skb above the network layer), nothing matches a filter; without one such
 * events count like any other.
 */
#include <linux/bpf.h>

#include "bpf/gate.h"
#include "bpf/narrow.h"
#include "bpf/skb_filter.h"
#include "bpf/trace.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct packet_counts);
} packet_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct interface_key);
	__type(value, struct interface_count);
} interface_counts SEC(".maps");

struct interface_name {
	char name[ABI_IFNAME_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct interface_key);
	__type(value, struct interface_name);
} interface_names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct location_key);
	__type(value, struct packet_count);
} location_counts SEC(".maps");

const volatile struct probe_config probes[PROBE_MAX];

/* Packets of one list (PROBE_SKB_LIST) that are looked at one by one; a dequeue in bulk may bring more,
 * where the device's byte queue limit allows. */
enum { LIST_MAX = 64 };

/*
 * Argument `index` of the tracepoint, with the type that the verifier knows for it. Written as
 * assembly because the compiler would fold the cases into one load at a computed offset, which no
 * verifier accepts on a context.
 */
#define CASE_ARG(n)                                                                               \
	case n:                                                                                   \
		asm volatile("%0 = *(u64 *)(%1 + 8 * " #n ")" : "=r"(value) : "r"(ctx));          \
		break

static __always_inline u64 argument(const u64 *ctx, u8 index)
{
	u64 value = 0;

	switch (index) {
		CASE_ARG(0);
		CASE_ARG(1);
		CASE_ARG(2);
		CASE_ARG(3);
		CASE_ARG(4);
		CASE_ARG(5);
		CASE_ARG(6);
		CASE_ARG(7);
	}
	return value;
}

static __always_inline void count(struct packet_count *into, u64 packets, u64 bytes)
{
	__sync_fetch_and_add(&into->packets, packets);
	__sync_fetch_and_add(&into->bytes, bytes);
}

static __always_inline void count_interface(struct net_device *dev, bool rx, u64 packets, u64 bytes)
{
	struct interface_key key = { .netns = dev->nd_net.net->ns.inum, .ifindex = dev->ifindex };
	struct interface_count *counts = bpf_map_lookup_elem(&interface_counts, &key);

	if (!counts) {
		struct interface_count none = {};
		struct interface_name name = {};

		/* Another CPU may add it first: then the look-up below finds that. */
		bpf_probe_read_kernel(name.name, sizeof(name.name), &dev->name);
		bpf_map_update_elem(&interface_names, &key, &name, BPF_ANY);
		bpf_map_update_elem(&interface_counts, &key, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(&interface_counts, &key);
	}
	if (counts)
		count(rx ? &counts->rx : &counts->tx, packets, bytes);
	else
		trace_count(TRACE_INTERFACES_FULL, 1);
}

static __always_inline void count_location(u64 location, u32 reason, u32 flags, u64 bytes)
{
	struct location_key key = { .location = location, .reason = reason, .flags = flags };
	struct packet_count *counts = bpf_map_lookup_elem(&location_counts, &key);

	if (!counts) {
		struct packet_count none = {};

		bpf_map_update_elem(&location_counts, &key, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(&location_counts, &key);
	}
	if (counts)
		count(counts, 1, bytes);
	else
		trace_count(TRACE_LOCATIONS_FULL, 1);
}

/*
 * For each plain load of a pointer from a trusted structure the verifier searches all of BTF by name,
 * which for 30 programs adds up to a quarter of the start-up time. So pointers are read through the
 * helper, except where counting needs them for every packet.
 */
static __always_inline bool counting_needs_device(u8 flags)
{
	return flags & (PROBE_RX | PROBE_TX) || narrow.netns || narrow.use_ifname || filter_set;
}

/* The namespace of the device, else of the socket; 0 where neither tells. */
static __always_inline u32 traced_netns(struct sk_buff *skb, struct net_device *dev)
{
	u32 inum = BPF_CORE_READ(dev, nd_net.net, ns.inum);

	if (!inum && skb)
		inum = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
	return inum;
}

static __always_inline u32 packet_netns(struct sk_buff *skb, struct net_device *dev)
{
	u32 inum = dev ? dev->nd_net.net->ns.inum : 0;

	if (!inum && skb)
		inum = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
	return inum;
}

static __always_inline bool narrow_accepts_packet(struct sk_buff *skb, struct net_device *dev)
{
	if (!narrow_accepts_context())
		return false;
	if (narrow.netns && packet_netns(skb, dev) != narrow.netns)
		return false;
	if (narrow.mark_mask && (!skb || (skb->mark & narrow.mark_mask) != narrow.mark_value))
		return false;
	return narrow_accepts_interface(dev);
}

/* What is left of an event after the filter. */
struct accepted {
	struct sk_buff *skb; /* the first packet that was accepted */
	u64 packets;
	u64 bytes;
};

/* Lengths of the list that skb heads; the tracepoint says how many there are. */
static __always_inline u64 list_bytes(struct sk_buff *skb, u64 packets)
{
	u64 bytes = 0;

	for (u32 i = 0; i < LIST_MAX; i++) {
		if (i >= packets || !skb)
			break;
		bytes += skb->len;
		skb = skb->next;
	}
	return bytes;
}

/* What the filter leaves of a list, in one number: a global function returns no more. */
#define LIST_BYTES(found) ((u32)(found))
#define LIST_PACKETS(found) ((found) >> 32 & 0xff)
#define LIST_FIRST(found) ((found) >> 40) /* index of the first one accepted */

u64 list_accepted(u64 address, u64 packets);

/* Asks the filter about the first LIST_MAX packets of a list. Global: see skb_at_accepted(). */
__attribute__((noinline, weak)) u64 list_accepted(u64 address, u64 packets)
{
	u64 n = 0, bytes = 0, first = 0, any = 0;

	for (u32 i = 0; i < LIST_MAX; i++) {
		struct sk_buff *skb = (void *)address;
		u64 yes;

		if (i >= packets || !address)
			break;
		/* Sums without a branch, which would double the paths to verify with each packet. */
		yes = skb_at_accepted(address) & 1;
		asm volatile("" : "+r"(yes));
		n += yes;
		bytes += yes * BPF_CORE_READ(skb, len);
		any |= yes;
		first += any ^ 1;
		address = (u64)BPF_CORE_READ(skb, next);
	}
	return first << 40 | n << 32 | (u32)bytes;
}

static __always_inline void accept_of_list(
	struct sk_buff *skb, u64 packets, struct accepted *out)
{
	u64 found = list_accepted(number_of(skb), packets);

	out->packets = LIST_PACKETS(found);
	out->bytes = LIST_BYTES(found);
	for (u32 i = 0; i < LIST_MAX; i++) {
		if (i >= LIST_FIRST(found) || !skb)
			break;
		skb = skb->next;
	}
	out->skb = skb;
}

/*
 * Asks the filter; false if nothing is left. Of an skb that may be freed already nothing can be read,
 * so with a filter such a probe accepts nothing: what cannot be shown to match is not counted.
 */
static __always_inline bool accept(const u64 *ctx, const volatile struct probe_config *p,
	struct sk_buff *skb, struct net_device *dev, struct accepted *out)
{
	*out = (struct accepted){ .skb = skb, .packets = 1 };
	if (p->flags & PROBE_SKB_STALE) {
		out->bytes = (u32)argument(ctx, p->len_arg);
		return !filter_set;
	}
	if (p->flags & PROBE_SKB_LIST) {
		out->packets = (u32)argument(ctx, p->packets_arg);
		if (filter_set)
			accept_of_list(skb, out->packets, out);
		else
			out->bytes = list_bytes(skb, out->packets);
		return out->packets;
	}
	out->bytes = skb->len;
	return skb_accepted(skb, dev);
}

/*
 * The packet that is followed, and whether the event counts because it is: then it is of one packet, whatever
 * the filter said of it.
 */
static __always_inline u64 follow(
	const volatile struct probe_config *p, struct sk_buff *skb, bool *ok, struct accepted *accepted)
{
	u64 packet;

	if (p->flags & PROBE_SKB_STALE)
		return *ok ? track_address(number_of(skb)) : 0;
	packet = track_skb(number_of(*ok ? accepted->skb : skb),
		TRACK_TRACEPOINT | (*ok ? TRACK_ACCEPTED : 0));
	if (packet && !*ok) {
		*accepted = (struct accepted){ .skb = skb, .packets = 1, .bytes = skb->len };
		*ok = true;
	}
	return packet;
}

static __always_inline void count_event(u32 probe, u8 flags, struct net_device *dev,
	const struct accepted *accepted)
{
	u32 zero = 0;
	struct packet_counts *counts = bpf_map_lookup_elem(&packet_counts, &zero);

	if (counts)
		count(&counts->probe[probe], accepted->packets, accepted->bytes);
	if (flags & (PROBE_RX | PROBE_TX) && dev)
		count_interface(dev, flags & PROBE_RX, accepted->packets, accepted->bytes);
}

static __always_inline int on_packet(const u64 *ctx, u32 probe)
{
	const volatile struct probe_config *p = &probes[probe];
	u8 flags = p->flags;
	bool stale = flags & PROBE_SKB_STALE;
	struct sk_buff *skb = (void *)argument(ctx, p->skb_arg);
	struct net_device *dev = 0;
	struct accepted accepted = {}; /* follow() may look at it though nothing was accepted */
	u64 location = 0, followed = 0;
	bool ok;
	u32 reason = REASON_UNKNOWN;

	if (!gate_is_ours())
		return 0;
	if (!skb)
		return 0; /* an event without a packet, such as a reset that answers none */
	if (p->dev_arg != PROBE_ARG_NONE)
		dev = (void *)argument(ctx, p->dev_arg);
	else if (!stale && counting_needs_device(flags))
		dev = skb->dev;
	ok = narrow_accepts_packet(stale ? 0 : skb, dev) && accept(ctx, p, skb, dev, &accepted);
	if (tracking)
		followed = follow(p, skb, &ok, &accepted);
	if (!ok) {
		trace_filtered_out(probe);
		return 0;
	}

	count_event(probe, flags, dev, &accepted);
	if (p->location_arg != PROBE_ARG_NONE)
		location = argument(ctx, p->location_arg);
	if (p->reason_arg != PROBE_ARG_NONE)
		reason = (u32)argument(ctx, p->reason_arg);
	if (flags & (PROBE_DROP | PROBE_CONSUME))
		count_location(location, reason, flags & (PROBE_DROP | PROBE_CONSUME),
			accepted.bytes);

	if (trace_is_selected(probe)) {
		if (p->dev_arg == PROBE_ARG_NONE && !stale && !counting_needs_device(flags))
			dev = BPF_CORE_READ(skb, dev);
		struct trace_event event = {
			.followed = followed,
			.location = location,
			.reason = reason,
			.probe = probe,
			.netns = narrow.netns ?: traced_netns(stale ? 0 : skb, dev),
			.len = accepted.bytes,
			.is_drop = flags & PROBE_DROP,
			.flags = (p->location_arg != PROBE_ARG_NONE ? RECORD_HAS_LOCATION : 0) |
				 (p->reason_arg != PROBE_ARG_NONE ? RECORD_HAS_REASON : 0) |
				 (stale ? RECORD_NO_BYTES : 0),
		};

		trace_emit((void *)ctx, accepted.skb, dev, &event);
	}
	if (tracking && flags & (PROBE_DROP | PROBE_CONSUME))
		track_ends(number_of(skb));
	return 0;
}

/* packet_00 ... packet_63; user space loads as many as the kernel has tracepoints for. */
#define PACKET_PROBE(n)                                                                           \
	SEC("tp_btf")                                                                             \
	int packet_##n(u64 *ctx)                                                                  \
	{                                                                                         \
		return on_packet(ctx, 1##n - 100);                                                \
	}
#define PACKET_PROBES(tens)                                                                       \
	PACKET_PROBE(tens##0)                                                                     \
	PACKET_PROBE(tens##1)                                                                     \
	PACKET_PROBE(tens##2)                                                                     \
	PACKET_PROBE(tens##3)                                                                     \
	PACKET_PROBE(tens##4)                                                                     \
	PACKET_PROBE(tens##5)                                                                     \
	PACKET_PROBE(tens##6)                                                                     \
	PACKET_PROBE(tens##7)                                                                     \
	PACKET_PROBE(tens##8)                                                                     \
	PACKET_PROBE(tens##9)

PACKET_PROBES(0)
PACKET_PROBES(1)
PACKET_PROBES(2)
PACKET_PROBES(3)
PACKET_PROBES(4)
PACKET_PROBES(5)
PACKET_PROBE(60)
PACKET_PROBE(61)
PACKET_PROBE(62)
PACKET_PROBE(63)

char LICENSE[] SEC("license") = "GPL";
