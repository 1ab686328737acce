/* SPDX-License-Identifier: GPL-2.0-only */
/* The JSON contract, read back with a parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/filter/log.h"
#include "core/model/ledger.h"
#include "core/output/json_out.h"
#include "core/trace/details.h"
#include "tests/support/made_details.h"

enum {
	N_CPUS = 3,
	SECOND = 1000000000
};

/* Possible CPUs 0, 2, 5: slots are not ids. */
static const int cpu_ids[N_CPUS] = {0, 2, 5};

struct fixture {
	struct host *host;
	struct snapshot *older;
	struct snapshot *newer;
	unsigned details; /* of the out */
};

static int add_row(struct fixture *f, enum table_id table, uint64_t key0, uint64_t key1,
	const char *name, const char *where)
{
	const struct row row = {.key = {key0, key1}, .name = name, .where = where};
	int index = catalog_add(f->host->catalog, table, &row);

	assert_true(index >= 0);
	return index;
}

static struct snapshot *new_snapshot(uint64_t mono_ns)
{
	struct snapshot *snapshot = snapshot_new(N_CPUS);

	assert_non_null(snapshot);
	snapshot->mono_ns = mono_ns;
	snapshot->real_ns = UINT64_C(1700000000) * SECOND + mono_ns;
	cpus_add(&snapshot->online, 0);
	cpus_add(&snapshot->online, 5);
	for (int t = 0; t < TABLE_COUNT; t++)
		snapshot->table[t].known = 1;
	snapshot->table[TABLE_FUNCTIONS].known = 0;
	snapshot->table[TABLE_PROBES].known = 3;
	snapshot->table[TABLE_INTERFACES].known = 15;
	snapshot->table[TABLE_SOFTIRQ].known = 3;
	return snapshot;
}

static void put(struct snapshot *snapshot, enum table_id table, int row, int column, uint64_t a,
	uint64_t b, uint64_t c)
{
	uint64_t *values;

	assert_int_equal(snapshot_grow(snapshot, table, row + 1), 0);
	values = table_values(&snapshot->table[table], row, column);
	values[0] = a;
	values[1] = b;
	values[2] = c;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->host = host_new();
	f->host->topology.n_cpus = N_CPUS;
	f->host->topology.cpu = calloc(N_CPUS, sizeof(struct cpu_place));
	for (int slot = 0; slot < N_CPUS; slot++)
		f->host->topology.cpu[slot].id = cpu_ids[slot];
	assert_int_equal(ledger_catalog(f->host->catalog), 0);
	f->older = new_snapshot(5 * (uint64_t)SECOND);
	f->newer = new_snapshot(7 * (uint64_t)SECOND);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	snapshot_unref(f->older);
	snapshot_unref(f->newer);
	host_free(f->host);
	free(f);
	return 0;
}

/* ---- what comes out of the pipe ---- */

/* Everything written to an out whose callbacks `speak` calls, as text; the caller frees. */
static char *written(struct fixture *f, void (*speak)(struct fixture *f, struct listener *listener))
{
	char path[] = "/tmp/skewtop-json-XXXXXX";
	int fd = mkstemp(path);
	struct out_stream *stream = out_stream_new(fd);
	struct json_out *out = json_out_new(stream, f->host, f->details);
	struct listener listener = json_out_listener(out);
	off_t size;
	char *text;

	assert_true(fd >= 0);
	unlink(path);
	speak(f, &listener);
	assert_int_equal(out_stream_result(stream, NULL), 0);
	json_out_free(out);
	out_stream_free(stream);
	size = lseek(fd, 0, SEEK_END);
	text = calloc(1, size + 1);
	assert_int_equal(pread(fd, text, size, 0), size);
	close(fd);
	return text;
}

static json_t *parse_line(const char *line, size_t size)
{
	json_error_t why;
	json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &why);

	if (!object)
		fail_msg("%s in: %.*s", why.text, (int)size, line);
	return object;
}

/* The only object of a text of one line. */
static json_t *only_line(const char *text)
{
	const char *end = strchr(text, '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
	return parse_line(text, end - text);
}

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("%s is not an integer", key);
	return json_integer_value(value);
}

