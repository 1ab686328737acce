/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted: the list of tables with their columns, and the catalog, which says what their rows are. It only
 * grows; the numbers are in snapshots (snapshot.h).
 */
#ifndef SKEWTOP_CATALOG_H
#define SKEWTOP_CATALOG_H

#include <stdint.h>

/* name, number of columns, column names: the one list of tables. */
enum table_id {
	TABLE_SYSCALLS,	  /* calls, errors */
	TABLE_PROBES,	  /* packets, bytes; skb tracepoints */
	TABLE_FUNCTIONS,  /* packets, bytes; kernel functions by kprobe or fentry */
	TABLE_INTERFACES, /* rx_packets, rx_bytes, tx_packets, tx_bytes */
	TABLE_DROPS,	  /* packets, bytes; by reason and location */
	TABLE_CONSUMED,	  /* packets, bytes; by location */
	TABLE_SOFTIRQ,	  /* runs (/proc/softirqs), time_ns (NET_RX and NET_TX only) */
	TABLE_SOFTNET,	  /* events; rows are the columns of /proc/net/softnet_stat */
	TABLE_LOSS,	  /* events; rows are enum loss_cause */
	TABLE_INTERRUPTS, /* interrupts; of network interfaces, and those that come at all */
	TABLE_NIC,	  /* events; an interface's own counts of losses, of no CPU */
	TABLE_INSIDE,	  /* events; inside one function: see inside.h */
	TABLE_PROGRAMS,	  /* packets, bytes, and one column for each verdict; tc and XDP programs */
	TABLE_COUNT,
};

enum { TABLE_COLUMNS_MAX = 8 };

enum { SYSCALL_CALLS, SYSCALL_ERRORS };
enum { COUNT_PACKETS, COUNT_BYTES };
enum { IF_RX_PACKETS, IF_RX_BYTES, IF_TX_PACKETS, IF_TX_BYTES };
enum { SOFTIRQ_RUNS, SOFTIRQ_TIME_NS };
enum { PROGRAM_PACKETS, PROGRAM_BYTES, PROGRAM_VERDICTS }; /* from there on enum verdict of abi.h */

struct table_schema {
	const char *name; /* "syscalls"; also the key in JSON */
	int n_columns;
	const char *column[TABLE_COLUMNS_MAX];
};

const struct table_schema *table_schema(enum table_id table);

/* One row's identity. Never changes once added; strings are sanitised and owned by the catalog. */
struct row {
	uint64_t key[2];   /* unique in its table; see row_key_* below */
	uint32_t flags;	   /* enum probe_flag for TABLE_PROBES, irq_flag, nic_flag */
	const char *name;  /* "recvmsg", "netif_receive_skb", "eth0", "NO_SOCKET", "NET_RX" */
	const char *where; /* "x86_64", "tcp_data_queue+0x1f2", "netns 4026531840"; "" where none */
};

/* Of TABLE_INTERRUPTS. */
enum irq_flag {
	IRQ_NETWORK = 1, /* a network interface's */
	IRQ_ONE_CPU = 2, /* delivered to one CPU only while this row counts */
	IRQ_BOUND = 4,	 /* and allowed on no other */
};

/* Of TABLE_NIC. */
enum nic_flag {
	NIC_LOSS = 1, /* packets that were lost, or not sent */
};

/* Of TABLE_PROGRAMS. */
enum program_flag {
	PROGRAM_RUNS_ONLY = 1, /* the kernel's own count of its runs: no bytes, no verdicts, of no CPU */
};

/*
 * Keys:
 *	TABLE_SYSCALLS		{abi, nr}
 *	TABLE_PROBES		{index, 0}
 *	TABLE_FUNCTIONS		{address, argument}
 *	TABLE_INTERFACES	{netns, ifindex}
 *	TABLE_DROPS		{location, reason}
 *	TABLE_CONSUMED		{location, 0}
 *	TABLE_SOFTIRQ		{index, 0}
 *	TABLE_SOFTNET		{index, 0}
 *	TABLE_LOSS		{enum loss_cause, 0}
 *	TABLE_INTERRUPTS	{number, or name with bit 63; hash of name and where}: where an interrupt goes
 *				may change, and a new row counts then
 *	TABLE_NIC		{netns << 32 | ifindex, hash of the name << 8 | counter}
 *	TABLE_INSIDE		see inside.h
 *	TABLE_PROGRAMS		{program id, netns << 32 | ifindex}
 */
struct catalog;

struct catalog *catalog_new(void);
void catalog_free(struct catalog *catalog);

/*
 * The index of the row with this key, added with copies of the strings if it was not there. Only the
 * thread that owns the source adds. -ENOMEM.
 */
int catalog_add(struct catalog *catalog, enum table_id table, const struct row *row);

/* The index of a key, or -ENOENT. Only for the thread that adds. */
int catalog_find(const struct catalog *catalog, enum table_id table, uint64_t key0, uint64_t key1);

/* Row `index` of a table; any thread, for indexes below the row count of a snapshot it holds. */
const struct row *catalog_row(const struct catalog *catalog, enum table_id table, int index);

/*
 * The row that a trace record's `probe` names, of TABLE_PROBES or TABLE_FUNCTIONS, or NULL. Any thread:
 * rows are there before the first record that names them.
 */
const struct row *catalog_traced(const struct catalog *catalog, unsigned probe);

int catalog_count(const struct catalog *catalog, enum table_id table);

#endif
