/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The details of a trace line as text: the kernel stack by symbol, and the whole sk_buff and
 * skb_shared_info by their kernel's BTF, from raw bytes (libbpf's btf_dump). Nothing is formatted in
 * the kernel.
 */
#ifndef SKEWTOP_SKB_TEXT_H
#define SKEWTOP_SKB_TEXT_H

#include "core/base/error.h"
#include "core/names/symbols.h"
#include "core/trace/details.h"

struct btf;

struct text_lines {
	char **line; /* n strings, owned */
	int n;
};

void text_lines_free(struct text_lines *lines);

/* "udp_send_skb+0x1c3", innermost first. Negative errno. */
int stack_text(struct symbols *symbols, const struct stack_record *stack, struct text_lines *out);

/*
 * Both structures, a member a line, members that are 0 left out. `layout`: skb_layout_of() their kernel's BTF, or
 * that BTF itself; NULL: it is not known. Negative errno with a sentence.
 */
int skb_text(const struct btf *layout, const struct skb_record *skb, struct text_lines *out, struct error *err);

#endif
