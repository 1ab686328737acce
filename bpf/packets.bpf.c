// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets at every tracepoint that carries an skb: one program each, so that none makes another miss.
 * Which tracepoint a program serves, and which of its arguments are what, is decided by user space
 * from the running kernel's BTF and written into read-only data; the verifier then sees constants.
 */
#include <linux/bpf.h>

#include "bpf/narrow.h"
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
 * The namespace of the device, else of the socket; 0 where neither tells. The socket is read through
 * the helper: for each plain load of a pointer from a trusted structure the verifier searches all of
 * BTF by name, which for 30 programs adds up to a quarter of the start-up time.
 */
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
	if (narrow.use_ifname) {
		char name[ABI_IFNAME_LEN] __attribute__((aligned(8))) = {};

		if (!dev || bpf_probe_read_kernel(name, sizeof(name), &dev->name) ||
			!same_name(name, narrow.ifname))
			return false;
	}
	return true;
}

/* Lengths of the list that skb heads; the tracepoint says how many there are. */
static __always_inline u64 list_bytes(struct sk_buff *skb, u64 packets)
{
	u64 bytes = 0;

	for (u32 i = 0; i < 64; i++) {
		if (i >= packets || !skb)
			break;
		bytes += skb->len;
		skb = skb->next;
	}
	return bytes;
}

static __always_inline int on_packet(const u64 *ctx, u32 probe)
{
	const volatile struct probe_config *p = &probes[probe];
	u8 flags = p->flags;
	bool stale = flags & PROBE_SKB_STALE;
	struct sk_buff *skb = (void *)argument(ctx, p->skb_arg);
	struct net_device *dev = 0;
	struct packet_counts *counts;
	u64 packets = 1, bytes, location = 0;
	u32 zero = 0, reason = REASON_UNKNOWN;

	if (!skb)
		return 0; /* an event without a packet, such as a reset that answers none */
	if (p->dev_arg != PROBE_ARG_NONE)
		dev = (void *)argument(ctx, p->dev_arg);
	else if (!stale)
		dev = skb->dev;
	if (!narrow_accepts_packet(stale ? 0 : skb, dev)) {
		trace_filtered_out(probe);
		return 0;
	}

	if (stale) {
		bytes = (u32)argument(ctx, p->len_arg);
	} else if (flags & PROBE_SKB_LIST) {
		packets = (u32)argument(ctx, p->packets_arg);
		bytes = list_bytes(skb, packets);
	} else {
		bytes = skb->len;
	}
	counts = bpf_map_lookup_elem(&packet_counts, &zero);
	if (counts)
		count(&counts->probe[probe], packets, bytes);
	if (flags & (PROBE_RX | PROBE_TX) && dev)
		count_interface(dev, flags & PROBE_RX, packets, bytes);
	if (p->location_arg != PROBE_ARG_NONE)
		location = argument(ctx, p->location_arg);
	if (p->reason_arg != PROBE_ARG_NONE)
		reason = (u32)argument(ctx, p->reason_arg);
	if (flags & (PROBE_DROP | PROBE_CONSUME))
		count_location(location, reason, flags & (PROBE_DROP | PROBE_CONSUME), bytes);

	if (trace_is_selected(probe)) {
		struct trace_event event = {
			.location = location,
			.reason = reason,
			.probe = probe,
			.netns = packet_netns(stale ? 0 : skb, dev),
			.len = bytes,
			.flags = (p->location_arg != PROBE_ARG_NONE ? RECORD_HAS_LOCATION : 0) |
				 (p->reason_arg != PROBE_ARG_NONE ? RECORD_HAS_REASON : 0) |
				 (stale ? RECORD_NO_BYTES : 0),
		};

		trace_emit(skb, dev, &event);
	}
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