static void assert_per_cpu(const json_t *object, const char *key, int a, int b, int c)
{
	const json_t *cpus = json_object_get(object, key);

	assert_int_equal(json_object_size(cpus), N_CPUS);
	assert_int_equal(integer(cpus, "0"), a);
	assert_int_equal(integer(cpus, "2"), b);
	assert_int_equal(integer(cpus, "5"), c);
}

static void speak_sample(struct fixture *f, struct listener *listener)
{
	listener->snapshot(listener->context, NULL, f->older);
	listener->snapshot(listener->context, f->older, f->newer);
}

static json_t *sample(struct fixture *f)
{
	char *text = written(f, speak_sample);
	json_t *object = only_line(text);

	free(text);
	return object;
}

/* ---- tests ---- */

static void test_head(void **state)
{
	json_t *object = sample(*state);

	assert_string_equal(json_string_value(json_object_get(object, "type")), "sample");
	assert_int_equal(integer(object, "ts_ns"), INT64_C(1700000007000000000));
	assert_int_equal(integer(object, "interval_ns"), INT64_C(2000000000));
	assert_int_equal(integer(object, "possible_cpus"), 3);
	assert_int_equal(json_array_size(json_object_get(object, "online_cpus")), 2);
	assert_int_equal(
		json_integer_value(json_array_get(json_object_get(object, "online_cpus"), 1)), 5);
	json_decref(object);
}

/* What narrows, at the moment of the sample; what skewtop has cost by then. */
static void test_limits_and_cost(void **state)
{
	struct fixture *f = *state;
	json_t *object = sample(f);

	assert_true(json_is_null(json_object_get(object, "only")));
	assert_true(json_is_null(json_object_get(object, "filter")));
	assert_true(json_is_null(json_object_get(json_object_get(object, "own"), "bpf_ns")));
	json_decref(object);
	snprintf(f->host->narrowed, sizeof(f->host->narrowed), "netns web");
	assert_int_equal(filter_log_add(f->host->filters, 0, "udp", "icmp"), 0);
	assert_int_equal(filter_log_add(f->host->filters, f->newer->mono_ns + 1, "tcp", ""), 0);
	f->newer->own_cpu_ns = 5;
	f->newer->bpf_ns = 7;
	object = sample(f);
	assert_string_equal(json_string_value(json_object_get(object, "only")), "netns web");
	assert_string_equal(json_string_value(json_object_get(object, "filter")), "udp");
	assert_string_equal(json_string_value(json_object_get(object, "filter_tunnel")), "icmp");
	assert_int_equal(integer(json_object_get(object, "own"), "cpu_ns"), 5);
	assert_int_equal(integer(json_object_get(object, "own"), "bpf_ns"), 7);
	json_decref(object);
}

static void test_syscalls(void **state)
{
	struct fixture *f = *state;
	int used = add_row(f, TABLE_SYSCALLS, 0, 39, "getpid", "x86_64");
	int unused = add_row(f, TABLE_SYSCALLS, 0, 40, "sendfile", "x86_64");
	json_t *object, *rows, *row;

	put(f->older, TABLE_SYSCALLS, used, 0, 10, 20, 30);
	put(f->newer, TABLE_SYSCALLS, used, 0, 110, 20, 31);
	put(f->newer, TABLE_SYSCALLS, unused, 0, 0, 0, 0);
	object = sample(f);
	rows = json_object_get(object, "syscalls");
	assert_int_equal(json_array_size(rows), 1);
	row = json_array_get(rows, 0);
	assert_int_equal(integer(row, "nr"), 39);
	assert_string_equal(json_string_value(json_object_get(row, "name")), "getpid");
	assert_string_equal(json_string_value(json_object_get(row, "abi")), "x86_64");
	assert_int_equal(integer(row, "count"), 161);
	assert_float_equal(json_real_value(json_object_get(row, "rate")), 50.5, 1e-9);
	assert_per_cpu(row, "per_cpu", 110, 20, 31);
	/* Not measured: no errors rather than none. */
	assert_null(json_object_get(row, "errors"));
	json_decref(object);

	f->older->table[TABLE_SYSCALLS].known = f->newer->table[TABLE_SYSCALLS].known = 3;
	put(f->newer, TABLE_SYSCALLS, used, SYSCALL_ERRORS, 0, 0, 4);
	object = sample(f);
	row = json_array_get(json_object_get(object, "syscalls"), 0);
	assert_int_equal(integer(row, "errors"), 4);
	assert_per_cpu(row, "errors_per_cpu", 0, 0, 4);
	json_decref(object);
}

