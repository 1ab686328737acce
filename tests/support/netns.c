/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/process.h"

#define SENDER_MAC "02:00:00:00:77:01"
#define RECEIVER_MAC "02:00:00:00:77:64"

static void die(const char *what)
{
	fprintf(stderr, "test support: %s: %s\n", what, strerror(errno));
	abort();
}

static int open_own(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("/proc/thread-self/ns/net");
	return fd;
}

void test_netns_enter(const struct test_netns *netns)
{
	if (setns(netns->fd, CLONE_NEWNET))
		die("setns");
}

struct errand {
	const struct test_netns *netns;
	const char *const *argv;
};

static int run_errand(void *context)
{
	const struct errand *errand = context;

	test_netns_enter(errand->netns);
	execvp(errand->argv[0], (char *const *)errand->argv);
	die(errand->argv[0]);
	return 127;
}

int test_netns_run(const struct test_netns *netns, const char *const *argv)
{
	struct errand errand = { netns, argv };

	return process_wait(process_spawn(-1, run_errand, &errand));
}

/* One line of words to ip(8), in a namespace. */
static void ip(const struct test_netns *netns, const char *line)
{
	enum { WORDS_MAX = 24 };
	const char *argv[WORDS_MAX + 1] = { "ip" };
	char words[256], *rest = words;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	while (argc < WORDS_MAX && (argv[argc] = strsep(&rest, " ")))
		argc++;
	if (test_netns_run(netns, argv)) {
		errno = 0;
		die(line);
	}
}

/* Without these a new interface speaks on its own: router solicitations, duplicate address detection. */
static void silence(void)
{
	static const char *const paths[] = {
		"/proc/sys/net/ipv6/conf/all/disable_ipv6",
		"/proc/sys/net/ipv6/conf/default/disable_ipv6",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int fd = open(paths[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0) /* a kernel without IPv6 is silent */
			continue;
		if (write(fd, "1", 1) != 1)
			die(paths[i]);
		close(fd);
	}
}

/* A new namespace; the calling thread is in it afterwards. */
static void unshare_netns(struct test_netns *netns)
{
	struct stat st;

	if (unshare(CLONE_NEWNET))
		die("unshare(CLONE_NEWNET)");
	netns->fd = open_own();
	if (fstat(netns->fd, &st))
		die("fstat");
	netns->inode = (uint32_t)st.st_ino;
	snprintf(netns->path, sizeof(netns->path), "/proc/%d/fd/%d", getpid(), netns->fd);
	silence();
}

static void find_ifindex(struct test_netns *netns, const char *ifname)
{
	test_netns_enter(netns);
	netns->ifindex = if_nametoindex(ifname);
	if (!netns->ifindex)
		die(ifname);
}

static void ip_numbered(const struct test_netns *netns, const char *format, int number)
{
	char line[128];

	snprintf(line, sizeof(line), format, number);
	ip(netns, line);
}

static void add_addresses(struct test_net *net)
{
	for (int flow = 0; flow < TEST_NET_FLOWS; flow++) {
		ip_numbered(&net->sender, "addr add 10.77.0.%d/24 dev " TEST_NET_SENDER_IF,
			1 + flow);
		ip_numbered(&net->receiver, "addr add 10.77.0.%d/24 dev " TEST_NET_RECEIVER_IF,
			100 + flow);
		ip_numbered(&net->sender,
			"neigh add 10.77.0.%d lladdr " RECEIVER_MAC
			" nud permanent dev " TEST_NET_SENDER_IF,
			100 + flow);
		ip_numbered(&net->receiver,
			"neigh add 10.77.0.%d lladdr " SENDER_MAC
			" nud permanent dev " TEST_NET_RECEIVER_IF,
			1 + flow);
	}
}

void test_net_make(struct test_net *net)
{
	int home = open_own();
	char line[256];

	memset(net, 0, sizeof(*net));
	unshare_netns(&net->receiver);
	unshare_netns(&net->sender);
	snprintf(line, sizeof(line),
		"link add " TEST_NET_SENDER_IF " address " SENDER_MAC
		" type veth peer name " TEST_NET_RECEIVER_IF " address " RECEIVER_MAC " netns %s",
		net->receiver.path);
	ip(&net->sender, line);
	ip(&net->sender, "link set " TEST_NET_SENDER_IF " up");
	ip(&net->receiver, "link set " TEST_NET_RECEIVER_IF " up");
	add_addresses(net);
	find_ifindex(&net->receiver, TEST_NET_RECEIVER_IF);
	find_ifindex(&net->sender, TEST_NET_SENDER_IF);
	if (setns(home, CLONE_NEWNET))
		die("setns");
	close(home);
}

void test_net_remove(struct test_net *net)
{
	close(net->sender.fd);
	close(net->receiver.fd);
}
