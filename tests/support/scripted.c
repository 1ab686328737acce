/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/scripted.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/model/ledger.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "tests/support/made_details.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	TRACED_MAX = 64
};

/* A SCRIPT_TRACE line in force. */
struct traced {
	int row;
	int slot;
	uint64_t per_interval;
	uint64_t made; /* records so far */
};

struct scripted {
	struct source source; /* first */
	struct script copy;
	const struct script *script; /* &copy */
	struct source_ops ops;
	uint64_t sequence; /* of the next snapshot */
	uint64_t prepared; /* snapshots below this have had their rows and lines */
	uint64_t recorded; /* and their records */
	size_t next_line;
	struct snapshot *now;	 /* totals so far */
	struct snapshot *growth; /* per interval */
	struct traced traced[TRACED_MAX];
	int n_traced;
	uint32_t unknown[TABLE_COUNT];
	bool selected[PROBE_MAX];
	bool stall;
	bool fail;
	bool end;
	bool stopped;
	_Atomic uint64_t upto;
	atomic_int released;
	atomic_bool stalled;
};

static void die(const char *what)
{
	fprintf(stderr, "scripted source: %s\n", what);
	abort();
}

static struct scripted *scripted_of(struct source *source)
{
	return (struct scripted *)source;
}

/* ---- the machine ---- */

static const struct script_row machine_rows[] = {
	{TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, 0, .name = "read", .where = "x86_64"},
	{TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, 1, .name = "write", .where = "x86_64"},
	{TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, 47, .name = "recvmsg", .where = "x86_64"},
	{TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, 232, .name = "epoll_wait", .where = "x86_64"},
	{TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, 202, .name = "futex", .where = "x86_64"},
	{TABLE_SYSCALLS, SYSCALL_ABI_COMPAT, 3, .name = "read", .where = "i386"},
	{TABLE_PROBES, 0, 0, PROBE_RX, .name = "netif_receive_skb", .where = ""},
	{TABLE_PROBES, 1, 0, .name = "net_dev_queue", .where = ""},
	{TABLE_PROBES, 2, 0, PROBE_TX, .name = "net_dev_xmit", .where = ""},
	{TABLE_PROBES, 3, 0, PROBE_DROP, .name = "kfree_skb", .where = ""},
	{TABLE_PROBES, 4, 0, PROBE_CONSUME, .name = "consume_skb", .where = ""},
	{TABLE_PROBES, 5, 0, PROBE_ABSENT, .name = "napi_gro_receive_entry",
		.where = "the kernel refused it"},
	{TABLE_INTERFACES, 4026531840, 1, .name = "lo", .where = "netns 4026531840"},
	{TABLE_INTERFACES, 4026531840, 2, .name = "eth0", .where = "netns 4026531840"},
	{TABLE_DROPS, 0xffffffff81000001, 3, PROBE_DROP, .name = "NO_SOCKET",
		.where = "__udp4_lib_rcv+0x3c1"},
	{TABLE_DROPS, 0xffffffff81000002, 33, PROBE_DROP, .name = "TCP_INVALID_SEQUENCE",
		.where = "tcp_validate_incoming+0x1a7"},
	{TABLE_DROPS, 0, REASON_UNKNOWN, PROBE_DROP, .name = "unknown", .where = "unknown"},
	{TABLE_CONSUMED, 0xffffffff81000003, 0, PROBE_CONSUME, .name = "skb_release",
		.where = "skb_release+0x20"},
	{TABLE_CONSUMED, 0xffffffff81000004, 0, PROBE_CONSUME, .name = "tcp_ack",
		.where = "tcp_ack+0x9f4"},
	{TABLE_SOFTIRQ, 0, 0, .name = "TIMER"},
	{TABLE_SOFTIRQ, 1, 0, .name = "NET_TX"},
	{TABLE_SOFTIRQ, 2, 0, .name = "NET_RX"},
	{TABLE_SOFTNET, 0, 0, .name = "processed"},
	{TABLE_SOFTNET, 1, 0, .name = "dropped"},
	{TABLE_SOFTNET, 2, 0, .name = "time_squeeze"},
};

