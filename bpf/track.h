/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following packets (--track): once an event of an skb was accepted, every later one of it is, whatever
 * became of its headers, and so are those of its clones and copies; all bear the number of their packet.
 *
 * What is followed is in one table, by address: skbs, and the buffers that their bytes are in. A clone
 * shares its buffer with the skb that it was made of, which is how it is known without a probe
 * at skb_clone(). A copy has a buffer of its own; where kernel functions can be probed it is known by
 * __copy_skb_header(), which every way to copy an skb goes through.
 *
 * Addresses are used again. An entry goes when its skb is consumed or dropped, and not every end has a
 * tracepoint; so an entry is believed only as long as the network header that it was made with does
 * not contradict it (track_is_past()), and for TRACK_AGE_NS after its last event.
 */
#ifndef SKEWTOP_TRACK_H
#define SKEWTOP_TRACK_H

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* user space sets TRACKED_MAX where packets are followed */
	__type(key, u64);
	__type(value, struct tracked);
} tracked SEC(".maps");

const volatile bool tracking;
const volatile __u32 track_cpu_bits; /* of a packet's number, for the CPU that gave it */

/* Buffers and skbs share the table; both addresses are even. */
#define TRACK_BUFFER 1ull

/* What track_skb() is told of an event. */
enum track_flag {
	TRACK_ACCEPTED = 1 << 0, /* its packet is to be followed from now on */
	TRACK_TRACEPOINT = 1 << 1,
};

static __always_inline struct tracked *track_find(u64 key)
{
	return bpf_map_lookup_elem(&tracked, &key);
}

static __always_inline void track_put(u64 key, const struct tracked *entry)
{
	if (bpf_map_update_elem(&tracked, &key, entry, BPF_ANY))
		trace_count(TRACE_TRACKED_FULL, 1);
}

static __always_inline void track_forget(u64 key)
{
	bpf_map_delete_elem(&tracked, &key);
}

/*
 * A number that no other packet of this CPU has: whoever comes between the addition and the look at it
 * gets another, and we try again.
 */
static __always_inline u32 track_number(void)
{
	struct trace_stats *stats = trace_stats_of_cpu();
	u64 before, after = 0;

	if (!stats)
		return 0;
	for (int tries = 0; tries < 4; tries++) {
		before = *(volatile u64 *)&stats->packets_followed;
		__sync_fetch_and_add(&stats->packets_followed, 1);
		after = *(volatile u64 *)&stats->packets_followed;
		if (after == before + 1)
			break;
	}
	return (u32)after << track_cpu_bits | bpf_get_smp_processor_id();
}

/* What stays of a network header on the way through routers and NAT, 0 where there is none. */
static __always_inline u32 track_print(u64 head, u16 network_header)
{
	u8 bytes[12];

	if (!network_header || network_header == HEADER_UNSET ||
		bpf_probe_read_kernel(bytes, sizeof(bytes), (void *)(head + network_header)))
		return 0;
	if (bytes[0] >> 4 == 4) /* identification, protocol */
		return (u32)bytes[4] << 24 | bytes[5] << 16 | bytes[9] << 8 | 4;
	if (bytes[0] >> 4 == 6) /* payload length, next header */
		return (u32)bytes[4] << 24 | bytes[5] << 16 | bytes[6] << 8 | 6;
	return 0;
}

/* How an skb looks now, not yet of any packet. */
static __always_inline struct tracked track_look(struct sk_buff *skb)
{
	struct tracked now = {
		.head = (u64)BPF_CORE_READ(skb, head),
		.seen_ns = bpf_ktime_get_ns(),
		.network_header = BPF_CORE_READ(skb, network_header),
	};

	now.print = track_print(now.head, now.network_header);
	return now;
}

/*
 * Whether what stands at an address now is shown to be another packet than what an entry was made
 * of. After a tracepoint has told of its end no other one comes, only functions do. Its network header may differ because one was put before it (a tunnel's: the skb says so) or
 * taken off; only then is it in another place of the buffer.
 */
static __always_inline bool track_is_past(
	const struct tracked *entry, const struct tracked *now, struct sk_buff *skb, u32 flags)
{
	if (now->seen_ns > entry->seen_ns + TRACK_AGE_NS ||
		(entry->ended && flags & TRACK_TRACEPOINT))
		return true;
	if (!entry->print || !now->print || entry->print == now->print)
		return false;
	if (entry->head == now->head && entry->network_header == now->network_header)
		return true;
	if (entry->head == now->head && entry->network_header < now->network_header)
		return false;
	return !BPF_CORE_READ_BITFIELD_PROBED(skb, encapsulation);
}

