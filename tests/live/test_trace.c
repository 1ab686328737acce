/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace records under load from every CPU: each one is whole and belongs to one packet, and
 * together with the losses that were counted they are as many as the packets that were sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/model/ledger.h"
#include "tests/support/generator.h"
#include "tests/support/live.h"

enum {
	CPUS_MAX = TEST_NET_FLOWS,
	PROBES_MAX = 4,
	ROUND = 510000, /* packets per CPU */
	FEW = 60000,
	RECORDS = 5000000,
	ROUNDS_MAX = 12,
	BIG_RING = 256 << 20,
	TINY_RING = 64 << 10,
	SLEEP_US = 20000
};

/* One round: what is sent, and what is heard of it. */
struct round {
	struct test_net net;
	const struct test_netns *netns; /* whose probes are traced */
	const char *ifname;
	int n_probes;
	int probe[PROBES_MAX];
	int cpus[CPUS_MAX];
	pid_t child[CPUS_MAX];
	int n;		  /* CPUs, and flows */
	uint64_t packets; /* per flow */
	uint64_t records[PROBES_MAX];
	uint64_t next[PROBES_MAX][CPUS_MAX]; /* lowest sequence number that may come */
	unsigned int sleep_us;		     /* of the reader, between drains */
	uint64_t torn;
	char why[256]; /* of the first torn record */
};

/* ---- one record ---- */

/* What the headers in the record's bytes say; false if they are none. */
struct heads {
	uint32_t saddr;
	uint32_t daddr;
	uint16_t sport;
	uint16_t dport;
	size_t length; /* of the payload, as UDP says */
	const uint8_t *payload;
	size_t snapped; /* bytes of it that are in the record */
};

static const char *read_heads(const struct trace_record *r, struct heads *heads)
{
	const uint8_t *end = r->data + r->snap_len;
	struct iphdr ip;
	struct udphdr udp;

	if (r->flags & RECORD_NO_BYTES || r->data + r->l3_off + sizeof(ip) + sizeof(udp) > end)
		return "bytes missing";
	memcpy(&ip, r->data + r->l3_off, sizeof(ip));
	memcpy(&udp, r->data + r->l3_off + sizeof(ip), sizeof(udp));
	if (ip.version != 4 || ip.ihl != 5 || ip.protocol != IPPROTO_UDP)
		return "IP header";
	if (r->l4_off && r->l4_off != r->l3_off + sizeof(ip))
		return "transport offset";
	if ((uint32_t)(r->len + r->data_off - r->l3_off) != ntohs(ip.tot_len) ||
		ntohs(ip.tot_len) != ntohs(udp.len) + sizeof(ip))
		return "lengths";
	heads->saddr = ntohl(ip.saddr);
	heads->daddr = ntohl(ip.daddr);
	heads->sport = ntohs(udp.source);
	heads->dport = ntohs(udp.dest);
	heads->length = ntohs(udp.len) - sizeof(udp);
	heads->payload = r->data + r->l3_off + sizeof(ip) + sizeof(udp);
	heads->snapped = end - heads->payload;
	if (heads->snapped > heads->length)
		return "more bytes than the packet has";
	return NULL;
}

static int place_of(const struct round *round, const struct trace_record *record)
{
	for (int i = 0; i < round->n_probes; i++)
		if (round->probe[i] == record->probe)
			return i;
	return -1;
}

/* The flow's packets pass a probe in the order they were sent: a record may be lost, not repeated.
 */
static const char *check_order(
	struct round *round, int place, const struct trace_record *r, const struct flood_payload *p)
{
	if (p->flow >= (uint32_t)round->n || p->sequence >= round->packets)
		return "flow or sequence number";
	if (p->cpu != r->cpu || round->cpus[p->flow] != p->cpu)
		return "CPU";
	if (p->sequence < round->next[place][p->flow])
		return "order";
	round->next[place][p->flow] = p->sequence + 1;
	return NULL;
}

