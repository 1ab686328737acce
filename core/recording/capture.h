/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of another tool's capture as trace records of one probe, "capture", and as counters per
 * interface: a snapshot for each second of the capture's time. On which CPU a packet was seen such a file
 * does not tell: counts belong to none, records say 0.
 */
#ifndef SKEWTOP_CAPTURE_H
#define SKEWTOP_CAPTURE_H

#include "core/recording/read.h"

struct capture;

struct capture_packet {
	uint32_t interface; /* number in the file */
	uint16_t link_type;
	const char *ifname;
	uint64_t time_ns; /* CLOCK_REALTIME, at most INT64_MAX */
	const uint8_t *data;
	uint32_t length;   /* bytes that are there */
	uint32_t original; /* bytes that there were */
	uint32_t flags;	   /* OPTION_PACKET_FLAGS */
	uint32_t queue;
	uint64_t id;
	uint64_t dropped; /* packets that the tool lost before this one */
};

/* Describes the host, which must outlive it. NULL: no memory. */
struct capture *capture_new(struct host *host);
void capture_free(struct capture *capture); /* NULL is fine */

/*
 * READ_SNAPSHOT: that one is due first, call again with the same packet. READ_RECORD: the packet's.
 * -ENOMEM.
 */
int capture_take(
	struct capture *capture, const struct capture_packet *packet, struct read_event *event);

/* READ_SNAPSHOT: of what came after the last full second, call again. READ_END with the closed books. */
int capture_end(struct capture *capture, struct read_event *event);

#endif
