/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream of --json under load: its keys, its totals that never fall, its end, its harmless
 * names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/generator.h"
#include "tests/support/live.h"
#include "tests/support/worker.h"

enum {
	CPUS_MAX = TEST_NET_FLOWS,
	PACKETS = 20000,
	SAMPLES = 6,
	HOSTILE_PACKETS = 50
};

/* ---- what every object must have ---- */

static void assert_keys(const json_t *object, const char *const *keys)
{
	for (; *keys; keys++)
		if (!json_object_get(object, *keys)) {
			char *text = json_dumps(object, 0);

			fail_msg("no '%s' in %.300s", *keys, text);
		}
}

static void assert_rows(const json_t *object, const char *table, const char *const *keys)
{
	const json_t *rows = json_object_get(object, table), *row;
	size_t i;

	if (!json_is_array(rows) || !json_array_size(rows))
		fail_msg("no rows in '%s'", table);
	json_array_foreach(rows, i, row) assert_keys(row, keys);
}

static void assert_sample(const json_t *sample)
{
	static const char *const keys[] = {"type", "ts_ns", "interval_ns", "possible_cpus",
		"online_cpus", "syscalls", "packets", "interfaces", "drops", "softirq", "loss",
		NULL};

	assert_keys(sample, keys);
	assert_true(json_count(sample, "interval_ns") > 0);
	assert_true(json_array_size(json_object_get(sample, "online_cpus")) <=
		    json_count(sample, "possible_cpus"));
	assert_rows(sample, "syscalls",
		(const char *[]){"nr", "name", "abi", "count", "rate", "per_cpu", NULL});
	assert_rows(sample, "packets",
		(const char *[]){"probe", "count", "bytes", "rate", "per_cpu", NULL});
	assert_rows(sample, "softirq", (const char *[]){"name", "count", "per_cpu", NULL});
	assert_keys(json_object_get(sample, "loss"),
		(const char *[]){
			"ring_full", "rate_limited", "map_full", "missed", "overwritten", NULL});
}

static void assert_trace(const json_t *trace, const struct test_net *net)
{
	static const char *const keys[] = {"type", "ts_ns", "cpu", "probe", "skb", "len", "proto",
		"saddr", "sport", "daddr", "dport", "ifname", "netns", "pid", "comm", NULL};

	assert_keys(trace, keys);
	assert_string_equal(
		json_string_value(json_object_get(trace, "probe")), "netif_receive_skb");
	assert_string_equal(json_string_value(json_object_get(trace, "proto")), "UDP");
	assert_string_equal(
		json_string_value(json_object_get(trace, "ifname")), TEST_NET_RECEIVER_IF);
	assert_memory_equal(json_string_value(json_object_get(trace, "skb")), "0xffff", 6);
	assert_memory_equal(json_string_value(json_object_get(trace, "saddr")), "10.77.0.", 8);
	assert_int_equal(json_count(trace, "netns"), net->receiver.inode);
	assert_true(json_count(trace, "dport") >= FLOOD_PORT &&
		    json_count(trace, "dport") < FLOOD_PORT + FLOOD_PORTS);
	/* A received packet was not dropped. */
	assert_null(json_object_get(trace, "reason"));
}

/* ---- totals never fall ---- */

/* Every whole number in `older` is at most the one in its place in `newer`. */
static void assert_no_fall(const char *where, const json_t *older, const json_t *newer)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)older, key, value)
	{
		const json_t *now = json_object_get(newer, key);

		if (json_is_object(value))
			assert_no_fall(key, value, now);
		else if (json_is_integer(value) &&
			 json_integer_value(now) < json_integer_value(value))
			fail_msg("%s of %s fell from %jd to %jd", key, where,
				(intmax_t)json_integer_value(value),
				(intmax_t)json_integer_value(now));
	}
}

/* Rows keep their places, new ones come behind; syscalls that nobody called yet are left out. */
static const json_t *same_row(const json_t *rows, const json_t *row)
{
	static const char *const names[] = {
		"name", "abi", "probe", "ifname", "netns", "ifindex", "reason", "location"};
	const json_t *other;
	size_t i;

	json_array_foreach(rows, i, other)
	{
		bool same = true;

		for (size_t n = 0; same && n < sizeof(names) / sizeof(names[0]); n++)
			same = json_equal(json_object_get(row, names[n]),
				       json_object_get(other, names[n])) ||
			       (!json_object_get(row, names[n]) &&
				       !json_object_get(other, names[n]));
		if (same)
			return other;
	}
	return NULL;
}

