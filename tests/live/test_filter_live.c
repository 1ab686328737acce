/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters on live packets: what is counted at the transmitting and at the receiving end is what
 * libpcap says it should be. Frames of every kind go over a veth pair; tagged ones through a
 * bridge, which holds their tags beside them; others through a real VXLAN device, a TCP connection,
 * a list of probes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/filter/classic.h"
#include "core/filter/filter.h"
#include "core/live/live.h"
#include "core/probes/packets.h"
#include "core/probes/percpu.h"
#include "tests/support/frames.h"
#include "tests/support/generator.h"
#include "tests/support/live.h"

#include "bpf/packets.skel.h"

enum {
	COPIES_MAX = 4,
	PATIENCE_MS = 5000,
	FEW_FRAMES = 256
};

/* Frame i is sent 1 + i % COPIES_MAX times. */
static uint64_t copies(size_t i)
{
	return 1 + i % COPIES_MAX;
}

struct scene {
	struct test_net net;
	struct frame *frames;
	size_t n;
	struct packet_instance *all; /* without a filter: what really passed */
};

/* Where packets are counted: the interface of a namespace, one direction. */
struct place {
	uint32_t netns, ifindex;
	int column; /* IF_RX_PACKETS or IF_TX_PACKETS */
};

static struct place sent(const struct scene *scene)
{
	return (struct place){scene->net.sender.inode, scene->net.sender.ifindex, IF_TX_PACKETS};
}

static struct place received(const struct scene *scene)
{
	return (struct place){
		scene->net.receiver.inode, scene->net.receiver.ifindex, IF_RX_PACKETS};
}

/* The probes at which interfaces are counted: with these two an instance is quickly there and gone.
 */
static void find_probes(struct packet_probes *probes)
{
	struct packet_probes *all = calloc(1, sizeof(*all));
	struct btf *btf = btf__load_vmlinux_btf();

	assert_non_null(btf);
	all->n = tracepoints_find(btf, all->tracepoint, PROBE_MAX, &all->left_out);
	for (int i = 0; i < all->n; i++)
		if (all->tracepoint[i].config.flags & (PROBE_RX | PROBE_TX))
			probes->tracepoint[probes->n++] = all->tracepoint[i];
	assert_int_equal(probes->n, 2);
	btf__free(btf);
	free(all);
}

/* options->compiled is freed. */
static struct packet_instance *open_instance(const struct live_options *options)
{
	struct packet_instance *instance = calloc(1, sizeof(*instance));
	struct packet_probes *probes = calloc(1, sizeof(*probes));
	struct error err = {""};

	find_probes(probes);
	if (packets_open(instance, probes, options, options->compiled, NULL, &err))
		fail_msg("%s", err.text);
	filter_free(options->compiled);
	free(probes);
	return instance;
}

static void close_instance(struct packet_instance *instance)
{
	if (instance)
		packets_close(instance);
	free(instance);
}

static struct filter *compile(const char *outer, const char *inner)
{
	char why[FILTER_ERR_SIZE];
	struct filter *filter;

	if (filter_compile(outer, inner, &filter, why, sizeof(why)))
		fail_msg("%s", why);
	return filter;
}

static struct packet_instance *open_with(const char *outer, const char *inner)
{
	const struct live_options options = {
		.ring_bytes = 4096,
		.compiled = outer || inner ? compile(outer, inner) : NULL,
	};

	return open_instance(&options);
}

static uint64_t of_column(const struct interface_count *counts, int column)
{
	return column == IF_RX_PACKETS ? counts->rx.packets : counts->tx.packets;
}

/* All CPUs. */
static uint64_t counted(const struct packet_instance *instance, struct place place)
{
	static struct interface_key keys[INTERFACES_MAX];
	struct percpu_buffer buffer;
	uint64_t sum = 0;
	int n;

	assert_int_equal(percpu_buffer_init(&buffer, sizeof(struct interface_count),
				 libbpf_num_possible_cpus(), INTERFACES_MAX),
		0);
	n = percpu_read_all(bpf_map__fd(instance->packets->maps.interface_counts), sizeof(keys[0]),
		keys, &buffer);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++)
		for (int slot = 0; slot < buffer.n_cpus; slot++)
			if (keys[i].netns == place.netns && keys[i].ifindex == place.ifindex)
				sum += of_column(percpu_value(&buffer, i, slot), place.column);
	percpu_buffer_free(&buffer);
	return sum;
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	test_net_make(&scene->net);
	scene->frames = calloc(FEW_FRAMES, sizeof(*scene->frames));
	scene->n = frames_whole(scene->frames, FEW_FRAMES);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	close_instance(scene->all);
	test_net_remove(&scene->net);
	free(scene->frames);
	free(scene);
	return 0;
}

