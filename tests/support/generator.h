/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes known numbers of system calls and packets on known CPUs. Packets describe themselves: address,
 * ports, length and sequence number stand in the payload again, and all bytes after them follow from
 * the sequence number, so that a record with a piece of another packet in it gives itself away.
 */
#ifndef SKEWTOP_TEST_GENERATOR_H
#define SKEWTOP_TEST_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "tests/support/netns.h"

/* A system call that nothing in a test makes by itself. */
enum { RARE_SYSCALL = SYS_getitimer };

/* n, or an Nth of it where SKEWTOP_SHARE=N says so: a machine that is emulated takes its time. */
uint64_t test_share(uint64_t n);

/* In the calling thread: n calls of RARE_SYSCALL, all successful or all failing. */
void generate_syscalls(uint64_t n, bool failing);

enum {
	FLOOD_PORT = 7700, /* the lowest destination port; FLOOD_PORTS of them take turns */
	FLOOD_PORTS = 16,
	FLOOD_BATCH = 64,
	FLOOD_LENGTH_MIN = 32, /* of the payload */
	FLOOD_LENGTHS = 400,
};

/* What stands at the start of each payload; all in host order. */
struct flood_payload {
	uint32_t magic;
	uint32_t flow;
	uint64_t sequence;
	uint32_t saddr; /* as in the IP header */
	uint32_t daddr;
	uint16_t sport;
	uint16_t dport;
	uint16_t length; /* of the payload */
	uint16_t cpu;
};

enum { FLOOD_MAGIC = 0x736b6577 };

struct flood {
	const struct test_net *net;
	uint64_t packets;
	uint32_t flow; /* below TEST_NET_FLOWS, see netns.h */
	int cpu;       /* where the caller is pinned */
	bool lockstep; /* waits for each batch to arrive, so that no queue can overflow */
};

/* In the calling thread, which changes its namespace: sends; 0, or -1 with errno. */
int generate_flood(const struct flood *flood);

/* The length of the payload number `sequence`. */
static inline size_t flood_length(uint64_t sequence)
{
	return FLOOD_LENGTH_MIN + sequence % FLOOD_LENGTHS;
}

/* Bytes on the wire, Ethernet header included, of packets 0 ... n-1. */
uint64_t flood_bytes(uint64_t n);

/* Writes a whole payload of head->length bytes. */
void flood_fill(void *payload, const struct flood_payload *head);

/*
 * Checks the first `size` bytes of a payload whose true length is `length` against itself and against
 * its headers. NULL, or what is wrong.
 */
const char *flood_check(const void *payload, size_t size, size_t length, uint32_t saddr,
	uint32_t daddr, uint16_t sport, uint16_t dport, struct flood_payload *out);

/* A child pinned to flood->cpu that sends when *go becomes 1. Exit status 0 when all were sent. */
pid_t flood_spawn(const struct flood *flood, const int *go);

#endif
