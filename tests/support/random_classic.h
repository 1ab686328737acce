/* SPDX-License-Identifier: GPL-2.0-only */
/* Random classic BPF programs that are valid: libpcap's validator accepts them, memory is written
 * before it is read (libpcap's interpreter does not clear it), and nothing is in them that the
 * translator refuses on purpose (division by a constant 0, a shift by more than 31, the kernel's
 * metadata). */
#ifndef SKEWTOP_TEST_RANDOM_CLASSIC_H
#define SKEWTOP_TEST_RANDOM_CLASSIC_H

#include "core/filter/classic.h"

enum {
	RANDOM_CLASSIC_MAX = 96
};

/* The next number of a sequence that *state stands for. */
uint64_t random_next(uint64_t *state);

/* Writes a program of at most RANDOM_CLASSIC_MAX instructions and returns its length. */
size_t random_classic(uint64_t *state, struct classic_insn *out);

#endif