static void test_packets_and_drops(void **state)
{
	struct fixture *f = *state;
	json_t *object, *row;

	add_row(f, TABLE_PROBES, 0, 0, "netif_receive_skb", "");
	add_row(f, TABLE_PROBES, 1, 0, "net_dev_queue", "");
	put(f->newer, TABLE_PROBES, 1, COUNT_PACKETS, 1, 2, 3);
	put(f->newer, TABLE_PROBES, 1, COUNT_BYTES, 100, 200, 300);
	add_row(f, TABLE_DROPS, 0xffff1234, 5, "NO_SOCKET", "__udp4_lib_rcv+0x6a1");
	put(f->newer, TABLE_DROPS, 0, COUNT_PACKETS, 0, 0, 7);
	object = sample(f);

	/* A probe that saw nothing is known to have seen nothing. */
	row = json_array_get(json_object_get(object, "packets"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "probe")), "netif_receive_skb");
	assert_int_equal(integer(row, "count"), 0);
	row = json_array_get(json_object_get(object, "packets"), 1);
	assert_int_equal(integer(row, "count"), 6);
	assert_int_equal(integer(row, "bytes"), 600);
	assert_per_cpu(row, "per_cpu", 1, 2, 3);

	row = json_array_get(json_object_get(object, "drops"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "reason")), "NO_SOCKET");
	assert_string_equal(
		json_string_value(json_object_get(row, "location")), "__udp4_lib_rcv+0x6a1");
	assert_int_equal(integer(row, "count"), 7);
	assert_null(json_object_get(row, "bytes"));
	/* No function probes: said, not shown as none hit. */
	assert_true(json_is_null(json_object_get(object, "functions")));
	json_decref(object);
}

static void test_interfaces(void **state)
{
	struct fixture *f = *state;
	json_t *object, *row;

	add_row(f, TABLE_INTERFACES, 4026531840, 2, "eth0", "netns 4026531840");
	put(f->newer, TABLE_INTERFACES, 0, IF_RX_PACKETS, 1, 2, 3);
	put(f->newer, TABLE_INTERFACES, 0, IF_TX_BYTES, 40, 0, 2);
	object = sample(f);
	row = json_array_get(json_object_get(object, "interfaces"), 0);
	assert_int_equal(integer(row, "netns"), 4026531840);
	assert_int_equal(integer(row, "ifindex"), 2);
	assert_string_equal(json_string_value(json_object_get(row, "ifname")), "eth0");
	assert_int_equal(integer(row, "rx_packets"), 6);
	assert_int_equal(integer(row, "rx_bytes"), 0);
	assert_int_equal(integer(row, "tx_bytes"), 42);
	assert_per_cpu(json_object_get(row, "per_cpu"), "tx_bytes", 40, 0, 2);
	json_decref(object);
}

static void test_softirq(void **state)
{
	struct fixture *f = *state;
	json_t *object, *row;

	add_row(f, TABLE_SOFTIRQ, 1, 0, "TIMER", "");
	add_row(f, TABLE_SOFTIRQ, 3, 0, "NET_RX", "");
	put(f->newer, TABLE_SOFTIRQ, 0, SOFTIRQ_RUNS, 9, 9, 9);
	put(f->newer, TABLE_SOFTIRQ, 1, SOFTIRQ_RUNS, 1, 1, 1);
	put(f->newer, TABLE_SOFTIRQ, 1, SOFTIRQ_TIME_NS, 1000, 2000, 3000);
	object = sample(f);
	row = json_array_get(json_object_get(object, "softirq"), 0);
	assert_int_equal(integer(row, "count"), 27);
	assert_null(json_object_get(row, "time_ns"));
	row = json_array_get(json_object_get(object, "softirq"), 1);
	assert_int_equal(integer(row, "time_ns"), 6000);
	assert_per_cpu(row, "time_ns_per_cpu", 1000, 2000, 3000);
	json_decref(object);
}

