/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a recording of a machine that does not exist, through the real writer: what screens are drawn from
 * where the machine at hand has too few CPUs. The same words on the command line give the same bytes.
 *
 *	make-recording [--cpus N] [--seconds S] [--seed X] [--lines N] [--syscalls N] [--host NAME]
 *		FILE.pcapng[.gz]
 *
 * The story: edge-07, a web server. CPU 39 (the last one of a smaller machine) takes most of what eth0
 * receives, since its busiest queue is bound there, and more from the middle of the time on; then a
 * receive buffer overflows and packets drop. Some CPUs are busy, most do little; few counters
 * change their pace, so that the file stays small.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/model/ledger.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/names/syscall_names.h"
#include "core/recording/write.h"
#include "core/trace/details.h"

#define NS_PER_S UINT64_C(1000000000)

/* 2026-11-25 14:01:12 UTC, three days after the machine was started. */
static const uint64_t START_REAL_NS = UINT64_C(1795615272) * NS_PER_S + 345678901;
static const uint64_t START_MONO_NS = UINT64_C(3 * 86400) * NS_PER_S;

enum { NETNS = 4026531840u & 0xffffffff, ETH0 = 2 };

struct made_row {
	const char *name;
	const char *where;
	double per_second; /* of the whole machine of 256 CPUs */
	double spread;	   /* share of CPUs that take part; the hot one always does */
	double hot;	   /* share of the hot CPU at its height */
	double bytes;	   /* per packet; or ns per run of a softirq */
	uint64_t key[2];
	uint32_t flags;
};

static const struct made_row syscalls[] = {
	{ "", "", 702100, 0.12, 0.059, 0, { 0, 47 }, 0 },  /* recvmsg */
	{ "", "", 511900, 0.83, 0.024, 0, { 0, 232 }, 0 }, /* epoll_wait */
	{ "", "", 201400, 0.98, 0.012, 0, { 0, 202 }, 0 }, /* futex */
	{ "", "", 166000, 0.11, 0.054, 0, { 0, 46 }, 0 },  /* sendmsg */
	{ "", "", 105700, 1.00, 0.009, 0, { 0, 0 }, 0 },   /* read */
	{ "", "", 61200, 0.40, 0.010, 0, { 0, 1 }, 0 },	   /* write */
	{ "", "", 40400, 0.30, 0.010, 0, { 0, 233 }, 0 },  /* epoll_ctl */
	{ "", "", 21300, 0.10, 0.050, 0, { 0, 288 }, 0 },  /* accept4 */
	{ "", "", 20900, 0.10, 0.048, 0, { 0, 3 }, 0 },	   /* close */
	{ "", "", 9100, 0.20, 0.004, 0, { 0, 35 }, 0 },	   /* nanosleep */
	{ "", "", 4200, 0.06, 0.010, 0, { 0, 257 }, 0 },   /* openat */
	{ "", "", 3300, 0.06, 0.010, 0, { 0, 9 }, 0 },	   /* mmap */
	{ "", "", 900, 0.02, 0.010, 0, { 0, 56 }, 0 },	   /* clone */
	{ "", "", 120, 0.01, 0.010, 0, { 0, 59 }, 0 },	   /* execve */
};