static void wait_for(const struct packet_instance *source, struct place place, uint64_t n)
{
	for (int i = 0; i < PATIENCE_MS && counted(source, place) < n; i++)
		usleep(1000);
	assert_int_equal(counted(source, place), n);
}

static void assert_counted(const struct packet_instance *source, struct place place,
	uint64_t expected, const char *filter)
{
	uint64_t n = counted(source, place);

	if (n != expected)
		fail_msg("'%s': %ju %s instead of %ju", filter, (uintmax_t)n,
			place.column == IF_RX_PACKETS ? "received" : "sent", (uintmax_t)expected);
}

/* ---- frames as they are ---- */

/* In a child: hands all frames to the sender's interface. */
static int send_frames(void *context)
{
	const struct scene *scene = context;
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_ifindex = (int)scene->net.sender.ifindex};
	int fd;

	test_netns_enter(&scene->net.sender);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 1;
	for (size_t i = 0; i < scene->n; i++)
		for (uint64_t copy = 0; copy < copies(i); copy++)
			if (sendto(fd, scene->frames[i].bytes, scene->frames[i].caplen, 0,
				    (const struct sockaddr *)&to, sizeof(to)) < 0)
				return 1;
	return 0;
}

static uint64_t all_copies(const struct scene *scene)
{
	uint64_t n = 0;

	for (size_t i = 0; i < scene->n; i++)
		n += copies(i);
	return n;
}

static uint64_t matching_copies(const struct scene *scene, const char *expr)
{
	struct classic_prog prog;
	uint64_t n = 0;
	char why[512];

	if (classic_compile(expr, CLASSIC_ETHERNET, &prog, why, sizeof(why)))
		fail_msg("%s", why);
	for (size_t i = 0; i < scene->n; i++) {
		const struct frame *f = &scene->frames[i];

		if (classic_run(&prog, f->bytes, f->wirelen, f->caplen))
			n += copies(i);
	}
	classic_free(&prog);
	return n;
}

static void send_all(struct scene *scene, struct place last)
{
	uint64_t before = counted(scene->all, last);

	assert_int_equal(process_wait(process_spawn(-1, send_frames, scene)), 0);
	wait_for(scene->all, last, before + all_copies(scene));
}

/* Many instances stand side by side while the frames pass once. */
static void test_frames(void **state)
{
	static const char *const filters[] = {"udp port 53", "host 10.77.0.100",
		"src net 192.168.0.0/16", "vlan 10 and vlan 20", "ip6 host 2001:db8::64 and tcp",
		"arp or rarp", "(pppoes and ip) or mpls", "ip[6:2] & 0x1fff != 0",
		"not ip and not ip6 and not vlan and greater 50",
		"ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0"};
	enum {
		N = sizeof(filters) / sizeof(filters[0])
	};
	struct scene *scene = *state;
	struct packet_instance *source[N];

	scene->all = open_with(NULL, NULL);
	for (int i = 0; i < N; i++)
		source[i] = open_with(filters[i], NULL);
	send_all(scene, received(scene));
	for (int i = 0; i < N; i++) {
		uint64_t expected = matching_copies(scene, filters[i]);

		assert_true(expected > 0 && expected < all_copies(scene));
		assert_counted(source[i], sent(scene), expected, filters[i]);
		assert_counted(source[i], received(scene), expected, filters[i]);
		close_instance(source[i]);
	}
	assert_counted(scene->all, sent(scene), all_copies(scene), "");
}

/* ---- the packet inside a tunnel ---- */

/* Frames of these names, as sent. */
static uint64_t named_copies(const struct scene *scene, const char *const *names)
{
	uint64_t n = 0;

	for (; *names; names++) {
		size_t i = 0;

		while (i < scene->n && strcmp(scene->frames[i].name, *names) != 0)
			i++;
		assert_true(i < scene->n);
		n += copies(i);
	}
	return n;
}