static const char *check_record(struct round *round, const struct trace_record *r)
{
	struct flood_payload payload;
	struct heads heads;
	int place = place_of(round, r);
	const char *why;

	if (place < 0)
		return "probe";
	round->records[place]++;
	if (r->netns != round->netns->inode || r->ifindex != round->netns->ifindex ||
		strcmp(r->ifname, round->ifname) != 0)
		return "interface";
	if (r->protocol != 0x0800 || r->type != RECORD_PACKET || r->size != sizeof(*r))
		return "type";
	if (strnlen(r->comm, sizeof(r->comm)) == sizeof(r->comm))
		return "comm";
	why = read_heads(r, &heads);
	if (!why)
		why = flood_check(heads.payload, heads.snapped, heads.length, heads.saddr,
			heads.daddr, heads.sport, heads.dport, &payload);
	return why ? why : check_order(round, place, r, &payload);
}

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct round *round = context;
	const char *why = check_record(round, record);

	(void)real_ns;
	if (!why)
		return;
	if (!round->torn++)
		snprintf(round->why, sizeof(round->why), "%s (probe %d, CPU %u, skb %llx)", why,
			record->probe, record->cpu, (unsigned long long)record->skb);
}

/* ---- one round ---- */

static void start_senders(struct round *round)
{
	int *go = process_shared(sizeof(*go));

	for (int i = 0; i < round->n; i++) {
		const struct flood flood = {
			.net = &round->net,
			.packets = round->packets,
			.flow = i,
			.cpu = round->cpus[i],
		};

		round->child[i] = flood_spawn(&flood, go);
	}
	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
}

static bool all_ended(struct round *round)
{
	bool ended = true;

	for (int i = 0; i < round->n; i++) {
		int status;

		if (!round->child[i])
			continue;
		if (waitpid(round->child[i], &status, WNOHANG) == round->child[i]) {
			assert_int_equal(status, 0);
			round->child[i] = 0;
		} else {
			ended = false;
		}
	}
	return ended;
}

static int drain(struct round *round, struct source *source)
{
	int n = source->ops->drain(source, on_record, round);

	assert_true(n >= 0);
	return n;
}

/* Reads while they send, then to the end. */
static void hear(struct round *round, struct source *source)
{
	while (!all_ended(round)) {
		int n = drain(round, source);

		if (round->sleep_us)
			usleep(round->sleep_us);
		else if (!n)
			usleep(500);
	}
	assert_int_equal(source->ops->stop(source), 0);
	while (drain(round, source))
		;
}

/* What each probe counted, its records and what the books say must be the same number. */
static struct ledger_sums balance(const struct round *round, const struct snapshot *snapshot)
{
	struct ledger_sums sums = ledger_sum(snapshot);
	uint64_t counted = 0, heard = 0;

	for (int i = 0; i < round->n_probes; i++) {
		counted +=
			table_sum(&snapshot->table[TABLE_PROBES], round->probe[i], COUNT_PACKETS);
		heard += round->records[i];
	}
	assert_true(sums.balanced);
	/* What is narrowed away (others' packets, too) is seen at these probes, and not counted. */
	assert_int_equal(sums.of[LOSS_SEEN], counted + sums.of[LOSS_FILTERED_OUT]);
	assert_int_equal(sums.of[LOSS_DELIVERED], heard);
	assert_int_equal(sums.of[LOSS_MALFORMED], 0);
	assert_int_equal(sums.of[LOSS_MISSED], 0);
	if (round->torn)
		fail_msg("%ju of %ju records are torn; the first: %s", (uintmax_t)round->torn,
			(uintmax_t)heard, round->why);
	return sums;
}

