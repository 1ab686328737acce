/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace records: decide, count, reserve, fill in place, submit. A record is never built anywhere but in
 * the ring memory that was reserved for it, so no CPU, softirq or task can write into another's.
 */
#ifndef SKEWTOP_TRACE_H
#define SKEWTOP_TRACE_H

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/*
 * A member of a kernel structure. Programs whose arguments the verifier knows the types of read it
 * directly; those that have only addresses (kprobes) define TRACE_UNTYPED first and ask a helper, which
 * gives 0 where there is nothing to read.
 */
#ifdef TRACE_UNTYPED
#define MEMBER(pointer, member) BPF_CORE_READ(pointer, member)
#define MEMBER_BITS(pointer, member) BPF_CORE_READ_BITFIELD_PROBED(pointer, member)
#else
#define MEMBER(pointer, member) ((pointer)->member)
#define MEMBER_BITS(pointer, member) BPF_CORE_READ_BITFIELD(pointer, member)
#endif

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024); /* user space sets the size asked for */
} trace_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct trace_stats);
} trace_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct trace_selection);
} trace_selected SEC(".maps");

const volatile struct trace_config trace_config;

/* Members of struct trace_stats, in its order. */
enum trace_stat {
	TRACE_SEEN,
	TRACE_SUBMITTED,
	TRACE_RING_FULL,
	TRACE_RATE_LIMITED,
	TRACE_FILTERED_OUT,
	TRACE_INTERFACES_FULL,
	TRACE_LOCATIONS_FULL,
	TRACE_TRACKED_FULL,
	TRACE_DETAILS_FULL,
};

static __always_inline struct trace_stats *trace_stats_of_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&trace_stats, &zero);
}

static __always_inline void trace_count(enum trace_stat which, u64 n)
{
	struct trace_stats *stats = trace_stats_of_cpu();

	if (stats)
		__sync_fetch_and_add(&((u64 *)stats)[which], n);
}

static __always_inline bool trace_is_selected(u32 probe)
{
	u32 zero = 0;
	struct trace_selection *selection = bpf_map_lookup_elem(&trace_selected, &zero);

	return selection && selection->on[probe];
}

static __always_inline void trace_filtered_out(u32 probe)
{
	if (!trace_is_selected(probe))
		return;
	trace_count(TRACE_SEEN, 1);
	trace_count(TRACE_FILTERED_OUT, 1);
}

/*
 * Token bucket as one number, the time at which the next line is due. A program that interrupts this
 * one between load and store may let one line more through; each event is counted all the same.
 */
static __always_inline bool trace_within_rate(struct trace_stats *stats, u64 now)
{
	u64 due = stats->next_ns;

	if (!trace_config.interval_ns)
		return true;
	if (due > now + trace_config.burst_ns)
		return false;
	stats->next_ns = (due > now ? due : now) + trace_config.interval_ns;
	return true;
}

#include "bpf/track.h"

/* What the program knows of an event beside the packet. */
struct trace_event {
	u64 followed; /* what track_skb() says */
	u64 location;
	u32 reason;
	u32 probe;
	u32 netns;
	u32 len;
	u32 flags; /* enum record_flag */
	u32 is_drop;
};

/* Cold, so every read is a helper call: see packet_netns() for why. */
static __always_inline void fill_sock_tuple(struct trace_record *rec, struct sk_buff *skb)
{
	struct sock *sk = BPF_CORE_READ(skb, sk);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	if (family == AF_INET) {
		BPF_CORE_READ_INTO((__be32 *)rec->sock.saddr, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)rec->sock.daddr, sk, __sk_common.skc_daddr);
	} else if (family == AF_INET6) {
		BPF_CORE_READ_INTO(&rec->sock.saddr, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&rec->sock.daddr, sk, __sk_common.skc_v6_daddr);
	} else {
		return;
	}
	rec->sock.family = family;
	rec->sock.sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	rec->sock.dport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	rec->sock.protocol = BPF_CORE_READ(sk, sk_protocol);
	rec->flags |= RECORD_SOCK_TUPLE;
}

