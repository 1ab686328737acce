/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two network namespaces joined by a veth pair. They have no names: only this process's descriptors
 * hold them, so the kernel takes them away with it, however it ends.
 */
#ifndef SKEWTOP_TEST_NETNS_H
#define SKEWTOP_TEST_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#define TEST_NET_SENDER_IF "sender0"
#define TEST_NET_RECEIVER_IF "receiver0"

struct test_netns {
	int fd;
	uint32_t inode; /* what skewtop calls the namespace */
	uint32_t ifindex;
	char path[64];	/* for --netns: /proc/PID/fd/N */
};

enum { TEST_NET_FLOWS = 4 };

/*
 * Flow n goes from 10.77.0.(1 + n) at sender0 to 10.77.0.(100 + n) at receiver0. No IPv6 and static
 * neighbours: nothing is sent but what the test sends.
 */
struct test_net {
	struct test_netns sender;
	struct test_netns receiver;
};

/* Aborts if it cannot be made (needs root). */
void test_net_make(struct test_net *net);
void test_net_remove(struct test_net *net);

/* Moves the calling thread into a namespace. */
void test_netns_enter(const struct test_netns *netns);

/* Runs a program in a namespace; its exit status. */
int test_netns_run(const struct test_netns *netns, const char *const *argv);

#endif