static void assert_tables_grow(const json_t *older, const json_t *newer)
{
	static const char *const tables[] = {
		"syscalls", "packets", "interfaces", "drops", "consumed", "softirq", "softnet"};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		const json_t *rows = json_object_get(older, tables[t]), *row;
		size_t i;

		json_array_foreach(rows, i, row)
		{
			const json_t *now = same_row(json_object_get(newer, tables[t]), row);

			if (!now)
				fail_msg("a row of %s is gone", tables[t]);
			assert_no_fall(tables[t], row, now);
		}
	}
	assert_no_fall("loss", json_object_get(older, "loss"), json_object_get(newer, "loss"));
	assert_true(json_count(newer, "ts_ns") > json_count(older, "ts_ns"));
}

/* per_cpu adds up to count, where no CPU is left out. */
static void assert_sums(const json_t *sample)
{
	const json_t *rows = json_object_get(sample, "packets"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *cpu;
		json_t *value;
		uint64_t sum = 0;

		json_object_foreach(json_object_get(row, "per_cpu"), cpu, value) sum +=
			json_integer_value(value);
		assert_int_equal(sum, json_count(row, "count"));
	}
}

/* ---- the load ---- */

static void flood_once(void *context, uint64_t cpu)
{
	const struct flood flood = {
		.net = context,
		.packets = PACKETS,
		.cpu = (int)cpu,
		.lockstep = true,
	};

	if (generate_flood(&flood))
		abort();
}

static void assert_end(const json_t *end, uint64_t samples, uint64_t traces)
{
	const json_t *ledger = json_object_get(end, "ledger");
	uint64_t fates = json_count(ledger, "delivered") + json_count(ledger, "ring_full") +
			 json_count(ledger, "rate_limited") + json_count(ledger, "filtered_out");

	assert_int_equal(json_count(end, "samples"), samples);
	assert_true(json_is_true(json_object_get(ledger, "balanced")));
	assert_int_equal(json_count(ledger, "seen"), fates);
	assert_int_equal(json_count(ledger, "delivered"), traces);
	assert_int_equal(json_count(ledger, "delivered"),
		json_count(ledger, "kept") + json_count(ledger, "overwritten"));
	/* One packet, one line, or it is in the books. */
	assert_int_equal(json_count(ledger, "seen") - json_count(ledger, "filtered_out"), PACKETS);
}

/* Takes the stream to its end: how many samples and trace lines there were, and the last object. */
static json_t *hear_to_the_end(struct stream *stream, const struct test_net *net,
	const struct worker *worker, uint64_t *samples, uint64_t *traces)
{
	json_t *object, *older = NULL;
	bool asked = false;

	while ((object = stream_next(stream))) {
		const char *type = json_string_value(json_object_get(object, "type"));

		if (!strcmp(type, "end"))
			break;
		if (!strcmp(type, "trace")) {
			assert_trace(object, net);
			++*traces;
			json_decref(object);
			continue;
		}
		assert_string_equal(type, "sample");
		assert_sample(object);
		assert_sums(object);
		if (older)
			assert_tables_grow(older, object);
		json_decref(older);
		older = object;
		++*samples;
		if (*samples >= SAMPLES && !asked && worker_is_done(worker))
			asked = !kill(stream->program.pid, SIGINT);
	}
	json_decref(older);
	assert_non_null(object);
	assert_null(stream_next(stream));
	return object;
}

static void test_contract_under_load(void **state)
{
	uint64_t samples = 0, traces = 0;
	struct worker *worker;
	struct stream stream;
	struct test_net net;
	json_t *end;
	int cpu;

	(void)state;
	process_cpus(&cpu, 1);
	test_net_make(&net);
	worker = worker_start(cpu, flood_once, &net);
	stream = stream_start((const char *[]){"--delay", "0.5", "--netns", net.receiver.path,
		"--trace", "netif_receive_skb", "--trace-rate", "0", NULL});
	/* Not before it counts: an object of another type would fail here. */
	json_decref(stream_next(&stream));
	samples++;
	worker_ask(worker, cpu);
	end = hear_to_the_end(&stream, &net, worker, &samples, &traces);
	assert_true(traces > 0);
	assert_end(end, samples, traces);
	json_decref(end);
	stream_end(&stream);
	assert_string_equal(stream.err, "");
	assert_int_equal(stream.status, 0);
	stream_free(&stream);
	worker_stop(worker);
	test_net_remove(&net);
}

/* A program that has just been started dies of a signal as any other. */
static void wait_until_it_listens(pid_t pid)
{
	uint64_t blocked = 0;
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	while (!(blocked >> (SIGINT - 1) & 1)) {
		FILE *file = fopen(path, "re");

		assert_non_null(file);
		while (fgets(line, sizeof(line), file))
			if (!strncmp(line, "SigBlk:", 7))
				blocked = strtoull(line + 7, NULL, 16);
		fclose(file);
		usleep(1000);
	}
}