static const struct made_row probes[] = {
	{ "kfree_skb", "", 1210, 0.02, 0.887, 820, { 0 }, PROBE_DROP },
	{ "consume_skb", "", 700300, 0.16, 0.12, 610, { 1 }, PROBE_CONSUME },
	{ "skb_copy_datagram_iovec", "", 640100, 0.12, 0.10, 900, { 2 }, 0 },
	{ "net_dev_start_xmit", "", 402700, 0.30, 0.021, 740, { 3 }, PROBE_TX },
	{ "net_dev_xmit", "", 402700, 0.30, 0.021, 740, { 4 }, 0 },
	{ "net_dev_queue", "", 402700, 0.30, 0.021, 740, { 5 }, 0 },
	{ "netif_receive_skb", "", 913000, 0.16, 0.129, 812, { 6 }, PROBE_RX },
	{ "netif_rx", "", 2100, 0.05, 0.01, 120, { 7 }, 0 },
	{ "napi_gro_frags_entry", "", 0, 0, 0, 0, { 8 }, 0 },
	{ "napi_gro_receive_entry", "", 913000, 0.16, 0.129, 812, { 9 }, 0 },
	{ "netif_receive_skb_entry", "", 0, 0, 0, 0, { 10 }, 0 },
	{ "netif_receive_skb_list_entry", "", 0, 0, 0, 0, { 11 }, 0 },
	{ "netif_rx_entry", "", 2100, 0.05, 0.01, 120, { 12 }, 0 },
	{ "sock_rcvqueue_full", "", 1102, 0.01, 0.97, 900, { 13 }, 0 },
	{ "udp_fail_queue_rcv_skb", "", 4, 0.01, 0.1, 300, { 14 }, 0 },
	{ "tcp_retransmit_skb", "", 310, 0.03, 0.4, 900, { 15 }, 0 },
	{ "tcp_send_reset", "", 41, 0.03, 0.3, 54, { 16 }, 0 },
	{ "tcp_sendmsg_locked", "", 160300, 0.11, 0.05, 900, { 17 }, 0 },
	{ "tcp_probe", "", 0, 0, 0, 0, { 18 }, 0 },
	{ "tcp_bad_csum", "", 0, 0, 0, 0, { 19 }, 0 },
	{ "tcp_hash_bad_header", "", 0, 0, 0, 0, { 20 }, 0 },
	{ "tcp_hash_md5_required", "", 0, 0, 0, 0, { 21 }, 0 },
	{ "tcp_hash_md5_unexpected", "", 0, 0, 0, 0, { 22 }, 0 },
	{ "tcp_hash_md5_mismatch", "", 0, 0, 0, 0, { 23 }, 0 },
	{ "tcp_hash_ao_required", "", 0, 0, 0, 0, { 24 }, 0 },
	{ "tcp_ao_handshake_failure", "", 0, 0, 0, 0, { 25 }, 0 },
	{ "qdisc_dequeue", "", 402700, 0.30, 0.021, 740, { 26 }, 0 },
	{ "qdisc_enqueue", "", 402700, 0.30, 0.021, 740, { 27 }, 0 },
	{ "icmp_send", "", 74, 0.03, 0.1, 90, { 28 }, 0 },
	{ "subflow_check_data_avail", "", 0, 0, 0, 0, { 29 }, 0 },
};

static const struct made_row functions[] = {
	{ "__netif_receive_skb_core", "", 913000, 0.16, 0.129, 812, { 0xffffffff81a11000, 0 }, 0 },
	{ "ip_rcv", "", 890400, 0.16, 0.129, 798, { 0xffffffff81b22000, 1 }, 0 },
	{ "tcp_v4_rcv", "", 711200, 0.16, 0.129, 780, { 0xffffffff81b33000, 2 }, 0 },
	{ "dev_queue_xmit", "", 402700, 0.30, 0.021, 740, { 0xffffffff81a44000, 3 }, 0 },
	{ "udp_rcv", "", 160300, 0.12, 0.131, 512, { 0xffffffff81b55000, 4 }, 0 },
	{ "ip_local_deliver", "", 889900, 0.16, 0.129, 798, { 0xffffffff81b66000, 5 }, 0 },
	{ "tcp_rcv_established", "", 702000, 0.16, 0.128, 780, { 0xffffffff81b77000, 6 }, 0 },
	{ "ip_queue_xmit", "", 391100, 0.30, 0.021, 720, { 0xffffffff81b88000, 7 }, 0 },
	{ "ipv6_rcv", "", 21100, 0.10, 0.05, 640, { 0xffffffff81c11000, 8 }, 0 },
	{ "arp_rcv", "", 12, 0.02, 0.3, 60, { 0xffffffff81b99000, 9 }, 0 },
	{ "nf_hook_slow", "inlined or not in this kernel", 0, 0, 0, 0, { 0xffffffff81ad1000, 10 },
		PROBE_ABSENT },
};

