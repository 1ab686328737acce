/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an interface itself counts as lost is shown exactly: packets that a tun device's full queue
 * throws away, and frames that it refuses. And interrupts: every row lies between two readings of
 * the kernel's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "core/machine/interrupts.h"
#include "core/machine/netns.h"
#include "core/machine/proc_counters.h"
#include "tests/support/live.h"
#include "tests/support/netns.h"

enum {
	QUEUE = 10,
	SENT = 100,
	REFUSED = 7
};

#define TUN "drop0"
#define WHERE TUN " (NIC counter)"

struct fixture {
	struct test_net net;
	int tun;
	int socket;
};

/* ---- a tun device whose reader does not read ---- */

static void open_tun(void *context)
{
	struct fixture *f = context;
	struct ifreq request = {.ifr_name = TUN, .ifr_flags = IFF_TUN | IFF_NO_PI};

	f->tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (f->tun < 0 || ioctl(f->tun, TUNSETIFF, &request))
		perror("tun");
	f->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void ip(const struct fixture *f, const char *const *argv)
{
	assert_int_equal(test_netns_run(&f->net.sender, argv), 0);
}

static int set_up(void **state)
{
	static const char *const up[] = {"ip", "link", "set", TUN, "up", "txqueuelen", "10", NULL};
	static const char *const address[] = {
		"ip", "addr", "add", "10.88.0.1/24", "dev", TUN, NULL};
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	test_net_make(&f->net);
	assert_int_equal(netns_run(f->net.sender.fd, open_tun, f), 0);
	assert_true(f->tun >= 0 && f->socket >= 0);
	ip(f, up);
	ip(f, address);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->socket);
	close(f->tun);
	test_net_remove(&f->net);
	free(f);
	return 0;
}

/* All but QUEUE find the queue full, of n that are sent. */
static void send_packets(const struct fixture *f, int n)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = inet_addr("10.88.0.2")};

	for (int i = 0; i < n; i++)
		assert_int_equal(
			sendto(f->socket, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)), 1);
}

/* Neither IPv4 nor IPv6. */
static void write_bad_frames(const struct fixture *f)
{
	static const char bad[40];

	for (int i = 0; i < REFUSED; i++) {
		assert_int_equal(write(f->tun, bad, sizeof(bad)), -1);
		assert_int_equal(errno, EINVAL);
	}
}

static int read_all(const struct fixture *f)
{
	char frame[2048];
	int n = 0;

	while (read(f->tun, frame, sizeof(frame)) > 0)
		n++;
	return n;
}

static int find(
	const struct source *source, enum table_id table, const char *name, const char *where)
{
	const struct catalog *catalog = source->host->catalog;

	for (int i = 0; i < catalog_count(catalog, table); i++) {
		const struct row *row = catalog_row(catalog, table, i);

		if (!strcmp(row->name, name) && (!where || !strcmp(row->where, where)))
			return i;
	}
	return -1;
}

/* Of no CPU, this many. */
static void assert_lost(const struct source *source, const struct snapshot *snapshot,
	const char *name, uint64_t expected)
{
	const struct table *t = &snapshot->table[TABLE_NIC];
	int row = find(source, TABLE_NIC, name, WHERE);
	uint64_t n = row < 0 ? 0 : table_values(t, row, 0)[snapshot->n_cpus];

	assert_true(table_knows(t, 0));
	if (n != expected)
		fail_msg("%s is %llu, not %llu", name, (unsigned long long)n,
			(unsigned long long)expected);
	if (row >= 0)
		assert_int_equal(table_sum(t, row, 0), expected);
}

static void test_lost_packets_are_counted(void **state)
{
	struct fixture *f = *state;
	const struct live_options options = {
		.netns = f->net.sender.path, .narrow.netns = f->net.sender.inode};
	struct source *source;
	struct snapshot *snapshot;

	/* What was before does not count. */
	send_packets(f, QUEUE + 5);
	source = live_open(&options);
	snapshot = live_take(source);
	assert_lost(source, snapshot, "tx_dropped", 0);
	snapshot_unref(snapshot);

	send_packets(f, SENT);
	write_bad_frames(f);
	snapshot = live_take(source);
	assert_lost(source, snapshot, "tx_dropped", SENT);
	assert_lost(source, snapshot, "rx_dropped", REFUSED);
	assert_lost(source, snapshot, "rx_errors", 0);
	snapshot_unref(snapshot);

	/* With room again none is lost. */
	assert_int_equal(read_all(f), QUEUE);
	send_packets(f, QUEUE);
	snapshot = live_take(source);
	assert_lost(source, snapshot, "tx_dropped", SENT);
	snapshot_unref(snapshot);
	send_packets(f, 1);
	snapshot = live_take(source);
	assert_lost(source, snapshot, "tx_dropped", SENT + 1);
	snapshot_unref(snapshot);
	source_close(source);
}

