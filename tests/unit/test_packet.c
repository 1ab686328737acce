/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/trace/packet.h"

/* ---- packets, built header by header ---- */

static void append(struct trace_record *record, const void *bytes, size_t n)
{
	assert_true(record->snap_len + n <= sizeof(record->data));
	memcpy(record->data + record->snap_len, bytes, n);
	record->snap_len += n;
}

static void append16(struct trace_record *record, uint16_t value)
{
	append(record, (uint8_t[]){ value >> 8, value & 0xff }, 2);
}

static struct trace_record frame(void)
{
	struct trace_record record = { .type = RECORD_PACKET, .flags = RECORD_L2 };

	return record;
}

static void add_mac(struct trace_record *record, uint16_t ethertype)
{
	append(record, "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01", 12);
	append16(record, ethertype);
}

static void add_ipv4(struct trace_record *record, uint8_t protocol, uint16_t fragment,
	const char *source, const char *target)
{
	uint8_t ip[20] = { 0x45, 0, 0, 60, 0, 1, fragment >> 8, fragment & 0xff, 64, protocol };

	inet_pton(AF_INET, source, ip + 12);
	inet_pton(AF_INET, target, ip + 16);
	append(record, ip, sizeof(ip));
}

static void add_ipv6(
	struct trace_record *record, uint8_t next, const char *source, const char *target)
{
	uint8_t ip[40] = { 0x60, 0, 0, 0, 0, 20, next, 63 };

	inet_pton(AF_INET6, source, ip + 8);
	inet_pton(AF_INET6, target, ip + 24);
	append(record, ip, sizeof(ip));
}

static void add_tcp(struct trace_record *record, uint16_t sport, uint16_t dport, uint16_t flags)
{
	append16(record, sport);
	append16(record, dport);
	append(record, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	append16(record, 0x5000 | flags);
	append16(record, 502);
	append16(record, 0);
	append16(record, 0);
}

static void add_udp(struct trace_record *record, uint16_t sport, uint16_t dport)
{
	append16(record, sport);
	append16(record, dport);
	append16(record, 30);
	append16(record, 0);
}

static void assert_text(const struct packet_layer *layer, const char *protocol, const char *flow)
{
	char text[PACKET_FLOW_MAX];

	packet_protocol(layer, text, sizeof(text));
	assert_string_equal(text, protocol);
	packet_layer_flow(layer, text, sizeof(text));
	assert_string_equal(text, flow);
}

static void assert_flags(const struct packet_layer *layer, const char *flags)
{
	char text[PACKET_FLAGS_MAX];

	packet_tcp_flags(layer, text, sizeof(text));
	assert_string_equal(text, flags);
}

/* ---- tests ---- */

static void tcp_over_ipv4(void **state)
{
	struct trace_record record = frame();
	struct packet packet;

	(void)state;
	add_mac(&record, 0x0800);
	add_ipv4(&record, IPPROTO_TCP, 0x4000, "10.0.3.7", "10.0.9.2");
	add_tcp(&record, 51514, 443, 0x18);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "TCP", "10.0.3.7:51514 > 10.0.9.2:443");
	assert_flags(&packet.outer, "PA");
	assert_int_equal(packet.outer.tcp_seq, 0x01020304);
	assert_int_equal(packet.outer.tcp_ack, 0x05060708);
	assert_int_equal(packet.outer.tcp_window, 502);
	assert_int_equal(packet.outer.ttl, 64);
	assert_false(packet.outer.fragment);
	assert_true(packet.has_mac);
	assert_int_equal(packet.smac[5], 1);
	assert_int_equal(packet.dmac[5], 2);
	assert_int_equal(packet.tunnel, TUNNEL_NONE);
}