static const struct made_row drops[] = {
	{ "SOCKET_RCVBUFF", "tcp_data_queue+0x1f2", 1102, 0.01, 0.97, 900,
		{ 0xffffffff81b771f2, 6 }, PROBE_DROP },
	{ "NO_SOCKET", "__udp4_lib_rcv+0x6a1", 71, 0.03, 0.1, 90, { 0xffffffff81b556a1, 3 },
		PROBE_DROP },
	{ "NETFILTER_DROP", "nf_hook_slow+0xb3", 33, 0.05, 0.06, 120, { 0xffffffff81ad10b3, 8 },
		PROBE_DROP },
	{ "TCP_OLD_DATA", "tcp_rcv_established+0x2c", 2, 0.01, 0, 70, { 0xffffffff81b7702c, 24 },
		PROBE_DROP },
};

static const struct made_row consumed[] = {
	{ "tcp_rcv_established", "tcp_rcv_established+0x4f1", 610200, 0.16, 0.12, 610,
		{ 0xffffffff81b774f1, 0 }, PROBE_CONSUME },
	{ "napi_consume_skb", "napi_consume_skb+0x7a", 90100, 0.20, 0.02, 740,
		{ 0xffffffff81a1207a, 0 }, PROBE_CONSUME },
};

static const struct made_row softirqs[] = {
	{ "HI", "", 0, 0, 0, 0, { 0 }, 0 },
	{ "TIMER", "", 64000, 1, 0.004, 0, { 1 }, 0 },
	{ "NET_TX", "", 900, 0.10, 0.3, 2500, { 2 }, 0 },
	{ "NET_RX", "", 210000, 0.16, 0.10, 38000, { 3 }, 0 },
	{ "BLOCK", "", 1500, 0.05, 0.01, 0, { 4 }, 0 },
	{ "IRQ_POLL", "", 0, 0, 0, 0, { 5 }, 0 },
	{ "TASKLET", "", 120, 0.02, 0.01, 0, { 6 }, 0 },
	{ "SCHED", "", 51000, 1, 0.004, 0, { 7 }, 0 },
	{ "HRTIMER", "", 0, 0, 0, 0, { 8 }, 0 },
	{ "RCU", "", 38000, 1, 0.004, 0, { 9 }, 0 },
};

static const struct made_row softnet[] = {
	{ "processed", "", 913000, 0.16, 0.129, 0, { 0 }, 0 },
	{ "dropped", "", 0, 0, 0, 0, { 1 }, 0 },
	{ "time_squeeze", "", 41, 0.01, 0.95, 0, { 2 }, 0 },
	{ "received_rps", "", 0, 0, 0, 0, { 3 }, 0 },
	{ "flow_limit", "", 0, 0, 0, 0, { 4 }, 0 },
};

static const struct made_row interfaces[] = {
	{ "lo", "netns 4026531840", 2100, 0.05, 0.01, 120, { NETNS, 1 }, 0 },
	{ "eth0", "netns 4026531840", 898000, 0.16, 0.130, 812, { NETNS, ETH0 }, 0 },
	{ "eth1", "netns 4026531840", 12900, 0.10, 0.01, 640, { NETNS, 3 }, 0 },
};

/* seen, delivered, ring_full, rate_limited are counted with the lines; these only stand there. */
#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static const struct made_table {
	enum table_id table;
	const struct made_row *row;
	int n;
} tables[] = {
	{ TABLE_SYSCALLS, ROWS(syscalls) },
	{ TABLE_PROBES, ROWS(probes) },
	{ TABLE_FUNCTIONS, ROWS(functions) },
	{ TABLE_INTERFACES, ROWS(interfaces) },
	{ TABLE_DROPS, ROWS(drops) },
	{ TABLE_CONSUMED, ROWS(consumed) },
	{ TABLE_SOFTIRQ, ROWS(softirqs) },
	{ TABLE_SOFTNET, ROWS(softnet) },
};

enum { N_TABLES = sizeof(tables) / sizeof(tables[0]) };

struct maker {
	int n_cpus;
	int seconds;
	int lines; /* per second */
	uint64_t random;
	const char *name;
	int hot; /* slot */
	struct host *host;
	struct listener to;
	struct snapshot *now; /* totals so far */
	struct made_table table[N_TABLES];
	struct made_row *calls; /* the system calls, if there shall be more of them than in the story */
};