static void fill_losses(struct snapshot *snapshot)
{
	put(snapshot, TABLE_LOSS, LOSS_CAUSES - 1, 0, 0, 0, 0);
	put(snapshot, TABLE_LOSS, LOSS_SEEN, 0, 10, 20, 30);
	put(snapshot, TABLE_LOSS, LOSS_DELIVERED, 0, 10, 15, 26);
	put(snapshot, TABLE_LOSS, LOSS_RING_FULL, 0, 0, 5, 0);
	put(snapshot, TABLE_LOSS, LOSS_RATE_LIMITED, 0, 0, 0, 4);
	put(snapshot, TABLE_LOSS, LOSS_OVERWRITTEN, 0, 1, 0, 0);
	snapshot->table[TABLE_LOSS].known = 1;
}

static void test_interrupts_and_nic(void **state)
{
	struct fixture *f = *state;
	json_t *object, *row;

	add_row(f, TABLE_INTERRUPTS, 38, 1, "eth0-rx-7", "cpu 39, rps off");
	put(f->older, TABLE_INTERRUPTS, 0, 0, 1, 2, 3);
	put(f->newer, TABLE_INTERRUPTS, 0, 0, 1, 2, 13);
	add_row(f, TABLE_NIC, UINT64_C(4026531840) << 32 | 2, 1, "rx_missed", "eth0 (NIC counter)");
	put(f->newer, TABLE_NIC, 0, 0, 0, 0, 0);
	table_values(&f->newer->table[TABLE_NIC], 0, 0)[3] = 8;
	object = sample(f);
	row = json_array_get(json_object_get(object, "interrupts"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "name")), "eth0-rx-7");
	assert_string_equal(json_string_value(json_object_get(row, "where")), "cpu 39, rps off");
	assert_int_equal(integer(row, "count"), 16);
	assert_float_equal(json_real_value(json_object_get(row, "rate")), 5, 1e-9);
	assert_per_cpu(row, "per_cpu", 1, 2, 13);

	row = json_array_get(json_object_get(object, "nic"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "name")), "rx_missed");
	assert_string_equal(json_string_value(json_object_get(row, "where")), "eth0 (NIC counter)");
	assert_int_equal(integer(row, "netns"), 4026531840);
	assert_int_equal(integer(row, "ifindex"), 2);
	assert_true(json_is_false(json_object_get(row, "loss")));
	assert_int_equal(integer(row, "count"), 8);
	/* They belong to no CPU. */
	assert_null(json_object_get(row, "per_cpu"));
	json_decref(object);

	/* Not read this time. */
	f->newer->table[TABLE_INTERRUPTS].known = 0;
	object = sample(f);
	assert_true(json_is_null(json_object_get(object, "interrupts")));
	json_decref(object);
}

static void test_loss(void **state)
{
	struct fixture *f = *state;
	json_t *object, *loss;

	fill_losses(f->newer);
	object = sample(f);
	loss = json_object_get(object, "loss");
	assert_int_equal(integer(loss, "ring_full"), 5);
	assert_int_equal(integer(loss, "rate_limited"), 4);
	assert_int_equal(integer(loss, "map_full"), 0);
	assert_int_equal(integer(loss, "overwritten"), 1);
	assert_per_cpu(json_object_get(loss, "by_cpu"), "ring_full", 0, 5, 0);
	/* A kernel that does not tell what it skipped. */
	assert_true(json_is_null(json_object_get(loss, "missed")));
	json_decref(object);

	f->newer->table[TABLE_LOSS].known |= LEDGER_KNOWS_MISSED;
	object = sample(f);
	assert_int_equal(integer(json_object_get(object, "loss"), "missed"), 0);
	json_decref(object);
}

static void speak_end(struct fixture *f, struct listener *listener)
{
	listener->end(listener->context, f->newer);
}

static void test_end(void **state)
{
	struct fixture *f = *state;
	json_t *object, *ledger;
	char *text;

	fill_losses(f->newer);
	text = written(f, speak_end);
	object = only_line(text);
	free(text);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "end");
	ledger = json_object_get(object, "ledger");
	assert_int_equal(integer(ledger, "seen"), 60);
	assert_int_equal(integer(ledger, "delivered"), 51);
	assert_int_equal(integer(ledger, "kept"), 50);
	assert_int_equal(integer(ledger, "lost"), 5);
	assert_true(json_is_true(json_object_get(ledger, "balanced")));
	json_decref(object);
}

