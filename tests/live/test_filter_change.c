/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The filter is changed again and again while packets flood in: no packet is counted or traced
 * twice, none is left out, totals never fall, and the books balance at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/collector.h"
#include "core/filter/log.h"
#include "core/model/ledger.h"
#include "tests/support/generator.h"
#include "tests/support/live.h"
#include "tests/support/worker.h"

enum {
	CPUS_MAX = TEST_NET_FLOWS,
	PACKETS = 8000, /* per flow and round */
	PAYLOAD_AT = 14 + 20 + 8,
	PATIENCE_MS = 20000,
};

/* What a listener saw, in the collector's thread; read after it has stopped. */
struct seen {
	int row; /* of netif_receive_skb */
	uint64_t times[CPUS_MAX][PACKETS];
	uint64_t records, strange;
	uint64_t falls; /* counters that went back */
	uint64_t snapshots;
	struct ledger_sums sums;
	uint64_t total;
};

struct scene {
	struct test_net net;
	struct flood flood[CPUS_MAX];
	struct worker *worker[CPUS_MAX];
	int *failed; /* in memory shared with the workers */
	int n;
	uint64_t rounds;
	struct seen *seen;
	struct collector *collector;
};

/* ---- the listener ---- */

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct seen *seen = context;
	struct flood_payload head;

	(void)real_ns;
	seen->records++;
	if (record->snap_len < PAYLOAD_AT + sizeof(head)) {
		seen->strange++;
		return;
	}
	memcpy(&head, record->data + PAYLOAD_AT, sizeof(head));
	if (head.magic == FLOOD_MAGIC && head.flow < CPUS_MAX && head.sequence < PACKETS)
		seen->times[head.flow][head.sequence]++;
	else
		seen->strange++;
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct seen *seen = context;

	seen->snapshots++;
	for (int table = 0; table < TABLE_COUNT && older; table++) {
		const struct table *t = &older->table[table];

		if (table == TABLE_SOFTIRQ || table == TABLE_SOFTNET)
			continue; /* the kernel's own, which we only pass on */
		for (int row = 0; row < t->n_rows; row++)
			for (int column = 0; column < t->n_columns; column++)
				for (int slot = 0; slot < t->n_slots; slot++)
					seen->falls +=
						table_at(t, row, column, slot) >
						table_at(&newer->table[table], row, column, slot);
	}
}

static void on_end(void *context, struct snapshot *last)
{
	struct seen *seen = context;

	seen->sums = ledger_sum(last);
	seen->total = table_sum(&last->table[TABLE_PROBES], seen->row, COUNT_PACKETS);
}

/* ---- the scene: a collector on the receiver's namespace, one flow per CPU ---- */

static void flood_round(void *context, uint64_t flow)
{
	struct scene *scene = context;

	if (generate_flood(&scene->flood[flow]))
		*scene->failed = 1;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	int cpus[CPUS_MAX];

	test_net_make(&scene->net);
	scene->seen = calloc(1, sizeof(*scene->seen));
	scene->failed = process_shared(sizeof(*scene->failed));
	scene->n = process_cpus(cpus, CPUS_MAX);
	for (int i = 0; i < scene->n; i++) {
		scene->flood[i] = (struct flood){.net = &scene->net,
			.packets = PACKETS,
			.flow = i,
			.cpu = cpus[i],
			.lockstep = true};
		scene->worker[i] = worker_start(cpus[i], flood_round, scene);
	}
	*state = scene;
	return 0;
}

/* A round is PACKETS packets of each flow. */
static void send_round(struct scene *scene)
{
	for (int i = 0; i < scene->n; i++)
		worker_ask(scene->worker[i], i);
	for (int i = 0; i < scene->n; i++)
		worker_wait(scene->worker[i]);
	assert_int_equal(*scene->failed, 0);
	scene->rounds++;
}

static void start(struct scene *scene, const char *filter)
{
	struct live_options options = {
		.narrow.netns = scene->net.receiver.inode, .ring_bytes = 64 << 20};
	struct collector_options collecting = {
		.interval_ns = 20 * 1000 * 1000,
		.n_listeners = 1,
		.listener[0] = {.record = on_record,
			.snapshot = on_snapshot,
			.end = on_end,
			.context = scene->seen},
	};
	struct error err = {""};
	struct source *source = live_open(&options);

	scene->seen->row = live_probe(source, "netif_receive_skb");
	live_trace(source, "netif_receive_skb");
	scene->collector = collector_start(source, &collecting, &err);
	assert_non_null(scene->collector);
	if (filter)
		collector_set_filter(scene->collector, filter, NULL);
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < scene->n; i++)
		worker_stop(scene->worker[i]);
	collector_free(scene->collector);
	test_net_remove(&scene->net);
	free(scene->seen);
	free(scene);
	return 0;
}

static struct filter_state outcome(struct scene *scene)
{
	struct filter_state state;

	for (int i = 0; i < PATIENCE_MS; i++) {
		state = collector_filter(scene->collector);
		if (state.outcome != FILTER_PENDING)
			return state;
		usleep(1000);
	}
	fail_msg("the filter is still pending");
	return state;
}