/* ---- numbers ---- */

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t next_random(struct maker *m)
{
	return mix(m->random++);
}

/* 0 ... 1, the same for the same place. */
static double noise(uint64_t seed, int a, int b, int c)
{
	return (double)(mix(seed ^ (uint64_t)a << 40 ^ (uint64_t)b << 20 ^ (uint64_t)c) >> 11) /
	       (double)(UINT64_C(1) << 53);
}

/* How busy the hot CPU is, 0 ... 1: a quiet first half, a climb, a height. */
static double height(const struct maker *m, int second)
{
	double at = (double)second / m->seconds;

	if (at < 0.45)
		return 0.25;
	if (at < 0.7)
		return 0.25 + 0.75 * (at - 0.45) / 0.25;
	return 1;
}

/* How much a row grows on a CPU in one second. */
static uint64_t growth(const struct maker *m, enum table_id table, int row, const struct made_row *r,
	int slot, int second)
{
	double machine = r->per_second * m->n_cpus / 256;
	double n_taking = r->spread * m->n_cpus;
	double wobble;

	if (slot == m->hot) {
		wobble = 0.97 + 0.06 * noise(7, table, row, second);
		/* Drops begin when the height is reached. */
		if (table == TABLE_DROPS && height(m, second) < 0.9)
			return 0;
		return (uint64_t)(machine * r->hot * height(m, second) * wobble);
	}
	if (n_taking < 1)
		n_taking = 1;
	/* Whoever takes part in one row takes part in those that are spread wider too. */
	if (noise(1, 0, 0, slot) >= r->spread)
		return 0;
	machine *= (1 - r->hot) / n_taking;
	machine *= 0.4 + 1.2 * noise(2, 0, 0, slot);
	/* One CPU in forty changes its pace this second. */
	if (noise(3, 0, second, slot) < 0.025)
		machine *= 0.6 + 0.8 * noise(4, row, second, slot);
	return (uint64_t)machine;
}

/* ---- the machine ---- */

/* More system calls than the story has, each now and then: numbers that it does not use. */
static int add_syscalls(struct maker *m, int n)
{
	int had = m->table[0].n;

	m->calls = calloc(had + n, sizeof(*m->calls));
	if (!m->calls)
		return -1;
	memcpy(m->calls, syscalls, sizeof(syscalls));
	for (uint64_t nr = 0; m->table[0].n < n && nr < 512; nr++) {
		bool used = false;

		for (int i = 0; i < had; i++)
			used |= syscalls[i].key[1] == nr;
		if (!used)
			m->calls[m->table[0].n++] = (struct made_row){ "", "", 3000, 0.3, 0.01, 0,
				{ 0, nr }, 0 };
	}
	m->table[0].row = m->calls;
	return 0;
}

static int make_topology(struct maker *m)
{
	struct cpu_place *cpu = calloc(m->n_cpus, sizeof(*cpu));
	int per_node = m->n_cpus >= 64 ? m->n_cpus / 2 : m->n_cpus, err;

	if (!cpu)
		return -1;
	for (int id = 0; id < m->n_cpus; id++)
		cpu[id] = (struct cpu_place){
			.id = id, .node = id / per_node, .core = id & ~1, .llc = id & ~15 };
	err = topology_set(&m->host->topology, cpu, m->n_cpus);
	free(cpu);
	return err;
}

