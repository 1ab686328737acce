/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/process.h"

enum {
	HEADERS = 14 + 20 + 8,	/* Ethernet, IPv4, UDP */
	SOURCE_PORT = 7600,
	LOCKSTEP_MS = 2000,
};

uint64_t test_share(uint64_t n)
{
	const char *share = getenv("SKEWTOP_SHARE");

	return share && atoi(share) > 0 ? n / atoi(share) : n;
}

void generate_syscalls(uint64_t n, bool failing)
{
	struct itimerval value;

	for (uint64_t i = 0; i < n; i++)
		syscall(RARE_SYSCALL, failing ? -1 : ITIMER_REAL, &value);
}

/* ---- payloads ---- */

/* splitmix64 */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint8_t fill_byte(uint64_t seed, size_t at)
{
	return (uint8_t)(seed >> at % 8 * 8) ^ (uint8_t)at;
}

void flood_fill(void *payload, const struct flood_payload *head)
{
	uint8_t *bytes = payload;
	uint64_t seed = mix(head->sequence ^ mix(head->flow));

	memcpy(payload, head, sizeof(*head));
	for (size_t i = sizeof(*head); i < head->length; i++)
		bytes[i] = fill_byte(seed, i);
}

const char *flood_check(const void *payload, size_t size, size_t length, uint32_t saddr,
	uint32_t daddr, uint16_t sport, uint16_t dport, struct flood_payload *out)
{
	const uint8_t *bytes = payload;
	uint64_t seed;

	if (size < sizeof(*out))
		return "too few bytes";
	memcpy(out, payload, sizeof(*out));
	if (out->magic != FLOOD_MAGIC)
		return "magic";
	if (out->saddr != saddr || out->daddr != daddr)
		return "address";
	if (out->sport != sport || out->dport != dport)
		return "port";
	if (out->length != length || length != flood_length(out->sequence))
		return "length";
	if (dport != FLOOD_PORT + out->sequence % FLOOD_PORTS)
		return "sequence";
	seed = mix(out->sequence ^ mix(out->flow));
	for (size_t i = sizeof(*out); i < size && i < length; i++)
		if (bytes[i] != fill_byte(seed, i))
			return "bytes";
	return NULL;
}

uint64_t flood_bytes(uint64_t n)
{
	uint64_t whole = n / FLOOD_LENGTHS, rest = n % FLOOD_LENGTHS;
	uint64_t of_a_round = (uint64_t)FLOOD_LENGTHS * (FLOOD_LENGTHS - 1) / 2;

	return n * (HEADERS + FLOOD_LENGTH_MIN) + whole * of_a_round + rest * (rest - 1) / 2;
}

/* ---- sending ---- */

struct sender {
	const struct flood *flood;
	int fd;
	int receiver[FLOOD_PORTS];
	struct sockaddr_in from;
	struct sockaddr_in to[FLOOD_PORTS];
	struct mmsghdr message[FLOOD_BATCH];
	struct iovec piece[FLOOD_BATCH];
	uint8_t payload[FLOOD_BATCH][FLOOD_LENGTH_MIN + FLOOD_LENGTHS];
};

static struct sockaddr_in address(uint32_t last, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(10u << 24 | 77u << 16 | last),
	};
}

static int open_socket(const struct test_netns *netns, const struct sockaddr_in *at, int buffer)
{
	int fd;

	test_netns_enter(netns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)))
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		return -1;
	return fd;
}

/*
 * Somebody listens at each port, because an unwanted packet would be answered with ICMP. Without
 * lockstep nobody reads, and what does not fit is dropped there.
 */
static int open_sockets(struct sender *sender)
{
	enum { ROOMY = 8 << 20, TINY = 0 };
	const struct flood *flood = sender->flood;

	for (int i = 0; i < FLOOD_PORTS; i++) {
		sender->to[i] = address(100 + flood->flow, FLOOD_PORT + i);
		sender->receiver[i] = open_socket(&flood->net->receiver, &sender->to[i],
			flood->lockstep ? ROOMY : TINY);
		if (sender->receiver[i] < 0)
			return -1;
	}
	sender->from = address(1 + flood->flow, SOURCE_PORT);
	sender->fd = open_socket(&flood->net->sender, &sender->from, ROOMY);
	return sender->fd < 0 ? -1 : 0;
}

