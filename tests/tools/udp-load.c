/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A known number of UDP packets, and somewhere for them to go:
 *   udp-load send ADDRESS PORT COUNT [CPU [BYTES]]
 *   udp-load sink ADDRESS PORT
 * `send` hands exactly COUNT datagrams to the kernel, one call each, from the given CPU (-1: any);
 * the first 8 bytes number them from 0 (big-endian). It prints how long that took. `sink` prints
 * "ready" once bound, reads until after SIGTERM or SIGINT nothing more comes, then prints how many
 * arrived.
 */
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BYTES_MIN = 8,
	BYTES_MAX = 65507,
	BYTES_DEFAULT = 18,
	RECEIVE_BUFFER = 16 << 20
};

static int usage(void)
{
	fputs("usage: udp-load send ADDRESS PORT COUNT [CPU [BYTES]]\n"
	      "       udp-load sink ADDRESS PORT\n",
		stderr);
	return 2;
}

static int complain(const char *what)
{
	fprintf(stderr, "udp-load: %s: %s\n", what, strerror(errno));
	return 1;
}

static int parse(const char *text, long long low, long long high, long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno || end == text || *end || *value < low || *value > high ? -EINVAL : 0;
}

/* A socket for a numeric address, connected to it or bound; negative errno. */
static int open_socket(const char *address, const char *port, bool sink)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	int size = RECEIVE_BUFFER, failed, fd;
	struct addrinfo *found;

	if (getaddrinfo(address, port, &hints, &found))
		return -EINVAL;
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		failed = -errno;
	} else if (sink) {
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
		failed = bind(fd, found->ai_addr, found->ai_addrlen) ? -errno : 0;
	} else {
		failed = connect(fd, found->ai_addr, found->ai_addrlen) ? -errno : 0;
	}
	freeaddrinfo(found);
	if (failed && fd >= 0)
		close(fd);
	return failed ? failed : fd;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/*
 * A datagram that the kernel refuses before it is a packet is sent again: no memory for it, or an
 * ICMP error about an earlier one. A queue's drop is no refusal: such a packet was sent.
 */
static int send_all(int fd, long long count, size_t bytes)
{
	static unsigned char packet[BYTES_MAX];

	for (long long i = 0; i < count;) {
		uint64_t number = htobe64((uint64_t)i);

		memcpy(packet, &number, sizeof(number));
		if (send(fd, packet, bytes, 0) >= 0)
			i++;
		else if (errno != EAGAIN && errno != ENOMEM && errno != ECONNREFUSED)
			return -1;
	}
	return 0;
}

static int run_send(int argc, char **argv)
{
	long long count, cpu = -1, bytes = BYTES_DEFAULT;
	double start, took;
	int fd;

	if (argc < 5 || argc > 7 || parse(argv[4], 1, INT64_MAX, &count) ||
		(argc > 5 && parse(argv[5], -1, CPU_SETSIZE - 1, &cpu)) ||
		(argc > 6 && parse(argv[6], BYTES_MIN, BYTES_MAX, &bytes)))
		return usage();
	fd = open_socket(argv[2], argv[3], false);
	if (fd < 0) {
		errno = -fd;
		return complain(argv[2]);
	}
	if (pin((int)cpu))
		return complain("cannot run on that CPU");
	start = seconds();
	if (send_all(fd, count, (size_t)bytes))
		return complain("send");
	took = seconds() - start;
	printf("sent %lld in %.3f s: %.0f packets/s\n", count, took, (double)count / took);
	return 0;
}

static int run_sink(int argc, char **argv)
{
	struct timeval tick = {.tv_usec = 100000};
	static unsigned char packet[BYTES_MAX];
	unsigned long long arrived = 0;
	struct timespec now = {0};
	sigset_t ends;
	int fd;

	if (argc != 4)
		return usage();
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	fd = open_socket(argv[2], argv[3], true);
	if (fd < 0) {
		errno = -fd;
		return complain(argv[2]);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));
	puts("ready");
	fflush(stdout);
	for (;;) {
		if (recv(fd, packet, sizeof(packet), 0) >= 0)
			arrived++;
		else if (sigtimedwait(&ends, NULL, &now) > 0)
			break;
	}
	printf("received %llu\n", arrived);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "send"))
		return run_send(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "sink"))
		return run_sink(argc, argv);
	return usage();
}
