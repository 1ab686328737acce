/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/snapcode.h"
#include "tests/support/walk.h"

static struct view all_of(const struct bytes *bytes)
{
	return view_of(bytes->data, bytes->length);
}

static void integers_survive(void **state)
{
	static const uint64_t hard[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX,
		UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX };
	struct bytes out = { 0 };
	struct view in;

	(void)state;
	for (size_t i = 0; i < sizeof(hard) / sizeof(*hard); i++) {
		bytes_put_u64(&out, hard[i]);
		bytes_put_u64(&out, zigzag(hard[i]));
	}
	in = all_of(&out);
	for (size_t i = 0; i < sizeof(hard) / sizeof(*hard); i++) {
		assert_true(view_u64(&in) == hard[i]);
		assert_true(unzigzag(view_u64(&in)) == hard[i]);
	}
	assert_false(in.failed);
	assert_int_equal(view_left(&in), 0);
	view_u64(&in);
	assert_true(in.failed);
	assert_true(zigzag(-UINT64_C(3)) == 5);
	bytes_free(&out);
}

static void integers_too_long_are_refused(void **state)
{
	static const uint8_t eleven[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1 };
	static const uint8_t too_big[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2 };
	struct view in = view_of(eleven, sizeof(eleven));

	(void)state;
	view_u64(&in);
	assert_true(in.failed);
	in = view_of(too_big, sizeof(too_big));
	view_u64(&in);
	assert_true(in.failed);
	in = view_of(too_big, 4);
	view_u64(&in);
	assert_true(in.failed);
}

static void strings_keep_to_their_room(void **state)
{
	struct bytes out = { 0 };
	struct view in;
	char text[6];

	(void)state;
	bytes_put_string(&out, "hello");
	bytes_put_string(&out, "");
	in = all_of(&out);
	view_string(&in, text, sizeof(text));
	assert_string_equal(text, "hello");
	view_string(&in, text, sizeof(text));
	assert_string_equal(text, "");
	assert_false(in.failed);
	in = all_of(&out);
	view_string(&in, text, 5);
	assert_true(in.failed);
	in = view_of(out.data, 4);
	view_string(&in, text, sizeof(text));
	assert_true(in.failed);
	assert_string_equal(text, "");
	bytes_free(&out);
}

/* Encodes `snapshot` against `before`, decodes it, compares. Returns the length of the frame. */
static size_t round_trip(const struct snapshot *before, const struct snapshot *snapshot)
{
	struct snapcode_limits limits = { .n_cpus = snapshot->n_cpus,
		.max_bytes = snapshot_bytes(snapshot) };
	struct bytes out = { 0 };
	struct snapshot *back;
	size_t length;

	for (int t = 0; t < TABLE_COUNT; t++)
		limits.n_rows[t] = snapshot->table[t].n_rows;
	assert_int_equal(snapcode_encode(before, snapshot, &out), 0);
	assert_int_equal(snapcode_is_key(all_of(&out)), before == NULL);
	assert_int_equal(snapcode_decode(all_of(&out), before, &limits, &back), 0);
	assert_same_snapshot(snapshot, back);
	length = out.length;
	snapshot_unref(back);
	bytes_free(&out);
	return length;
}

static void random_walks_survive(void **state)
{
	(void)state;
	for (int seed = 1; seed <= 40; seed++) {
		struct walk walk = walk_start(seed, 1 + seed % 9, seed % 5);

		walk.moving = (seed % 11) / 10.0;
		round_trip(NULL, walk.now);
		for (int i = 0; i < 20; i++) {
			struct snapshot *before = snapshot_ref(walk.now);

			walk_step(&walk, seed % 3);
			round_trip(before, walk.now);
			round_trip(NULL, walk.now);
			snapshot_unref(before);
		}
		walk_end(&walk);
	}
}