static void prepare(struct sender *sender, uint64_t sequence, int i)
{
	const struct flood *flood = sender->flood;
	struct sockaddr_in *to = &sender->to[sequence % FLOOD_PORTS];
	const struct flood_payload head = {
		.magic = FLOOD_MAGIC,
		.flow = flood->flow,
		.sequence = sequence,
		.saddr = ntohl(sender->from.sin_addr.s_addr),
		.daddr = ntohl(to->sin_addr.s_addr),
		.sport = ntohs(sender->from.sin_port),
		.dport = ntohs(to->sin_port),
		.length = (uint16_t)flood_length(sequence),
		.cpu = (uint16_t)flood->cpu,
	};

	flood_fill(sender->payload[i], &head);
	sender->piece[i] = (struct iovec){ sender->payload[i], head.length };
	sender->message[i].msg_hdr = (struct msghdr){
		.msg_name = to,
		.msg_namelen = sizeof(*to),
		.msg_iov = &sender->piece[i],
		.msg_iovlen = 1,
	};
}

static int send_batch(struct sender *sender, int n)
{
	int done = 0;

	while (done < n) {
		int sent = sendmmsg(sender->fd, sender->message + done, n - done, 0);
		struct pollfd room = { .fd = sender->fd, .events = POLLOUT };

		if (sent > 0)
			done += sent;
		else if (errno == EAGAIN || errno == ENOBUFS)
			poll(&room, 1, LOCKSTEP_MS);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* Takes `n` packets from a socket, waiting for those that are still on their way. */
static int take(int fd, int n)
{
	struct mmsghdr message[FLOOD_BATCH];
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char byte;
	struct iovec piece = { &byte, 1 };

	memset(message, 0, sizeof(message));
	for (int i = 0; i < FLOOD_BATCH; i++)
		message[i].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
	while (n > 0) {
		int got = recvmmsg(fd, message, FLOOD_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);

		if (got > 0) {
			n -= got;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -1;
		} else if (poll(&wait, 1, LOCKSTEP_MS) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

static int take_batch(const struct sender *sender, uint64_t sequence, int n)
{
	int expected[FLOOD_PORTS] = { 0 };

	for (int i = 0; i < n; i++)
		expected[(sequence + i) % FLOOD_PORTS]++;
	for (int i = 0; i < FLOOD_PORTS; i++)
		if (take(sender->receiver[i], expected[i]))
			return -1;
	return 0;
}

int generate_flood(const struct flood *flood)
{
	static _Thread_local struct sender sender;
	uint64_t sequence = 0;

	memset(&sender, 0, sizeof(sender));
	sender.flood = flood;
	if (open_sockets(&sender))
		return -1;
	while (sequence < flood->packets) {
		uint64_t left = flood->packets - sequence;
		int n = left < FLOOD_BATCH ? (int)left : FLOOD_BATCH;

		for (int i = 0; i < n; i++)
			prepare(&sender, sequence + i, i);
		if (send_batch(&sender, n))
			return -1;
		if (flood->lockstep && take_batch(&sender, sequence, n))
			return -1;
		sequence += n;
	}
	close(sender.fd);
	for (int i = 0; i < FLOOD_PORTS; i++)
		close(sender.receiver[i]);
	return 0;
}

struct flood_child {
	const struct flood *flood;
	const int *go;
};

static int flood_child(void *context)
{
	const struct flood_child *child = context;

	while (!__atomic_load_n(child->go, __ATOMIC_ACQUIRE))
		usleep(1000);
	if (!generate_flood(child->flood))
		return 0;
	fprintf(stderr, "test support: flood: %s\n", strerror(errno));
	return 1;
}

pid_t flood_spawn(const struct flood *flood, const int *go)
{
	struct flood_child child = { flood, go };

	return process_spawn(flood->cpu, flood_child, &child);
}