static int make_host(struct maker *m)
{
	struct host *host = host_new();

	m->host = host;
	if (!host || make_topology(m) || ledger_catalog(host->catalog))
		return -1;
	snprintf(host->name, sizeof(host->name), "%s", m->name);
	snprintf(host->release, sizeof(host->release), "6.12.57+deb13-amd64");
	snprintf(host->functions_note, sizeof(host->functions_note),
		"function probes: kprobe.multi, 10 functions");
	for (int t = 0; t < N_TABLES; t++) {
		for (int i = 0; i < m->table[t].n; i++) {
			const struct made_row *r = &m->table[t].row[i];
			struct row row = { .key = { r->key[0], r->key[1] }, .flags = r->flags,
				.name = r->name, .where = r->where };

			if (m->table[t].table == TABLE_SYSCALLS) {
				row.name = syscall_name(r->key[0], r->key[1]);
				row.where = syscall_abi_name(r->key[0]);
			} else if (m->table[t].table == TABLE_DROPS) {
				reasons_add(host->reasons, r->key[1], r->name);
			}
			if (m->table[t].table == TABLE_DROPS || m->table[t].table == TABLE_CONSUMED)
				symbols_add(host->symbols, r->key[0], r->where);
			if (catalog_add(host->catalog, m->table[t].table, &row) < 0)
				return -1;
		}
	}
	return 0;
}

/* What each column of a table is known to be. */
static uint32_t known(enum table_id table)
{
	switch (table) {
	case TABLE_SYSCALLS:
		return 1 << SYSCALL_CALLS;
	case TABLE_INTERFACES:
		return 15;
	case TABLE_SOFTNET:
		return 1;
	default:
		return 3;
	}
}

static int make_snapshot(struct maker *m)
{
	m->now = snapshot_new(m->n_cpus);
	if (!m->now || snapshot_grow(m->now, TABLE_LOSS, LOSS_CAUSES))
		return -1;
	for (int t = 0; t < N_TABLES; t++) {
		if (snapshot_grow(m->now, m->table[t].table, m->table[t].n))
			return -1;
		m->now->table[m->table[t].table].known = known(m->table[t].table);
	}
	m->now->table[TABLE_LOSS].known = 1 | LEDGER_KNOWS_MISSED;
	m->now->mono_ns = START_MONO_NS;
	m->now->real_ns = START_REAL_NS;
	for (int id = 0; id < m->n_cpus; id++)
		cpus_add(&m->now->online, id);
	return 0;
}

/* ---- a second ---- */

static void grow_cell(struct maker *m, enum table_id table, int row, const struct made_row *r,
	int slot, int second)
{
	struct table *t = &m->now->table[table];
	uint64_t n = growth(m, table, row, r, slot, second);
	uint64_t second_column = (uint64_t)((double)n * r->bytes);

	table_values(t, row, 0)[slot] += n;
	if (table == TABLE_INTERFACES) {
		table_values(t, row, IF_RX_BYTES)[slot] += second_column;
		table_values(t, row, IF_TX_PACKETS)[slot] += n / 2;
		table_values(t, row, IF_TX_BYTES)[slot] += second_column / 3;
	} else if (t->n_columns > 1 && table != TABLE_SYSCALLS) {
		table_values(t, row, 1)[slot] += second_column;
	}
}

static void pass_second(struct maker *m, int second)
{
	for (int t = 0; t < N_TABLES; t++)
		for (int i = 0; i < m->table[t].n; i++)
			for (int slot = 0; slot < m->n_cpus; slot++)
				grow_cell(m, m->table[t].table, i, &m->table[t].row[i], slot, second);
	m->now->mono_ns += NS_PER_S + next_random(m) % 200000;
	m->now->real_ns = START_REAL_NS + (m->now->mono_ns - START_MONO_NS);
	m->now->own_cpu_ns += 11 * 1000 * 1000 + next_random(m) % 1000000;
	m->now->bpf_ns += 900 * 1000 * 1000;
}

/* The totals as they are now, as a snapshot of their own. */
static struct snapshot *snapshot_copy(struct maker *m, uint64_t sequence)
{
	struct snapshot *s = snapshot_new(m->n_cpus);

	if (!s)
		abort();
	s->sequence = sequence;
	s->mono_ns = m->now->mono_ns;
	s->real_ns = m->now->real_ns;
	s->own_cpu_ns = m->now->own_cpu_ns;
	s->bpf_ns = m->now->bpf_ns;
	s->online = m->now->online;
	for (int t = 0; t < TABLE_COUNT; t++) {
		const struct table *from = &m->now->table[t];

		if (!from->n_rows)
			continue;
		if (snapshot_grow(s, t, from->n_rows))
			abort();
		s->table[t].known = from->known;
		memcpy(s->table[t].values, from->values,
			(size_t)from->n_rows * from->n_columns * from->n_slots * sizeof(uint64_t));
	}
	return s;
}

