/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/made_details.h"

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "core/trace/skb_layout.h"

/* Where members lie, in bytes. */
enum { AT_LEN = 8, AT_FLAGS = 12, AT_DESTRUCTOR = 16, AT_CB = 24, CB_SIZE = 16, SKB_SIZE = 40 };
enum { AT_NR_FRAGS = 0, AT_MODE = 4, AT_FRAGS = 8, N_FRAGS = 2, FRAG_SIZE = 16, SHARED_SIZE = 40 };

static int checked(int id)
{
	if (id < 0)
		abort();
	return id;
}

/* To the structure that was added last. */
static void add_member(struct btf *btf, const char *name, int type, int byte)
{
	checked(btf__add_field(btf, name, type, byte * 8, 0));
}

/* A word of flags: as a whole, or a bit and three bits of it. */
static int add_flags(struct btf *btf, int word)
{
	int bits = checked(btf__add_struct(btf, "", 4)), all;

	checked(btf__add_field(btf, "cloned", word, 0, 1));
	checked(btf__add_field(btf, "pkt_type", word, 1, 3));
	all = checked(btf__add_union(btf, "", 4));
	add_member(btf, "flags", word, 0);
	add_member(btf, "", bits, 0);
	return all;
}

static int add_mode(struct btf *btf)
{
	int mode = checked(btf__add_enum(btf, "skb_mode", 4));

	checked(btf__add_enum_value(btf, "SKB_SLOW", 0));
	checked(btf__add_enum_value(btf, "SKB_FAST", 1));
	return checked(btf__add_typedef(btf, "skb_mode_t", mode));
}

static void add_skb(struct btf *btf, int word, int byte)
{
	int device = checked(btf__add_struct(btf, "net_device", 4)), pointer, function, flags, cb;

	add_member(btf, "ifindex", word, 0);
	pointer = checked(btf__add_ptr(btf, checked(btf__add_const(btf, device))));
	function = checked(btf__add_func_proto(btf, 0));
	checked(btf__add_func_param(btf, "dev", pointer));
	function = checked(btf__add_ptr(btf, function));
	flags = add_flags(btf, word);
	cb = checked(btf__add_array(btf, word, byte, CB_SIZE));
	checked(btf__add_struct(btf, "sk_buff", SKB_SIZE));
	add_member(btf, "dev", pointer, 0);
	add_member(btf, "len", word, AT_LEN);
	add_member(btf, "", flags, AT_FLAGS);
	add_member(btf, "destructor", function, AT_DESTRUCTOR);
	add_member(btf, "cb", cb, AT_CB);
}

static void add_shared_info(struct btf *btf, int word, int byte)
{
	int mode = add_mode(btf), page = checked(btf__add_ptr(btf, 0)), frag, frags;

	frag = checked(btf__add_struct(btf, "frag", FRAG_SIZE));
	add_member(btf, "page", page, 0);
	add_member(btf, "len", word, 8);
	add_member(btf, "offset", word, 12);
	frags = checked(btf__add_array(btf, word, frag, N_FRAGS));
	checked(btf__add_struct(btf, "skb_shared_info", SHARED_SIZE));
	add_member(btf, "nr_frags", byte, AT_NR_FRAGS);
	add_member(btf, "mode", mode, AT_MODE);
	add_member(btf, "frags", frags, AT_FRAGS);
}

struct btf *made_skb_layout(void)
{
	struct btf *kernel = btf__new_empty(), *layout;
	int word, byte;

	if (!kernel)
		abort();
	word = checked(btf__add_int(kernel, "unsigned int", 4, 0));
	byte = checked(btf__add_int(kernel, "char", 1, BTF_INT_CHAR));
	add_skb(kernel, word, byte);
	add_shared_info(kernel, word, byte);
	layout = skb_layout_of(kernel);
	btf__free(kernel);
	if (!layout)
		abort();
	return layout;
}

static struct detail_head head_of(const struct trace_record *line, enum record_type type, size_t size)
{
	struct detail_head head = trace_details_head(line);

	head.type = type;
	head.size = size;
	return head;
}

void made_stack(const struct trace_record *line, struct stack_record *stack)
{
	*stack = (struct stack_record){
		.head = head_of(line, RECORD_STACK, sizeof(*stack)),
		.n_frames = 3,
		.frame = {MADE_INNERMOST, UINT64_C(0xffffffff81000020),
			UINT64_C(0xffffffffc0000000) + line->len},
	};
}

void made_skb(const struct trace_record *line, struct skb_record *skb)
{
	const uint64_t dev = UINT64_C(0xffff888100000000) + line->ifindex;
	const uint32_t flags = 0xb, mode = 1;

	*skb = (struct skb_record){
		.head = head_of(line, RECORD_SKB, sizeof(*skb)),
		.skb_size = SKB_SIZE,
		.shared_size = SHARED_SIZE,
	};
	memcpy(skb->bytes, &dev, sizeof(dev));
	memcpy(skb->bytes + AT_LEN, &line->len, sizeof(line->len));
	memcpy(skb->bytes + AT_FLAGS, &flags, sizeof(flags));
	memcpy(skb->bytes + AT_CB, "skewtop", 7);
	skb->shared[AT_NR_FRAGS] = 1;
	memcpy(skb->shared + AT_MODE, &mode, sizeof(mode));
	memset(skb->shared + AT_FRAGS, 0x11, N_FRAGS * FRAG_SIZE);
}

void made_details_add(struct host *host, const struct trace_record *line)
{
	struct stack_record stack;
	struct skb_record skb;

	made_stack(line, &stack);
	made_skb(line, &skb);
	if (!trace_details_add(host->details, &stack, sizeof(stack)) ||
		!trace_details_add(host->details, &skb, sizeof(skb)))
		abort();
}