/* Where the headers of an skb are. Offsets are from skb->head, as in the kernel. */
struct headers {
	s32 data;  /* skb->data */
	s32 l3;	   /* network header, -1: the skb has none (yet) */
	s32 start; /* first byte worth showing: the Ethernet header if there is one, else l3 */
	s32 end;   /* of the linear part */
	bool l2;
};

/*
 * Before the network layer has seen a received packet its network header is where data points; an skb
 * on its way down has no MAC header yet, and above IP no network header either.
 */
static __always_inline void find_headers(struct sk_buff *skb, struct net_device *dev, struct headers *h)
{
	u16 mac = MEMBER(skb, mac_header), network = MEMBER(skb, network_header);
	u16 type = dev ? BPF_CORE_READ(dev, type) : ARPHRD_ETHER;
	bool has_mac = mac != HEADER_UNSET;

	h->data = (s32)((u64)MEMBER(skb, data) - (u64)MEMBER(skb, head));
	h->end = h->data + (s32)(MEMBER(skb, len) - MEMBER(skb, data_len));
	if (network && (!has_mac || network >= mac))
		h->l3 = network;
	else
		h->l3 = has_mac ? h->data : -1;
	h->l2 = has_mac && h->l3 >= mac + ETH_HLEN &&
		(type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK || !type);
	h->start = h->l2 ? mac : h->l3;
}

static __always_inline void fill_bytes(
	struct trace_record *rec, struct sk_buff *skb, struct net_device *dev)
{
	u16 transport = MEMBER(skb, transport_header);
	struct headers h;
	s64 n;

	find_headers(skb, dev, &h);
	n = h.end - h.start;
	if (h.l3 < 0 || n <= 0) {
		rec->flags |= RECORD_NO_BYTES;
		return;
	}
	if (n > ABI_SNAP_MAX)
		n = ABI_SNAP_MAX;
	if (bpf_probe_read_kernel(rec->data, n, MEMBER(skb, head) + h.start)) {
		rec->flags |= RECORD_NO_BYTES;
		return;
	}
	rec->snap_len = n;
	rec->data_off = h.data - h.start;
	rec->l3_off = h.l3 - h.start;
	if (transport != HEADER_UNSET && transport > h.l3)
		rec->l4_off = transport - h.start;
	if (h.l2)
		rec->flags |= RECORD_L2;
}

static __always_inline void fill_packet(
	struct trace_record *rec, struct sk_buff *skb, struct net_device *dev)
{
	rec->len = MEMBER(skb, len);
	rec->mark = MEMBER(skb, mark);
	rec->hash = MEMBER(skb, hash);
	rec->queue = MEMBER(skb, queue_mapping);
	rec->protocol = bpf_ntohs(MEMBER(skb, protocol));
	rec->pkt_type = MEMBER_BITS(skb, pkt_type);
	fill_bytes(rec, skb, dev);
	if (rec->flags & RECORD_NO_BYTES)
		fill_sock_tuple(rec, skb);
}

static __always_inline void fill_head(struct detail_head *head, enum record_type type, u32 size,
	const struct sk_buff *skb, const struct trace_event *event, u64 now)
{
	head->type = type;
	head->size = size;
	head->cpu = bpf_get_smp_processor_id();
	head->ktime_ns = now;
	head->skb = (u64)skb;
	head->probe = event->probe;
}