/* ---- trace lines ---- */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = (uint8_t)value;
}

/* The transport header; returns its length. */
static size_t make_transport(uint8_t *at, bool tcp, uint16_t sport, uint16_t dport, size_t payload,
	uint8_t tcp_flags, uint32_t sequence)
{
	put16(at, sport);
	put16(at + 2, dport);
	if (!tcp) {
		put16(at + 4, 8 + payload);
		return 8;
	}
	put16(at + 4, sequence >> 16);
	put16(at + 6, (uint16_t)sequence);
	at[12] = 8 << 4;
	at[13] = tcp_flags;
	put16(at + 14, 501);
	/* No-operation twice, then timestamps. */
	memcpy(at + 20, "\1\1\x8\xa", 4);
	return 32;
}

struct line {
	bool v6, tcp, out;
	uint8_t tcp_flags;
	uint16_t sport, dport;
	uint8_t host; /* of the far end */
	size_t payload;
};

/* Ethernet, IP and transport headers into the record; sets its lengths and offsets. */
static void make_packet(struct trace_record *record, const struct line *line)
{
	uint8_t *at = record->data, *ip = at + 14;
	size_t ip_length = line->v6 ? 40 : 20;
	size_t transport = make_transport(ip + ip_length, line->tcp, line->sport, line->dport,
		line->payload, line->tcp_flags, record->hash);
	uint8_t protocol = line->tcp ? IPPROTO_TCP : IPPROTO_UDP;

	memcpy(at, "\x52\x54\0\x07\0\1\x52\x54\0\x07\0\2", 12);
	put16(at + 12, line->v6 ? 0x86dd : 0x0800);
	if (line->v6) {
		ip[0] = 6 << 4;
		put16(ip + 4, transport + line->payload);
		ip[6] = protocol;
		ip[7] = 60;
		inet_pton(AF_INET6, line->out ? "2001:db8::9:2" : "2001:db8::3:0", ip + 8);
		inet_pton(AF_INET6, line->out ? "2001:db8::3:0" : "2001:db8::9:2", ip + 24);
		ip[line->out ? 39 : 23] = line->host;
	} else {
		ip[0] = 0x45;
		put16(ip + 2, 20 + transport + line->payload);
		ip[8] = 61;
		ip[9] = protocol;
		memcpy(ip + 12, line->out ? "\x0a\0\x09\2" : "\x0a\0\x03", 4);
		memcpy(ip + 16, line->out ? "\x0a\0\x03" : "\x0a\0\x09\2", 4);
		ip[line->out ? 19 : 15] = line->host;
	}
	record->flags |= RECORD_L2;
	record->protocol = line->v6 ? 0x86dd : 0x0800;
	record->l3_off = 14;
	record->l4_off = 14 + ip_length;
	record->len = 14 + ip_length + transport + line->payload;
	record->snap_len = 14 + ip_length + transport;
}

static struct line make_line(struct maker *m)
{
	static const uint8_t tcp_flags[] = { 0x10, 0x10, 0x18, 0x10, 0x18, 0x02, 0x11, 0x04 };
	static const uint16_t ports[] = { 443, 443, 443, 80, 8443 };
	uint64_t r = next_random(m);
	struct line line = {
		.v6 = r % 50 == 0 || r % 9 == 4,
		.tcp = r / 64 % 5 != 0,
		.tcp_flags = tcp_flags[r >> 16 & 7],
		.sport = 40000 + (r >> 24) % 64 * 331,
		.host = 1 + (r >> 32) % 12,
		.dport = ports[(r >> 40) % 5],
		.payload = (r >> 48) % 3 ? 0 : 1448,
	};

	if (!line.tcp)
		line.dport = (r >> 40) % 5 ? 53 : 5353;
	if (line.tcp_flags & 6)
		line.payload = 0;
	return line;
}

