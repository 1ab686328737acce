// SPDX-License-Identifier: GPL-2.0-only
/* The semantics are those of libpcap's bpf_filter(): A, X and M[] begin as 0, all arithmetic is on
 * 32 bits, a division by 0 and a load past the end of the packet end the program with 0, a shift
 * by 32 or more gives 0. The kernel's own converter (bpf_convert_filter) differs in that last
 * point, and in wrapping an indexed load's offset. */
#include "core/filter/ebpf.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A to DATA survive calls of helpers; R0 to R5 do not. */
enum {
	A = BPF_REG_6,
	X = BPF_REG_7,
	HEADLEN = BPF_REG_8,
	DATA = BPF_REG_9,
	FRAME = BPF_REG_10,
};

/* Arguments of the function. */
enum {
	ARG_DATA = BPF_REG_1,
	ARG_HEADLEN = BPF_REG_2,
	ARG_WIRELEN = BPF_REG_3,
	ARG_KIND = BPF_REG_4,
	ARG_TAG = BPF_REG_5,
};

/* Longest window. It ends behind the ports of TCP over IPv6 with two VLAN tags, and is far shorter
 * than what follows the linear part of any skb (struct skb_shared_info, in the same allocation). */
#define WINDOW_MAX 96

/* Stack frame. A function and all its callers share 512 bytes. */
enum {
	AT_LOAD = -8, /* 4 bytes: what was read last outside the window */
	AT_WIRELEN = -12,
	AT_TAG = -16,
	AT_WINDOW = AT_TAG - WINDOW_MAX,
	AT_M = AT_WINDOW - 4 * BPF_MEMWORDS,
};

/* Offsets of a packet with a VLAN tag: the tag lies in [TAG_AT, TAG_END). */
enum {
	TAG_AT = 12,
	TAG_END = 16
};

/* Stands for every offset so large that no packet reaches it, and leaves room to add to. */
#define FAR_OFFSET 0x7fffff00

struct translator {
	struct ebpf_code *code;
	const struct classic_insn *classic;
	size_t n;
	size_t *start; /* [n + 1]: where each instruction's code begins; [n]: "no match" */
	bool *reached; /* [n + 1]: whether any path leads there */
	size_t *goal;  /* [code->max]: the classic instruction that a jump leads to, plus 1 */
	bool tag_aside;
	int window;    /* packet[0 ... window) is on the stack, */
	int window_at; /* here */
};

static size_t emit(struct ebpf_code *code, uint8_t op, uint8_t dst, uint8_t src, int32_t imm)
{
	if (code->n < code->max)
		code->insns[code->n] =
			(struct bpf_insn){.code = op, .dst_reg = dst, .src_reg = src, .imm = imm};
	return code->n++;
}

static void mov(struct ebpf_code *code, uint8_t dst, uint8_t src)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0);
}

static void alu64(struct ebpf_code *code, uint8_t op, uint8_t dst, int32_t imm)
{
	emit(code, BPF_ALU64 | op | BPF_K, dst, 0, imm);
}

static void alu32(struct ebpf_code *code, uint8_t op, uint8_t dst, uint32_t imm)
{
	emit(code, BPF_ALU | op | BPF_K, dst, 0, (int32_t)imm);
}

static void load_frame(struct ebpf_code *code, uint8_t size, uint8_t dst, int16_t off)
{
	size_t at = emit(code, BPF_LDX | BPF_MEM | size, dst, FRAME, 0);

	if (at < code->max)
		code->insns[at].off = off;
}

static void store_frame(struct ebpf_code *code, uint8_t src, int16_t off)
{
	size_t at = emit(code, BPF_STX | BPF_MEM | BPF_W, FRAME, src, 0);

	if (at < code->max)
		code->insns[at].off = off;
}

