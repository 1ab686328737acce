/* SPDX-License-Identifier: GPL-2.0-only */
/* Why packets come to a CPU, as far as the kernel's interrupt counts and settings tell. */
#ifndef SKEWTOP_TUI_WHY_H
#define SKEWTOP_TUI_WHY_H

#include "tui/frame.h"

enum {
	WHY_MAX = 128
};

/*
 * The interrupt that brings an interface's packets to a group of CPUs, and nowhere else:
 * "irq eth0-rx-7 is bound there, rps off", or "" where none does. `interface`: its row in
 * TABLE_INTERFACES, or NULL.
 */
const char *why_interrupt(const struct frame *frame, const struct cpu_groups *groups, int group,
	const struct row *interface, char buf[WHY_MAX]);

#endif