static void assert_ends_at(int number)
{
	struct stream stream = stream_start((const char *[]){"--delay", "60", NULL});
	json_t *end;

	/* Nothing is written for a minute. */
	wait_until_it_listens(stream.program.pid);
	kill(stream.program.pid, number);
	end = stream_next(&stream);
	assert_string_equal(json_string_value(json_object_get(end, "type")), "end");
	assert_int_equal(json_count(end, "samples"), 0);
	assert_true(json_is_true(json_object_get(json_object_get(end, "ledger"), "balanced")));
	json_decref(end);
	assert_null(stream_next(&stream));
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	stream_free(&stream);
}

static void test_signals(void **state)
{
	(void)state;
	assert_ends_at(SIGINT);
	assert_ends_at(SIGTERM);
}

/* ---- hostile names ---- */

static const char *const hostile[] = {
	"\033[31m\342\200\256x",    /* escape sequence, right-to-left override */
	"\377\376\200\033]0;t\007", /* no UTF-8, title sequence */
	"\302\233"
	"2J\342\201\246\"\\{", /* C1, isolate, JSON's own characters */
};

struct hostile_sender {
	const struct test_netns *netns;
	int number;
};

static int ip(const struct test_netns *netns, const char *const *words)
{
	const char *argv[16] = {"ip"};

	for (int i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	return test_netns_run(netns, argv);
}

/* A pair of interfaces of which one has the name, and a neighbour that needs no looking up. */
static int make_pair(
	const struct test_netns *netns, const char *name, const char *address, const char *peer)
{
	static const char mac[] = "02:00:00:00:78:02";

	return ip(netns, (const char *[]){"link", "add", name, "type", "veth", "peer", "name", peer,
				 NULL}) ||
	       ip(netns, (const char *[]){"addr", "add", address, "dev", name, NULL}) ||
	       ip(netns, (const char *[]){"link", "set", name, "up", NULL}) ||
	       ip(netns, (const char *[]){"link", "set", peer, "up", NULL}) ||
	       ip(netns, (const char *[]){"neigh", "add", peer, "lladdr", mac, "dev", name, NULL});
}

static int send_through(void *context)
{
	const struct hostile_sender *sender = context;
	const char *name = hostile[sender->number];
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	char address[32], peer[32];
	int fd;

	/* The other end's name is its address: it serves as both. */
	snprintf(address, sizeof(address), "10.78.%d.1/24", sender->number);
	snprintf(peer, sizeof(peer), "10.78.%d.2", sender->number);
	if (make_pair(sender->netns, name, address, peer))
		return 1;
	test_netns_enter(sender->netns);
	prctl(PR_SET_NAME, name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, peer, &to.sin_addr);
	for (int i = 0; i < HOSTILE_PACKETS; i++)
		if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) != 1)
			return 2;
	return 0;
}

/* The bytes of a line: no control, no C1, no bidirectional character, not even escaped. */
static void assert_harmless(const char *line)
{
	static const char *const bad[] = {
		"\302\233", "\302\205", "\342\200\256", "\342\201\246", "\\u00", "\\u20"};

	for (const char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			fail_msg("byte %#x in %.300s", (unsigned char)*c, line);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(line, bad[i]))
			fail_msg("a harmful character in %.300s", line);
}

static void test_hostile_names(void **state)
{
	enum {
		KINDS = sizeof(hostile) / sizeof(hostile[0])
	};
	int traces = 0, samples = 0;
	struct stream stream;
	struct test_net net;
	json_t *object;

	(void)state;
	test_net_make(&net);
	stream = stream_start((const char *[]){"--delay", "0.3", "--netns", net.sender.path,
		"--trace", "net_dev_start_xmit", "--trace-rate", "0", NULL});
	json_decref(stream_find(&stream, "sample"));
	for (int i = 0; i < KINDS; i++) {
		struct hostile_sender sender = {&net.sender, i};

		assert_int_equal(process_wait(process_spawn(-1, send_through, &sender)), 0);
	}
	for (bool asked = false;;) {
		object = stream_next(&stream);
		assert_non_null(object);
		assert_harmless(stream.line);
		if (!strcmp(json_string_value(json_object_get(object, "type")), "end"))
			break;
		if (json_object_get(object, "skb"))
			traces++;
		else if (json_array_size(json_object_get(object, "interfaces")) >= 2 * KINDS &&
			 !asked)
			asked = !kill(stream.program.pid, SIGTERM);
		else if (++samples == 100)
			fail_msg("not all interfaces after %d samples: %.600s", samples, stream.line);
		json_decref(object);
	}
	json_decref(object);
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	assert_int_equal(traces, KINDS * HOSTILE_PACKETS);
	stream_free(&stream);
	test_net_remove(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_under_load),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_hostile_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
