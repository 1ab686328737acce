/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of text for people and for grep: one per trace record, one per interval, the closed books at the end.
 *
 *	14:02:11.001200 cpu=1 kfree_skb len=72 UDP 10.9.0.1:52719 > 10.9.0.2:9 if=v1 pid=13033 comm=udp-load
 *		skb=0xffff88810aa87900 netns=4026532527 reason=NO_SOCKET at=__udp4_lib_rcv+0x4bc	(one line)
 *	    udp_rcv+0x1c3				its kernel stack, and then its sk_buff, where asked for
 *	14:02:12 -- SYS 1003/s max 1003 cpu1 2.0x -- PKT 1003/s max 1003 cpu1 2.0x -- DROP 3/s max 3 cpu1 2.0x -- lost 0
 */
#ifndef SKEWTOP_TEXT_OUT_H
#define SKEWTOP_TEXT_OUT_H

#include "core/collector.h"
#include "core/model/host.h"
#include "core/output/out_stream.h"

struct text_out;

/* `details`: which of enum trace_detail to write, as far as they come. Stream and host must outlive it. NULL: no
 * memory. */
struct text_out *text_out_new(struct out_stream *stream, const struct host *host, unsigned details);
void text_out_free(struct text_out *out); /* NULL is fine */

/* To be passed to a collector; works in the collector's thread. */
struct listener text_out_listener(struct text_out *out);

#endif