static void ret(struct ebpf_code *code, uint32_t verdict)
{
	alu32(code, BPF_MOV, BPF_REG_0, verdict);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

/* Makes the jump at `at` lead to the next instruction to be emitted. */
static void land_here(struct ebpf_code *code, size_t at)
{
	if (at < code->max)
		code->insns[at].off = (int16_t)(code->n - at - 1);
}

/* A jump to a classic instruction, by index; t->n is "no match". Its offset is set at the end. */
static void jump_to(
	struct translator *t, uint8_t op, uint8_t dst, uint8_t src, int32_t imm, size_t goal)
{
	size_t at = emit(t->code, op, dst, src, imm);

	if (at < t->code->max)
		t->goal[at] = goal + 1;
	t->reached[goal] = true;
}

/* ---- loads from the packet ---- */

static int bytes_of(uint16_t classic_size)
{
	return classic_size == BPF_W ? 4 : classic_size == BPF_H ? 2 : 1;
}

/* Copies `bytes` bytes from the address in R3 to the frame. */
static void copy_to_frame(struct translator *t, int at, int bytes)
{
	mov(t->code, BPF_REG_1, FRAME);
	alu64(t->code, BPF_ADD, BPF_REG_1, at);
	alu64(t->code, BPF_MOV, BPF_REG_2, bytes);
	emit(t->code, BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_probe_read_kernel);
	jump_to(t, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, t->n);
}

/* dst = 1, 2 or 4 aligned bytes of the frame, from network byte order */
static void load_network_order(struct ebpf_code *code, uint8_t dst, int at, int bytes)
{
	load_frame(code, bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B, dst, (int16_t)at);
	if (bytes > 1)
		emit(code, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, bytes * 8);
}

/* dst = bytes at the address in R3 */
static void read_address(struct translator *t, uint8_t dst, int bytes)
{
	copy_to_frame(t, AT_LOAD, bytes);
	load_network_order(t->code, dst, AT_LOAD, bytes);
}

/* dst = window[off ... off + bytes), in pieces, as the stack takes aligned accesses only */
static void read_window(struct translator *t, uint8_t dst, int off, int bytes)
{
	for (int done = 0, piece; done < bytes; done += piece) {
		int at = t->window_at + off + done;

		piece = bytes - done;
		piece = piece >= 4 && at % 4 == 0 ? 4 : piece >= 2 && at % 2 == 0 ? 2 : 1;
		if (!done) {
			load_network_order(t->code, dst, at, piece);
			continue;
		}
		load_network_order(t->code, BPF_REG_1, at, piece);
		alu32(t->code, BPF_LSH, dst, piece * 8);
		emit(t->code, BPF_ALU | BPF_OR | BPF_X, dst, BPF_REG_1, 0);
	}
}

/* dst = packet[k ... k + bytes) */
static void read_fixed(struct translator *t, uint8_t dst, uint32_t k, int bytes)
{
	int32_t off = k > FAR_OFFSET ? FAR_OFFSET : (int32_t)k;

	jump_to(t, BPF_JMP | BPF_JLT | BPF_K, HEADLEN, 0, off + bytes, t->n);
	if (off + bytes <= t->window) {
		read_window(t, dst, off, bytes);
		return;
	}
	mov(t->code, BPF_REG_3, DATA);
	alu64(t->code, BPF_ADD, BPF_REG_3, off);
	read_address(t, dst, bytes);
}

/* dst = packet[X + k ... X + k + bytes), the sum taken in 64 bits, where it cannot wrap */
static void read_indexed(struct translator *t, uint8_t dst, uint32_t k, int bytes)
{
	int32_t off = k > FAR_OFFSET ? FAR_OFFSET : (int32_t)k;

	mov(t->code, BPF_REG_3, X);
	alu64(t->code, BPF_ADD, BPF_REG_3, off + bytes);
	jump_to(t, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_3, HEADLEN, 0, t->n);
	emit(t->code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, DATA, 0);
	alu64(t->code, BPF_SUB, BPF_REG_3, bytes);
	read_address(t, dst, bytes);
}

/* dst = one byte at X + k, which may lie before, in or behind the tag */
static void read_indexed_byte_tag_aside(struct translator *t, uint8_t dst, uint32_t k)
{
	size_t before, behind, done;

	mov(t->code, BPF_REG_3, X);
	alu64(t->code, BPF_ADD, BPF_REG_3, (int32_t)k);
	before = emit(t->code, BPF_JMP | BPF_JLT | BPF_K, BPF_REG_3, 0, TAG_AT);
	behind = emit(t->code, BPF_JMP | BPF_JGE | BPF_K, BPF_REG_3, 0, TAG_END);

	alu64(t->code, BPF_MOV, BPF_REG_1, TAG_END - 1);
	emit(t->code, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_1, BPF_REG_3, 0);
	alu64(t->code, BPF_LSH, BPF_REG_1, 3);
	load_frame(t->code, BPF_W, dst, AT_TAG);
	emit(t->code, BPF_ALU64 | BPF_RSH | BPF_X, dst, BPF_REG_1, 0);
	alu32(t->code, BPF_AND, dst, 0xff);
	done = emit(t->code, BPF_JMP | BPF_JA, 0, 0, 0);

	land_here(t->code, behind);
	alu64(t->code, BPF_SUB, BPF_REG_3, TAG_END - TAG_AT);
	land_here(t->code, before);
	jump_to(t, BPF_JMP | BPF_JGE | BPF_X, BPF_REG_3, HEADLEN, 0, t->n);
	emit(t->code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, DATA, 0);
	read_address(t, dst, 1);
	land_here(t->code, done);
}

static void read_packet(struct translator *t, uint8_t dst, uint32_t k, bool indexed, int bytes);

/* A = bytes that lie partly in the tag, or may: one by one. */
static void read_bytewise(struct translator *t, uint32_t k, bool indexed, int bytes)
{
	alu32(t->code, BPF_MOV, A, 0);
	for (int i = 0; i < bytes; i++) {
		if (indexed)
			read_indexed_byte_tag_aside(t, BPF_REG_0, k + i);
		else
			read_packet(t, BPF_REG_0, k + i, false, 1);
		alu32(t->code, BPF_LSH, A, 8);
		emit(t->code, BPF_ALU | BPF_OR | BPF_X, A, BPF_REG_0, 0);
	}
}

static void read_tag_aside(struct translator *t, uint8_t dst, uint32_t k, bool indexed, int bytes)
{
	if (indexed && k >= TAG_END) {
		read_indexed(t, dst, k - (TAG_END - TAG_AT), bytes);
	} else if (indexed) {
		read_bytewise(t, k, true, bytes);
	} else if (k >= TAG_END) {
		read_fixed(t, dst, k - (TAG_END - TAG_AT), bytes);
	} else if (k + bytes <= TAG_AT) {
		read_fixed(t, dst, k, bytes);
	} else if (k >= TAG_AT && k + bytes <= TAG_END) {
		load_frame(t->code, BPF_W, dst, AT_TAG);
		alu64(t->code, BPF_RSH, dst, (TAG_END - (int32_t)k - bytes) * 8);
		if (bytes < 4)
			alu32(t->code, BPF_AND, dst, bytes == 2 ? 0xffff : 0xff);
	} else {
		read_bytewise(t, k, false, bytes);
	}
}

static void read_packet(struct translator *t, uint8_t dst, uint32_t k, bool indexed, int bytes)
{
	if (t->tag_aside)
		read_tag_aside(t, dst, k, indexed, bytes);
	else if (indexed)
		read_indexed(t, dst, k, bytes);
	else
		read_fixed(t, dst, k, bytes);
}

/* ---- one classic instruction at a time ---- */

static void gen_load(struct translator *t, const struct classic_insn *insn)
{
	uint8_t dst = BPF_CLASS(insn->code) == BPF_LD ? A : X;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		alu32(t->code, BPF_MOV, dst, insn->k);
		break;
	case BPF_LEN:
		load_frame(t->code, BPF_W, dst, AT_WIRELEN);
		break;
	case BPF_MEM:
		load_frame(t->code, BPF_W, dst, (int16_t)(AT_M + 4 * (int)insn->k));
		break;
	case BPF_MSH:
		read_packet(t, X, insn->k, false, 1);
		alu32(t->code, BPF_AND, X, 0xf);
		alu32(t->code, BPF_LSH, X, 2);
		break;
	default:
		read_packet(t, A, insn->k, BPF_MODE(insn->code) == BPF_IND,
			bytes_of(BPF_SIZE(insn->code)));
	}
}