/* An interface that goes away, and one of its name that comes: counts neither fall nor jump. */
static void test_a_device_that_is_made_anew(void **state)
{
	static const char *const up[] = {"ip", "link", "set", TUN, "up", "txqueuelen", "10", NULL};
	struct fixture *f = *state;
	const struct live_options options = {
		.netns = f->net.sender.path, .narrow.netns = f->net.sender.inode};
	struct source *source = live_open(&options);
	struct snapshot *snapshot = live_take(source);
	uint64_t sum = 0;

	snapshot_unref(snapshot);
	write_bad_frames(f);
	snapshot_unref(live_take(source));
	close(f->tun);
	close(f->socket);
	snapshot_unref(live_take(source));
	assert_int_equal(netns_run(f->net.sender.fd, open_tun, f), 0);
	ip(f, up);
	snapshot_unref(live_take(source));
	write_bad_frames(f);
	snapshot = live_take(source);
	for (int i = 0; i < snapshot->table[TABLE_NIC].n_rows; i++)
		if (!strcmp(catalog_row(source->host->catalog, TABLE_NIC, i)->name, "rx_dropped"))
			sum += table_sum(&snapshot->table[TABLE_NIC], i, 0);
	assert_int_equal(sum, 2 * REFUSED);
	snapshot_unref(snapshot);
	source_close(source);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	const char *const words[] = {"--delay", "0.2", "--netns", f->net.sender.path, NULL};
	struct stream stream = stream_start(words);
	json_t *object = stream_find(&stream, "sample"), *row;

	/* The program is there, and has taken its first sample. */
	assert_null(json_with(json_object_get(object, "nic"), "name", "tx_dropped"));
	json_decref(object);
	send_packets(f, SENT + QUEUE);
	object = stream_find_since(&stream, "sample", stream_clock());
	row = json_with(json_object_get(object, "nic"), "name", "tx_dropped");
	assert_non_null(row);
	assert_string_equal(json_string_value(json_object_get(row, "where")), WHERE);
	assert_int_equal(json_count(row, "count"), SENT);
	assert_int_equal(json_count(row, "netns"), f->net.sender.inode);
	assert_true(json_is_true(json_object_get(row, "loss")));
	assert_true(json_array_size(json_object_get(object, "interrupts")) > 0);
	json_decref(object);
	assert_int_equal(kill(stream.program.pid, SIGTERM), 0);
	object = stream_find(&stream, "end");
	json_decref(object);
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	stream_free(&stream);
}

/* ---- interrupts ---- */

/* The count of a line for the n-th column, read with other means; 0 if there is no such line. */
static uint64_t count_in(const char *text, const char *label, int column)
{
	char start[32];
	const char *line = text;
	char *at;

	snprintf(start, sizeof(start), "%s:", label);
	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		if (!strncmp(line + strspn(line, " "), start, strlen(start)))
			break;
	if (!line)
		return 0;
	at = strchr(line, ':') + 1;
	for (int i = 0; i < column; i++)
		strtoul(at, &at, 10);
	return strtoul(at, NULL, 10);
}

static const char *label_of(const struct row *row, char label[16])
{
	if (!(row->key[0] >> 63)) {
		snprintf(label, 16, "%u", (unsigned)row->key[0]);
		return label;
	}
	snprintf(label, 16, "%s", row->name);
	return label;
}

static char *read_interrupts(void)
{
	struct proc_file file;
	char *copy;

	proc_file_open(&file, "/proc/interrupts");
	copy = strdup(proc_file_read(&file));
	proc_file_close(&file);
	return copy;
}

/* Rows of one interrupt together: where it goes may have changed. */
static uint64_t total_of(
	const struct source *source, const struct snapshot *snapshot, uint64_t key, int slot)
{
	const struct table *t = &snapshot->table[TABLE_INTERRUPTS];
	uint64_t sum = 0;

	for (int i = 0; i < t->n_rows; i++)
		if (catalog_row(source->host->catalog, TABLE_INTERRUPTS, i)->key[0] == key)
			sum += table_values(t, i, 0)[slot];
	return sum;
}

static void test_interrupts(void **state)
{
	const struct live_options options = {.netns = NULL};
	struct source *source = live_open(&options);
	const struct catalog *catalog = source->host->catalog;
	const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};
	struct snapshot *snapshot;
	char *text[4], label[16];
	uint64_t grown = 0;

	(void)state;
	text[0] = read_interrupts();
	snapshot_unref(live_take(source));
	text[1] = read_interrupts();
	nanosleep(&pause, NULL);
	text[2] = read_interrupts();
	snapshot = live_take(source);
	text[3] = read_interrupts();
	assert_true(table_knows(&snapshot->table[TABLE_INTERRUPTS], 0));
	assert_true(find(source, TABLE_INTERRUPTS, "LOC", NULL) >= 0);
	for (int i = 0; i < snapshot->table[TABLE_INTERRUPTS].n_rows; i++) {
		const struct row *row = catalog_row(catalog, TABLE_INTERRUPTS, i);
		int column = 0;

		label_of(row, label);
		cpus_for_each (cpu, &snapshot->online) {
			uint64_t n =
				total_of(source, snapshot, row->key[0], live_slot(source, cpu));
			uint64_t least =
				count_in(text[2], label, column) - count_in(text[1], label, column);
			uint64_t most =
				count_in(text[3], label, column) - count_in(text[0], label, column);

			if (n < least || n > most)
				fail_msg("%s on CPU %d: %llu, and not %llu to %llu", label, cpu,
					(unsigned long long)n, (unsigned long long)least,
					(unsigned long long)most);
			grown += n;
			column++;
		}
	}
	assert_true(grown > 0);
	for (int i = 0; i < 4; i++)
		free(text[i]);
	snapshot_unref(snapshot);
	source_close(source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lost_packets_are_counted),
		TEST(test_a_device_that_is_made_anew),
		TEST(test_json),
		cmocka_unit_test(test_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