struct script script_machine(int n_cpus, int n_nodes)
{
	return (struct script){
		.n_cpus = n_cpus,
		.n_nodes = n_nodes,
		.rows = machine_rows,
		.n_rows = sizeof(machine_rows) / sizeof(machine_rows[0]),
	};
}

static void place_cpus(struct host *host, const struct script *script)
{
	struct cpu_place *place = calloc(script->n_cpus, sizeof(*place));
	int n_nodes = script->n_nodes > 0 ? script->n_nodes : 1;

	if (!place)
		die("no memory");
	for (int slot = 0; slot < script->n_cpus; slot++) {
		int id = script->cpu_ids ? script->cpu_ids[slot] : slot;
		int node = slot * n_nodes / script->n_cpus;
		int first = (node * script->n_cpus + n_nodes - 1) / n_nodes;

		place[slot] = (struct cpu_place){
			.id = id,
			.node = node,
			.core = id,
			.llc = script->cpu_ids ? script->cpu_ids[first] : first,
		};
	}
	if (topology_set(&host->topology, place, script->n_cpus))
		die("the script's CPUs are not ascending ids");
	free(place);
}

/* Adds the rows that are due at snapshot `sequence`, and gives them room. */
static void add_rows(struct scripted *s, uint64_t sequence)
{
	struct catalog *catalog = s->source.host->catalog;

	for (size_t i = 0; i < s->script->n_rows; i++) {
		const struct script_row *r = &s->script->rows[i];
		const struct row row = {{r->key0, r->key1}, r->flags, r->name, r->where};

		if (r->at == sequence && catalog_add(catalog, r->table, &row) < 0)
			die("no memory");
	}
	for (int t = 0; t < TABLE_COUNT; t++)
		if (snapshot_grow(s->now, t, catalog_count(catalog, t)) ||
			snapshot_grow(s->growth, t, catalog_count(catalog, t)))
			die("no memory");
}

/* ---- lines ---- */

/* First and one past the last slot that a line means. */
static void slots_of(const struct scripted *s, int cpu, int *first, int *end)
{
	int n_cpus = s->script->n_cpus;

	*first = cpu == SCRIPT_ALL_CPUS ? 0
		 : cpu == SCRIPT_NO_CPU ? n_cpus
					: topology_slot(&s->source.host->topology, cpu);
	*end = cpu == SCRIPT_ALL_CPUS ? n_cpus : *first + 1;
	if (*first < 0)
		die("a line names a CPU that the machine does not have");
}

static void set_values(struct scripted *s, const struct script_line *line, struct snapshot *into)
{
	struct table *t = &into->table[line->table];
	uint64_t *values;
	int first, end;

	if (line->row >= t->n_rows || line->column >= t->n_columns)
		die("a line names a row or column that is not there");
	values = table_values(t, line->row, line->column);
	slots_of(s, line->verb == SCRIPT_RAMP ? SCRIPT_ALL_CPUS : line->cpu, &first, &end);
	for (int slot = first; slot < end; slot++) {
		if (line->verb == SCRIPT_RAMP)
			values[slot] = line->value * (slot + 1) / s->script->n_cpus;
		else if (line->verb == SCRIPT_ADD)
			values[slot] += line->value;
		else
			values[slot] = line->value;
	}
}

static void trace(struct scripted *s, const struct script_line *line)
{
	int first, end;

	slots_of(s, line->cpu, &first, &end);
	for (int slot = first; slot < end; slot++) {
		int i = 0;

		while (i < s->n_traced &&
			(s->traced[i].row != line->row || s->traced[i].slot != slot))
			i++;
		if (i == TRACED_MAX)
			die("too many probes and CPUs are traced");
		s->traced[i].row = line->row;
		s->traced[i].slot = slot;
		s->traced[i].per_interval = line->value;
		if (i == s->n_traced)
			s->n_traced++;
	}
}

