/* SPDX-License-Identifier: GPL-2.0-only */
/* Classic BPF to eBPF, for programs that read the packet through bpf_probe_read_kernel.
 *
 * The code made here is the body of one function
 *	u32 filter_run(u64 data, u32 headlen, u32 wirelen, u32 kind, u32 tag)
 * of a tracing program. `data` is the kernel address of the packet's first byte, `headlen` the
 * bytes that lie there in one piece, `wirelen` the length of the whole packet, `tag` an outer VLAN
 * tag that the kernel keeps beside the packet (TPID << 16 | TCI). It returns what the classic
 * program returns, 0 for no match.
 *
 * A tracing program cannot follow skb->data, only copy from it. A copy costs some 25 ns, most of
 * it whatever its length, so a program begins with one: the window, as long as its loads at fixed
 * offsets need, at most 96 bytes, on the stack. Every other load (at an offset in X, or far
 * behind) copies its own 1, 2 or 4 bytes when it is reached. So
 * - every byte of the linear part can be reached (tunnels, IPv6 header chains, payload), which a
 *   program that copies a header's worth and looks no further cannot say;
 * - addresses are plain numbers to the verifier and offsets into the stack are constants: there
 *   is nothing it must believe, and kernels before 5.12 refuse variable offsets into the stack;
 * - at most 176 bytes of stack are used, 112 as a rule; nothing is static, nothing is shared with
 *   what may interrupt us.
 * The window may read up to 96 bytes past headlen, which the program then ignores: at least 96
 * bytes behind the linear part must be readable. In an skb they are, struct skb_shared_info
 * (320 bytes) follows in the same allocation. */
#ifndef SKEWTOP_FILTER_EBPF_H
#define SKEWTOP_FILTER_EBPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/filter/classic.h"

/* A bounded array that instructions are appended to. `n` goes on counting when there is no more
 * room, so that it tells how much was needed; `n > max` means that the code is incomplete. */
struct ebpf_code {
	struct bpf_insn *insns;
	size_t n, max;
};

/* One of the programs that share a function, told apart by its argument `kind`. */
struct ebpf_part {
	unsigned int kind;
	/* What to run; no instructions at all: return `verdict`. */
	struct classic_prog prog;
	unsigned int verdict;
	/* The program was written for a packet with the outer VLAN tag in it (bytes 12 to 15); the
	 * packet comes without, and with that tag as argument. headlen and what lies at data do
	 * not include those 4 bytes, wirelen does, and headlen is at least 12. */
	bool tag_aside;
	/* Offset of the packet's first byte that is aligned to 4 as words of headers go: 14 for
	 * Ethernet. Wrong is slower, not wrong. */
	int aligned_at;
};

/* Appends the body of a function that runs the part whose kind is asked for, and returns 0 for a
 * kind that is none of them. All jumps lead forward and every instruction can be reached.
 * Returns 0; -EINVAL with the reason in err if a program is not valid or does what a filter here
 * cannot do; -E2BIG if code->max instructions do not hold it; -ENOMEM. */
int ebpf_build(struct ebpf_code *code, const struct ebpf_part *parts, size_t n_parts, char *err,
	size_t err_size);

#endif
