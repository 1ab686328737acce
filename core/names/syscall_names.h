/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Syscall numbers of this machine's ABIs to names: what libseccomp knows, then a few newer than the
 * oldest libseccomp we build with, then "sys_N". Any thread may call.
 */
#ifndef SKEWTOP_SYSCALL_NAMES_H
#define SKEWTOP_SYSCALL_NAMES_H

#include <linux/types.h>

#include "bpf/abi.h"

/*
 * Never NULL, and good until the program ends. `nr` is a slot of struct syscall_counts: an x32 number
 * stands without its bit 0x40000000, and SYSCALL_SLOT_OTHER (or more) is "other".
 */
const char *syscall_name(enum syscall_abi abi, unsigned int nr);

/* "x86_64", "i386", "x32", or what corresponds on another architecture. */
const char *syscall_abi_name(enum syscall_abi abi);

#endif
