/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout of sk_buffs (skb_layout.h) in a recording. Types count from 1, each refers to earlier ones only:
 *
 *	LAYOUT	= n { kind ... }; kinds are the kernel's enum BTF_KIND_*
 *	INT	  name size encoding
 *	PTR CONST type			0: void
 *	ARRAY	  type n
 *	STRUCT UNION	name size n { name type bit_offset bitfield_size }
 *	ENUM	  name size n { name value }
 *	FWD	  name is_union
 *	TYPEDEF	  name type
 *	FUNC_PROTO	type n { type }
 */
#ifndef SKEWTOP_RECORDING_LAYOUT_H
#define SKEWTOP_RECORDING_LAYOUT_H

#include "core/base/bytes.h"

struct btf;

/* Appends the payload. */
void recording_encode_layout(const struct btf *layout, struct bytes *out);

/*
 * A new BTF, for btf__free(), out of bytes that nobody vouches for: it can be handed to libbpf's dumper, which
 * then writes a bounded text of harmless names. -EBADMSG, -E2BIG, -ENOMEM.
 */
int recording_decode_layout(struct view payload, struct btf **layout);

#endif
