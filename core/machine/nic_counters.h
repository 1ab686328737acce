/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What interfaces themselves say of lost packets: counts of the driver and its hardware, of packets
 * that never became an skb (rx_missed, rx_over, rx_fifo) as of those that did. Asked for by
 * rtnetlink (RTM_GETSTATS, IFLA_STATS_LINK_64: linux/if_link.h, struct rtnl_link_stats64), in one
 * namespace.
 *
 * Totals since the first reading that never fall: a count that does (a driver was reset, or lost a
 * queue with what it had counted) goes on from where it is, and what an interface counted before it
 * was first seen does not count. Kept as rows are counters that have moved, and rx_missed of
 * hardware.
 */
#ifndef SKEWTOP_NIC_COUNTERS_H
#define SKEWTOP_NIC_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum {
	NIC_ROWS_MAX = 8192
};

struct nic_row {
	uint64_t key[2];  /* as snapshot.h has it */
	uint32_t flags;	  /* enum nic_flag of snapshot.h */
	const char *name; /* "rx_missed" */
	char where[64];	  /* "eth0 (NIC counter)"; sanitised */
	uint64_t total;
};

struct nic_counters;

/*
 * Opens a socket in the namespace that `netns` names as --netns does (NULL: our own). NULL with a
 * sentence.
 */
struct nic_counters *nic_counters_open(const char *netns, struct error *err);
void nic_counters_close(struct nic_counters *nics);

/* Takes a reading. Negative errno; what it has taken of it by then counts. */
int nic_counters_take(struct nic_counters *nics, uint64_t now_ns);

/* Rows so far; they are only ever added. */
int nic_counters_count(const struct nic_counters *nics);
const struct nic_row *nic_counters_row(const struct nic_counters *nics, int index);

/* ---- what a reading is made of; for tests ---- */

struct rtnl_link_stats64;

/* Counters that this build knows, and their names. */
int nic_counters_known(void);
const char *nic_counter_name(int counter);

/* As nic_counters_open(), without a socket. NULL: no memory. */
struct nic_counters *nic_counters_new(uint32_t netns);

/* Takes the counts of one interface, of which the kernel gave `size` bytes. -ENOMEM. */
int nic_counters_add(struct nic_counters *nics, uint32_t ifindex,
	const struct rtnl_link_stats64 *stats, size_t size);

/* What an interface is called from now on, as the kernel has it, and whether it is hardware. */
void nic_counters_name(
	struct nic_counters *nics, uint32_t ifindex, const char *name, bool hardware);

/* Enters what was taken since the last time into rows. `complete`: interfaces that were not taken
 * are gone. -ENOMEM. */
int nic_counters_settle(struct nic_counters *nics, bool complete);

#endif
