/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of other tools: what they say is shown, what they do not is not made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/model/ledger.h"
#include "core/recording/pcapng.h"
#include "core/trace/packet.h"
#include "tests/support/captures.h"
#include "tests/support/keeper.h"

#define T0 UINT64_C(1700000000250001000)
#define SECOND UINT64_C(1000000000)

static void read_capture(struct made_capture *c, struct keeper *read)
{
	keeper_read_bytes(read, c->bytes.data, c->bytes.length);
	bytes_free(&c->bytes);
}

/* The flow, as a line of the trace pane would have it. */
static void assert_flow(const struct trace_record *record, const char *expected)
{
	char text[PACKET_FLOW_MAX];
	struct packet packet;

	packet_decode(&packet, record);
	packet_flow(&packet, text, sizeof(text));
	assert_string_equal(text, expected);
}

static uint64_t received(const struct snapshot *s)
{
	return table_sum(&s->table[TABLE_PROBES], 0, COUNT_PACKETS);
}

static void pcap_of_every_kind_is_read(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct made_capture c = { .big = kind & 1, .nanoseconds = kind & 2 };
		struct keeper read = { 0 };

		capture_pcap(&c, LINK_RAW);
		capture_pcap_packet(&c, T0, capture_ipv4, 32, 900);
		capture_pcap_packet(&c, T0 + 1000, capture_ipv4, 28, 900);
		read_capture(&c, &read);
		assert_string_equal(read.error.text, "");
		assert_int_equal(read.n_records, 2);
		assert_true(read.record[0].real_ns == T0);
		assert_true(read.record[1].real_ns == T0 + 1000);
		assert_int_equal(read.record[0].record.len, 900);
		assert_int_equal(read.record[1].record.snap_len, 28);
		assert_string_equal(read.record[0].record.ifname, "if0");
		assert_flow(&read.record[0].record, "10.1.2.3:1000 > 10.1.2.4:53");
		keeper_free(&read);
	}
}

static void pcapng_of_both_byte_orders_is_read(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct made_capture c = { .big = big };
		struct keeper read = { 0 };

		capture_section(&c);
		capture_interface(&c, LINK_RAW);
		capture_interface(&c, LINK_IPV4);
		capture_packet(&c, 1, T0, capture_ipv4, 32);
		capture_simple_packet(&c, capture_ipv4, 32);
		read_capture(&c, &read);
		assert_string_equal(read.error.text, "");
		assert_int_equal(read.n_records, 2);
		assert_true(read.record[0].real_ns == T0);
		assert_int_equal(read.record[0].record.ifindex, 2);
		assert_int_equal(read.record[1].record.ifindex, 1);
		/* A packet without a time is as old as the one before. */
		assert_true(read.record[1].real_ns == T0);
		assert_flow(&read.record[1].record, "10.1.2.3:1000 > 10.1.2.4:53");
		keeper_free(&read);
	}
}

