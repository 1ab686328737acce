/* SPDX-License-Identifier: GPL-2.0-only */
/* The live tests trust flood_check() to tell a torn packet: it must see every single changed byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/support/generator.h"

enum { SADDR = 0x0a4d0001, DADDR = 0x0a4d0064, SPORT = 7600 };

static uint16_t dport_of(uint64_t sequence)
{
	return FLOOD_PORT + sequence % FLOOD_PORTS;
}

static size_t make(uint8_t *payload, uint64_t sequence)
{
	const struct flood_payload head = {
		.magic = FLOOD_MAGIC,
		.sequence = sequence,
		.saddr = SADDR,
		.daddr = DADDR,
		.sport = SPORT,
		.dport = dport_of(sequence),
		.length = (uint16_t)flood_length(sequence),
	};

	flood_fill(payload, &head);
	return head.length;
}

static void test_whole_packets_pass(void **state)
{
	uint8_t payload[FLOOD_LENGTH_MIN + FLOOD_LENGTHS];
	struct flood_payload out;

	(void)state;
	for (uint64_t sequence = 0; sequence < 1000; sequence++) {
		size_t length = make(payload, sequence);

		assert_null(flood_check(payload, length, length, SADDR, DADDR, SPORT,
			dport_of(sequence), &out));
		assert_int_equal(out.sequence, sequence);
		/* A snapshot may hold only the beginning. */
		assert_null(flood_check(payload, FLOOD_LENGTH_MIN, length, SADDR, DADDR, SPORT,
			dport_of(sequence), &out));
	}
}

/* The CPU is for the reader of a failure; everything else is checked. */
static bool is_cpu(size_t at)
{
	return at >= offsetof(struct flood_payload, cpu) && at < sizeof(struct flood_payload);
}

static void test_every_changed_byte_is_seen(void **state)
{
	uint8_t payload[FLOOD_LENGTH_MIN + FLOOD_LENGTHS];
	const uint64_t sequence = 4399;
	size_t length = make(payload, sequence);
	struct flood_payload out;

	(void)state;
	for (size_t at = 0; at < length; at++) {
		if (is_cpu(at))
			continue;
		payload[at] ^= 1;
		if (!flood_check(payload, length, length, SADDR, DADDR, SPORT, dport_of(sequence),
			    &out))
			fail_msg("byte %zu", at);
		payload[at] ^= 1;
	}
}

static void test_foreign_headers_are_seen(void **state)
{
	uint8_t payload[FLOOD_LENGTH_MIN + FLOOD_LENGTHS], other[sizeof(payload)];
	const uint64_t sequence = 300;
	size_t n = make(payload, sequence);
	uint16_t dport = dport_of(sequence);
	struct flood_payload out;

	(void)state;
	assert_non_null(flood_check(payload, n, n, SADDR + 1, DADDR, SPORT, dport, &out));
	assert_non_null(flood_check(payload, n, n, SADDR, DADDR + 1, SPORT, dport, &out));
	assert_non_null(flood_check(payload, n, n, SADDR, DADDR, SPORT + 1, dport, &out));
	assert_non_null(flood_check(payload, n, n, SADDR, DADDR, SPORT, dport + 1, &out));
	assert_non_null(flood_check(payload, n, n + 1, SADDR, DADDR, SPORT, dport, &out));
	assert_non_null(flood_check(payload, 8, n, SADDR, DADDR, SPORT, dport, &out));
	/* The tail of another packet. */
	make(other, sequence + FLOOD_LENGTHS * FLOOD_PORTS);
	memcpy(payload + 80, other + 80, n - 80);
	assert_non_null(flood_check(payload, n, n, SADDR, DADDR, SPORT, dport, &out));
}

static void test_bytes(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t n = 0; n < 2 * FLOOD_LENGTHS + 10; n++) {
		assert_int_equal(flood_bytes(n), sum);
		sum += 42 + flood_length(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_packets_pass),
		cmocka_unit_test(test_every_changed_byte_is_seen),
		cmocka_unit_test(test_foreign_headers_are_seen),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