static void set_online(struct scripted *s, int cpu, bool on)
{
	uint64_t *word = &s->now->online.word[cpu / 64];

	if (topology_slot(&s->source.host->topology, cpu) < 0)
		die("a line names a CPU that the machine does not have");
	*word = on ? *word | UINT64_C(1) << cpu % 64 : *word & ~(UINT64_C(1) << cpu % 64);
}

static void follow(struct scripted *s, const struct script_line *line)
{
	switch (line->verb) {
	case SCRIPT_GROW:
	case SCRIPT_RAMP:
		set_values(s, line, s->growth);
		break;
	case SCRIPT_ADD:
		set_values(s, line, s->now);
		break;
	case SCRIPT_TRACE:
		trace(s, line);
		break;
	case SCRIPT_OFFLINE:
	case SCRIPT_ONLINE:
		set_online(s, line->cpu, line->verb == SCRIPT_ONLINE);
		break;
	case SCRIPT_UNKNOWN:
		s->unknown[line->table] |= 1u << line->column;
		break;
	case SCRIPT_KNOWN:
		s->unknown[line->table] &= ~(1u << line->column);
		break;
	case SCRIPT_STALL:
		s->stall = true;
		break;
	case SCRIPT_FAIL:
		s->fail = true;
		break;
	case SCRIPT_END:
		s->end = true;
		break;
	}
}

static void follow_lines(struct scripted *s)
{
	const struct script *script = s->script;

	while (s->next_line < script->n_lines && script->lines[s->next_line].at <= s->sequence)
		follow(s, &script->lines[s->next_line++]);
}

/* ---- growing ---- */

static bool slot_moves(const struct scripted *s, int slot)
{
	return slot == s->script->n_cpus ||
	       cpus_has(&s->now->online, s->source.host->topology.cpu[slot].id);
}

static void grow(struct scripted *s)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		struct table *now = &s->now->table[t];
		const struct table *more = &s->growth->table[t];
		size_t n = (size_t)now->n_rows * now->n_columns * now->n_slots;

		for (size_t i = 0; i < n; i++)
			if (slot_moves(s, i % now->n_slots))
				now->values[i] += more->values[i];
	}
}

/* What was seen is what became of it. */
static void balance(struct scripted *s)
{
	static const enum loss_cause fates[] = {
		LOSS_DELIVERED, LOSS_RING_FULL, LOSS_RATE_LIMITED, LOSS_FILTERED_OUT};
	struct table *t = &s->now->table[TABLE_LOSS];

	for (int slot = 0; slot < t->n_slots; slot++) {
		uint64_t seen = 0;

		for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
			seen += table_values(t, fates[i], 0)[slot];
		table_values(t, LOSS_SEEN, 0)[slot] = seen;
	}
}

static uint64_t since_start(const struct scripted *s, uint64_t sequence)
{
	return sequence * (s->script->interval_ns ? s->script->interval_ns : NS_PER_S);
}

static struct snapshot *copy_of_now(struct scripted *s)
{
	struct snapshot *copy = snapshot_new(s->script->n_cpus);

	if (!copy)
		die("no memory");
	copy->sequence = s->sequence;
	copy->mono_ns = s->script->own_clock ? clock_ns(CLOCK_MONOTONIC)
					     : SCRIPT_MONO_NS + since_start(s, s->sequence);
	copy->real_ns = s->script->own_clock ? clock_ns(CLOCK_REALTIME)
					     : SCRIPT_REAL_NS + since_start(s, s->sequence);
	copy->online = s->now->online;
	copy->own_cpu_ns = since_start(s, s->sequence) / 100;
	for (int t = 0; t < TABLE_COUNT; t++) {
		const struct table *from = &s->now->table[t];
		struct table *to = &copy->table[t];

		if (snapshot_grow(copy, t, from->n_rows))
			die("no memory");
		if (from->n_rows)
			memcpy(to->values, from->values,
				(size_t)to->n_rows * to->n_columns * to->n_slots *
					sizeof(*to->values));
		to->known = ((1u << to->n_columns) - 1) & ~s->unknown[t];
	}
	/* What has to be asked for. */
	if (!copy->table[TABLE_FUNCTIONS].n_rows)
		copy->table[TABLE_FUNCTIONS].known = 0;
	if (!copy->table[TABLE_INSIDE].n_rows)
		copy->table[TABLE_INSIDE].known = 0;
	if (!copy->table[TABLE_PROGRAMS].n_rows)
		copy->table[TABLE_PROGRAMS].known = 0;
	copy->table[TABLE_LOSS].known |= LEDGER_KNOWS_MISSED;
	return copy;
}

