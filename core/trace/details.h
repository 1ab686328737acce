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

/* A stack or an sk_buff: `head.type` says which. */
union line_detail {
	struct detail_head head;
	struct stack_record stack;
	struct skb_record skb;
};

/* How far somebody has come who passes through them as they are added. Zeroed: all are before him. */
struct trace_details_cursor {
	size_t stacks;
	size_t skbs;
};

/*
 * The oldest stack that the cursor has not passed, else the oldest sk_buff, of the kinds that `wish` has (enum
 * trace_detail); what was overwritten meanwhile is passed over. False: there is none.
 */
bool trace_details_next(struct trace_details *details, unsigned wish, struct trace_details_cursor *cursor,
	union line_detail *out);

/* What a line's details have in common with it; without type and size. */
struct detail_head trace_details_head(const struct trace_record *line);

/* Whether two are of the same line, whatever their types. */
bool trace_details_same(const struct detail_head *a, const struct detail_head *b);

#endif