static void test_tunnel_frames(void **state)
{
	static const struct {
		const char *outer, *inner;
		const char *names[16];
	} cases[] = {
		{NULL, "udp port 53",
			{"vxlan_udp4", "vxlan_over_ipv6", "geneve_udp4", "geneve_options",
				"geneve_bare", "gre_ipv4", "gre_ethernet", "gre_over_ipv6", "ipip",
				"ip6ip6", "ip4ip6_options"}},
		{NULL, "udp port 7700", {"gre_all", "ipip_options"}},
		{NULL, "tcp port 80", {"vxlan_linux_port", "gre_key"}},
		{NULL, "vlan 5 and udp", {"vxlan_vlan"}},
		{NULL, "arp", {"vxlan_over_vlan"}},
		{NULL, "icmp6", {"sit"}},
		{NULL, "len = 62 and ether src 02:00:00:00:77:01",
			{"vxlan_udp4", "vxlan_over_ipv6", "geneve_udp4", "geneve_options",
				"gre_ethernet"}},
		{"ip6", "ip", {"vxlan_over_ipv6", "gre_over_ipv6", "ip4ip6_options"}},
		{"ip proto 47", "udp", {"gre_ipv4", "gre_all", "gre_ethernet"}},
		{"vlan 8", "arp", {"vxlan_over_vlan"}},
	};
	enum {
		N = sizeof(cases) / sizeof(cases[0])
	};
	struct scene *scene = *state;
	struct packet_instance *source[N];

	scene->all = open_with(NULL, NULL);
	for (int i = 0; i < N; i++)
		source[i] = open_with(cases[i].outer, cases[i].inner);
	send_all(scene, received(scene));
	for (int i = 0; i < N; i++) {
		uint64_t expected = named_copies(scene, cases[i].names);

		assert_counted(source[i], sent(scene), expected, cases[i].inner);
		assert_counted(source[i], received(scene), expected, cases[i].inner);
		close_instance(source[i]);
	}
}

/* ---- tags held beside the packet ---- */

static void run_ip(const struct test_netns *netns, const char *line)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s", line);
	assert_int_equal(test_netns_run(netns, (const char *[]){"sh", "-c", command, NULL}), 0);
}

struct look_up {
	const struct test_netns *netns;
	const char *ifname;
	uint32_t *index; /* shared */
};

static int look_up(void *context)
{
	const struct look_up *l = context;

	test_netns_enter(l->netns);
	*l->index = if_nametoindex(l->ifname);
	return !*l->index;
}

static uint32_t index_in(const struct test_netns *netns, const char *ifname)
{
	struct look_up l = {netns, ifname, process_shared(sizeof(uint32_t))};

	assert_int_equal(process_wait(process_spawn(-1, look_up, &l)), 0);
	return *l.index;
}

/* A bridge takes the outer tag out of what it receives and sends it on beside the packet. */
static void test_tag_beside(void **state)
{
	static const char *const filters[] = {"vlan", "vlan 5 and udp port 53",
		"vlan 10 and vlan 20 and udp", "ether[14:2] & 0xfff = 10", "udp",
		"greater 80 and ether[10:4] & 0xffff = 0x8100"};
	enum {
		N = sizeof(filters) / sizeof(filters[0])
	};
	static const uint8_t nobody[6] = {0x02, 0, 0, 0, 0x88, 0x88};
	struct scene *scene = *state;
	const struct test_netns *ns = &scene->net.receiver;
	struct place out = {ns->inode, 0, IF_TX_PACKETS}, in = {ns->inode, 0, IF_RX_PACKETS};
	struct packet_instance *source[N];
	size_t kept = 0;

	run_ip(ns, "link add br0 type bridge mcast_snooping 0");
	run_ip(ns, "link add port0 type veth peer name end0");
	run_ip(ns, "link set " TEST_NET_RECEIVER_IF " master br0");
	run_ip(ns, "link set port0 master br0 up");
	run_ip(ns, "link set end0 up");
	run_ip(ns, "link set br0 up");
	out.ifindex = index_in(ns, "port0");
	in.ifindex = index_in(ns, "end0");
	for (size_t i = 0; i < scene->n; i++)
		if (!strncmp(scene->frames[i].name, "vlan", 4) ||
			!strncmp(scene->frames[i].name, "qinq", 4)) {
			scene->frames[kept] = scene->frames[i];
			memcpy(scene->frames[kept++].bytes, nobody, sizeof(nobody));
		}
	scene->n = kept;
	assert_true(kept > 8);

	scene->all = open_with(NULL, NULL);
	for (int i = 0; i < N; i++)
		source[i] = open_with(filters[i], NULL);
	send_all(scene, in);
	for (int i = 0; i < N; i++) {
		uint64_t expected = matching_copies(scene, filters[i]);

		assert_counted(source[i], out, expected, filters[i]);
		assert_counted(source[i], in, expected, filters[i]);
		close_instance(source[i]);
	}
}

