/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts per CPU, from /proc/interrupts (fs/proc/interrupts.c, kernel/irq/proc.c), and why they
 * come there. The counts are 32 bits wide and there is a column per online CPU; here they become
 * 64-bit totals since the first reading that never fall: over a wrap, over an interrupt that is
 * freed and requested anew, while a CPU is offline.
 *
 * A machine has hundreds of lines of which few move. Kept as rows are those of network interfaces,
 * and those that have counted anything since the first reading.
 *
 * What a row is never changes, so when an interrupt is moved to other CPUs, or RPS is set, a new
 * row goes on counting where the old one stops; back at an old place the old row goes on. After
 * IRQ_PLACES_MAX places (irqbalance at work) the last row says that it moves.
 */
#ifndef SKEWTOP_INTERRUPTS_H
#define SKEWTOP_INTERRUPTS_H

#include <stdint.h>

#include "core/model/host.h"

enum {
	IRQ_PLACES_MAX = 4,
	IRQ_ROWS_MAX = 8192
};

struct interrupt_row {
	uint64_t key[2]; /* interrupt_key(), hash of name and where */
	uint32_t flags;	 /* enum irq_flag of snapshot.h */
	char name[64];	 /* "eth0-rx-7", "LOC"; sanitised */
	char where[128]; /* "cpu 39 of 0-63, rps off", "Local timer interrupts"; sanitised */
	uint64_t *total; /* n_cpus + 1; the last: what belongs to no CPU (ERR, MIS) */
};

struct interrupts;

/* `root`: see irq_places_new(). NULL: no memory. */
struct interrupts *interrupts_new(const struct topology *topology, const char *root);
void interrupts_free(struct interrupts *interrupts);

/*
 * Takes a reading, the text of the file at `now_ns` (CLOCK_MONOTONIC). Where a line goes is looked
 * up when it counts on another CPU, and for network interfaces every 10 s. -EINVAL: no such text,
 * -ENOMEM.
 */
int interrupts_take(struct interrupts *interrupts, const char *text, uint64_t now_ns);

/* Rows so far; they are only ever added. */
int interrupts_count(const struct interrupts *interrupts);
const struct interrupt_row *interrupts_row(const struct interrupts *interrupts, int index);

/* What key[0] is: a number, or a name as NMI and LOC have with the top bit set. */
uint64_t interrupt_key(const char *label);

#endif