/* A row that is new has no older value: it was 0. A first rate is unknown. */
static void test_unknown_rate(void **state)
{
	struct fixture *f = *state;
	json_t *object, *row;

	add_row(f, TABLE_PROBES, 0, 0, "net_dev_queue", "");
	put(f->newer, TABLE_PROBES, 0, COUNT_PACKETS, 4, 0, 0);
	f->older->table[TABLE_PROBES].known = 0;
	object = sample(f);
	row = json_array_get(json_object_get(object, "packets"), 0);
	assert_true(json_is_null(json_object_get(row, "rate")));
	json_decref(object);
}

/* ---- an output that does not take it ---- */

static void test_closed_pipe(void **state)
{
	struct fixture *f = *state;
	struct error err = {""};
	struct out_stream *stream;
	struct json_out *out;
	struct listener listener;
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[0]);
	stream = out_stream_new(fds[1]);
	out = json_out_new(stream, f->host, 0);
	listener = json_out_listener(out);
	speak_sample(f, &listener);
	assert_int_equal(out_stream_result(stream, &err), -EPIPE);
	assert_non_null(strstr(err.text, "was closed"));
	assert_int_equal(poll(&(struct pollfd){.fd = out_stream_fd(stream), .events = POLLIN}, 1, 0), 1);
	speak_end(f, &listener);
	json_out_free(out);
	out_stream_free(stream);
	close(fds[1]);
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct error err = {""};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct out_stream *stream = out_stream_new(fd);
	struct json_out *out = json_out_new(stream, f->host, 0);
	struct listener listener = json_out_listener(out);

	speak_sample(f, &listener);
	assert_int_equal(out_stream_result(stream, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	json_out_free(out);
	out_stream_free(stream);
	close(fd);
}

struct stuck {
	struct fixture *f;
	struct listener listener;
};

static void *speak_a_lot(void *arg)
{
	struct stuck *stuck = arg;

	for (int i = 0; i < 1000; i++)
		speak_sample(stuck->f, &stuck->listener);
	return NULL;
}

/* A reader that stands still holds the writer up, but no longer than a second once it must end. */
static void test_standing_reader(void **state)
{
	struct fixture *f = *state;
	struct error err = {""};
	struct stuck stuck = {.f = f};
	struct out_stream *stream;
	struct json_out *out;
	pthread_t thread;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	stream = out_stream_new(fds[1]);
	out = json_out_new(stream, f->host, 0);
	stuck.listener = json_out_listener(out);
	assert_int_equal(pthread_create(&thread, NULL, speak_a_lot, &stuck), 0);
	out_stream_hurry(stream);
	pthread_join(thread, NULL);
	assert_int_equal(out_stream_result(stream, &err), -ETIMEDOUT);
	json_out_free(out);
	out_stream_free(stream);
	close(fds[0]);
	close(fds[1]);
}

/* Longer than the buffer: it must come out whole all the same. */
static void test_long_object(void **state)
{
	struct fixture *f = *state;
	json_t *object;
	char name[64];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "a_kernel_function_with_a_long_name_%d", i);
		add_row(f, TABLE_PROBES, i, 0, name, "");
	}
	put(f->newer, TABLE_PROBES, 1999, 0, 1, 1, 1);
	object = sample(f);
	assert_int_equal(json_array_size(json_object_get(object, "packets")), 2000);
	json_decref(object);
}

static void speak_record(struct fixture *f, struct listener *listener)
{
	static const uint8_t udp[] = {
		0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 3, 7, 10, 0, 9, 2, /* IPv4 */
		0xc9, 0x3a, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4,			    /* UDP */
	};
	struct trace_record record = {
		.type = RECORD_PACKET,
		.size = sizeof(record),
		.cpu = 5,
		.skb = 0xffff8880deadbee0,
		.len = sizeof(udp),
		.netns = 4026531840,
		.tgid = 77,
		.protocol = 0x0800,
		.probe = 0,
		.snap_len = sizeof(udp),
		.l4_off = 20,
		.flags = RECORD_HAS_REASON,
		.reason = REASON_UNKNOWN,
		.comm = "dig",
		.ifname = "eth0",
	};

	memcpy(record.data, udp, sizeof(udp));
	listener->record(listener->context, &record, 1700000000123456789);
	speak_sample(f, listener); /* lines go out with the next sample */
}