static void gen_alu(struct translator *t, const struct classic_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	size_t small;

	if (op == BPF_NEG) {
		emit(t->code, BPF_ALU | BPF_NEG, A, 0, 0);
		return;
	}
	if (BPF_SRC(insn->code) == BPF_K) {
		alu32(t->code, op, A, insn->k);
		return;
	}
	if (op == BPF_DIV || op == BPF_MOD)
		jump_to(t, BPF_JMP32 | BPF_JEQ | BPF_K, X, 0, 0, t->n);
	if (op == BPF_LSH || op == BPF_RSH) {
		small = emit(t->code, BPF_JMP32 | BPF_JLT | BPF_K, X, 0, 32);
		alu32(t->code, BPF_MOV, A, 0);
		land_here(t->code, small);
	}
	/* After A was set to 0, a shift by any X leaves it so. */
	emit(t->code, BPF_ALU | op | BPF_X, A, X, 0);
}

/* The opposite of a condition, 0 if eBPF has none. */
static uint8_t opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	default:
		return 0;
	}
}

static void gen_jump(struct translator *t, size_t i)
{
	const struct classic_insn *insn = &t->classic[i];
	uint8_t op = BPF_OP(insn->code), src = BPF_SRC(insn->code);
	uint8_t reg = src == BPF_X ? X : 0;
	int32_t imm = src == BPF_X ? 0 : (int32_t)insn->k;
	size_t yes = i + 1 + insn->jt, no = i + 1 + insn->jf;

	if (op == BPF_JA)
		yes = no = i + 1 + insn->k;
	t->reached[yes] = t->reached[no] = true;
	if (yes == no) {
		if (yes != i + 1)
			jump_to(t, BPF_JMP | BPF_JA, 0, 0, 0, yes);
	} else if (yes == i + 1 && opposite(op)) {
		jump_to(t, BPF_JMP32 | opposite(op) | src, A, reg, imm, no);
	} else {
		jump_to(t, BPF_JMP32 | op | src, A, reg, imm, yes);
		if (no != i + 1)
			jump_to(t, BPF_JMP | BPF_JA, 0, 0, 0, no);
	}
}

