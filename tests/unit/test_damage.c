/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings that are cut off at each of their bytes, and some that are damaged: what is readable is read,
 * the rest is told. Many more damaged ones: make fuzz.
 */
#include <bpf/btf.h>
#include <byteswap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/recording/format.h"
#include "core/recording/layout.h"
#include "core/recording/pcapng.h"
#include "core/trace/skb_text.h"
#include "tests/support/captures.h"
#include "tests/support/flips.h"
#include "tests/support/made_details.h"
#include "tests/support/recorded.h"
#include "tests/support/walk.h"

struct file {
	uint8_t *bytes;
	size_t n;
	struct keeper whole;
};

/* The scripted machine's recording; `suffix` ".gz": packed. */
static struct file recorded_file(const char *suffix)
{
	struct keeper heard = { 0 };
	struct file file = { 0 };
	char path[64] = "/tmp/skewtop-test-XXXXXX", name[80];

	close(mkstemp(path));
	unlink(path);
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	recorded_script(name, &heard);
	file.bytes = file_bytes(name, &file.n);
	unlink(name);
	keeper_free(&heard);
	keeper_read_bytes(&file.whole, file.bytes, file.n);
	assert_string_equal(file.whole.error.text, "");
	return file;
}

static struct file captured_file(void)
{
	struct made_capture c = { .big = true };
	struct file file;

	capture_section(&c);
	capture_interface(&c, LINK_RAW);
	for (int i = 0; i < 40; i++)
		capture_packet(&c, 0, UINT64_C(1700000000000000000) + i * UINT64_C(100000000),
			capture_ipv4, 32);
	file = (struct file){ .bytes = c.bytes.data, .n = c.bytes.length };
	keeper_read_bytes(&file.whole, file.bytes, file.n);
	return file;
}

static void file_free(struct file *file)
{
	free(file->bytes);
	keeper_free(&file->whole);
}

/* The first n bytes of a file; *records is what fewer of them held. */
static void assert_cut(const struct file *file, size_t n, bool counts_itself, size_t *records)
{
	struct keeper part = { 0 };

	keeper_read_bytes(&part, file->bytes, n);
	if (!counts_itself)
		assert_begins(&file->whole, &part);
	/* Where the closed books came, only gzip's own end was cut off. A section without anything in
	 * it is a capture of nothing; and a capture has no end to miss. */
	if (!part.last && !counts_itself && n != pcapng_u32(file->bytes + 4, false))
		assert_non_null(strstr(part.error.text, " byte "));
	assert_true(part.n_records >= *records);
	*records = part.n_records;
	keeper_free(&part);
}

static void cut_everywhere(struct file file, bool counts_itself)
{
	size_t records = 0;

	/* The first bytes tell what a file is; without them it is none. */
	for (size_t n = 4; n <= file.n; n++)
		assert_cut(&file, n, counts_itself, &records);
	assert_int_equal(records, file.whole.n_records);
	file_free(&file);
}

static void a_recording_is_readable_up_to_the_cut(void **state)
{
	(void)state;
	cut_everywhere(recorded_file(".pcapng"), false);
}

static void a_packed_recording_is_readable_up_to_the_cut(void **state)
{
	(void)state;
	cut_everywhere(recorded_file(".pcapng.gz"), false);
}

/* Its snapshots are counted from the packets: a cut one has counted fewer. */
static void a_capture_is_readable_up_to_the_cut(void **state)
{
	(void)state;
	cut_everywhere(captured_file(), true);
}

/* ---- damage ---- */

enum { FLIPS = 500 };

static void flip(struct file file)
{
	struct flips flips = flips_start(11, file.bytes, file.n);

	for (int i = 0; i < FLIPS; i++)
		flips_read_next(&flips);
	assert_true(flips.n_records > FLIPS && flips.n_faults > 0);
	flips_end(&flips);
	file_free(&file);
}

static void damaged_recordings_do_no_harm(void **state)
{
	(void)state;
	flip(recorded_file(".pcapng"));
	flip(recorded_file(".pcapng.gz"));
	flip(captured_file());
}

/* ---- a machine of the other byte order ---- */