static __always_inline void emit_stack(
	void *ctx, struct sk_buff *skb, const struct trace_event *event, u64 now)
{
	struct stack_record *rec = bpf_ringbuf_reserve(&trace_ring, sizeof(*rec), 0);
	s64 n;

	if (!rec) {
		trace_count(TRACE_DETAILS_FULL, 1);
		return;
	}
	__builtin_memset(rec, 0, sizeof(*rec));
	fill_head(&rec->head, RECORD_STACK, sizeof(*rec), skb, event, now);
	n = bpf_get_stack(ctx, rec->frame, sizeof(rec->frame), 0);
	rec->n_frames = n > 0 ? n / sizeof(rec->frame[0]) : 0;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline void emit_skb(
	struct sk_buff *skb, const struct trace_event *event, u64 now)
{
	u32 size = bpf_core_type_size(struct sk_buff);
	u32 shared_size = bpf_core_type_size(struct skb_shared_info);
	struct skb_record *rec = bpf_ringbuf_reserve(&trace_ring, sizeof(*rec), 0);

	if (!rec) {
		trace_count(TRACE_DETAILS_FULL, 1);
		return;
	}
	__builtin_memset(rec, 0, sizeof(*rec));
	fill_head(&rec->head, RECORD_SKB, sizeof(*rec), skb, event, now);
	if (size > ABI_SKB_MAX)
		size = ABI_SKB_MAX;
	if (shared_size > ABI_SHARED_MAX)
		shared_size = ABI_SHARED_MAX;
	if (!bpf_probe_read_kernel(rec->bytes, size, skb))
		rec->skb_size = size;
	if (!bpf_probe_read_kernel(
		    rec->shared, shared_size, MEMBER(skb, head) + MEMBER(skb, end)))
		rec->shared_size = shared_size;
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline void emit_details(
	void *ctx, struct sk_buff *skb, const struct trace_event *event, u64 now)
{
	u32 zero = 0;
	const struct trace_selection *selection = bpf_map_lookup_elem(&trace_selected, &zero);

	if (!selection || !selection->details)
		return;
	if (selection->details & DETAIL_STACK ||
		(selection->details & DETAIL_DROP_STACK && event->is_drop))
		emit_stack(ctx, skb, event, now);
	if (selection->details & DETAIL_SKB && !(event->flags & RECORD_NO_BYTES))
		emit_skb(skb, event, now);
}

static __always_inline u16 track_flags(u64 followed)
{
	u64 kind = TRACK_KIND(followed);

	return kind == TRACKED_CLONE ? RECORD_CLONE : kind == TRACKED_COPY ? RECORD_COPY : 0;
}

/* A function of its own: the programs that only count stay small. `dev` may be a mere address. */
static __noinline void trace_emit(
	void *ctx, struct sk_buff *skb, struct net_device *dev, const struct trace_event *event)
{
	struct trace_stats *stats = trace_stats_of_cpu();
	u64 now = bpf_ktime_get_ns(), pid_tgid;
	struct trace_record *rec;

	if (!stats)
		return;
	__sync_fetch_and_add(&stats->seen, 1);
	if (!(tracking ? track_within_rate((u64)skb, stats, now) : trace_within_rate(stats, now))) {
		__sync_fetch_and_add(&stats->rate_limited, 1);
		return;
	}
	rec = bpf_ringbuf_reserve(&trace_ring, sizeof(*rec), 0);
	if (!rec) {
		__sync_fetch_and_add(&stats->ring_full, 1);
		return;
	}
	__builtin_memset(rec, 0, sizeof(*rec));
	rec->type = RECORD_PACKET;
	rec->size = sizeof(*rec);
	rec->cpu = bpf_get_smp_processor_id();
	rec->ktime_ns = now;
	rec->skb = (u64)skb;
	rec->location = event->location;
	rec->reason = event->reason;
	rec->probe = event->probe;
	rec->netns = event->netns;
	rec->len = event->len;
	rec->flags = event->flags | track_flags(event->followed);
	rec->packet = TRACK_PACKET(event->followed);
	pid_tgid = bpf_get_current_pid_tgid();
	rec->tgid = pid_tgid >> 32;
	rec->tid = (u32)pid_tgid;
	bpf_get_current_comm(rec->comm, sizeof(rec->comm));
	if (dev) {
		rec->ifindex = BPF_CORE_READ(dev, ifindex);
		bpf_probe_read_kernel(rec->ifname, sizeof(rec->ifname), &dev->name);
	}
	if (!(event->flags & RECORD_NO_BYTES))
		fill_packet(rec, skb, dev);
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
	__sync_fetch_and_add(&stats->submitted, 1);
	emit_details(ctx, skb, event, now);
}

#endif