/* ---- records ---- */

enum {
	ETHERNET = 14,
	IPV4 = 20,
	TCP = 20,
	LENGTH_MIN = ETHERNET + IPV4 + TCP,
	LENGTHS = 1448,
};

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_ipv4(uint8_t *ip, uint32_t cpu, uint32_t length, uint64_t n)
{
	const uint8_t addresses[8] = {10, 0, 3, (uint8_t)cpu, 10, 0, 9, 2};
	uint32_t sum = 0;

	ip[0] = 0x45;
	put16(ip + 2, length);
	put16(ip + 4, (uint32_t)n);
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, addresses, sizeof(addresses));
	for (int i = 0; i < IPV4; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~sum);
}

static void put_tcp(uint8_t *tcp, uint64_t n)
{
	static const uint8_t flags[] = {0x02, 0x12, 0x10, 0x18, 0x10, 0x18, 0x11};

	put16(tcp, 51514);
	put16(tcp + 2, 443);
	put16(tcp + 6, (uint32_t)n);
	tcp[12] = TCP / 4 << 4;
	tcp[13] = flags[n % sizeof(flags)];
	put16(tcp + 14, 65535);
}

void scripted_record(struct trace_record *record, uint32_t cpu, int probe, uint64_t n)
{
	static const uint8_t ethernet[ETHERNET] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
	uint32_t length = LENGTH_MIN + n * 37 % LENGTHS;

	memset(record, 0, sizeof(*record));
	record->type = RECORD_PACKET;
	record->size = sizeof(*record);
	record->cpu = cpu;
	record->skb = UINT64_C(0xffff8881c0ffe000) + n % 64 * 256;
	record->reason = REASON_UNKNOWN;
	record->len = length - ETHERNET;
	record->ifindex = 2;
	record->netns = 4026531840;
	record->tgid = 1000 + cpu;
	record->tid = 1000 + cpu;
	record->probe = (uint16_t)probe;
	record->protocol = 0x0800;
	record->flags = RECORD_L2;
	record->data_off = ETHERNET;
	record->l3_off = ETHERNET;
	record->l4_off = ETHERNET + IPV4;
	record->snap_len = length < ABI_SNAP_MAX ? length : ABI_SNAP_MAX;
	snprintf(record->comm, sizeof(record->comm), "worker/%u", cpu);
	snprintf(record->ifname, sizeof(record->ifname), "eth0");
	memcpy(record->data, ethernet, sizeof(ethernet));
	put_ipv4(record->data + ETHERNET, cpu, length - ETHERNET, n);
	put_tcp(record->data + ETHERNET + IPV4, n);
}

/* A dropped packet's record says where and why: as the first row of the drops does. */
static void add_fate(const struct scripted *s, struct trace_record *record)
{
	const struct catalog *catalog = s->source.host->catalog;
	const struct row *drop;

	if (!(catalog_row(catalog, TABLE_PROBES, record->probe)->flags & PROBE_DROP) ||
		!catalog_count(catalog, TABLE_DROPS))
		return;
	drop = catalog_row(catalog, TABLE_DROPS, 0);
	record->location = drop->key[0];
	record->reason = (uint32_t)drop->key[1];
	record->flags |= RECORD_HAS_LOCATION | RECORD_HAS_REASON;
}