/* A damaged layout of sk_buffs is refused, or one that a text can be made of. */
static void damaged_layouts_do_no_harm(void **state)
{
	struct btf *layout = made_skb_layout();
	const struct trace_record line = { .len = 1500 };
	struct bytes whole = { 0 }, damaged = { 0 };
	struct walk random = walk_start(5, 1, 1);
	struct skb_record skb;
	int taken = 0, refused = 0;

	(void)state;
	made_skb(&line, &skb);
	recording_encode_layout(layout, &whole);
	btf__free(layout);
	for (int round = 0; round < 20000; round++) {
		struct text_lines lines;
		struct error err = { "" };

		damaged.length = 0;
		bytes_put(&damaged, whole.data, whole.length);
		for (uint64_t i = walk_random(&random) % 3; i < 3; i++)
			damaged.data[walk_random(&random) % damaged.length] = walk_random(&random) >> 32;
		if (recording_decode_layout(view_of(damaged.data, damaged.length), &layout)) {
			refused++;
			continue;
		}
		taken++;
		if (!skb_text(layout, &skb, &lines, &err)) {
			assert_in_range(lines.n, 0, 10000);
			text_lines_free(&lines);
		}
		btf__free(layout);
	}
	/* Neither is rare: names and offsets may be others, references seldom. */
	assert_in_range(taken, 1000, 19000);
	assert_in_range(refused, 1000, 19000);
	bytes_free(&whole);
	bytes_free(&damaged);
	walk_end(&random);
}

static void swap(uint8_t *at, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t byte = at[i];

		at[i] = at[n - 1 - i];
		at[n - 1 - i] = byte;
	}
}

static void swap_record_option(uint8_t *at)
{
	/* Sizes of the members of struct trace_record up to l4_off, and where those of `sock` are. */
	static const uint8_t sizes[] = { 2, 2, 4, 8, 8, 8, 4, 4, 4, 4, 4, 4, 4, 4, 2, 2, 2, 2, 4, 2, 2,
		2 };
	uint8_t *record = at + sizeof(struct record_option);

	swap(at, 4);
	swap(at + 8, 2);
	swap(at + 10, 2);
	for (size_t i = 0; i < sizeof(sizes); record += sizes[i++])
		swap(record, sizes[i]);
	record = at + sizeof(struct record_option);
	swap(record + offsetof(struct trace_record, sock.sport), 2);
	swap(record + offsetof(struct trace_record, sock.dport), 2);
}

static void swap_options(uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		uint16_t code = pcapng_u16(at, false), length = pcapng_u16(at + 2, false);
		uint8_t *value = at + 4;

		swap(at, 2);
		swap(at + 2, 2);
		if (code == OPTION_CUSTOM_BINARY)
			swap_record_option(value);
		else if (code != OPTION_COMMENT)
			swap(value, length);
		at = value + length + (-length & 3);
	}
}

static void swap_block(uint8_t *at, size_t total)
{
	uint32_t type = pcapng_u32(at, false), n = pcapng_u32(at + 20, false);

	swap(at, 4);
	swap(at + 4, 4);
	swap(at + total - 4, 4);
	if (type == PCAPNG_SECTION) {
		swap(at + 8, 4);
		swap(at + 12, 2);
		swap(at + 14, 2);
		for (uint8_t *o = at + 24; o < at + total - 4;) {
			uint16_t length = pcapng_u16(o + 2, false);

			swap(o, 2);
			swap(o + 2, 2);
			o += 4 + length + (-length & 3);
		}
	} else if (type == PCAPNG_INTERFACE) {
		swap(at + 8, 2);
		swap(at + 12, 4);
		for (uint8_t *o = at + 16; o < at + total - 4;) {
			uint16_t length = pcapng_u16(o + 2, false);

			swap(o, 2);
			swap(o + 2, 2);
			o += 4 + length + (-length & 3);
		}
	} else if (type == PCAPNG_PACKET) {
		for (int i = 0; i < 5; i++)
			swap(at + 8 + 4 * i, 4);
		swap_options(at + 28 + n + (-n & 3), at + total - 4);
	}
}

static void a_recording_of_the_other_byte_order_is_the_same(void **state)
{
	struct file file = recorded_file(".pcapng");
	struct keeper read = { 0 };

	(void)state;
	for (size_t at = 0; at < file.n;) {
		size_t total = pcapng_u32(file.bytes + at + 4, false);

		swap_block(file.bytes + at, total);
		at += total;
	}
	keeper_read_bytes(&read, file.bytes, file.n);
	assert_string_equal(read.error.text, "");
	assert_same_kept(&file.whole, &read);
	keeper_free(&read);
	file_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_is_readable_up_to_the_cut),
		cmocka_unit_test(a_packed_recording_is_readable_up_to_the_cut),
		cmocka_unit_test(a_capture_is_readable_up_to_the_cut),
		cmocka_unit_test(damaged_recordings_do_no_harm),
		cmocka_unit_test(damaged_layouts_do_no_harm),
		cmocka_unit_test(a_recording_of_the_other_byte_order_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
