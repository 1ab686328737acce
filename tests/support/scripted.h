/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source that follows a script: no kernel, no root, no clock. The same script gives the same
 *machine, snapshots and records each time, so that screens can be compared cell by cell.
 *
 *	static const struct script_line lines[] = {
 *		{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, SCRIPT_ALL_CPUS, 100 },
 *		{ 3, SCRIPT_OFFLINE, .cpu = 1 },
 *		{ 4, SCRIPT_TRACE, TABLE_PROBES, .row = 2, .cpu = 0, .value = 50 },
 *		{ 9, .verb = SCRIPT_END },
 *	};
 *	struct script script = script_machine(8, 2);
 *	script.lines = lines, script.n_lines = sizeof(lines) / sizeof(lines[0]);
 *	struct source *source = scripted_open(&script);
 *
 * Time is the number of the snapshot: snapshot 0 starts, and each counter grows once between two of
 * them. A line takes effect just before snapshot `at` is taken; lines stand in ascending order of
 *`at`.
 */
#ifndef SKEWTOP_TEST_SCRIPTED_H
#define SKEWTOP_TEST_SCRIPTED_H

#include "core/collector.h"
#include "core/source.h"

enum {
	SCRIPT_ALL_CPUS = -1,
	SCRIPT_NO_CPU = -2, /* the slot of what belongs to no CPU */
};

enum script_verb {
	SCRIPT_GROW,	/* from now on the counter grows by `value` per interval on `cpu` */
	SCRIPT_RAMP,	/* on all CPUs, by value * (slot + 1) / CPUs: slot n-1 is the busiest */
	SCRIPT_ADD,	/* once, to the total */
	SCRIPT_TRACE,	/* from now on `value` records per interval of probe `row` on `cpu` */
	SCRIPT_OFFLINE, /* `cpu` goes away: its counters stand still and it records nothing */
	SCRIPT_ONLINE,	/* and is back */
	SCRIPT_UNKNOWN, /* the column is no longer measured */
	SCRIPT_KNOWN,	/* and is again; all columns are known at first, errors once asked for */
	SCRIPT_STALL,	/* sample() blocks until scripted_release() */
	SCRIPT_FAIL,	/* sample() fails with -EIO and the sentence "the script says so" */
	SCRIPT_END,	/* sample() says that there will be no more */
};

struct script_line {
	uint64_t at;
	enum script_verb verb;
	enum table_id table;
	int row;
	int column;
	int cpu; /* CPU id, or one of the above */
	uint64_t value;
};

/* A row of the catalog; rows of a table are numbered in the order they stand here, from 0. */
struct script_row {
	enum table_id table;
	uint64_t key0;
	uint64_t key1;
	uint32_t flags;
	const char *name;
	const char *where;
	uint64_t at; /* the first snapshot that has it; never less than that of the row before */
};

/*
 * Changes a record that the script makes: number `n` (from 0) of probe `row` on `cpu`. What comes
 * in is a TCP segment 10.0.3.CPU:51514 > 10.0.9.2:443 with payload, see scripted_record().
 */
typedef void (*script_record)(void *context, struct trace_record *record, uint64_t n);

struct script {
	const char *name; /* of the source; NULL: "LIVE" */
	const char *narrowed; /* what alone is counted, in words; NULL: everything */
	int n_cpus;
	int n_nodes;		       /* equal blocks of neighbouring CPUs */
	const int *cpu_ids;	       /* ascending; NULL: 0 ... n_cpus-1 */
	const struct script_row *rows; /* the books' rows (TABLE_LOSS) are always there */
	size_t n_rows;
	const struct script_line *lines;
	size_t n_lines;
	uint64_t interval_ns; /* between two snapshots, on the script's clock; 0: 1 s */
	bool paced;	/* the collector's clock decides when to sample; else see scripted_go() */
	bool own_clock; /* snapshots carry the true time instead of the script's */
	bool details;	/* each record brings a stack and an sk_buff (made_details.h) */
	bool trace_all; /* SCRIPT_TRACE works without select() */
	script_record record; /* NULL: records as they are made */
	void *context;
};

/* Where the script's clock stands at snapshot 0: 2026-01-02 14:02:11 UTC, 5000 s after boot. */
#define SCRIPT_REAL_NS (UINT64_C(1767362531) * 1000000000)
#define SCRIPT_MONO_NS (UINT64_C(5000) * 1000000000)

/*
 * A machine to start from: some rows in each table, no lines. The rows are those of a small server:
 * syscalls 0 read, 1 write, 2 recvmsg, 3 epoll_wait, 4 futex, 5 read of i386; probes
 * 0 netif_receive_skb, 1 net_dev_queue, 2 net_dev_xmit, 3 kfree_skb, 4 consume_skb, 5
 * napi_gro_receive _entry (absent); interfaces 0 lo, 1 eth0; drops 0 NO_SOCKET, 1
 * TCP_INVALID_SEQUENCE, 2 unknown; consumed 0 and 1; softirq 0 TIMER, 1 NET_TX, 2 NET_RX; softnet 0
 * processed, 1 dropped, 2 time_squeeze.
 */
struct script script_machine(int n_cpus, int n_nodes);

/* Opens it; what the script points to must outlive the source. Aborts without memory. */
struct source *scripted_open(const struct script *script);

/*
 * Where the script is not paced: lets snapshots below `upto` be taken, each after its records. At
 * first none is held back (UINT64_MAX). From any thread.
 */
void scripted_go(struct source *source, uint64_t upto);

/* Ends the stall that sample() is or will next be in. From any thread. */
void scripted_release(struct source *source);

/* True while sample() is in a stall. */
bool scripted_stalled(const struct source *source);

/* The next snapshot, for tests without a collector. The caller's; NULL at the script's end. */
struct snapshot *scripted_next(struct source *source);

/* Waits until a collector has kept `n` snapshots or ended, at most 10 s; false if it never did. */
bool scripted_wait(const struct collector *collector, uint64_t n);

/* The record that a script makes: a whole packet of its own, 10.0.3.CPU:51514 > 10.0.9.2:443, TCP.
 */
void scripted_record(struct trace_record *record, uint32_t cpu, int probe, uint64_t n);

#endif
