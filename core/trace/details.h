/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was kept beside trace lines: kernel stacks, and the bytes of whole sk_buffs. A bounded
 * store, the oldest overwritten; a detail belongs to the line of the same moment, CPU, skb and
 * probe. Safe for one writer and any number of readers.
 */
#ifndef SKEWTOP_TRACE_DETAILS_H
#define SKEWTOP_TRACE_DETAILS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct trace_details;

/* What is kept unless told otherwise; half as many sk_buffs. A stack takes 300 bytes, an sk_buff 950. */
enum { TRACE_DETAILS_STACKS = 2048 };

/* NULL: no memory. */
struct trace_details *trace_details_new(void);
void trace_details_free(struct trace_details *details); /* NULL is fine */

/*
 * Makes room for n_stacks, and half as many sk_buffs, if that is more; before the first is added, and before another
 * thread knows of it. Memory is taken as they come. -ENOMEM: it stays as it was.
 */
int trace_details_keep(struct trace_details *details, size_t n_stacks);

/* Keeps a record of type RECORD_STACK or RECORD_SKB. False if it is damaged. */
bool trace_details_add(struct trace_details *details, const void *record, size_t size);

/* Copies what there is for a line; false: nothing (not asked for, no room in the ring,
 * overwritten). */
bool trace_details_stack(
	struct trace_details *details, const struct trace_record *line, struct stack_record *out);
bool trace_details_skb(
	struct trace_details *details, const struct trace_record *line, struct skb_record *out);

/*
 * The oldest that was added after *n_seen others, which then is its number; those that were overwritten meanwhile
 * are passed over. False: there is none. Zero *n_seen to start with.
 */
bool trace_details_next_stack(struct trace_details *details, size_t *n_seen, struct stack_record *out);
bool trace_details_next_skb(struct trace_details *details, size_t *n_seen, struct skb_record *out);

#endif