static void counters_that_fall_survive(void **state)
{
	struct walk walk = walk_start(7, 3, 4);
	struct snapshot *before = snapshot_ref(walk.now), *now = walk_step(&walk, 0);

	(void)state;
	now->table[TABLE_LOSS].values[0] = 0;
	now->table[TABLE_LOSS].values[1] = UINT64_MAX;
	now->table[TABLE_LOSS].values[2] = UINT64_C(1) << 63;
	now->table[TABLE_SYSCALLS].known = 0;
	now->mono_ns = 1;
	memset(&now->online, 0, sizeof(now->online));
	round_trip(before, now);
	snapshot_unref(before);
	walk_end(&walk);
}

static void a_standing_machine_costs_bytes_not_kilobytes(void **state)
{
	struct walk walk = walk_start(3, 512, 100);
	struct snapshot *before = snapshot_ref(walk.now);

	(void)state;
	walk.moving = 0;
	walk_step(&walk, 0);
	assert_true(round_trip(before, walk.now) < 100);
	snapshot_unref(before);
	walk_end(&walk);
}

static void four_thousand_cpus_survive(void **state)
{
	struct walk walk = walk_start(4096, 4096, 3);
	struct snapshot *before = snapshot_ref(walk.now);

	(void)state;
	walk_step(&walk, 2);
	round_trip(NULL, before);
	round_trip(before, walk.now);
	snapshot_unref(before);
	walk_end(&walk);
}

static void what_cannot_be_a_difference_is_told(void **state)
{
	struct walk one = walk_start(1, 2, 3), other = walk_start(1, 3, 3), less = walk_start(1, 2, 2);
	struct bytes out = { 0 };

	(void)state;
	assert_int_equal(snapcode_encode(one.now, other.now, &out), -EINVAL);
	assert_int_equal(snapcode_encode(one.now, less.now, &out), -EINVAL);
	bytes_free(&out);
	walk_end(&one);
	walk_end(&other);
	walk_end(&less);
}

/* A key frame of empty tables, the first of them known, as some version would write it. */
static int decode_frame_of(int kind, int n_tables, struct snapshot **back)
{
	struct bytes out = { 0 };
	int err;

	bytes_put_u64(&out, kind);
	bytes_put_u64(&out, 2);
	if (kind > 1)
		bytes_put_u64(&out, n_tables);
	for (int i = 0; i < 5; i++)
		bytes_put_u64(&out, zigzag(10 + i));
	bytes_put_u64(&out, 0);
	bytes_put_u64(&out, CPU_SET_WORDS - 1);
	for (int t = 0; t < n_tables; t++) {
		bytes_put_u64(&out, 0);
		bytes_put_u64(&out, t < TABLE_COUNT ? table_schema(t)->n_columns : 1);
		bytes_put_u64(&out, !t);
	}
	err = snapcode_decode(all_of(&out), NULL, NULL, back);
	bytes_free(&out);
	return err;
}

static void frames_of_fewer_tables_are_read(void **state)
{
	static const struct { int kind, n_tables; } old[] = { { 1, 9 }, { 3, 9 }, { 3, TABLE_COUNT } };
	struct snapshot *back = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		assert_int_equal(decode_frame_of(old[i].kind, old[i].n_tables, &back), 0);
		assert_int_equal(back->bpf_ns, 14);
		assert_int_equal(back->table[0].known, 1);
		assert_int_equal(back->table[TABLE_NIC].n_rows, 0);
		assert_int_equal(back->table[TABLE_NIC].known, 0);
		snapshot_unref(back);
	}
	assert_int_equal(decode_frame_of(1, 10, &back), -EBADMSG);
	assert_int_equal(decode_frame_of(3, 0, &back), -EBADMSG);
	assert_int_equal(decode_frame_of(4, 9, &back), -EBADMSG);
	assert_int_equal(decode_frame_of(3, TABLE_COUNT + 1, &back), -E2BIG);
}

