/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet at a kernel function: whether it counts, its counters, its line. The same whatever means the program came
 * there by; those differ in how they know the function and get at its arguments, and in what may interrupt them.
 */
#ifndef SKEWTOP_FUNCTION_H
#define SKEWTOP_FUNCTION_H

#define TRACE_UNTYPED
#include "bpf/narrow.h"
#include "bpf/skb_filter.h"
#include "bpf/trace.h"

/* Entry cpu * function_stride + index; user space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct packet_count);
} function_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FUNCTIONS_MAX);
	__type(key, u32);
	__type(value, struct function_state);
} function_states SEC(".maps");

const volatile __u32 function_stride;

/*
 * The device of an skb, or NULL: while an skb is in a socket's queue other things stand in this
 * place (dev_scratch, or a pointer of the queue's tree), so what it points to must look like a
 * device: its namespace has an inode number of those that the kernel hands out.
 */
#define NETNS_INODE_MIN 0xeffffff0u

static __always_inline struct net_device *device_of(struct sk_buff *skb, u32 *netns)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);

	*netns = 0;
	if ((s64)dev < 0)
		*netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	if (*netns >= NETNS_INODE_MIN)
		return dev;
	*netns = BPF_CORE_READ(skb, sk, __sk_common.skc_net.net, ns.inum);
	return 0;
}

static __always_inline bool narrow_accepts_skb(struct sk_buff *skb)
{
	struct net_device *dev;
	u32 netns;

	if (!narrow_accepts_context())
		return false;
	if (narrow.mark_mask && (BPF_CORE_READ(skb, mark) & narrow.mark_mask) != narrow.mark_value)
		return false;
	if (!narrow.netns && !narrow.use_ifname)
		return true;
	dev = device_of(skb, &netns);
	return (!narrow.netns || netns == narrow.netns) && narrow_accepts_interface(dev);
}

static __always_inline void trace_function(void *ctx, struct sk_buff *skb, u32 index, u64 followed)
{
	struct trace_event event = {
		.followed = followed,
		.reason = REASON_UNKNOWN,
		.probe = PROBE_MAX + index,
		.len = BPF_CORE_READ(skb, len),
	};
	struct net_device *dev = device_of(skb, &event.netns);

	trace_emit(ctx, skb, dev, &event);
}

/* The packet that is followed. Where an skb itself is freed its bytes are gone already. */
static __always_inline u64 follow(u64 skb, u32 part, bool ok)
{
	return part & FUNCTION_ENDS_SKB ? track_address(skb) :
					  track_skb(skb, ok ? TRACK_ACCEPTED : 0);
}

/* What a program has found out of the function that it runs at. */
struct function_run {
	u32 index; /* of its counters and its state */
	u32 part;  /* enum function_part */
	u32 trace; /* enum trace_wish */
};

/*
 * Whether the packet counts. If so it is counted, and has its line. `alone`: no other program with these counters runs
 * on this CPU meanwhile.
 */
static __always_inline bool function_packet(void *ctx, struct sk_buff *skb, const struct function_run *run, bool alone)
{
	u32 key = bpf_get_smp_processor_id() * function_stride + run->index;
	bool ok = narrow_accepts_skb(skb) && (!filter_set || skb_at_accepted((u64)skb));
	struct packet_count *count;
	u64 followed = 0, len;

	if (tracking) {
		followed = follow((u64)skb, run->part, ok);
		ok |= !!followed;
	}
	if (!ok) {
		if (run->trace & TRACE_LINES) {
			trace_count(TRACE_SEEN, 1);
			trace_count(TRACE_FILTERED_OUT, 1);
		}
		return false;
	}
	count = bpf_map_lookup_elem(&function_counts, &key);
	len = BPF_CORE_READ(skb, len);
	if (count && alone) {
		count->packets++;
		count->bytes += len;
	} else if (count) {
		__sync_fetch_and_add(&count->packets, 1);
		__sync_fetch_and_add(&count->bytes, len);
	}
	if (run->trace & TRACE_LINES)
		trace_function(ctx, skb, run->index, followed);
	return true;
}

/* After all else: what becomes of the skb in the function; `first` is that one's first argument. */
static __always_inline void function_track(struct sk_buff *skb, u32 part, u64 first)
{
	if (part & FUNCTION_COPIES)
		track_made(first, (u64)skb);
	if (part & FUNCTION_ENDS_BYTES)
		track_buffer_ends(skb);
	if (part & FUNCTION_ENDS_SKB)
		track_forget((u64)skb);
}

#endif
