/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng): building them in a buffer, and taking them out of
 * bytes that nobody vouches for. Written in this machine's byte order, read in either.
 */
#ifndef SKEWTOP_PCAPNG_H
#define SKEWTOP_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

#define PCAPNG_SECTION UINT32_C(0x0a0d0d0a)
#define PCAPNG_BYTE_ORDER UINT32_C(0x1a2b3c4d)

enum {
	PCAPNG_INTERFACE = 1,
	PCAPNG_SIMPLE_PACKET = 3,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6, /* the enhanced one */
};

enum pcapng_option {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_SECTION_HARDWARE = 2,
	OPTION_SECTION_OS = 3,
	OPTION_SECTION_APPLICATION = 4,
	OPTION_INTERFACE_NAME = 2,
	OPTION_INTERFACE_DESCRIPTION = 3,
	OPTION_INTERFACE_TSRESOL = 9,
	OPTION_INTERFACE_TSOFFSET = 14,
	OPTION_PACKET_FLAGS = 2,
	OPTION_PACKET_DROPCOUNT = 4,
	OPTION_PACKET_ID = 5,
	OPTION_PACKET_QUEUE = 6,
	OPTION_CUSTOM_BINARY = 2989, /* may be copied to other files */
};

/* Bits of OPTION_PACKET_FLAGS. */
enum {
	PACKET_INBOUND = 1,
	PACKET_OUTBOUND = 2,
	PACKET_DIRECTION = 3,
	PACKET_RECEPTION_SHIFT = 2, /* 1 unicast, 2 multicast, 3 broadcast, 4 promiscuous */
};

/* Those of LINKTYPE_* that are understood (www.tcpdump.org/linktypes.html). */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW_BSD = 12, /* DLT_RAW as some systems wrote it */
	LINK_RAW_OPENBSD = 14,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

/* ---- writing ---- */

/* Starts a block; what is put follows as its body. Returns where it starts, for pcapng_end(). */
size_t pcapng_begin(struct bytes *out, uint32_t type);
void pcapng_end(struct bytes *out, size_t start);

/* Puts bytes and zeros up to the next multiple of 4. */
void pcapng_put_padded(struct bytes *out, const void *data, size_t n);
void pcapng_put_option(struct bytes *out, uint16_t code, const void *data, size_t n);
void pcapng_put_text_option(struct bytes *out, uint16_t code, const char *text);
void pcapng_put_end_of_options(struct bytes *out);

/* How many of n bytes, which start with a block, are whole blocks. */
size_t pcapng_whole_blocks(const uint8_t *data, size_t n);

/* ---- reading ---- */

/* The one limit to what a block may claim; it holds a key frame of 4096 CPUs. */
enum { PCAPNG_BLOCK_MAX = 64 << 20 };

struct pcapng_block {
	uint32_t type;
	const uint8_t *body;
	size_t length; /* of the body */
	size_t total;  /* of the block */
};

/*
 * The block at the start of n bytes. A section block sets *swapped for itself and what follows.
 * 0; -EAGAIN: block->total (0: not even known) bytes are needed; -EBADMSG: this is no block.
 */
int pcapng_block_at(const uint8_t *data, size_t n, bool *swapped, struct pcapng_block *block);

uint16_t pcapng_u16(const uint8_t *at, bool swapped);
uint32_t pcapng_u32(const uint8_t *at, bool swapped);
uint64_t pcapng_u64(const uint8_t *at, bool swapped);

struct pcapng_options {
	const uint8_t *at;
	const uint8_t *end;
	bool swapped;
	uint16_t code; /* of the option last taken */
	uint16_t length;
	const uint8_t *value;
};

/* Options of a block from `offset` of its body on. */
struct pcapng_options pcapng_options(const struct pcapng_block *block, size_t offset, bool swapped);

/* Takes the next one; false at the end, or where it makes no sense. */
bool pcapng_next_option(struct pcapng_options *options);

struct pcapng_interface {
	uint16_t link_type;
	uint8_t resolution; /* as OPTION_INTERFACE_TSRESOL has it; 6 where there is none */
	int64_t offset_s;
	char name[64]; /* sanitised; "" where there is none */
};

/* -EBADMSG if the block is too short to be one. */
int pcapng_read_interface(
	const struct pcapng_block *block, bool swapped, struct pcapng_interface *interface);

struct pcapng_packet {
	uint32_t interface;
	uint64_t timestamp; /* in the interface's units */
	const uint8_t *data;
	uint32_t length;   /* bytes that are there */
	uint32_t original; /* bytes that there were */
	size_t options;	   /* where in the body they start */
};

/* An enhanced packet block. -EBADMSG if it claims more bytes than it has. */
int pcapng_read_packet(
	const struct pcapng_block *block, bool swapped, struct pcapng_packet *packet);

/* A timestamp in ns since the epoch; what does not fit is cut. */
uint64_t pcapng_time_ns(const struct pcapng_interface *interface, uint64_t timestamp);

#endif
