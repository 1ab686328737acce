/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares our filters with libpcap's interpreter, packet by packet: for build/filter-check and the
 * tests. Each packet is run through every program that a filter consists of and that could meet it:
 * as it is; without its Ethernet header; with its outer VLAN tag held beside it; and as the inner
 * packet of a tunnel. libpcap's verdict on the same bytes is right by definition.
 */
#ifndef SKEWTOP_FILTER_CHECK_H
#define SKEWTOP_FILTER_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/filter/classic.h"

struct filter_check;

struct filter_check_result {
	uint64_t packets;
	uint64_t matches;      /* by libpcap, of the packets as they are */
	uint64_t runs;	       /* verdicts compared */
	uint64_t mismatches;   /* packets with a verdict that differs */
	size_t first_mismatch; /* number of the first such packet */
};

/* Room for packets of `size` bytes in all. Needs CAP_BPF and CAP_PERFMON. Negative errno with a
 * sentence. */
int filter_check_open(size_t size, struct filter_check **out, struct error *err);
void filter_check_close(struct filter_check *check);

/* Adds a packet of which `caplen` of `wirelen` bytes are there; a copy is kept. -ENOMEM, -ENOSPC.
 */
int filter_check_add(struct filter_check *check, enum classic_link link, const void *packet,
	uint32_t caplen, uint32_t wirelen);

/* Bytes of room that one packet takes at most. */
static inline size_t filter_check_room(uint32_t caplen)
{
	return 2 * (size_t)caplen;
}

/* Runs an expression over all packets. Negative errno with a sentence: -EINVAL where libpcap or the
 * translator refuses it. */
int filter_check_run(struct filter_check *check, const char *expr,
	struct filter_check_result *result, struct error *err);

#endif
