/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How struct sk_buff and struct skb_shared_info lie in a kernel's memory: of its BTF the few types that are needed
 * to render them. Small enough to go into a recording, so that another machine can read the bytes too.
 */
#ifndef SKEWTOP_SKB_LAYOUT_H
#define SKEWTOP_SKB_LAYOUT_H

struct btf;

/*
 * A new BTF, for btf__free(), of the two structures and all that they hold by value. What they point to is named
 * only. Every type comes after those that it refers to. NULL: no such structures, or no memory.
 */
struct btf *skb_layout_of(const struct btf *kernel);

#endif