/* ---- a real tunnel ---- */

struct errand {
	const struct test_netns *netns;
	const char *address;
	int port;
	int n;
	uint32_t mark;
};

static int send_udp(void *context)
{
	const struct errand *e = context;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(e->port)};
	int fd;

	test_netns_enter(e->netns);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, e->address, &to.sin_addr);
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &e->mark, sizeof(e->mark)))
		return 1;
	for (int i = 0; i < e->n; i++)
		if (sendto(fd, "hello", 5, 0, (const struct sockaddr *)&to, sizeof(to)) != 5)
			return 1;
	return 0;
}

/* Ends 1 and 2 of the tunnel run between 10.77.0.1 and 10.77.0.101. */
static void make_vxlan(const struct test_netns *netns, int own, int other)
{
	static const int underlay[] = {0, 1, 101};
	char line[192];

	snprintf(line, sizeof(line),
		"link add vx0 address 02:00:00:00:99:0%d type vxlan id 7 dstport 4789 "
		"local 10.77.0.%d remote 10.77.0.%d",
		own, underlay[own], underlay[other]);
	run_ip(netns, line);
	snprintf(line, sizeof(line), "addr add 10.99.0.%d/24 dev vx0", own);
	run_ip(netns, line);
	run_ip(netns, "link set vx0 up");
	snprintf(line, sizeof(line), "neigh add 10.99.0.%d lladdr 02:00:00:00:99:0%d dev vx0",
		other, other);
	run_ip(netns, line);
}

static void test_vxlan_device(void **state)
{
	enum {
		FEW = 200,
		MORE = 300
	};
	struct scene *scene = *state;
	struct errand few = {&scene->net.sender, "10.99.0.2", 5300, FEW, 0};
	struct errand more = {&scene->net.sender, "10.99.0.2", 5301, MORE, 0};
	struct packet_instance *inner, *outer, *both, *neither;
	struct place at_device = sent(scene);

	make_vxlan(&scene->net.sender, 1, 2);
	make_vxlan(&scene->net.receiver, 2, 1);
	at_device.ifindex = index_in(&scene->net.sender, "vx0");
	scene->all = open_with(NULL, NULL);
	inner = open_with(NULL, "udp dst port 5300");
	outer = open_with("udp dst port 5300", NULL);
	both = open_with("udp dst port 4789", "udp dst port 5301");
	neither = open_with("tcp", "udp dst port 5300");
	assert_int_equal(process_wait(process_spawn(-1, send_udp, &few)), 0);
	assert_int_equal(process_wait(process_spawn(-1, send_udp, &more)), 0);
	wait_for(scene->all, received(scene), FEW + MORE);

	/* On the wire it is a tunnel's packet; at the tunnel's device it is a packet of its own. */
	assert_counted(inner, sent(scene), FEW, "inner");
	assert_counted(inner, received(scene), FEW, "inner");
	assert_counted(inner, at_device, 0, "inner");
	assert_counted(outer, sent(scene), 0, "outer");
	assert_counted(outer, received(scene), 0, "outer");
	assert_counted(outer, at_device, FEW, "outer");
	assert_counted(both, sent(scene), MORE, "both");
	assert_counted(both, received(scene), MORE, "both");
	assert_counted(neither, sent(scene), 0, "neither");
	assert_counted(neither, received(scene), 0, "neither");
	close_instance(inner);
	close_instance(outer);
	close_instance(both);
	close_instance(neither);
}

/* ---- marks: what narrows and what filters must both agree ---- */