static void every_flag_has_a_letter(void **state)
{
	static const struct {
		uint16_t flags;
		const char *letters;
	} sets[] = { { 0x02, "S" }, { 0x12, "SA" }, { 0x11, "FA" }, { 0x04, "R" }, { 0x14, "RA" },
		{ 0x10, "A" }, { 0, "" }, { 0x1ff, "FSRPAUEWN" } };

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct packet_layer layer = { .has_tcp = true, .tcp_flags = sets[i].flags };
		char small[3];

		assert_flags(&layer, sets[i].letters);
		assert_true(packet_tcp_flags(&layer, small, sizeof(small)) <= 2);
		assert_int_equal(strncmp(small, sets[i].letters, 2), 0);
	}
	assert_flags(&(struct packet_layer){ .tcp_flags = 0xff }, "");
}

static void ipv6_steps_over_extension_headers(void **state)
{
	struct trace_record record = { .protocol = 0x86dd };
	struct packet packet;

	(void)state;
	add_ipv6(&record, IPPROTO_HOPOPTS, "2001:db8::1", "2001:db8::2");
	append(&record, "\x3c\x00\x05\x02\x00\x00\x01\x00", 8); /* hop by hop, then destination */
	append(&record, "\x06\x00\x01\x04\x00\x00\x00\x00", 8); /* options, then TCP */
	add_tcp(&record, 443, 40000, 0x12);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "TCP", "[2001:db8::1]:443 > [2001:db8::2]:40000");
	assert_flags(&packet.outer, "SA");
	assert_int_equal(packet.outer.ttl, 63);
}

static void later_fragments_have_no_ports(void **state)
{
	struct trace_record first = { .protocol = 0x0800 }, later = first, six = { .protocol = 0x86dd };
	struct packet packet;

	(void)state;
	add_ipv4(&first, IPPROTO_UDP, 0x2000, "10.0.0.1", "10.0.0.2");
	add_udp(&first, 5, 6);
	packet_decode(&packet, &first);
	assert_true(packet.outer.fragment);
	assert_text(&packet.outer, "UDP", "10.0.0.1:5 > 10.0.0.2:6");

	add_ipv4(&later, IPPROTO_UDP, 0x00b9, "10.0.0.1", "10.0.0.2");
	add_udp(&later, 5, 6);
	packet_decode(&packet, &later);
	assert_true(packet.outer.fragment);
	assert_int_equal(packet.outer.fragment_off, 1480);
	assert_text(&packet.outer, "UDP", "10.0.0.1 > 10.0.0.2");

	add_ipv6(&six, IPPROTO_FRAGMENT, "::1", "::2");
	append(&six, "\x11\x00\x05\xa8\x00\x00\x00\x01", 8);
	add_udp(&six, 5, 6);
	packet_decode(&packet, &six);
	assert_int_equal(packet.outer.fragment_off, 1448);
	assert_text(&packet.outer, "UDP", "::1 > ::2");
}

static void vlan_tags_are_passed(void **state)
{
	struct trace_record record = frame();
	struct packet packet;

	(void)state;
	add_mac(&record, 0x88a8);
	append16(&record, 100);
	append16(&record, 0x8100);
	append16(&record, 0x6000 | 200);
	append16(&record, 0x0800);
	add_ipv4(&record, IPPROTO_ICMP, 0, "10.0.0.1", "10.0.0.2");
	append(&record, "\x08\x00\x00\x00", 4);
	packet_decode(&packet, &record);
	assert_int_equal(packet.n_vlans, 2);
	assert_int_equal(packet.vlan[0], 100);
	assert_int_equal(packet.vlan[1], 200);
	assert_text(&packet.outer, "ICMP", "10.0.0.1 > 10.0.0.2");
	assert_true(packet.outer.has_icmp);
	assert_int_equal(packet.outer.icmp_type, 8);
}

static void arp_shows_who_asks_for_whom(void **state)
{
	struct trace_record record = frame();
	struct packet packet;
	char text[PACKET_FLOW_MAX];

	(void)state;
	add_mac(&record, 0x0806);
	append(&record, "\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x01", 18);
	append(&record, "\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02", 10);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "ARP", "10.0.0.1 > 10.0.0.2");
	assert_int_equal(packet.outer.arp_op, 1);

	record = frame();
	add_mac(&record, 0x88cc);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "0x88cc", "-");
	packet_flow(&packet, text, sizeof(text));
	assert_string_equal(text, "02:00:00:00:00:01 > 02:00:00:00:00:02");
}

