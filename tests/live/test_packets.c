/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets over a veth pair are counted exactly, at each tracepoint they pass, per CPU and
 * interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/generator.h"
#include "tests/support/live.h"

enum {
	CPUS_MAX = TEST_NET_FLOWS,
	PACKETS = 1000000,
	FEW = 20000,
	ETHERNET = 14
};

/* One flow per CPU, PACKETS in all, not the same number each. */
struct load {
	struct test_net net;
	int cpus[CPUS_MAX];
	int n;
	struct flood flood[CPUS_MAX];
	uint64_t *packets; /* per slot */
	uint64_t *bytes;   /* Ethernet headers included */
	uint64_t *ip_bytes;
};

static int set_up_load(void **state, uint64_t left)
{
	struct load *load = calloc(1, sizeof(*load));

	test_net_make(&load->net);
	load->n = process_cpus(load->cpus, CPUS_MAX);
	for (int i = 0; i < load->n; i++) {
		uint64_t share = i + 1 < load->n ? left * 2 / 5 : left;

		load->flood[i] = (struct flood){
			.net = &load->net,
			.packets = share,
			.flow = i,
			.cpu = load->cpus[i],
			.lockstep = true,
		};
		left -= share;
	}
	*state = load;
	return 0;
}

static int set_up(void **state)
{
	return set_up_load(state, test_share(PACKETS));
}

static int set_up_few(void **state)
{
	return set_up_load(state, test_share(FEW));
}

static int tear_down(void **state)
{
	struct load *load = *state;

	test_net_remove(&load->net);
	free(load->packets);
	free(load->bytes);
	free(load->ip_bytes);
	free(load);
	return 0;
}

static void send_all(struct load *load)
{
	int *go = process_shared(sizeof(*go));
	pid_t child[CPUS_MAX];

	for (int i = 0; i < load->n; i++)
		child[i] = flood_spawn(&load->flood[i], go);
	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
	for (int i = 0; i < load->n; i++)
		assert_int_equal(process_wait(child[i]), 0);
}

/* What each slot must show. */
static void expect(struct load *load, const struct source *source)
{
	int n_cpus = source->host->topology.n_cpus;

	load->packets = calloc(n_cpus, sizeof(uint64_t));
	load->bytes = calloc(n_cpus, sizeof(uint64_t));
	load->ip_bytes = calloc(n_cpus, sizeof(uint64_t));
	for (int i = 0; i < load->n; i++) {
		int slot = live_slot(source, load->cpus[i]);

		load->packets[slot] = load->flood[i].packets;
		load->bytes[slot] = flood_bytes(load->flood[i].packets);
		load->ip_bytes[slot] = load->bytes[slot] - ETHERNET * load->packets[slot];
	}
}

static void assert_probe(const struct load *load, const struct source *source,
	const struct snapshot *older, const struct snapshot *newer, const char *probe,
	const uint64_t *bytes)
{
	int row = live_probe(source, probe);

	live_assert_growth(probe, older, newer, TABLE_PROBES, row, COUNT_PACKETS, load->packets);
	live_assert_growth(probe, older, newer, TABLE_PROBES, row, COUNT_BYTES, bytes);
}

static struct source *open_in(const struct test_netns *netns)
{
	const struct live_options options = {.narrow.netns = netns->inode};

	return live_open(&options);
}

static void assert_interface(const struct source *source, const struct snapshot *older,
	const struct snapshot *newer, const struct test_netns *netns,
	const uint64_t *const *columns)
{
	int row =
		catalog_find(source->host->catalog, TABLE_INTERFACES, netns->inode, netns->ifindex);

	assert_true(row >= 0);
	for (int column = 0; column < 4; column++)
		live_assert_growth(table_schema(TABLE_INTERFACES)->column[column], older, newer,
			TABLE_INTERFACES, row, column, columns[column]);
}

/* Two sources at once, one for each end: what one namespace does is not seen in the other. */
static void test_a_million(void **state)
{
	struct load *load = *state;
	struct source *tx = open_in(&load->net.sender), *rx = open_in(&load->net.receiver);
	struct snapshot *tx_before = live_take(tx), *rx_before = live_take(rx), *tx_after,
			*rx_after;
	uint64_t *none = calloc(tx_before->n_cpus, sizeof(*none));

	expect(load, tx);
	send_all(load);
	tx_after = live_take(tx);
	rx_after = live_take(rx);
	assert_probe(load, tx, tx_before, tx_after, "net_dev_queue", load->bytes);
	assert_probe(load, tx, tx_before, tx_after, "net_dev_start_xmit", load->bytes);
	assert_probe(load, tx, tx_before, tx_after, "net_dev_xmit", load->bytes);
	assert_probe(load, rx, rx_before, rx_after, "netif_rx", load->ip_bytes);
	assert_probe(load, rx, rx_before, rx_after, "netif_receive_skb", load->ip_bytes);
	live_assert_growth("received in the sender's namespace", tx_before, tx_after, TABLE_PROBES,
		live_probe(tx, "netif_receive_skb"), COUNT_PACKETS, none);
	live_assert_growth("sent in the receiver's namespace", rx_before, rx_after, TABLE_PROBES,
		live_probe(rx, "net_dev_queue"), COUNT_PACKETS, none);
	assert_interface(tx, tx_before, tx_after, &load->net.sender,
		(const uint64_t *[]){none, none, load->packets, load->bytes});
	assert_interface(rx, rx_before, rx_after, &load->net.receiver,
		(const uint64_t *[]){load->packets, load->ip_bytes, none, none});
	assert_int_equal(rx_after->table[TABLE_INTERFACES].n_rows, 1);
	assert_int_equal(tx_after->table[TABLE_INTERFACES].n_rows, 1);
	free(none);
	snapshot_unref(tx_before);
	snapshot_unref(rx_before);
	snapshot_unref(tx_after);
	snapshot_unref(rx_after);
	source_close(tx);
	source_close(rx);
}

