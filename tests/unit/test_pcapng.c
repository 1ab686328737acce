/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/recording/pcapng.h"

static struct bytes made;

static int tear_down(void **state)
{
	(void)state;
	bytes_free(&made);
	return 0;
}

/* One packet block of 5 bytes with two options. */
static void make_packet(uint32_t claimed)
{
	const uint32_t head[5] = { 7, 0x11223344, 0x55667788, claimed, 99 };
	const uint32_t flags = 6;
	size_t start = pcapng_begin(&made, PCAPNG_PACKET);

	bytes_put(&made, head, sizeof(head));
	pcapng_put_padded(&made, "abcde", 5);
	pcapng_put_text_option(&made, OPTION_COMMENT, "hello");
	pcapng_put_option(&made, OPTION_PACKET_FLAGS, &flags, sizeof(flags));
	pcapng_put_end_of_options(&made);
	pcapng_end(&made, start);
}

static void what_is_built_is_read(void **state)
{
	struct pcapng_block block;
	struct pcapng_packet packet;
	struct pcapng_options options;
	bool swapped = false;

	(void)state;
	make_packet(5);
	assert_int_equal(made.length % 4, 0);
	assert_int_equal(pcapng_block_at(made.data, made.length, &swapped, &block), 0);
	assert_int_equal(block.type, PCAPNG_PACKET);
	assert_int_equal(block.total, made.length);
	assert_int_equal(pcapng_read_packet(&block, false, &packet), 0);
	assert_int_equal(packet.interface, 7);
	assert_true(packet.timestamp == 0x1122334455667788);
	assert_int_equal(packet.length, 5);
	assert_int_equal(packet.original, 99);
	assert_memory_equal(packet.data, "abcde", 5);
	options = pcapng_options(&block, packet.options, false);
	assert_true(pcapng_next_option(&options));
	assert_int_equal(options.code, OPTION_COMMENT);
	assert_int_equal(options.length, 5);
	assert_memory_equal(options.value, "hello", 5);
	assert_true(pcapng_next_option(&options));
	assert_int_equal(pcapng_u32(options.value, false), 6);
	assert_false(pcapng_next_option(&options));
	assert_false(pcapng_next_option(&options));
}

static void a_block_is_waited_for(void **state)
{
	struct pcapng_block block;
	bool swapped = false;

	(void)state;
	make_packet(5);
	for (size_t n = 0; n < made.length; n++) {
		assert_int_equal(pcapng_block_at(made.data, n, &swapped, &block), -EAGAIN);
		assert_int_equal(block.total, n < 8 ? 0 : made.length);
	}
}

static void lengths_that_lie_are_no_blocks(void **state)
{
	static const uint32_t lies[] = { 0, 4, 11, PCAPNG_BLOCK_MAX + 1, UINT32_MAX };
	struct pcapng_block block;
	bool swapped = false;

	(void)state;
	make_packet(5);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memcpy(made.data + 4, &lies[i], 4);
		assert_int_equal(
			pcapng_block_at(made.data, made.length, &swapped, &block), -EBADMSG);
	}
	/* The repeated length differs. */
	memcpy(made.data + 4, &(uint32_t){ made.length - 4 }, 4);
	assert_int_equal(pcapng_block_at(made.data, made.length, &swapped, &block), -EBADMSG);
}

static void a_packet_has_no_more_bytes_than_its_block(void **state)
{
	static const uint32_t lies[] = { 1000, UINT32_MAX, UINT32_MAX - 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct pcapng_block block;
		struct pcapng_packet packet;
		bool swapped = false;

		made.length = 0;
		make_packet(lies[i]);
		assert_int_equal(pcapng_block_at(made.data, made.length, &swapped, &block), 0);
		assert_int_equal(pcapng_read_packet(&block, false, &packet), -EBADMSG);
	}
}

static void an_option_that_claims_too_much_ends_the_list(void **state)
{
	const uint16_t head[2] = { OPTION_COMMENT, 60000 };
	struct pcapng_options options;
	struct pcapng_block block;
	bool swapped = false;
	size_t start = pcapng_begin(&made, 99);

	(void)state;
	pcapng_put_text_option(&made, 17, "x");
	bytes_put(&made, head, sizeof(head));
	pcapng_end(&made, start);
	assert_int_equal(pcapng_block_at(made.data, made.length, &swapped, &block), 0);
	options = pcapng_options(&block, 0, false);
	assert_true(pcapng_next_option(&options));
	assert_false(pcapng_next_option(&options));
	options = pcapng_options(&block, 4000, false);
	assert_false(pcapng_next_option(&options));
}

static void a_section_tells_the_byte_order(void **state)
{
	/* Big-endian, as on the wire. */
	static const uint8_t section[] = { 0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d,
		0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28 };
	uint8_t broken[sizeof(section)];
	struct pcapng_block block;
	bool swapped = false;
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	(void)state;
	assert_int_equal(pcapng_block_at(section, sizeof(section), &swapped, &block), 0);
	assert_int_equal(swapped, little);
	assert_int_equal(pcapng_u16(block.body + 4, swapped), 1);
	memcpy(broken, section, sizeof(section));
	broken[9] = 0;
	assert_int_equal(pcapng_block_at(broken, sizeof(broken), &swapped, &block), -EBADMSG);
}

static void times_are_what_their_resolution_says(void **state)
{
	struct pcapng_interface i = { .resolution = 6 };

	(void)state;
	assert_true(pcapng_time_ns(&i, 1700000000123456) == 1700000000123456000);
	i.resolution = 9;
	assert_true(pcapng_time_ns(&i, 1700000000123456789) == 1700000000123456789);
	i.resolution = 12;
	assert_true(pcapng_time_ns(&i, 1500000) == 1500);
	i.resolution = 0x80 | 10;
	assert_true(pcapng_time_ns(&i, 1536) == 1500000000);
	i.resolution = 0;
	i.offset_s = 10;
	assert_true(pcapng_time_ns(&i, 5) == 15000000000);
	i.resolution = 127;
	assert_true(pcapng_time_ns(&i, UINT64_MAX) == 10000000000);
	i.resolution = 255;
	assert_true(pcapng_time_ns(&i, UINT64_MAX) == 10000000000);
}

static void whole_blocks_are_counted(void **state)
{
	size_t one;

	(void)state;
	make_packet(5);
	one = made.length;
	make_packet(5);
	for (size_t n = 0; n <= 2 * one; n++)
		assert_int_equal(pcapng_whole_blocks(made.data, n), n / one * one);
}

int main(void)
{
#define AND_FREE(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		AND_FREE(what_is_built_is_read),
		AND_FREE(a_block_is_waited_for),
		AND_FREE(lengths_that_lie_are_no_blocks),
		AND_FREE(a_packet_has_no_more_bytes_than_its_block),
		AND_FREE(an_option_that_claims_too_much_ends_the_list),
		AND_FREE(a_section_tells_the_byte_order),
		AND_FREE(times_are_what_their_resolution_says),
		AND_FREE(whole_blocks_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
