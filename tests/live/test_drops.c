/* SPDX-License-Identifier: GPL-2.0-only */
/* Drops are counted exactly, by reason and location, on the CPU where they happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/live.h"
#include "tests/support/netns.h"

enum {
	CPUS_MAX = 64,
	PACKETS = 5000,
	BATCH = 50,
	CLOSED_PORT = 7999,
	FULL_PORT = 7998,
	UNKNOWN_PROTOCOL = 253,
	PATIENCE_S = 20
};

/* What the kernel drops for one reason, and its own counter of it in /proc/net/snmp. */
struct kind {
	const char *reason;
	const char *where;   /* in the name of the location; callees are inlined differently */
	const char *snmp[2]; /* row and column */
	int type;
	int protocol;
	uint16_t port;
	uint16_t checksum; /* of a UDP header that we write */
	bool receiver;	   /* a socket is there, whose buffer is full */
};

static const struct kind kinds[] = {
	{.reason = "NO_SOCKET",
		.where = "udp",
		.snmp = {"Udp:", "NoPorts"},
		.type = SOCK_DGRAM,
		.protocol = IPPROTO_UDP,
		.port = CLOSED_PORT},
	{.reason = "UDP_CSUM",
		.where = "udp",
		.snmp = {"Udp:", "InCsumErrors"},
		.type = SOCK_RAW,
		.protocol = IPPROTO_UDP,
		.port = CLOSED_PORT,
		.checksum = 0x1234},
	{.reason = "IP_NOPROTO",
		.where = "ip_",
		.snmp = {"Ip:", "InUnknownProtos"},
		.type = SOCK_RAW,
		.protocol = UNKNOWN_PROTOCOL},
	{.reason = "SOCKET_RCVBUFF",
		.where = "udp",
		.snmp = {"Udp:", "RcvbufErrors"},
		.type = SOCK_DGRAM,
		.protocol = IPPROTO_UDP,
		.port = FULL_PORT,
		.receiver = true},
};

struct job {
	const struct test_net *net;
	const struct kind *kind;
	uint64_t *dropped; /* in the end, as the kernel says; shared */
};

/* ---- the sender, in a child ---- */

/* The kernel's own count; -1 if the file does not have it. */
static long snmp(int fd, const char *const *name)
{
	char text[8192], *heads, *values;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	heads = strstr(text, name[0]);
	values = heads ? strstr(heads + 1, name[0]) : NULL;
	while (values && *heads != '\n') {
		size_t length = strcspn(heads, " \n");

		if (!strncmp(heads, name[1], length) && !name[1][length])
			return atol(values);
		heads += length + (heads[length] == ' ');
		values += strcspn(values, " \n") + 1;
	}
	return -1;
}

static struct sockaddr_in receiver_address(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr("10.77.0.100"),
	};
}

/* A socket whose buffer holds nothing more; nobody reads it. */
static int open_full(void)
{
	struct sockaddr_in at = receiver_address(FULL_PORT);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), tiny = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny));
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -1 : fd;
}

static int send_packets(int fd, const struct kind *kind, int n)
{
	const struct sockaddr_in to = receiver_address(kind->type == SOCK_RAW ? 0 : kind->port);
	struct {
		struct udphdr udp;
		char payload[24];
	} packet = {
		.udp = {.source = htons(7997),
			.dest = htons(kind->port),
			.len = htons(sizeof(packet)),
			.check = htons(kind->checksum)},
	};

	while (n--)
		if (sendto(fd, &packet, sizeof(packet), 0, (const struct sockaddr *)&to,
			    sizeof(to)) < 0)
			return -1;
	return 0;
}

/* Waits until the kernel has counted as many drops as there must be. */
static int wait_for(int fd, const struct kind *kind, long n)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (snmp(fd, kind->snmp) < n)
		if (time(NULL) > end)
			return -1;
	return snmp(fd, kind->snmp) == n ? 0 : -1;
}

static int fill(int fd, int snmp_fd, const struct kind *kind)
{
	while (!snmp(snmp_fd, kind->snmp))
		if (send_packets(fd, kind, 1))
			return -1;
	return 0;
}

/* PACKETS drops, in batches that no queue is too short for. Exit status 0 when all were. */
static int make_drops(void *context)
{
	const struct job *job = context;
	const struct kind *kind = job->kind;
	int snmp_fd, full_fd = -1, fd;
	long before;

	test_netns_enter(&job->net->receiver);
	snmp_fd = open("/proc/thread-self/net/snmp", O_RDONLY | O_CLOEXEC);
	if (kind->receiver)
		full_fd = open_full();
	test_netns_enter(&job->net->sender);
	fd = socket(AF_INET, kind->type | SOCK_CLOEXEC, kind->protocol);
	if (snmp_fd < 0 || fd < 0 || (kind->receiver && (full_fd < 0 || fill(fd, snmp_fd, kind))))
		return 1;
	before = snmp(snmp_fd, kind->snmp);
	for (int sent = BATCH; sent <= PACKETS; sent += BATCH)
		if (send_packets(fd, kind, BATCH) || wait_for(snmp_fd, kind, before + sent))
			return 2;
	*job->dropped = before + PACKETS;
	return 0;
}

/* ---- what skewtop says ---- */

/* The one row of a reason; -1 if there is none. */
static int row_of_reason(const struct source *source, const char *reason)
{
	const struct catalog *catalog = source->host->catalog;
	int found = -1;

	for (int row = 0; row < catalog_count(catalog, TABLE_DROPS); row++) {
		if (strcmp(catalog_row(catalog, TABLE_DROPS, row)->name, reason) != 0)
			continue;
		assert_int_equal(found, -1);
		found = row;
	}
	return found;
}

static void assert_drops(const struct kind *kind, int cpu, struct source *source, uint64_t n)
{
	struct snapshot *snapshot = live_take(source);
	uint64_t expected[CPUS_MAX] = {0};
	int row = row_of_reason(source, kind->reason);
	const char *where;

	if (row < 0)
		fail_msg("no drop for %s", kind->reason);
	where = catalog_row(source->host->catalog, TABLE_DROPS, row)->where;
	if (!strstr(where, kind->where) || !strstr(where, "+0x"))
		fail_msg("%s at %s", kind->reason, where);
	expected[live_slot(source, cpu)] = n;
	live_assert_growth(kind->reason, NULL, snapshot, TABLE_DROPS, row, COUNT_PACKETS, expected);
	/* Nothing else was dropped there. */
	assert_int_equal(snapshot->table[TABLE_DROPS].n_rows, 1);
	live_assert_growth("kfree_skb", NULL, snapshot, TABLE_PROBES,
		live_probe(source, "kfree_skb"), COUNT_PACKETS, expected);
	snapshot_unref(snapshot);
}

static void test_kind(const struct kind *kind, int cpu)
{
	struct test_net net;
	struct job job = {&net, kind, process_shared(sizeof(*job.dropped))};
	struct live_options options = {0};
	struct source *source;

	test_net_make(&net);
	options.narrow.netns = net.receiver.inode;
	source = live_open(&options);
	assert_int_equal(process_wait(process_spawn(cpu, make_drops, &job)), 0);
	if (!kind->receiver)
		assert_int_equal(*job.dropped, PACKETS);
	assert_drops(kind, cpu, source, *job.dropped);
	source_close(source);
	test_net_remove(&net);
}

static void test_reasons_on_each_cpu(void **state)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX);

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (int i = 0; i < n; i++)
			test_kind(&kinds[k], cpus[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons_on_each_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
