/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/random_classic.h"

#include <linux/filter.h>
#include <stdbool.h>

/* splitmix64 */
uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(random_next(state) >> 32) % n;
}

/* Numbers at which something changes, and any others. */
static uint32_t constant(uint64_t *state)
{
	static const uint32_t edges[] = {0, 1, 2, 4, 12, 13, 14, 15, 16, 17, 31, 32, 33, 0x7f, 0x80,
		0xff, 0x100, 0x800, 0x8100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe,
		0xffffffff};

	switch (below(state, 4)) {
	case 0:
		return edges[below(state, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return below(state, 64);
	case 2:
		return below(state, 256);
	default:
		return (uint32_t)random_next(state);
	}
}

/* An offset into a packet: mostly in it, now and then beside it or absurd. */
static uint32_t offset(uint64_t *state)
{
	uint32_t dice = below(state, 16);

	if (dice < 10)
		return below(state, 40);
	if (dice < 14)
		return below(state, 160);
	return dice == 14 ? constant(state) & 0x7fffffff : 0x7fffff00 + below(state, 0x100);
}

static const uint16_t loads[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_H | BPF_ABS,
	BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND,
	BPF_LD | BPF_H | BPF_IND,
	BPF_LD | BPF_B | BPF_IND,
	BPF_LDX | BPF_B | BPF_MSH,
	BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_MEM,
};

static const uint16_t operations[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR,
	BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};

static struct classic_insn load(uint64_t *state, uint32_t n_memory)
{
	struct classic_insn insn = {.code = loads[below(state, sizeof(loads) / sizeof(loads[0]))]};

	switch (BPF_MODE(insn.code)) {
	case BPF_MEM:
		insn.k = n_memory ? below(state, n_memory) : 0;
		if (!n_memory)
			insn.code = BPF_LD | BPF_IMM;
		break;
	case BPF_IMM:
		insn.k = constant(state);
		break;
	case BPF_IND:
		insn.k = below(state, 4) ? offset(state) : constant(state);
		break;
	case BPF_LEN:
		break;
	default:
		insn.k = offset(state);
	}
	return insn;
}

static struct classic_insn alu(uint64_t *state)
{
	uint16_t op = operations[below(state, sizeof(operations) / sizeof(operations[0]))];
	struct classic_insn insn = {.code = BPF_ALU | op};

	if (op == BPF_NEG)
		return insn;
	if (below(state, 2)) {
		insn.code |= BPF_X;
		return insn;
	}
	insn.k = constant(state);
	if ((op == BPF_DIV || op == BPF_MOD) && !insn.k)
		insn.k = 3;
	if (op == BPF_LSH || op == BPF_RSH)
		insn.k &= 31;
	return insn;
}

/* `left` instructions follow. */
static struct classic_insn jump(uint64_t *state, uint32_t left)
{
	static const uint16_t conditions[] = {BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JA};
	struct classic_insn insn = {.code = BPF_JMP | conditions[below(state, 5)]};

	if (insn.code == (BPF_JMP | BPF_JA)) {
		insn.k = below(state, left < 4 ? left : 4);
		return insn;
	}
	insn.code |= below(state, 2) ? BPF_X : BPF_K;
	insn.k = constant(state);
	insn.jt = below(state, left);
	insn.jf = below(state, 3) ? below(state, left < 3 ? left : 3) : below(state, left);
	return insn;
}

static struct classic_insn any(uint64_t *state, uint32_t left, uint32_t n_memory)
{
	switch (below(state, 8)) {
	case 0:
	case 1:
	case 2:
		return load(state, n_memory);
	case 3:
	case 4:
		return alu(state);
	case 5:
		return jump(state, left);
	case 6:
		if (n_memory)
			return (struct classic_insn){.code = below(state, 2) ? BPF_ST : BPF_STX,
				.k = below(state, n_memory)};
		/* fall through */
	default:
		return (struct classic_insn){
			.code = BPF_MISC | (below(state, 2) ? BPF_TAX : BPF_TXA)};
	}
}

size_t random_classic(uint64_t *state, struct classic_insn *out)
{
	uint32_t n_memory = below(state, 3) ? 0 : 1 + below(state, BPF_MEMWORDS);
	uint32_t length = 1 + below(state, RANDOM_CLASSIC_MAX - BPF_MEMWORDS - 1);
	size_t n = 0;

	for (; n < n_memory; n++)
		out[n] = (struct classic_insn){.code = BPF_ST, .k = n};
	for (uint32_t i = 0; i < length; i++) {
		out[n] = any(state, length - i, n_memory);
		/* Now and then an end in the middle, and code that nothing leads to. */
		if (!below(state, 40))
			out[n] = (struct classic_insn){.code = BPF_RET | BPF_A};
		n++;
	}
	out[n++] = below(state, 3)
			   ? (struct classic_insn){.code = BPF_RET | BPF_A}
			   : (struct classic_insn){.code = BPF_RET | BPF_K, .k = constant(state)};
	return n;
}
