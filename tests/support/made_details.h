/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up details of trace lines, and the layout of made-up sk_buffs. */
#ifndef SKEWTOP_TEST_MADE_DETAILS_H
#define SKEWTOP_TEST_MADE_DETAILS_H

#include "core/model/host.h"
#include "core/trace/details.h"

/* A kernel's sk_buff with a bit of everything, as skb_layout_of() has it. To be freed with btf__free(). */
struct btf *made_skb_layout(void);

#define MADE_INNERMOST UINT64_C(0xffffffff81400010)

/* What the line of a record is given: a stack of three frames, of which the last is the line's own. */
void made_stack(const struct trace_record *line, struct stack_record *stack);

/* An sk_buff whose len is the line's. */
void made_skb(const struct trace_record *line, struct skb_record *skb);

/* Adds both to the host's details. */
void made_details_add(struct host *host, const struct trace_record *line);

#endif