static void claims_beyond_the_limits_are_refused(void **state)
{
	struct walk walk = walk_start(5, 4, 6);
	struct snapcode_limits limits = { .n_cpus = 4, .max_bytes = SIZE_MAX };
	struct bytes out = { 0 };
	struct snapshot *back = NULL;

	(void)state;
	assert_int_equal(snapcode_encode(NULL, walk.now, &out), 0);
	for (int t = 0; t < TABLE_COUNT; t++)
		limits.n_rows[t] = 6;
	limits.n_cpus = 5;
	assert_int_equal(snapcode_decode(all_of(&out), NULL, &limits, &back), -E2BIG);
	limits.n_cpus = 4;
	limits.n_rows[TABLE_DROPS] = 5;
	assert_int_equal(snapcode_decode(all_of(&out), NULL, &limits, &back), -E2BIG);
	limits.n_rows[TABLE_DROPS] = 6;
	limits.max_bytes = 1000;
	assert_int_equal(snapcode_decode(all_of(&out), NULL, &limits, &back), -E2BIG);
	limits.max_bytes = SIZE_MAX;
	assert_int_equal(snapcode_decode(all_of(&out), NULL, &limits, &back), 0);
	snapshot_unref(back);
	bytes_free(&out);
	walk_end(&walk);
}

static void every_cut_is_noticed(void **state)
{
	struct walk walk = walk_start(9, 3, 4);
	struct snapshot *before = snapshot_ref(walk.now), *back = NULL;
	struct bytes out = { 0 };

	(void)state;
	walk.moving = 0.5;
	walk_step(&walk, 2);
	assert_int_equal(snapcode_encode(before, walk.now, &out), 0);
	assert_int_equal(snapcode_decode(all_of(&out), NULL, NULL, &back), -ENODATA);
	for (size_t cut = 0; cut < out.length; cut++) {
		/* On the heap and exactly sized, so that a read beyond the cut is an error of its own. */
		uint8_t *part = malloc(cut + 1);

		memcpy(part, out.data, cut);
		assert_int_equal(snapcode_decode(view_of(part, cut), before, NULL, &back), -EBADMSG);
		free(part);
	}
	bytes_put(&out, "x", 1);
	assert_int_equal(snapcode_decode(all_of(&out), before, NULL, &back), -EBADMSG);
	snapshot_unref(before);
	bytes_free(&out);
	walk_end(&walk);
}

static void damaged_frames_do_no_harm(void **state)
{
	struct walk walk = walk_start(11, 4, 8);
	struct snapcode_limits limits = { .n_cpus = 4, .max_bytes = 1 << 20 };
	struct snapshot *before = snapshot_ref(walk.now);
	struct bytes out = { 0 };

	(void)state;
	for (int t = 0; t < TABLE_COUNT; t++)
		limits.n_rows[t] = 16;
	walk_step(&walk, 3);
	assert_int_equal(snapcode_encode(before, walk.now, &out), 0);
	for (int i = 0; i < 20000; i++) {
		uint8_t *at = &out.data[walk_random(&walk) % out.length], was = *at;
		struct snapshot *back = NULL;

		*at ^= 1 << walk_random(&walk) % 8;
		if (snapcode_decode(all_of(&out), before, &limits, &back) == 0)
			assert_true(snapshot_bytes(back) <= limits.max_bytes + sizeof(*back));
		snapshot_unref(back);
		*at = was;
	}
	snapshot_unref(before);
	bytes_free(&out);
	walk_end(&walk);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_survive),
		cmocka_unit_test(integers_too_long_are_refused),
		cmocka_unit_test(strings_keep_to_their_room),
		cmocka_unit_test(random_walks_survive),
		cmocka_unit_test(counters_that_fall_survive),
		cmocka_unit_test(a_standing_machine_costs_bytes_not_kilobytes),
		cmocka_unit_test(four_thousand_cpus_survive),
		cmocka_unit_test(what_cannot_be_a_difference_is_told),
		cmocka_unit_test(frames_of_fewer_tables_are_read),
		cmocka_unit_test(claims_beyond_the_limits_are_refused),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(damaged_frames_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