static void test_mark(void **state)
{
	struct scene *scene = *state;
	struct errand sends[] = {
		{&scene->net.sender, "10.77.0.100", 5400, 50, 0x10},
		{&scene->net.sender, "10.77.0.100", 5400, 70, 0x20},
		{&scene->net.sender, "10.77.0.100", 5401, 90, 0x11},
	};
	struct live_options options = {
		.narrow = {.mark_value = 0x10, .mark_mask = 0xf0},
		.ring_bytes = 4096,
	};
	struct packet_instance *marked, *both;

	scene->all = open_with(NULL, NULL);
	marked = open_instance(&options);
	options.compiled = compile("udp dst port 5400", NULL);
	both = open_instance(&options);
	for (int i = 0; i < 3; i++)
		assert_int_equal(process_wait(process_spawn(-1, send_udp, &sends[i])), 0);
	wait_for(scene->all, received(scene), 50 + 70 + 90);
	assert_counted(marked, sent(scene), 50 + 90, "mark");
	assert_counted(both, sent(scene), 50, "mark and port");
	close_instance(marked);
	close_instance(both);
}

/* ---- probes that are not one readable packet: a list of them, one that may be gone ---- */

static uint64_t at_probe(struct source *source, const char *probe, int column)
{
	struct snapshot *snapshot = live_take(source);
	uint64_t n = table_sum(&snapshot->table[TABLE_PROBES], live_probe(source, probe), column);

	snapshot_unref(snapshot);
	return n;
}

static void test_lists_and_stale(void **state)
{
	enum {
		FEW = 200,
		MORE = 300,
		LENGTH = 14 + 20 + 8 + 5
	};
	struct scene *scene = *state;
	struct errand few = {&scene->net.sender, "10.77.0.100", 5300, FEW, 0};
	struct errand more = {&scene->net.sender, "10.77.0.100", 5301, MORE, 0};
	struct live_options options = {
		.narrow.netns = scene->net.sender.inode,
		.filter = "udp dst port 5300",
		.ring_bytes = 4096,
	};
	struct source *filtered, *all;

	/* One that never lets a packet past its queue. */
	assert_int_equal(
		test_netns_run(&scene->net.sender,
			(const char *[]){"tc", "qdisc", "add", "dev", TEST_NET_SENDER_IF, "root",
				"tbf", "rate", "10gbit", "burst", "10mb", "latency", "1s", NULL}),
		0);
	options.compiled = compile(options.filter, NULL);
	filtered = live_open(&options);
	options.compiled = NULL;
	options.filter = NULL;
	all = live_open(&options);
	assert_int_equal(process_wait(process_spawn(-1, send_udp, &few)), 0);
	assert_int_equal(process_wait(process_spawn(-1, send_udp, &more)), 0);
	for (int i = 0;
		i < PATIENCE_MS && at_probe(all, "net_dev_xmit", COUNT_PACKETS) < FEW + MORE; i++)
		usleep(1000);
	assert_int_equal(at_probe(all, "qdisc_dequeue", COUNT_PACKETS), FEW + MORE);
	assert_int_equal(at_probe(filtered, "qdisc_dequeue", COUNT_PACKETS), FEW);
	assert_int_equal(at_probe(filtered, "qdisc_dequeue", COUNT_BYTES), FEW * LENGTH);
	assert_int_equal(at_probe(filtered, "net_dev_start_xmit", COUNT_PACKETS), FEW);
	assert_int_equal(at_probe(all, "net_dev_xmit", COUNT_PACKETS), FEW + MORE);
	assert_int_equal(at_probe(filtered, "net_dev_xmit", COUNT_PACKETS), 0);
	source_close(filtered);
	source_close(all);
}

/* ---- TCP ---- */

enum {
	TCP_PORT = 5555,
	TCP_BYTES = 1 << 20
};

static int serve(const struct test_netns *netns)
{
	const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(TCP_PORT)};
	int fd;

	test_netns_enter(netns);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		return -1;
	return fd;
}

/* In a child: one connection from the sender to the receiver, read to its end. */
static int talk(void *context)
{
	const struct scene *scene = context;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(TCP_PORT)};
	int listener = serve(&scene->net.receiver), client, server;
	static char block[65536];
	ssize_t n, left = TCP_BYTES;

	inet_pton(AF_INET, "10.77.0.100", &to.sin_addr);
	test_netns_enter(&scene->net.sender);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || client < 0)
		return 1;
	(void)!connect(client, (const struct sockaddr *)&to, sizeof(to));
	server = accept(listener, NULL, NULL);
	if (server < 0)
		return 1;
	for (ssize_t sent_bytes = 0; left > 0; left -= n) {
		if (sent_bytes < TCP_BYTES) {
			n = send(client, block, sizeof(block), 0);
			sent_bytes += n > 0 ? n : 0;
		}
		n = recv(server, block, sizeof(block), 0);
		if (n <= 0)
			return 1;
	}
	close(client);
	return 0;
}

