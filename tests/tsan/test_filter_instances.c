/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Eight threads open and close fifty instances each, all from the one embedded object and each with
 * a filter of its own: every instance counts exactly what its filter accepts, whatever the others
 * do. test_filter_instances_tsan.sh runs this program under the thread sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/types.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/filter/filter.h"
#include "core/probes/packets.h"
#include "core/probes/percpu.h"

#include "bpf/packets.skel.h"

enum {
	THREADS = 8,
	INSTANCES = 10 /* SKEWTOP_INSTANCES says otherwise */,
	FIRST_PORT = 7000,
	MATCHING = 7,
	OTHERS = 5
};

/* One thread's work. What goes wrong is said afterwards: only the main thread may fail a test. */
struct opener {
	pthread_t thread;
	int number;
	int n_cpus;
	const struct packet_probes *probes; /* all threads read the same */
	uint32_t netns;
	int fd;
	int times;
	int opened;
	char why[512];
};

#define GIVE_UP(o, ...) (snprintf((o)->why, sizeof((o)->why), __VA_ARGS__), false)

/* A network namespace of the thread's own with its loopback device up. */
static bool go_alone(struct opener *o)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	struct stat st;

	if (unshare(CLONE_NEWNET) || stat("/proc/thread-self/ns/net", &st))
		return GIVE_UP(o, "no namespace: %s", strerror(errno));
	o->netns = (uint32_t)st.st_ino;
	o->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (o->fd < 0 || ioctl(o->fd, SIOCSIFFLAGS, &lo))
		return GIVE_UP(o, "no loopback device: %s", strerror(errno));
	return true;
}

/* Nobody listens: the answers are ICMP, which no filter here accepts. */
static bool send_to(struct opener *o, int port, int n)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	for (int i = 0; i < n; i++)
		if (sendto(o->fd, "x", 1, 0, (const struct sockaddr *)&to, sizeof(to)) != 1)
			return GIVE_UP(o, "cannot send: %s", strerror(errno));
	return true;
}

/* Packets at the first probe, all CPUs. */
static bool counted(struct opener *o, const struct packet_instance *instance, uint64_t *n)
{
	struct percpu_buffer buffer;
	uint32_t zero = 0;
	int ret = percpu_buffer_init(&buffer, sizeof(struct packet_counts), o->n_cpus, 1);

	*n = 0;
	ret = ret
		      ?: percpu_read(bpf_map__fd(instance->packets->maps.packet_counts), &zero,
				 &buffer);
	for (int slot = 0; slot < o->n_cpus && !ret; slot++) {
		const struct packet_counts *counts = percpu_value(&buffer, 0, slot);

		*n += counts->probe[0].packets;
	}
	percpu_buffer_free(&buffer);
	return ret ? GIVE_UP(o, "cannot read counts: %s", strerror(-ret)) : true;
}

static bool use_instance(struct opener *o, const struct packet_instance *instance, int port)
{
	uint64_t n;

	if (!send_to(o, port, MATCHING) || !send_to(o, port + 1, OTHERS) ||
		!counted(o, instance, &n))
		return false;
	return n == MATCHING ||
	       GIVE_UP(o, "port %d: %ju packets instead of %d", port, (uintmax_t)n, MATCHING);
}

static bool open_once(struct opener *o, int port)
{
	const struct live_options options = {.narrow.netns = o->netns, .ring_bytes = 4096};
	struct packet_probes probes = *o->probes;
	struct packet_instance instance;
	struct filter *filter;
	struct error err = {""};
	char expr[64], why[FILTER_ERR_SIZE];
	bool ok;

	snprintf(expr, sizeof(expr), "udp dst port %d and not ip6", port);
	if (filter_compile(expr, NULL, &filter, why, sizeof(why)))
		return GIVE_UP(o, "%s", why);
	if (packets_open(&instance, &probes, &options, filter, NULL, &err))
		ok = GIVE_UP(o, "%s", err.text);
	else
		ok = use_instance(o, &instance, port);
	filter_free(filter);
	packets_close(&instance);
	return ok;
}

static void *open_many(void *context)
{
	struct opener *o = context;

	if (!go_alone(o))
		return NULL;
	while (o->opened < o->times && open_once(o, FIRST_PORT + o->number * 100 + o->opened))
		o->opened++;
	close(o->fd);
	return NULL;
}

/* One probe is enough, and quick. */
static void find_probe(struct packet_probes *probes)
{
	struct packet_probes *all = calloc(1, sizeof(*all));
	struct btf *btf = btf__load_vmlinux_btf();

	assert_non_null(btf);
	all->n = tracepoints_find(btf, all->tracepoint, PROBE_MAX, &all->left_out);
	memset(probes, 0, sizeof(*probes));
	for (int i = 0; i < all->n; i++)
		if (!strcmp(all->tracepoint[i].name, "netif_receive_skb"))
			probes->tracepoint[probes->n++] = all->tracepoint[i];
	assert_int_equal(probes->n, 1);
	btf__free(btf);
	free(all);
}

static void test_eight_threads(void **state)
{
	static struct packet_probes probes;
	const char *asked = getenv("SKEWTOP_INSTANCES");
	int times = asked ? atoi(asked) : INSTANCES;
	struct opener opener[THREADS];

	(void)state;
	find_probe(&probes);
	for (int i = 0; i < THREADS; i++) {
		opener[i] = (struct opener){.number = i,
			.times = times,
			.probes = &probes,
			.n_cpus = libbpf_num_possible_cpus()};
		assert_int_equal(pthread_create(&opener[i].thread, NULL, open_many, &opener[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(opener[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		if (opener[i].opened != times)
			fail_msg("thread %d, after %d instances: %s", i, opener[i].opened,
				opener[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eight_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