static __always_inline void track_inherit(struct tracked *now, const struct tracked *from, u8 kind)
{
	now->packet = from->packet;
	now->admission = from->admission;
	now->kind = kind;
}

/* An skb that the table has: brings its entry up to date. */
static __always_inline void track_renew(struct tracked *entry, struct tracked *now)
{
	u64 buffer = now->head | TRACK_BUFFER;
	struct tracked *shared = track_find(buffer);
	bool ours = shared && shared->packet == entry->packet;

	track_inherit(now, entry, entry->kind);
	if (entry->kind == TRACKED_NEW) /* now it shows whether it shares its bytes */
		now->kind = ours ? TRACKED_CLONE : TRACKED_COPY;
	if (entry->head && entry->head != now->head)
		track_forget(entry->head | TRACK_BUFFER);
	if (ours)
		shared->seen_ns = now->seen_ns;
	else if (!entry->ended)
		track_put(buffer, now);
	now->ended = entry->ended;
	*entry = *now;
}

u64 track_skb(u64 address, u32 flags);

/*
 * The packet that the skb at an address is of: TRACK_PACKET() and TRACK_KIND() of what is returned, 0: it
 * is not followed. Global, so that the verifier looks at it once a program, and weak, so that the compiler
 * does not draw conclusions from who calls it.
 */
__attribute__((noinline, weak)) u64 track_skb(u64 address, u32 flags)
{
	struct sk_buff *skb = (void *)address;
	struct tracked now = track_look(skb), *entry = track_find(address);
	u64 buffer = now.head | TRACK_BUFFER;

	if (!now.head)
		return 0;
	if (entry && !track_is_past(entry, &now, skb, flags)) {
		track_renew(entry, &now);
		return TRACK_RESULT(now.packet, now.kind);
	}
	entry = track_find(buffer);
	if (entry && !track_is_past(entry, &now, skb, flags)) {
		track_inherit(&now, entry, TRACKED_CLONE);
	} else if (flags & TRACK_ACCEPTED) {
		now.packet = track_number();
		track_put(buffer, &now);
	} else {
		track_forget(address);
		return 0;
	}
	track_put(address, &now);
	return TRACK_RESULT(now.packet, now.kind);
}

/* The packet of an skb of which only the address may be used. */
static __always_inline u64 track_address(u64 address)
{
	const struct tracked *entry = track_find(address);

	return entry ? TRACK_RESULT(entry->packet, entry->kind) : 0;
}

/* `to` is being made of `from`: what it is, a clone or a copy, shows at its next event. */
static __always_inline void track_made(u64 to, u64 from)
{
	const struct tracked *entry = track_find(from);
	struct tracked made = { .kind = TRACKED_NEW };

	if (!entry)
		return;
	track_inherit(&made, entry, TRACKED_NEW);
	made.seen_ns = bpf_ktime_get_ns();
	track_put(to, &made);
}

/* The bytes of an skb are given up: its buffer goes with the last that uses it. */
static __always_inline void track_buffer_ends(struct sk_buff *skb)
{
	u64 head = (u64)BPF_CORE_READ(skb, head);
	struct skb_shared_info *shared = (void *)(head + BPF_CORE_READ(skb, end));

	if ((BPF_CORE_READ(shared, dataref.counter) & 0xffff) == 1)
		track_forget(head | TRACK_BUFFER);
}

/* A tracepoint tells of the end of an skb. */
static __always_inline void track_ends(u64 address)
{
	struct tracked *entry = track_find(address);

	if (!entry)
		return;
	entry->ended = true;
	track_buffer_ends((void *)address);
}

/*
 * Lines come for whole packets or not at all: what was decided for the first of a packet's lines holds for
 * the others, which are charged for but not judged.
 */
static __always_inline bool track_within_rate(u64 address, struct trace_stats *stats, u64 now)
{
	struct tracked *entry = track_find(address), *shared;
	bool within;

	if (!entry)
		return trace_within_rate(stats, now);
	if (entry->admission == ADMISSION_NO)
		return false;
	if (entry->admission == ADMISSION_YES) {
		stats->next_ns += trace_config.interval_ns;
		return true;
	}
	within = trace_within_rate(stats, now);
	entry->admission = within ? ADMISSION_YES : ADMISSION_NO;
	shared = track_find(entry->head | TRACK_BUFFER);
	if (shared)
		shared->admission = entry->admission;
	return within;
}

#endif