/* Nothing else passes here, so a filter for this connection sees all, and those for the rest
 * nothing. */
static void test_tcp(void **state)
{
	struct scene *scene = *state;
	struct packet_instance *tcp = open_with("tcp port 5555 and net 10.77.0.0/24", NULL);
	struct packet_instance *there = open_with("tcp dst port 5555", NULL);
	struct packet_instance *back = open_with("tcp src port 5555", NULL);
	struct packet_instance *other = open_with("udp or icmp or tcp port 5556", NULL);
	struct place answered = sent(scene);
	uint64_t out;

	answered.column = IF_RX_PACKETS;
	scene->all = open_with(NULL, NULL);
	assert_int_equal(process_wait(process_spawn(-1, talk, scene)), 0);
	usleep(300000); /* the child is gone, its connection's last packets may not be */
	out = counted(scene->all, sent(scene));
	assert_true(out > 10);
	assert_counted(tcp, sent(scene), out, "tcp port 5555");
	assert_counted(there, sent(scene), out, "tcp dst port 5555");
	assert_counted(back, sent(scene), 0, "tcp src port 5555");
	assert_counted(other, sent(scene), 0, "other");
	assert_counted(there, answered, 0, "tcp dst port 5555");
	assert_counted(back, answered, counted(scene->all, answered), "tcp src port 5555");
	close_instance(tcp);
	close_instance(there);
	close_instance(back);
	close_instance(other);
}

/* ---- the program ---- */

static void assert_refused(const char *const *words, const char *sentence)
{
	struct stream stream = stream_start(words);

	assert_null(stream_next(&stream));
	stream_end(&stream);
	assert_int_equal(stream.status, EXIT_BAD_INPUT);
	if (!strstr(stream.err, sentence))
		fail_msg("'%s' instead of '%s'", stream.err, sentence);
	assert_ptr_equal(strchr(stream.err, '\n'), stream.err + strlen(stream.err) - 1);
	stream_free(&stream);
}

/* Words that are no options are the filter, as in tcpdump; --filter-tunnel goes with them. */
static void test_program(void **state)
{
	struct scene *scene = *state;
	const char *netns = scene->net.receiver.path;
	struct stream stream = stream_start((const char *[]){"--netns", netns, "--iterations", "3",
		"--trace", "netif_receive_skb", "--trace-rate", "0", "--filter-tunnel",
		"udp port 53", "ip", "proto", "47", NULL});
	const char *names[] = {"gre_ipv4", "gre_ethernet", NULL};
	json_t *object = stream_find(&stream, "sample"), *probe;
	uint64_t lines = 0;

	json_decref(object);
	assert_int_equal(process_wait(process_spawn(-1, send_frames, scene)), 0);
	while ((object = stream_next(&stream))) {
		const char *type = json_string_value(json_object_get(object, "type"));

		lines += !strcmp(type, "trace");
		if (!strcmp(type, "end"))
			break;
		json_decref(object);
	}
	assert_non_null(object);
	assert_int_equal(lines, named_copies(scene, names));
	probe = json_object_get(object, "ledger");
	assert_int_equal(json_count(probe, "delivered"), lines);
	assert_true(json_count(probe, "filtered_out") >= all_copies(scene) - lines);
	assert_true(json_is_true(json_object_get(probe, "balanced")));
	json_decref(object);
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	stream_free(&stream);

	assert_refused((const char *[]){"udp", "prot", "53", NULL}, "syntax error");
	assert_refused((const char *[]){"--filter-tunnel", "udp prot 53", NULL}, "syntax error");
	assert_refused((const char *[]){"ip6 protochain 17", NULL}, "protochain");
	assert_refused((const char *[]){"inbound", NULL}, "direction");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tunnel_frames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tag_beside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_vxlan_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mark, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lists_and_stale, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tcp, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_program, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
