/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a pcapng file a recording of ours. Packets are ordinary enhanced packet blocks that any reader
 * shows; each carries its whole trace record in a custom option. Everything else rides in blocks of a type
 * that the format leaves to local use, so that others skip them (custom blocks they would list as packets).
 *
 *	own block	= RECORDING_BLOCK: RECORDING_MAGIC, then varints: kind, length; then the payload
 *	HOST		= name release functions_note
 *			  n_cpus { id node core llc } n_reasons { number name } [narrowed]
 *	ROWS		= n { table index key0 key1 flags name where }; an index is one more than the last of
 *			  its table, or stands for a row that was told before
 *	SYMBOLS		= n { address text }
 *	FILTERS		= n { mono_ns outer inner }; packet filters from their moments on
 *	SNAPSHOT	= a frame of snapcode.h
 *	LAYOUT		= see layout.h; before the first SK_BUFF
 *	STACK		= detail n { frame - the one before, zigzag }; of a line before it, as is
 *	SK_BUFF		= detail size bytes size bytes; of sk_buff and skb_shared_info, as they lay in memory
 *	detail		= ktime_ns cpu skb probe; those of the line
 *	END		= a frame, or nothing: the closed books
 *
 *	packet option	= RECORDING_PEN, RECORD_MAGIC, head, size, then `head` bytes of the trace record; its
 *			  other bytes, up to `size`, are those of the packet and then zeros
 *
 * All varints, text as bytes.h has it; the packet option is in the section's byte order. After a section
 * block comes a HOST, and every RECORDING_KEY_EVERY snapshots all of HOST, ROWS, FILTERS, SYMBOLS, LAYOUT and a
 * key frame again, so that a reader which lost something finds its feet.
 */
#ifndef SKEWTOP_RECORDING_FORMAT_H
#define SKEWTOP_RECORDING_FORMAT_H

#include <linux/types.h>
#include <stdint.h>

#include "bpf/abi.h"

#define RECORDING_BLOCK UINT32_C(0x80534b54)
#define RECORDING_MAGIC "skewtop1"
#define RECORD_MAGIC "SKTR"

/* The enterprise number that RFC 5612 leaves to examples: we have none, hence the magic. */
enum { RECORDING_PEN = 32473 };

enum recording_kind {
	RECORDING_HOST = 1,
	RECORDING_ROWS,
	RECORDING_SYMBOLS,
	RECORDING_SNAPSHOT,
	RECORDING_END,
	RECORDING_FILTERS,
	RECORDING_LAYOUT,
	RECORDING_STACK,
	RECORDING_SK_BUFF,
};

enum {
	RECORDING_MAGIC_LEN = 8,
	RECORDING_KEY_EVERY = 60, /* snapshots */
	RECORDING_TEXT_MAX = 256, /* of any name, with its NUL */
	RECORDING_FILTER_MAX = 4096, /* of a filter expression */
	RECORDING_SYMBOLS_MAX = 16 << 10, /* names of addresses */
};

/* The start of a packet option. */
struct record_option {
	uint32_t pen;
	char magic[4];
	uint16_t head;
	uint16_t size;
};

static_assert(sizeof(struct record_option) == 12, "no padding");

#endif