static void link_layers_are_taken_off(void **state)
{
	static const struct {
		uint16_t link_type;
		size_t head_length;
		uint8_t head[20];
	} links[] = {
		{ LINK_ETHERNET, 14, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0 } },
		{ LINK_RAW, 0, { 0 } },
		{ LINK_RAW_BSD, 0, { 0 } },
		{ LINK_IPV4, 0, { 0 } },
		{ LINK_NULL, 4, { 2, 0, 0, 0 } },
		{ LINK_LOOP, 4, { 0, 0, 0, 2 } },
		{ LINK_LINUX_SLL, 16, { 0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0 } },
		{ LINK_LINUX_SLL2, 20, { 8, 0, 0, 0, 0, 0, 0, 7, 0, 1, 4, 6, 1, 2, 3, 4, 5, 6 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		struct made_capture c = { 0 };
		struct keeper read = { 0 };
		uint8_t packet[64];
		size_t n = links[i].head_length + 32;

		memcpy(packet, links[i].head, links[i].head_length);
		memcpy(packet + links[i].head_length, capture_ipv4, 32);
		capture_pcap(&c, links[i].link_type);
		capture_pcap_packet(&c, T0, packet, n, n);
		/* As much of it as does not even reach the packet. */
		capture_pcap_packet(&c, T0, packet, links[i].head_length / 2, n);
		read_capture(&c, &read);
		assert_int_equal(read.n_records, 2);
		assert_flow(&read.record[0].record, "10.1.2.3:1000 > 10.1.2.4:53");
		keeper_free(&read);
	}
}

static void an_unknown_link_layer_is_counted_and_not_guessed(void **state)
{
	struct made_capture c = { 0 };
	struct keeper read = { 0 };

	(void)state;
	capture_pcap(&c, 147);
	capture_pcap_packet(&c, T0, capture_ipv4, 32, 32);
	read_capture(&c, &read);
	assert_int_equal(read.n_records, 1);
	assert_true(read.record[0].record.flags & RECORD_NO_BYTES);
	assert_flow(&read.record[0].record, "-");
	assert_int_equal(received(read.last), 1);
	keeper_free(&read);
}

static void each_second_has_its_snapshot(void **state)
{
	struct made_capture c = { 0 };
	struct keeper read = { 0 };

	(void)state;
	capture_pcap(&c, LINK_RAW);
	for (int i = 0; i < 30; i++)
		capture_pcap_packet(&c, T0 + i * (SECOND / 10), capture_ipv4, 32, 100);
	/* A silence of an hour has two ends and nothing between. */
	capture_pcap_packet(&c, T0 + 3600 * SECOND, capture_ipv4, 32, 100);
	read_capture(&c, &read);
	assert_int_equal(read.n_snapshots, 1 + 3 + 2 + 1);
	assert_true(read.snapshot[0]->real_ns == T0);
	assert_int_equal(received(read.snapshot[0]), 0);
	assert_int_equal(received(read.snapshot[1]), 8);
	assert_int_equal(received(read.snapshot[2]), 18);
	assert_int_equal(received(read.snapshot[6]), 31);
	for (size_t i = 1; i < read.n_snapshots; i++) {
		assert_true(read.snapshot[i]->mono_ns > read.snapshot[i - 1]->mono_ns);
		assert_int_equal(read.snapshot[i]->sequence, i);
	}
	assert_int_equal(table_sum(&read.last->table[TABLE_INTERFACES], 0, IF_RX_BYTES), 3100);
	/* Nobody knows of a CPU, nobody counted system calls. */
	assert_int_equal(table_at(&read.last->table[TABLE_PROBES], 0, COUNT_PACKETS, 0), 0);
	assert_int_equal(read.last->table[TABLE_SYSCALLS].known, 0);
	assert_true(ledger_sum(read.last).balanced);
	keeper_free(&read);
}

static void times_that_make_no_sense_do_no_harm(void **state)
{
	static const uint64_t times[] = { 0, T0, UINT32_MAX * SECOND, 0, T0 };
	struct made_capture c = { .nanoseconds = true };
	struct keeper read = { 0 };

	(void)state;
	capture_pcap(&c, LINK_RAW);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		capture_pcap_packet(&c, times[i], capture_ipv4, 32, 100);
	read_capture(&c, &read);
	assert_int_equal(read.n_records, 5);
	assert_true(read.n_snapshots <= 2 * 5 + 1);
	keeper_free(&read);
	c = (struct made_capture){ 0 };
	capture_section(&c);
	capture_interface(&c, LINK_RAW);
	capture_packet(&c, 0, UINT64_MAX, capture_ipv4, 32);
	capture_packet(&c, 0, 0, capture_ipv4, 32);
	read_capture(&c, &read);
	assert_int_equal(read.n_records, 2);
	keeper_free(&read);
}

static void assert_error(const void *bytes, size_t n, const char *sentence)
{
	struct keeper read = { 0 };

	keeper_read_bytes(&read, bytes, n);
	assert_non_null(strstr(read.error.text, sentence));
	keeper_free(&read);
}

static void what_is_no_capture_is_refused(void **state)
{
	static const char text[] = "#!/bin/sh\necho this is no capture\n";
	struct made_capture c = { 0 };

	(void)state;
	assert_error(text, sizeof(text), "neither a recording nor a capture");
	assert_error("", 0, "is empty");
	assert_error("ab", 2, "neither");
	capture_section(&c);
	assert_error(c.bytes.data, 20, "was cut off at byte 20");
	/* Version 2. */
	c.bytes.data[12] = 2;
	assert_error(c.bytes.data, c.bytes.length, "byte 0: pcapng of a version that is not known");
	bytes_free(&c.bytes);
}

/* No machine has a name here; the file's stands in the header. */
static void a_capture_is_called_by_its_file(void **state)
{
	struct made_capture c = { 0 };
	struct error err = { "" };
	struct reader *reader;

	(void)state;
	capture_pcap(&c, LINK_RAW);
	reader = reader_open(
		input_of(bytes_fd(c.bytes.data, c.bytes.length), "/tmp/\033[31mx.pcap", false), &err);
	assert_non_null(reader);
	assert_string_equal(reader_host(reader)->name, "?[31mx.pcap");
	reader_close(reader);
	bytes_free(&c.bytes);
}

static void an_empty_capture_is_one(void **state)
{
	struct made_capture c = { 0 };
	struct keeper read = { 0 };

	(void)state;
	capture_section(&c);
	capture_interface(&c, LINK_ETHERNET);
	read_capture(&c, &read);
	assert_string_equal(read.error.text, "");
	assert_int_equal(read.n_records, 0);
	assert_non_null(read.last);
	keeper_free(&read);
}

static void a_fault_has_its_place_and_what_came_before_stays(void **state)
{
	struct made_capture c = { 0 };
	struct keeper read = { 0 };
	char place[64];

	(void)state;
	capture_section(&c);
	capture_interface(&c, LINK_RAW);
	capture_packet(&c, 0, T0, capture_ipv4, 32);
	snprintf(place, sizeof(place), "byte %zu: no block begins here", c.bytes.length);
	capture_u32(&c, PCAPNG_PACKET);
	capture_u32(&c, 0xfffffff0);
	read_capture(&c, &read);
	assert_non_null(strstr(read.error.text, place));
	assert_int_equal(read.n_records, 1);
	assert_int_equal(received(read.last), 1);
	keeper_free(&read);
	/* An interface that is not there. */
	capture_section(&c);
	capture_interface(&c, LINK_RAW);
	capture_packet(&c, 0, T0, capture_ipv4, 32);
	capture_packet(&c, 3, T0, capture_ipv4, 32);
	read_capture(&c, &read);
	assert_non_null(strstr(read.error.text, "this block makes no sense"));
	assert_int_equal(read.n_records, 1);
	keeper_free(&read);
}

static long peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

/* A block of 64 MiB is claimed 20 bytes before the end of the file. */
static void memory_follows_what_is_there(void **state)
{
	struct made_capture c = { 0 };
	struct keeper read = { 0 };
	long before;

	(void)state;
	capture_section(&c);
	capture_interface(&c, LINK_RAW);
	capture_u32(&c, PCAPNG_PACKET);
	capture_u32(&c, PCAPNG_BLOCK_MAX);
	capture_u32(&c, 0);
	capture_u32(&c, 0);
	before = peak_kb();
	read_capture(&c, &read);
	assert_true(peak_kb() - before < 4096);
	assert_non_null(strstr(read.error.text, "was cut off"));
	keeper_free(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_follows_what_is_there),
		cmocka_unit_test(pcap_of_every_kind_is_read),
		cmocka_unit_test(pcapng_of_both_byte_orders_is_read),
		cmocka_unit_test(link_layers_are_taken_off),
		cmocka_unit_test(an_unknown_link_layer_is_counted_and_not_guessed),
		cmocka_unit_test(each_second_has_its_snapshot),
		cmocka_unit_test(times_that_make_no_sense_do_no_harm),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(a_capture_is_called_by_its_file),
		cmocka_unit_test(an_empty_capture_is_one),
		cmocka_unit_test(a_fault_has_its_place_and_what_came_before_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