static void protocols_without_a_name_are_numbers(void **state)
{
	struct trace_record record = { .protocol = 0x0800 };
	struct packet packet;

	(void)state;
	add_ipv4(&record, 253, 0, "10.0.0.1", "10.0.0.2");
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "ip 253", "10.0.0.1 > 10.0.0.2");
	assert_text(&(struct packet_layer){ .ethertype = 0x26 }, "LLC", "-");
	assert_text(&(struct packet_layer){ 0 }, "-", "-");
}

static struct trace_record tunnel_in_udp(uint16_t port)
{
	struct trace_record record = frame();

	add_mac(&record, 0x0800);
	add_ipv4(&record, IPPROTO_UDP, 0, "192.0.2.1", "192.0.2.2");
	add_udp(&record, 50000, port);
	return record;
}

static void inner_packets_of_udp_tunnels(void **state)
{
	static const uint16_t vxlan_ports[] = { 4789, 8472 };
	struct trace_record record;
	struct packet packet;

	(void)state;
	for (int i = 0; i < 2; i++) {
		record = tunnel_in_udp(vxlan_ports[i]);
		append(&record, "\x08\x00\x00\x00\x00\x12\x34\x00", 8);
		add_mac(&record, 0x0800);
		add_ipv4(&record, IPPROTO_TCP, 0, "10.1.0.1", "10.1.0.2");
		add_tcp(&record, 1, 2, 2);
		packet_decode(&packet, &record);
		assert_int_equal(packet.tunnel, TUNNEL_VXLAN);
		assert_int_equal(packet.tunnel_id, 0x1234);
		assert_text(&packet.inner, "TCP", "10.1.0.1:1 > 10.1.0.2:2");
		assert_flags(&packet.inner, "S");
	}
	record = tunnel_in_udp(6081);
	append(&record, "\x01\x00\x86\xdd\x00\x00\x07\x00\xff\xff\xff\xff", 12); /* one option word */
	add_ipv6(&record, IPPROTO_UDP, "fd00::1", "fd00::2");
	packet_decode(&packet, &record);
	assert_int_equal(packet.tunnel, TUNNEL_GENEVE);
	assert_int_equal(packet.tunnel_id, 7);
	assert_text(&packet.inner, "UDP", "fd00::1 > fd00::2"); /* ports are cut off */
	assert_text(&packet.outer, "UDP", "192.0.2.1:50000 > 192.0.2.2:6081");

	record = tunnel_in_udp(4789);
	append(&record, "\x00\x00\x00\x00\x00\x12\x34\x00", 8); /* no VNI: something else */
	packet_decode(&packet, &record);
	assert_int_equal(packet.tunnel, TUNNEL_NONE);
}

static void inner_packets_of_gre_and_ipip(void **state)
{
	struct trace_record record = { .protocol = 0x0800 };
	struct packet packet;

	(void)state;
	add_ipv4(&record, IPPROTO_GRE, 0, "192.0.2.1", "192.0.2.2");
	append(&record, "\xb0\x00\x08\x00\xab\xcd\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x01", 16);
	add_ipv4(&record, IPPROTO_UDP, 0, "10.1.0.1", "10.1.0.2");
	add_udp(&record, 3, 4);
	packet_decode(&packet, &record);
	assert_int_equal(packet.tunnel, TUNNEL_GRE);
	assert_int_equal(packet.tunnel_id, 42);
	assert_text(&packet.outer, "GRE", "192.0.2.1 > 192.0.2.2");
	assert_text(&packet.inner, "UDP", "10.1.0.1:3 > 10.1.0.2:4");
	assert_string_equal(packet_tunnel_name(packet.tunnel), "GRE");

	record = (struct trace_record){ .protocol = 0x0800 };
	add_ipv4(&record, IPPROTO_IPV6, 0, "192.0.2.1", "192.0.2.2");
	add_ipv6(&record, IPPROTO_ICMPV6, "fd00::1", "fd00::2");
	append(&record, "\x80\x00\x00\x00", 4);
	packet_decode(&packet, &record);
	assert_int_equal(packet.tunnel, TUNNEL_IPIP);
	assert_text(&packet.inner, "ICMP6", "fd00::1 > fd00::2");
	assert_int_equal(packet.inner.icmp_type, 128);
}