static void assert_text(const json_t *object, const char *key, const char *text)
{
	assert_non_null(json_string_value(json_object_get(object, key)));
	assert_string_equal(json_string_value(json_object_get(object, key)), text);
}

static void test_trace(void **state)
{
	struct fixture *f = *state;
	json_t *object;
	char *text;

	add_row(f, TABLE_PROBES, 0, 0, "netif_receive_skb", "");
	text = written(f, speak_record);
	object = parse_line(text, strchr(text, '\n') - text);
	assert_text(object, "type", "trace");
	assert_int_equal(integer(object, "ts_ns"), 1700000000123456789);
	assert_int_equal(integer(object, "cpu"), 5);
	assert_text(object, "probe", "netif_receive_skb");
	assert_text(object, "skb", "0xffff8880deadbee0");
	assert_text(object, "proto", "UDP");
	assert_text(object, "saddr", "10.0.3.7");
	assert_int_equal(integer(object, "sport"), 51514);
	assert_text(object, "daddr", "10.0.9.2");
	assert_int_equal(integer(object, "dport"), 53);
	assert_text(object, "ifname", "eth0");
	assert_int_equal(integer(object, "netns"), 4026531840);
	assert_int_equal(integer(object, "pid"), 77);
	assert_text(object, "comm", "dig");
	assert_text(object, "reason", "unknown");
	/* What does not apply is not there. */
	assert_null(json_object_get(object, "mark"));
	assert_null(json_object_get(object, "tcp_flags"));
	assert_null(json_object_get(object, "location"));
	json_decref(object);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Two lines, and what comes with the first after both. */
static void speak_details(struct fixture *f, struct listener *listener)
{
	struct trace_record record = { .cpu = 5, .ktime_ns = 40, .skb = 0xffff8880deadbee0, .len = 60, .ifindex = 3 };

	f->host->skb_layout = made_skb_layout();
	listener->record(listener->context, &record, 1040);
	made_details_add(f->host, &record);
	record.ktime_ns++;
	listener->record(listener->context, &record, 1041);
	made_details_add(f->host, &record);
	record.skb = 0; /* of no line */
	made_details_add(f->host, &record);
	speak_sample(f, listener);
}

static void assert_of_line(const json_t *object, const char *type, json_int_t ts_ns)
{
	assert_string_equal(json_string_value(json_object_get(object, "type")), type);
	assert_int_equal(integer(object, "cpu"), 5);
	if (ts_ns)
		assert_int_equal(integer(object, "ts_ns"), ts_ns);
	else
		assert_null(json_object_get(object, "ts_ns"));
}

static void test_details(void **state)
{
	static const struct {
		const char *type;
		json_int_t ts_ns;
	} expected[] = { { "trace", 1040 }, { "stack", 1040 }, { "sk_buff", 1040 }, { "trace", 1041 }, { "stack", 1041 },
		{ "stack", 0 }, { "sk_buff", 1041 }, { "sk_buff", 0 } };
	struct fixture *f = *state;
	char *text, *line;

	f->details = DETAIL_STACK | DETAIL_SKB;
	line = text = written(f, speak_details);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		size_t n = strcspn(line, "\n");
		json_t *object = parse_line(line, n);

		assert_of_line(object, expected[i].type, expected[i].ts_ns);
		if (i == 1)
			assert_int_equal(json_array_size(json_object_get(object, "frames")), 3);
		if (i == 2)
			assert_string_equal(json_string_value(json_array_get(json_object_get(object, "text"), 2)),
				"  .len = (unsigned int)60,");
		json_decref(object);
		line += n + 1;
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_head),
		TEST(test_limits_and_cost),
		TEST(test_syscalls),
		TEST(test_packets_and_drops),
		TEST(test_interfaces),
		TEST(test_softirq),
		TEST(test_interrupts_and_nic),
		TEST(test_loss),
		TEST(test_end),
		TEST(test_unknown_rate),
		TEST(test_closed_pipe),
		TEST(test_full_disk),
		TEST(test_standing_reader),
		TEST(test_details),
		TEST(test_long_object),
		TEST(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
