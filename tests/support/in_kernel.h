/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process holds in the kernel, to see that nothing of it stays. Nobody else's objects are looked at. */
#ifndef SKEWTOP_TEST_IN_KERNEL_H
#define SKEWTOP_TEST_IN_KERNEL_H

#include <sys/types.h>

struct in_kernel;

/* Notes the programs, links and maps of a running skewtop; fails the test if these are too few. */
struct in_kernel *in_kernel_note(pid_t pid);

/* Waits until the kernel has freed them all (it takes its time); fails the test if one stays. Frees. */
void in_kernel_assert_gone(struct in_kernel *held);

#endif