/* On the sending side no packet can get lost before the probe: seen is what was sent, per CPU. */
static void assert_seen_is_sent(
	const struct round *round, const struct source *source, const struct snapshot *snapshot)
{
	const struct table *loss = &snapshot->table[TABLE_LOSS];

	for (int i = 0; i < round->n; i++) {
		int slot = live_slot(source, round->cpus[i]);

		assert_int_equal(table_at(loss, LOSS_SEEN, 0, slot) -
					 table_at(loss, LOSS_FILTERED_OUT, 0, slot),
			round->packets * round->n_probes);
	}
}

/* The books of one round; probes end with NULL. */
static struct ledger_sums run(
	struct round *round, struct live_options options, const char *const *probes)
{
	struct snapshot *snapshot;
	struct ledger_sums sums;
	struct source *source;
	bool sending;

	test_net_make(&round->net);
	sending = probes[0] == strstr(probes[0], "net_dev_");
	round->netns = sending ? &round->net.sender : &round->net.receiver;
	round->ifname = sending ? TEST_NET_SENDER_IF : TEST_NET_RECEIVER_IF;
	round->n = process_cpus(round->cpus, CPUS_MAX);
	options.narrow.netns = round->netns->inode;
	source = live_open(&options);
	for (; probes[round->n_probes]; round->n_probes++) {
		round->probe[round->n_probes] = live_probe(source, probes[round->n_probes]);
		live_trace(source, probes[round->n_probes]);
	}
	start_senders(round);
	hear(round, source);
	snapshot = live_take(source);
	sums = balance(round, snapshot);
	if (sending)
		assert_seen_is_sent(round, source, snapshot);
	snapshot_unref(snapshot);
	source_close(source);
	test_net_remove(&round->net);
	return sums;
}

/* ---- tests ---- */

static const char *const sending[] = {"net_dev_queue", "net_dev_start_xmit", NULL};
static const char *const receiving[] = {"netif_rx", "netif_receive_skb", "kfree_skb", NULL};

static void test_no_torn_record(void **state)
{
	uint64_t delivered = 0, lost = 0;

	(void)state;
	for (int i = 0; i < ROUNDS_MAX && delivered < RECORDS; i++) {
		struct round *round = calloc(1, sizeof(*round));
		struct ledger_sums sums;

		round->packets = ROUND;
		sums = run(round, (struct live_options){.ring_bytes = BIG_RING},
			i % 2 ? receiving : sending);
		delivered += sums.of[LOSS_DELIVERED];
		lost += sums.of[LOSS_RING_FULL];
		free(round);
	}
	print_message("# %ju records, %ju did not fit into the ring\n", (uintmax_t)delivered,
		(uintmax_t)lost);
	assert_true(delivered >= RECORDS);
}

/* Most records find no room; each of them is counted, and those that did are whole. */
static void test_tiny_ring_and_sleepy_reader(void **state)
{
	struct round *round = calloc(1, sizeof(*round));
	struct ledger_sums sums;

	(void)state;
	round->packets = FEW;
	round->sleep_us = SLEEP_US;
	sums = run(round, (struct live_options){.ring_bytes = TINY_RING}, sending);
	assert_true(sums.of[LOSS_RING_FULL] > 0);
	assert_true(sums.of[LOSS_DELIVERED] > 0);
	assert_int_equal(sums.of[LOSS_RATE_LIMITED], 0);
	free(round);
}

/* A cap on lines: what it holds back is counted, and never let through more than it says. */
static void test_rate_limit(void **state)
{
	struct round *round = calloc(1, sizeof(*round));
	struct ledger_sums sums;

	(void)state;
	round->packets = FEW;
	sums = run(
		round, (struct live_options){.ring_bytes = BIG_RING, .trace_rate = 1000}, sending);
	assert_int_equal(sums.of[LOSS_RING_FULL], 0);
	assert_true(sums.of[LOSS_RATE_LIMITED] > 0);
	assert_true(sums.of[LOSS_DELIVERED] > 0);
	free(round);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_torn_record),
		cmocka_unit_test(test_tiny_ring_and_sleepy_reader),
		cmocka_unit_test(test_rate_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