static void gen_insn(struct translator *t, size_t i)
{
	const struct classic_insn *insn = &t->classic[i];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		gen_load(t, insn);
		break;
	case BPF_ST:
		store_frame(t->code, A, (int16_t)(AT_M + 4 * (int)insn->k));
		break;
	case BPF_STX:
		store_frame(t->code, X, (int16_t)(AT_M + 4 * (int)insn->k));
		break;
	case BPF_ALU:
		gen_alu(t, insn);
		break;
	case BPF_JMP:
		gen_jump(t, i);
		return;
	case BPF_RET:
		if (BPF_RVAL(insn->code) == BPF_A)
			emit(t->code, BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, A, 0);
		else
			alu32(t->code, BPF_MOV, BPF_REG_0, insn->k);
		emit(t->code, BPF_JMP | BPF_EXIT, 0, 0, 0);
		return;
	default: /* BPF_MISC */
		if (BPF_MISCOP(insn->code) == BPF_TAX)
			emit(t->code, BPF_ALU | BPF_MOV | BPF_X, X, A, 0);
		else
			emit(t->code, BPF_ALU | BPF_MOV | BPF_X, A, X, 0);
	}
	t->reached[i + 1] = true;
}

/* ---- what is refused ---- */

static bool opcode_known(uint16_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_LD:
		if (BPF_MODE(code) == BPF_ABS || BPF_MODE(code) == BPF_IND)
			return code < 0x60 && BPF_SIZE(code) <= BPF_B;
		return code == (BPF_LD | BPF_IMM) || code == (BPF_LD | BPF_MEM) ||
		       code == (BPF_LD | BPF_LEN);
	case BPF_LDX:
		return code == (BPF_LDX | BPF_IMM) || code == (BPF_LDX | BPF_MEM) ||
		       code == (BPF_LDX | BPF_LEN) || code == (BPF_LDX | BPF_B | BPF_MSH);
	case BPF_ST:
	case BPF_STX:
		return code <= BPF_STX;
	case BPF_ALU:
		return code == (BPF_ALU | BPF_NEG) ||
		       (code <= (BPF_ALU | BPF_XOR | BPF_X) && BPF_OP(code) != BPF_NEG);
	case BPF_JMP:
		return code == (BPF_JMP | BPF_JA) ||
		       (code <= (BPF_JMP | BPF_JSET | BPF_X) && BPF_OP(code) != BPF_JA);
	case BPF_RET:
		return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
	default:
		return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
	}
}

