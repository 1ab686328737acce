/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of every kind that a filter may meet, made by hand: Ethernet with and without tags, IPv4
 * with options and fragments, IPv6 with extension headers, TCP, UDP, SCTP, ICMP, tunnels, MPLS,
 * PPPoE, LLC, and pieces of them. Always the same ones.
 */
#ifndef SKEWTOP_TEST_FRAMES_H
#define SKEWTOP_TEST_FRAMES_H

#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_MAX = 512,
	FRAMES_MAX = 4096
};

struct frame {
	const char *name;
	uint32_t caplen;  /* bytes that are there */
	uint32_t wirelen; /* of the whole packet */
	uint8_t bytes[FRAME_MAX];
};

/* Whole frames, caplen == wirelen. Returns how many. */
size_t frames_whole(struct frame *out, size_t max);

/* Whole frames, then pieces of each: cut off in the capture, and really that short. */
size_t frames_all(struct frame *out, size_t max);

/* Writes frames as a pcap file (Ethernet). 0 or -1. */
int frames_write(const char *path, const struct frame *frames, size_t n);

#endif