/* The turn-th of `turns` records of this interval, spread evenly over it. */
static void make_record(struct scripted *s, struct traced *traced, uint64_t turn, uint64_t turns,
	record_sink sink, void *context)
{
	uint64_t interval = since_start(s, 1);
	uint64_t ago = interval - (uint64_t)((double)interval * (turn + 1) / (turns + 1));
	uint64_t mono = s->script->own_clock ? clock_ns(CLOCK_MONOTONIC)
					     : SCRIPT_MONO_NS + since_start(s, s->sequence) - ago;
	uint64_t real = s->script->own_clock ? clock_ns(CLOCK_REALTIME)
					     : SCRIPT_REAL_NS + since_start(s, s->sequence) - ago;
	struct trace_record record;

	scripted_record(
		&record, s->source.host->topology.cpu[traced->slot].id, traced->row, traced->made);
	record.ktime_ns = mono;
	add_fate(s, &record);
	if (s->script->record)
		s->script->record(s->script->context, &record, traced->made);
	traced->made++;
	table_values(&s->now->table[TABLE_LOSS], LOSS_DELIVERED, 0)[traced->slot]++;
	sink(context, &record, real);
	if (s->script->details)
		made_details_add(s->source.host, &record);
}

static bool records_now(const struct scripted *s, const struct traced *traced, uint64_t round)
{
	return round < traced->per_interval && slot_moves(s, traced->slot) &&
	       (s->script->trace_all || s->selected[traced->row]);
}

/* One round hands out one record of each probe and CPU that still has some. */
static int hand_out(struct scripted *s, record_sink sink, void *context)
{
	uint64_t rounds = 0, turns;
	int n = 0;

	for (int i = 0; i < s->n_traced; i++)
		if (s->traced[i].per_interval > rounds)
			rounds = s->traced[i].per_interval;
	turns = rounds * s->n_traced;
	for (uint64_t turn = 0; turn < turns; turn++) {
		struct traced *traced = &s->traced[turn % s->n_traced];

		if (!records_now(s, traced, turn / s->n_traced))
			continue;
		make_record(s, traced, turn, turns, sink, context);
		n++;
	}
	return n;
}

/* ---- operations ---- */

static bool held_back(const struct scripted *s)
{
	return !s->script->paced && s->sequence >= atomic_load(&s->upto);
}

static void prepare(struct scripted *s)
{
	if (s->prepared > s->sequence)
		return;
	add_rows(s, s->sequence);
	follow_lines(s);
	s->prepared = s->sequence + 1;
}

static void stall(struct scripted *s)
{
	s->stall = false;
	atomic_store(&s->stalled, true);
	while (!atomic_load(&s->released))
		usleep(1000);
	atomic_fetch_sub(&s->released, 1);
	atomic_store(&s->stalled, false);
}

static int op_sample(struct source *source, struct snapshot **out, struct error *err)
{
	struct scripted *s = scripted_of(source);

	*out = NULL;
	if (!s->stopped) {
		if (held_back(s))
			return -EAGAIN;
		prepare(s);
		if (s->stall)
			stall(s);
		if (s->fail) {
			s->fail = false;
			return error_set(err, -EIO, "the script says so");
		}
		if (s->end)
			return -ENODATA;
		if (s->sequence)
			grow(s);
	}
	balance(s);
	*out = copy_of_now(s);
	s->sequence++;
	return 0;
}

static int op_drain(struct source *source, record_sink sink, void *context)
{
	struct scripted *s = scripted_of(source);

	if (s->stopped || held_back(s))
		return 0;
	prepare(s);
	if (s->end || !s->sequence || s->recorded > s->sequence)
		return 0;
	s->recorded = s->sequence + 1;
	return hand_out(s, sink, context);
}

static int op_select(struct source *source, enum table_id table, int row, bool on)
{
	struct scripted *s = scripted_of(source);
	const struct catalog *catalog = source->host->catalog;

	if (table != TABLE_PROBES || row < 0 || row >= catalog_count(catalog, table) ||
		catalog_row(catalog, table, row)->flags & PROBE_ABSENT)
		return -EINVAL;
	s->selected[row] = on;
	return 0;
}