static void the_socket_names_what_has_no_headers(void **state)
{
	struct trace_record record = { .flags = RECORD_SOCK_TUPLE, .protocol = 0 };
	struct packet packet;

	(void)state;
	record.sock.family = AF_INET;
	record.sock.protocol = IPPROTO_TCP;
	record.sock.sport = 1024;
	record.sock.dport = 80;
	memcpy(record.sock.saddr, "\x0a\x00\x00\x01", 4);
	memcpy(record.sock.daddr, "\x0a\x00\x00\x02", 4);
	append(&record, "GET / HTTP/1.1\r\nHost: a.example\r\n", 33);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "TCP", "10.0.0.1:1024 > 10.0.0.2:80");
	assert_flags(&packet.outer, "");

	/* The transport header is there if it has the socket's ports. */
	record.snap_len = 0;
	append(&record, "xxxx", 4);
	record.l4_off = 4;
	add_tcp(&record, 1024, 80, 0x11);
	packet_decode(&packet, &record);
	assert_flags(&packet.outer, "FA");
	record.sock.sport = 1025;
	packet_decode(&packet, &record);
	assert_flags(&packet.outer, "");

	record.sock.family = 77;
	packet_decode(&packet, &record);
	assert_int_equal(packet.outer.version, 0);
}

static void the_kernels_offset_helps_with_other_link_layers(void **state)
{
	struct trace_record record = frame();
	struct packet packet;

	(void)state;
	append(&record, "\x00\x00\x03\x04\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00", 16);
	add_ipv4(&record, IPPROTO_UDP, 0, "10.0.0.1", "10.0.0.2");
	add_udp(&record, 5, 6);
	record.protocol = 0x0800;
	record.l3_off = 16;
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "UDP", "10.0.0.1:5 > 10.0.0.2:6");

	/* A stale offset changes nothing about an ordinary frame. */
	record = frame();
	add_mac(&record, 0x0800);
	add_ipv4(&record, IPPROTO_UDP, 0, "10.0.0.1", "10.0.0.2");
	add_udp(&record, 5, 6);
	record.protocol = 0x0800;
	record.l3_off = 34;
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "UDP", "10.0.0.1:5 > 10.0.0.2:6");

	/* On the way out the protocol may not be set yet. */
	record = (struct trace_record){ 0 };
	add_ipv4(&record, IPPROTO_UDP, 0, "10.0.0.1", "10.0.0.2");
	add_udp(&record, 5, 6);
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "UDP", "10.0.0.1:5 > 10.0.0.2:6");
}

static void nothing_is_read_without_bytes(void **state)
{
	struct trace_record record = frame();
	struct packet packet;

	(void)state;
	add_mac(&record, 0x0800);
	add_ipv4(&record, IPPROTO_TCP, 0, "10.0.0.1", "10.0.0.2");
	record.flags |= RECORD_NO_BYTES;
	record.protocol = 0x0806;
	packet_decode(&packet, &record);
	assert_text(&packet.outer, "ARP", "-");
	assert_false(packet.has_mac);
}

/* Cut at every length: what was decoded from fewer bytes never contradicts what more bytes say. */
static void truncation_only_takes_away(void **state)
{
	struct trace_record whole = tunnel_in_udp(4789), cut;
	struct packet packet, full;

	(void)state;
	append(&whole, "\x08\x00\x00\x00\x00\x12\x34\x00", 8);
	add_mac(&whole, 0x86dd);
	packet_decode(&full, &whole);
	for (int length = 0; length < whole.snap_len; length++) {
		cut = whole;
		cut.snap_len = length;
		memset(cut.data + length, 0xff, sizeof(cut.data) - length);
		packet_decode(&packet, &cut);
		assert_true(packet.outer.version == 0 ||
			    memcmp(packet.outer.daddr, full.outer.daddr, 4) == 0);
		assert_true(!packet.outer.has_ports || packet.outer.dport == 4789);
		assert_true(packet.tunnel == TUNNEL_NONE || packet.tunnel_id == 0x1234);
	}
}