/* How a packet came to the place where it was dropped, from there outwards: by NAPI in a softirq. */
static const struct frame {
	uint64_t address;
	const char *name;
} way_in[] = {
	{ 0xffffffff81b66041, "ip_protocol_deliver_rcu+0xb3" },
	{ 0xffffffff81b660c4, "ip_local_deliver_finish+0x74" },
	{ 0xffffffff81a11a85, "__netif_receive_skb_one_core+0x85" },
	{ 0xffffffff81a121e6, "netif_receive_skb_list_internal+0x1d6" },
	{ 0xffffffff81a12e9e, "napi_complete_done+0x6e" },
	{ 0xffffffffc04a1c2b, "ixgbe_poll+0xb4b [ixgbe]" },
	{ 0xffffffff81a1369b, "__napi_poll+0x2b" },
	{ 0xffffffff81a13c1c, "net_rx_action+0x2ec" },
	{ 0xffffffff810b2f7a, "handle_softirqs+0xca" },
	{ 0xffffffff810b3412, "irq_exit_rcu+0xb2" },
	{ 0xffffffff81e0b4c5, "common_interrupt+0x85" },
	{ 0xffffffff820012a6, "asm_common_interrupt+0x26" },
}, within_tcp[] = {
	{ 0xffffffff81b775fc, "tcp_rcv_established+0x5fc" },
	{ 0xffffffff81b335d2, "tcp_v4_do_rcv+0x142" },
	{ 0xffffffff81b33f0a, "tcp_v4_rcv+0xefa" },
};

enum { N_WAY_IN = sizeof(way_in) / sizeof(way_in[0]), N_WITHIN_TCP = sizeof(within_tcp) / sizeof(within_tcp[0]) };

static void add_frames(struct maker *m, struct stack_record *stack, const struct frame *frame, int n)
{
	for (int i = 0; i < n; i++) {
		symbols_add(m->host->symbols, frame[i].address, frame[i].name);
		stack->frame[stack->n_frames++] = frame[i].address;
	}
}

/* The stack of a packet that was dropped. */
static void pass_stack(struct maker *m, const struct trace_record *record, bool tcp)
{
	struct stack_record stack = {
		.head = trace_details_head(record),
		.n_frames = 1,
		.frame = { record->location },
	};

	stack.head.type = RECORD_STACK;
	stack.head.size = sizeof(stack);
	if (tcp)
		add_frames(m, &stack, within_tcp, N_WITHIN_TCP);
	add_frames(m, &stack, way_in, N_WAY_IN);
	trace_details_add(m->host->details, &stack, sizeof(stack));
}

/* One packet on its way through three probes, or to its end at the place of a drop. */
static void pass_line(struct maker *m, const struct trace_record *record)
{
	struct table *t = &m->now->table[TABLE_LOSS];
	int slot = (int)record->cpu;

	table_values(t, LOSS_SEEN, 0)[slot]++;
	table_values(t, LOSS_DELIVERED, 0)[slot]++;
	m->to.record(m->to.context, record,
		START_REAL_NS + (record->ktime_ns - START_MONO_NS));
}

static void pass_packet(struct maker *m, uint64_t ktime_ns, bool dropped)
{
	static const uint16_t in[] = { 9, 6, 2 }, out[] = { 17, 5, 3 };
	struct line line = make_line(m);
	uint64_t r = next_random(m);
	struct trace_record record = {
		.type = RECORD_PACKET,
		.size = sizeof(record),
		.cpu = r % 3 ? (uint32_t)m->hot : (uint32_t)((r >> 8) % m->n_cpus),
		.skb = UINT64_C(0xffff8881c0ffee00) + (r >> 32 & 0xff) * 0x38,
		.ifindex = ETH0,
		.netns = NETNS,
		.hash = (uint32_t)(r >> 20),
		.queue = 7,
		.ifname = "eth0",
		.comm = "nginx",
		.tgid = 2117,
	};

	line.out = !dropped && r >> 60 & 1;
	if (line.out) {
		uint16_t port = line.sport;

		line.sport = line.dport;
		line.dport = port;
		record.pkt_type = PACKET_OUTGOING;
	}
	record.tid = record.tgid + record.cpu % 8;
	make_packet(&record, &line);
	for (int step = 0; step < (dropped ? 2 : 3); step++) {
		record.ktime_ns = ktime_ns + step * 2300 + (next_random(m) & 511);
		record.probe = line.out ? out[step] : in[step];
		pass_line(m, &record);
	}
	if (!dropped)
		return;
	record.probe = 0;
	record.ktime_ns = ktime_ns + 9100;
	record.location = drops[line.tcp ? 0 : 1].key[0];
	record.reason = (uint32_t)drops[line.tcp ? 0 : 1].key[1];
	record.flags |= RECORD_HAS_LOCATION | RECORD_HAS_REASON;
	pass_line(m, &record);
	pass_stack(m, &record, line.tcp);
}