static int op_want_errors(struct source *source, bool on)
{
	const struct script_line line = {.verb = on ? SCRIPT_KNOWN : SCRIPT_UNKNOWN,
		.table = TABLE_SYSCALLS,
		.column = SYSCALL_ERRORS};

	follow(scripted_of(source), &line);
	return 0;
}

static int op_stop(struct source *source)
{
	scripted_of(source)->stopped = true;
	return 0;
}

static void op_close(struct source *source)
{
	struct scripted *s = scripted_of(source);

	snapshot_unref(s->now);
	snapshot_unref(s->growth);
	host_free(s->source.host);
	free(s);
}

/* ---- from the test ---- */

static void name_addresses(struct host *host, const struct script *script)
{
	for (size_t i = 0; i < script->n_rows; i++) {
		const struct script_row *row = &script->rows[i];

		if (row->table != TABLE_DROPS && row->table != TABLE_CONSUMED)
			continue;
		if (row->key0 && symbols_add(host->symbols, row->key0, row->where) < 0)
			die("no memory");
		if (row->table == TABLE_DROPS && row->key1 != REASON_UNKNOWN &&
			reasons_add(host->reasons, (uint32_t)row->key1, row->name))
			die("no memory");
	}
}

static struct host *make_host(const struct script *script)
{
	struct host *host = host_new();

	if (!host || ledger_catalog(host->catalog))
		die("no memory");
	snprintf(host->name, sizeof(host->name), "edge-07");
	snprintf(host->release, sizeof(host->release), "6.18.0");
	snprintf(host->narrowed, sizeof(host->narrowed), "%s", script->narrowed ? script->narrowed : "");
	snprintf(host->functions_note, sizeof(host->functions_note),
		"no function probes: this kernel is built without kprobes; its skb tracepoints are "
		"shown");
	place_cpus(host, script);
	name_addresses(host, script);
	if (script->details && symbols_add(host->symbols, MADE_INNERMOST, "made_inner+0x10") < 0)
		die("no memory");
	host->skb_layout = script->details ? made_skb_layout() : NULL;
	return host;
}

struct source *scripted_open(const struct script *script)
{
	struct scripted *s = calloc(1, sizeof(*s));

	if (!s)
		die("no memory");
	s->copy = *script;
	s->script = &s->copy;
	s->ops = (struct source_ops){
		.name = script->name ? script->name : "LIVE",
		.paced = script->paced,
		.sample = op_sample,
		.drain = op_drain,
		.select = op_select,
		.want_errors = op_want_errors,
		.stop = op_stop,
		.close = op_close,
	};
	s->source.ops = &s->ops;
	s->source.host = make_host(script);
	s->now = snapshot_new(script->n_cpus);
	s->growth = snapshot_new(script->n_cpus);
	if (!s->now || !s->growth)
		die("no memory");
	for (int slot = 0; slot < script->n_cpus; slot++)
		cpus_add(&s->now->online, s->source.host->topology.cpu[slot].id);
	s->unknown[TABLE_SYSCALLS] = 1u << SYSCALL_ERRORS;
	atomic_init(&s->upto, UINT64_MAX);
	add_rows(s, 0);
	return &s->source;
}

void scripted_go(struct source *source, uint64_t upto)
{
	atomic_store(&scripted_of(source)->upto, upto);
}

void scripted_release(struct source *source)
{
	atomic_fetch_add(&scripted_of(source)->released, 1);
}

bool scripted_stalled(const struct source *source)
{
	return atomic_load(&((const struct scripted *)source)->stalled);
}

struct snapshot *scripted_next(struct source *source)
{
	struct snapshot *snapshot = NULL;
	struct error err = {""};
	int ret = source->ops->sample(source, &snapshot, &err);

	if (ret && ret != -ENODATA)
		die(err.text);
	return snapshot;
}

bool scripted_wait(const struct collector *collector, uint64_t n)
{
	enum {
		TRIES = 10000
	};

	for (int i = 0; i < TRIES; i++) {
		if (history_range(collector_history(collector)).end >= n)
			return true;
		if (collector_ended((struct collector *)collector, NULL))
			return false;
		usleep(1000);
	}
	return false;
}