static uint32_t random_bits(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 32;
}

/* Random bytes under random claims; the record ends where its memory does, for the sanitizers. */
static void random_records_are_survived(void **state)
{
	static const uint16_t protocols[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0, 0x6558 };
	struct trace_record *record = malloc(sizeof(*record));
	uint64_t seed = 42;
	int decoded = 0;

	(void)state;
	for (int round = 0; round < 300000; round++) {
		uint32_t r = random_bits(&seed);
		char flow[PACKET_FLOW_MAX], protocol[PACKET_PROTOCOL_MAX], flags[PACKET_FLAGS_MAX];
		struct packet packet;

		for (size_t i = 0; i < sizeof(*record) / 4; i++)
			((uint32_t *)record)[i] = random_bits(&seed);
		record->snap_len = r & 1 ? r >> 16 : (r >> 8) % 129;
		record->protocol = protocols[random_bits(&seed) % 6];
		record->l3_off = r & 2 ? record->l3_off : record->l3_off % 64;
		if (r & 4) {
			record->flags = RECORD_L2;
			record->data[12] = record->protocol >> 8;
			record->data[13] = record->protocol & 0xff;
			record->data[14] = r & 8 ? 0x45 : 0x60;
			record->data[23] = record->data[20] = r & 16 ? IPPROTO_UDP : IPPROTO_GRE;
		}
		packet_decode(&packet, record);
		decoded += packet.outer.version != 0;
		assert_in_range(packet.n_vlans, 0, PACKET_VLANS_MAX);
		assert_true(packet_flow(&packet, flow, sizeof(flow)) + 1 < sizeof(flow));
		assert_true(packet_protocol(&packet.inner, protocol, sizeof(protocol)) + 1 <
			    sizeof(protocol));
		packet_tcp_flags(&packet.outer, flags, sizeof(flags));
		assert_int_equal(strspn(flow, "0123456789abcdef.:[]> -"), strlen(flow));
	}
	assert_true(decoded > 10000);
	free(record);
}

static void texts_fit_any_buffer(void **state)
{
	struct packet_layer layer = { .version = 6, .has_ports = true, .sport = 65535, .dport = 65535 };
	char text[PACKET_FLOW_MAX + 8];
	size_t whole;

	(void)state;
	memset(layer.saddr, 0xff, 16);
	memset(layer.daddr, 0xff, 16);
	whole = packet_layer_flow(&layer, text, sizeof(text));
	assert_true(whole < PACKET_FLOW_MAX);
	for (size_t size = 0; size < sizeof(text); size++) {
		memset(text, 0x55, sizeof(text));
		assert_int_equal(packet_layer_flow(&layer, text, size),
			size > whole ? whole : size ? size - 1 : 0);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], 0x55);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_over_ipv4),
		cmocka_unit_test(every_flag_has_a_letter),
		cmocka_unit_test(ipv6_steps_over_extension_headers),
		cmocka_unit_test(later_fragments_have_no_ports),
		cmocka_unit_test(vlan_tags_are_passed),
		cmocka_unit_test(arp_shows_who_asks_for_whom),
		cmocka_unit_test(protocols_without_a_name_are_numbers),
		cmocka_unit_test(inner_packets_of_udp_tunnels),
		cmocka_unit_test(inner_packets_of_gre_and_ipip),
		cmocka_unit_test(the_socket_names_what_has_no_headers),
		cmocka_unit_test(the_kernels_offset_helps_with_other_link_layers),
		cmocka_unit_test(nothing_is_read_without_bytes),
		cmocka_unit_test(truncation_only_takes_away),
		cmocka_unit_test(random_records_are_survived),
		cmocka_unit_test(texts_fit_any_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