static void assert_applied(struct scene *scene, const char *outer, const char *inner)
{
	struct filter_state state = outcome(scene);

	if (state.outcome != FILTER_APPLIED)
		fail_msg("'%s' was not applied: %s", outer, state.why.text);
	assert_string_equal(state.outer, outer);
	assert_string_equal(state.inner, inner);
}

static void change(struct scene *scene, const char *outer, const char *inner)
{
	collector_set_filter(scene->collector, outer, inner);
	assert_applied(scene, outer, inner);
}

/* Packets come before, during and after the change. */
static void change_in_flood(struct scene *scene, const char *outer)
{
	collector_set_filter(scene->collector, outer, "");
	do
		send_round(scene);
	while (collector_filter(scene->collector).outcome == FILTER_PENDING);
	assert_applied(scene, outer, "");
}

static void end(struct scene *scene)
{
	send_round(scene);
	collector_stop(scene->collector);
	assert_int_equal(scene->seen->falls, 0);
	assert_true(scene->seen->sums.balanced);
	assert_int_equal(scene->seen->sums.of[LOSS_RING_FULL], 0);
	assert_int_equal(scene->seen->sums.of[LOSS_MALFORMED], 0);
	assert_int_equal(scene->seen->strange, 0);
}

/* ---- tests ---- */

/* Each of these filters accepts every packet of the flood, so it must be as if nothing happened. */
static void test_nothing_lost(void **state)
{
	static const char *const filters[] = {"udp", "udp portrange 7700-7715", "",
		"ip and not tcp", "net 10.77.0.0/24", "udp[8:4] = 0x776b6573 or udp"};
	struct scene *scene = *state;

	start(scene, NULL);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		change_in_flood(scene, filters[i]);
	end(scene);
	for (int flow = 0; flow < scene->n; flow++)
		for (int i = 0; i < PACKETS; i++)
			assert_int_equal(scene->seen->times[flow][i], scene->rounds);
	assert_int_equal(scene->seen->total, scene->rounds * PACKETS * scene->n);
}

/*
 * Ports take turns, so between the packets that one filter accepts lie those of the others. Each
 * port is asked for in turn: what is counted is what is traced, and about one packet in FLOOD_PORTS
 * at any time. (Others' packets, too, count as seen and filtered out.)
 */
static void test_what_was_asked_for(void **state)
{
	struct scene *scene = *state;
	uint64_t traced = 0, sent;
	char filter[32];

	start(scene, "udp port 7700");
	outcome(scene);
	for (int i = 1; i <= 4; i++) {
		snprintf(filter, sizeof(filter), "udp port %d", FLOOD_PORT + i);
		change_in_flood(scene, filter);
	}
	end(scene);
	for (int flow = 0; flow < scene->n; flow++)
		for (int i = 0; i < PACKETS; i++)
			traced += scene->seen->times[flow][i];
	sent = scene->rounds * PACKETS * scene->n;
	assert_int_equal(scene->seen->total, traced);
	assert_in_range(traced, sent / FLOOD_PORTS - 4 * 4 * scene->n,
		sent / FLOOD_PORTS + 4 * 4 * scene->n);
	assert_true(scene->seen->sums.of[LOSS_FILTERED_OUT] >= sent - traced);
}

/* What cannot be is refused in words, and the old filter stays; a newer wish takes an older one's
 * place; each change is in the log of the host. */
static void test_outcomes(void **state)
{
	struct scene *scene = *state;
	struct filter_state asked;
	struct filter_log *log;
	char long_text[OPTIONS_FILTER_MAX + 1];

	start(scene, NULL);
	assert_int_equal(collector_filter(scene->collector).outcome, FILTER_UNASKED);
	change(scene, "udp port 53", "tcp");
	collector_set_filter(scene->collector, "udp prot 53", NULL);
	asked = outcome(scene);
	assert_int_equal(asked.outcome, FILTER_REFUSED);
	assert_non_null(strstr(asked.why.text, "syntax error"));
	assert_string_equal(asked.outer, "udp port 53");
	assert_string_equal(asked.inner, "tcp");
	collector_set_filter(scene->collector, "ip6 protochain 17", NULL);
	asked = outcome(scene);
	assert_int_equal(asked.outcome, FILTER_REFUSED);
	assert_non_null(strstr(asked.why.text, "protochain"));
	memset(long_text, 'x', OPTIONS_FILTER_MAX);
	long_text[OPTIONS_FILTER_MAX] = '\0';
	collector_set_filter(scene->collector, long_text, NULL);
	assert_int_equal(outcome(scene).outcome, FILTER_REFUSED);
	for (int i = 0; i < 20; i++)
		collector_set_filter(scene->collector, i % 2 ? "tcp" : "udp", NULL);
	change(scene, "icmp", "");
	log = collector_host(scene->collector)->filters;
	assert_string_equal(filter_log_entry(log, 0)->outer, "udp port 53");
	assert_string_equal(filter_log_at(log, UINT64_MAX)->outer, "icmp");
	assert_null(filter_log_at(log, 0));
	/* Stopping while a change is under way. */
	collector_set_filter(scene->collector, "tcp", NULL);
	collector_stop(scene->collector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_was_asked_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_outcomes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
