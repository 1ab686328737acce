/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel spends on reaching a program at a function and on coming back, before and after anything of the
 * program runs. BPF_ENABLE_STATS does not see it, and it is the larger part: ftrace or a breakpoint, saved registers,
 * the search for the cookie's link. So it is measured once, at a function that this process calls by itself
 * (bpf_csum_diff() out of a program run by BPF_PROG_TEST_RUN), without and with a program that does nothing there.
 */
#ifndef SKEWTOP_FUNCTIONS_REACH_H
#define SKEWTOP_FUNCTIONS_REACH_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/functions/choice.h"

/*
 * Nanoseconds for each run of a program attached by `means`, the least of several rounds, so that what interrupts
 * them is left out. Takes milliseconds; with kprobes up to a second, since the kernel turns a breakpoint into a jump
 * only after a while; -ECANCELED if `stop` is set meanwhile. Negative errno.
 */
int functions_reach_measure(enum functions_means means, const atomic_bool *stop, uint64_t *ns);

#endif