/* Why an instruction with a known opcode cannot be translated; NULL if it can. */
static const char *refusal(const struct classic_insn *insn, size_t left)
{
	uint8_t op = BPF_OP(insn->code);
	bool constant = BPF_SRC(insn->code) == BPF_K;

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_ABS && insn->k > INT32_MAX)
			return "the expression asks for the packet's direction or other metadata, "
			       "which is not in the packet";
		/* fall through */
	case BPF_LDX:
		if (BPF_MODE(insn->code) != BPF_MEM)
			return NULL;
		/* fall through */
	case BPF_ST:
	case BPF_STX:
		return insn->k < BPF_MEMWORDS ? NULL
					      : "the program uses memory that does not exist";
	case BPF_ALU:
		if (constant && (op == BPF_DIV || op == BPF_MOD) && insn->k == 0)
			return "the expression divides by zero";
		if (constant && (op == BPF_LSH || op == BPF_RSH) && insn->k > 31)
			return "the expression shifts by more than 31 bits";
		return NULL;
	case BPF_JMP:
		if (op == BPF_JA && insn->k > INT32_MAX)
			return "the expression loops over a chain of headers (protochain), which a "
			       "filter in the kernel cannot";
		if (op == BPF_JA ? insn->k >= left : insn->jt >= left || insn->jf >= left)
			return "the program jumps past its end";
		return NULL;
	default:
		return NULL;
	}
}

static int check(const struct classic_prog *prog, char *err, size_t err_size)
{
	const char *why = NULL;

	for (size_t i = 0; i < prog->n && !why; i++) {
		if (!opcode_known(prog->insns[i].code)) {
			snprintf(err, err_size, "the program has an unknown instruction, 0x%x",
				prog->insns[i].code);
			return -EINVAL;
		}
		why = refusal(&prog->insns[i], prog->n - i - 1);
	}
	if (!why && BPF_CLASS(prog->insns[prog->n - 1].code) != BPF_RET)
		why = "the program does not end";
	if (!why)
		return 0;
	snprintf(err, err_size, "%s", why);
	return -EINVAL;
}

/* ---- whole programs ---- */

/* What a program reads, so that the prologue provides that and no more. */
struct needs {
	bool len;
	unsigned int memory; /* bit i: M[i] */
	int window;	     /* end of its last load at a fixed offset near the front */
};

static void need_load(
	const struct translator *t, const struct classic_insn *insn, struct needs *needs)
{
	uint32_t end = bytes_of(BPF_SIZE(insn->code));

	switch (BPF_MODE(insn->code)) {
	case BPF_LEN:
		needs->len = true;
		break;
	case BPF_MEM:
		needs->memory |= 1U << insn->k;
		break;
	case BPF_ABS:
	case BPF_MSH:
		if (insn->k >= WINDOW_MAX)
			break;
		end += insn->k;
		if (t->tag_aside && end > TAG_AT)
			end = end > TAG_END ? end - (TAG_END - TAG_AT) : TAG_AT;
		if (end <= WINDOW_MAX && (int)end > needs->window)
			needs->window = (int)end;
		break;
	}
}

