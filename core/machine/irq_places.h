/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an interrupt goes and what for: the CPUs that it is delivered to, the interface it belongs
 *to, and whether that interface's packets are then moved on to other CPUs (RPS).
 *
 *	/proc/irq/N/effective_affinity_list, smp_affinity_list
 *(Documentation/core-api/irq/irq-affinity.rst) /sys/class/net/IF/device/msi_irqs	the
 *interrupts of a PCI device; virtio has them one above /sys/class/net/IF/queues/rx-N/rps_cpus
 *(Documentation/networking/scaling.rst)
 */
#ifndef SKEWTOP_IRQ_PLACES_H
#define SKEWTOP_IRQ_PLACES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/cpus.h"

struct irq_places;

/* All paths are below `root` ("" for the running machine; tests use a copy). NULL: no memory. */
struct irq_places *irq_places_new(const char *root);
void irq_places_free(struct irq_places *places);

/* Looks anew which hardware interfaces there are in our namespace, and which interrupts they have.
 */
void irq_places_scan(struct irq_places *places);

/*
 * Whether an interrupt is a network interface's, by its number or by its name. `ifname`, if not
 * NULL, takes the interface where it is one only ("" otherwise); it is as the kernel has it, not
 * sanitised.
 */
bool irq_places_network(
	const struct irq_places *places, int irq, const char *name, char ifname[IFNAMSIZ]);

struct irq_place {
	struct cpus effective; /* where it is delivered now; empty: cannot be told */
	bool one_cpu;	       /* that is one */
	bool bound;	       /* and may be no other */
	bool network;
	char text[128]; /* sanitised: "cpu 39 of 0-63, rps off", "eth0 cpus 0-3, rps 8-15", "" */
};

/* Reads where an interrupt goes. `name` as in irq_places_network(). */
void irq_places_find(
	const struct irq_places *places, int irq, const char *name, struct irq_place *out);

#endif