/* The lines of the second that begins now. */
static void pass_lines(struct maker *m, int second)
{
	int packets = m->lines / 3;

	for (int i = 0; i < packets; i++) {
		uint64_t at = m->now->mono_ns + NS_PER_S / packets * i + next_random(m) % 900000;

		pass_packet(m, at, height(m, second) > 0.9 && i % 4 == 0);
	}
	/* A moment in which the ring was too small, and a line budget that was used up. */
	if (second == m->seconds * 3 / 4)
		table_values(&m->now->table[TABLE_LOSS], LOSS_RING_FULL, 0)[m->hot] += 37;
	if (second == m->seconds * 3 / 4)
		table_values(&m->now->table[TABLE_LOSS], LOSS_SEEN, 0)[m->hot] += 37;
}

static void make_all(struct maker *m)
{
	struct snapshot *previous = NULL;

	for (int second = 0; second <= m->seconds; second++) {
		struct snapshot *s;

		if (second) {
			pass_lines(m, second);
			pass_second(m, second);
		}
		s = snapshot_copy(m, second);
		m->to.snapshot(m->to.context, previous, s);
		snapshot_unref(previous);
		previous = s;
	}
	m->to.end(m->to.context, previous);
	snapshot_unref(previous);
}

static int parse(struct maker *m, int argc, char **argv)
{
	static const struct option words[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'x' },
		{ "lines", required_argument, NULL, 'l' },
		{ "host", required_argument, NULL, 'h' },
		{ "syscalls", required_argument, NULL, 'y' },
		{ 0 },
	};
	int word;

	while ((word = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (word == 'c')
			m->n_cpus = atoi(optarg);
		else if (word == 's')
			m->seconds = atoi(optarg);
		else if (word == 'x')
			m->random = strtoull(optarg, NULL, 10) << 32;
		else if (word == 'l')
			m->lines = atoi(optarg);
		else if (word == 'h')
			m->name = optarg;
		else if (word != 'y' || add_syscalls(m, atoi(optarg)))
			return -1;
	}
	return optind == argc - 1 && m->n_cpus > 0 && m->n_cpus <= CPU_ID_MAX && m->seconds > 0 ?
		       0 : -1;
}

int main(int argc, char **argv)
{
	struct maker m = { .n_cpus = 256, .seconds = 60, .lines = 12, .name = "edge-07",
		.random = UINT64_C(7) << 32 };
	struct recording_options options = { .force = true, .gzip_level = 9 };
	struct recording *recording;
	struct error err = { "" };
	int status;

	memcpy(m.table, tables, sizeof(tables));
	if (parse(&m, argc, argv)) {
		fprintf(stderr, "usage: make-recording [--cpus N] [--seconds S] [--seed X] [--lines N] "
				"[--host NAME] [--syscalls N] FILE.pcapng[.gz]\n");
		return 2;
	}
	m.hot = m.n_cpus > 39 ? 39 : m.n_cpus - 1;
	options.path = argv[optind];
	recording = recording_create(&options, &err, &status);
	if (recording && !make_host(&m) && !make_snapshot(&m) &&
		!recording_start(recording, m.host, true, &err)) {
		m.to = recording_listener(recording);
		make_all(&m);
		recording_finish(recording, &err);
	}
	status = !recording || err.text[0];
	error_print(&err);
	recording_free(recording);
	snapshot_unref(m.now);
	host_free(m.host);
	free(m.calls);
	return status;
}