static void open_window(struct translator *t, int aligned_at, int wanted)
{
	int skew = -aligned_at & 3;

	if (!wanted)
		return;
	/* The kernel copies by 8 bytes, then by less. */
	t->window = (wanted + 7) & ~7;
	if (t->window > WINDOW_MAX - skew)
		t->window = WINDOW_MAX - skew;
	t->window_at = AT_WINDOW + skew;
	mov(t->code, BPF_REG_3, DATA);
	copy_to_frame(t, t->window_at, t->window);
}

/* Arguments into registers that survive, or onto the stack; everything else starts as 0. */
static void gen_prologue(struct translator *t, int aligned_at)
{
	struct needs needs = {0};

	for (size_t i = 0; i < t->n; i++) {
		uint16_t class = BPF_CLASS(t->classic[i].code);

		if (class == BPF_LD || class == BPF_LDX)
			need_load(t, &t->classic[i], &needs);
	}
	mov(t->code, DATA, ARG_DATA);
	emit(t->code, BPF_ALU | BPF_MOV | BPF_X, HEADLEN, ARG_HEADLEN, 0);
	if (needs.len)
		store_frame(t->code, ARG_WIRELEN, AT_WIRELEN);
	if (t->tag_aside)
		store_frame(t->code, ARG_TAG, AT_TAG);
	open_window(t, aligned_at, needs.window);
	alu32(t->code, BPF_MOV, A, 0);
	alu32(t->code, BPF_MOV, X, 0);
	for (int i = 0; i < BPF_MEMWORDS; i++)
		if (needs.memory & (1U << i))
			store_frame(t->code, A, (int16_t)(AT_M + 4 * i));
}

static void translate(struct translator *t, int aligned_at)
{
	size_t begin = t->code->n, end;

	gen_prologue(t, aligned_at);
	t->reached[0] = true;
	for (size_t i = 0; i < t->n; i++) {
		/* The verifier refuses what no path leads to. */
		if (!t->reached[i])
			continue;
		t->start[i] = t->code->n;
		gen_insn(t, i);
	}
	t->start[t->n] = t->code->n;
	if (t->reached[t->n])
		ret(t->code, 0);

	end = t->code->n < t->code->max ? t->code->n : t->code->max;
	for (size_t at = begin; at < end; at++)
		if (t->goal[at])
			t->code->insns[at].off = (int16_t)(t->start[t->goal[at] - 1] - at - 1);
}

static int gen_part(
	struct ebpf_code *code, const struct ebpf_part *part, char *err, size_t err_size)
{
	struct translator t = {
		.code = code,
		.classic = part->prog.insns,
		.n = part->prog.n,
		.tag_aside = part->tag_aside,
	};
	int result = 0;

	if (!t.n) {
		ret(code, part->verdict);
		return 0;
	}
	result = check(&part->prog, err, err_size);
	if (result)
		return result;
	t.start = calloc(t.n + 1, sizeof(*t.start));
	t.reached = calloc(t.n + 1, sizeof(*t.reached));
	t.goal = calloc(code->max, sizeof(*t.goal));
	if (t.start && t.reached && t.goal) {
		translate(&t, part->aligned_at);
	} else {
		snprintf(err, err_size, "out of memory");
		result = -ENOMEM;
	}
	free(t.start);
	free(t.reached);
	free(t.goal);
	return result;
}

int ebpf_build(struct ebpf_code *code, const struct ebpf_part *parts, size_t n_parts, char *err,
	size_t err_size)
{
	size_t first = code->n;

	for (size_t i = 0; i < n_parts; i++)
		emit(code, BPF_JMP32 | BPF_JEQ | BPF_K, ARG_KIND, 0, (int32_t)parts[i].kind);
	ret(code, 0);
	for (size_t i = 0; i < n_parts; i++) {
		int result;

		land_here(code, first + i);
		result = gen_part(code, &parts[i], err, err_size);
		if (result)
			return result;
	}
	if (code->n <= code->max)
		return 0;
	snprintf(err, err_size, "the expression needs %zu instructions, and there is room for %zu",
		code->n, code->max);
	return -E2BIG;
}