/* ---- narrowed further ---- */

/* Of what was sent, only what one CPU did, only through one interface, or nothing at all. */
static void test_narrowed(void **state)
{
	struct load *load = *state;
	int last = load->n - 1;
	struct live_options cpu = {.narrow.netns = load->net.receiver.inode, .narrow.use_cpus = 1};
	struct live_options dev = {.narrow.netns = load->net.sender.inode, .narrow.use_ifname = 1};
	struct live_options other = dev;
	struct source *by_cpu, *by_dev, *by_other;
	struct snapshot *snapshot;

	cpu.narrow.cpus[load->cpus[last] / 64] = UINT64_C(1) << load->cpus[last] % 64;
	strcpy(dev.narrow.ifname, TEST_NET_SENDER_IF);
	strcpy(other.narrow.ifname, "lo");
	by_cpu = live_open(&cpu);
	by_dev = live_open(&dev);
	by_other = live_open(&other);
	expect(load, by_cpu);
	send_all(load);

	snapshot = live_take(by_dev);
	assert_probe(load, by_dev, NULL, snapshot, "net_dev_xmit", load->bytes);
	snapshot_unref(snapshot);
	snapshot = live_take(by_other);
	assert_int_equal(table_sum(&snapshot->table[TABLE_PROBES],
				 live_probe(by_other, "net_dev_xmit"), COUNT_PACKETS),
		0);
	assert_int_equal(snapshot->table[TABLE_INTERFACES].n_rows, 0);
	snapshot_unref(snapshot);
	snapshot = live_take(by_cpu);
	for (int i = 0; i < last; i++) {
		int slot = live_slot(by_cpu, load->cpus[i]);

		load->packets[slot] = load->ip_bytes[slot] = 0;
	}
	assert_probe(load, by_cpu, NULL, snapshot, "netif_receive_skb", load->ip_bytes);
	snapshot_unref(snapshot);
	source_close(by_cpu);
	source_close(by_dev);
	source_close(by_other);
}

/* ---- the program ---- */

static void assert_json_counts(
	const struct load *load, const json_t *object, const char *count, const json_t *per_cpu)
{
	assert_int_equal(json_count(object, count), test_share(FEW));
	for (int i = 0; i < load->n; i++)
		assert_int_equal(json_on_cpu(per_cpu, load->cpus[i]), load->flood[i].packets);
}

static void assert_last_sample(const struct load *load, const json_t *sample)
{
	const json_t *probe =
		json_with(json_object_get(sample, "packets"), "probe", "netif_receive_skb");
	const json_t *interface =
		json_with(json_object_get(sample, "interfaces"), "ifname", TEST_NET_RECEIVER_IF);
	uint64_t bytes = 0;

	for (int i = 0; i < load->n; i++)
		bytes += flood_bytes(load->flood[i].packets) - ETHERNET * load->flood[i].packets;
	assert_true(json_count(sample, "possible_cpus") >= (uint64_t)load->n);
	assert_json_counts(load, probe, "count", json_object_get(probe, "per_cpu"));
	assert_int_equal(json_count(probe, "bytes"), bytes);
	assert_int_equal(json_count(interface, "netns"), load->net.receiver.inode);
	assert_json_counts(load, interface, "rx_packets",
		json_object_get(json_object_get(interface, "per_cpu"), "rx_packets"));
}

/* skewtop --json --iterations 3 --delay 1 --netns ... against a generator of our own. False: the
 * machine was so busy that packets were still being sent when the last sample was taken. */
static bool run_program(struct load *load)
{
	struct stream stream = stream_start((const char *[]){
		"--iterations", "3", "--delay", "1", "--netns", load->net.receiver.path, NULL});
	json_t *sample = stream_find(&stream, "sample");
	uint64_t sent;
	bool in_time;

	send_all(load);
	sent = stream_clock();
	json_decref(sample);
	json_decref(stream_find(&stream, "sample"));
	sample = stream_find(&stream, "sample");
	in_time = json_count(sample, "ts_ns") > sent;
	if (in_time)
		assert_last_sample(load, sample);
	json_decref(sample);
	json_decref(stream_find(&stream, "end"));
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	assert_string_equal(stream.err, "");
	stream_free(&stream);
	return in_time;
}

static void test_json_exactly(void **state)
{
	enum {
		TRIES = 10
	};
	int tries = 0;

	while (!run_program(*state))
		assert_true(++tries < TRIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_million, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_narrowed, set_up_few, tear_down),
		cmocka_unit_test_setup_teardown(test_json_exactly, set_up_few, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
