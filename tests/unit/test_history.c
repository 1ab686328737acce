/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/model/history.h"
#include "tests/support/walk.h"

#define NS_PER_S UINT64_C(1000000000)

/* A history of n snapshots of a walk, and references to all of them to compare with. */
static struct snapshot **fill(struct history *history, struct walk *walk, int n, int more_rows)
{
	struct snapshot **all = calloc(n, sizeof(*all));

	for (int i = 0; i < n; i++) {
		all[i] = snapshot_ref(i ? walk_step(walk, more_rows) : walk->now);
		assert_int_equal(history_append(history, all[i]), 0);
	}
	return all;
}

static void unref_all(struct snapshot **all, int n)
{
	for (int i = 0; i < n; i++)
		snapshot_unref(all[i]);
	free(all);
}

static void assert_kept(struct history *history, struct snapshot *const *all, uint64_t sequence)
{
	struct snapshot *s = history_get(history, sequence);

	assert_non_null(s);
	assert_same_snapshot(s, all[sequence]);
	snapshot_unref(s);
}

static void what_went_in_comes_out(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk walk = walk_start(1, 5, 2);
	struct history_range range = history_range(history);
	struct snapshot **all;

	(void)state;
	assert_true(range.first == range.end);
	assert_null(history_get(history, 0));
	all = fill(history, &walk, 100, 2);
	range = history_range(history);
	assert_int_equal(range.first, 0);
	assert_int_equal(range.end, 100);
	for (int i = 0; i < 100; i++)
		assert_kept(history, all, i);
	for (int i = 99; i >= 0; i--)
		assert_kept(history, all, i);
	for (int i = 0; i < 500; i++)
		assert_kept(history, all, walk_random(&walk) % 100);
	assert_null(history_get(history, 100));
	assert_null(history_get(history, UINT64_MAX));
	unref_all(all, 100);
	walk_end(&walk);
	history_free(history);
}

static void the_newest_two_are_the_same_objects(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk walk = walk_start(2, 2, 2);
	struct snapshot **all = fill(history, &walk, 5, 0), *s;

	(void)state;
	for (int i = 3; i < 5; i++) {
		s = history_get(history, i);
		assert_ptr_equal(s, all[i]);
		snapshot_unref(s);
	}
	unref_all(all, 5);
	walk_end(&walk);
	history_free(history);
}

static void time_bounds_it(void **state)
{
	struct history *history = history_new(30 * NS_PER_S + NS_PER_S / 2, 0);
	struct walk walk = walk_start(3, 2, 2);
	struct snapshot **all = fill(history, &walk, 200, 0);
	struct history_range range = history_range(history);

	(void)state;
	assert_int_equal(range.end, 200);
	assert_in_range(range.first, 168, 170);
	assert_null(history_get(history, range.first - 1));
	for (uint64_t i = range.first; i < range.end; i++)
		assert_kept(history, all, i);
	unref_all(all, 200);
	walk_end(&walk);
	history_free(history);
}

static void bytes_bound_it(void **state)
{
	struct history *history = history_new(HISTORY_FOREVER, 40000);
	struct walk walk = walk_start(4, 4, 10);
	struct snapshot **all;
	struct history_range range;

	(void)state;
	walk.moving = 0.2;
	all = fill(history, &walk, 300, 0);
	range = history_range(history);
	assert_int_equal(range.end, 300);
	assert_true(range.first > 0 && range.first < 298);
	assert_true(history_bytes(history) <= 40000);
	assert_true(history_bytes(history) > 16000);
	assert_null(history_get(history, range.first - 1));
	for (uint64_t i = range.first; i < range.end; i++)
		assert_kept(history, all, i);
	unref_all(all, 300);
	walk_end(&walk);
	history_free(history);
}

static void two_are_kept_however_few_bytes_there_are(void **state)
{
	struct history *history = history_new(0, 1);
	struct walk walk = walk_start(5, 2, 2);
	struct snapshot **all = fill(history, &walk, 50, 1);
	struct history_range range = history_range(history);

	(void)state;
	assert_int_equal(range.first, 48);
	assert_int_equal(range.end, 50);
	assert_kept(history, all, 48);
	assert_kept(history, all, 49);
	assert_true(history_time(history, 48) == all[48]->real_ns);
	assert_int_equal(history_bytes(history), 0);
	unref_all(all, 50);
	walk_end(&walk);
	history_free(history);
}

static void a_moment_finds_its_snapshot(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk walk = walk_start(6, 2, 2);
	struct snapshot **all = fill(history, &walk, 40, 0);

	(void)state;
	assert_int_equal(history_at(history, 0), 0);
	assert_int_equal(history_at(history, UINT64_MAX), 39);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(history_at(history, all[i]->real_ns), i);
		assert_int_equal(history_at(history, all[i]->real_ns + NS_PER_S - 1), i);
		assert_true(history_time(history, i) == all[i]->real_ns);
	}
	assert_true(history_time(history, 40) == 0);
	unref_all(all, 40);
	walk_end(&walk);
	history_free(history);
}

static void sequence_numbers_must_rise(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk walk = walk_start(7, 2, 2);
	struct snapshot **all = fill(history, &walk, 10, 0);
	struct snapshot *left_out = walk_step(&walk, 0);
	struct history_range range;

	(void)state;
	assert_int_equal(history_append(history, all[9]), -EINVAL);
	assert_int_equal(history_append(history, all[0]), -EINVAL);
	(void)left_out;
	assert_int_equal(history_append(history, walk_step(&walk, 0)), 0);
	range = history_range(history);
	assert_int_equal(range.first, 11);
	assert_int_equal(range.end, 12);
	assert_null(history_get(history, 9));
	unref_all(all, 10);
	walk_end(&walk);
	history_free(history);
}

/* A recording of another machine may follow in a pipe: fewer rows and CPUs than before. */
static void a_change_of_shape_is_a_key_frame(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk big = walk_start(8, 4, 5), small = walk_start(9, 2, 1);
	struct snapshot **all = fill(history, &big, 3, 0), *s;

	(void)state;
	small.now->sequence = 3;
	assert_int_equal(history_append(history, small.now), 0);
	assert_int_equal(history_append(history, walk_step(&small, 0)), 0);
	assert_int_equal(history_append(history, walk_step(&small, 0)), 0);
	for (int i = 0; i < 3; i++)
		assert_kept(history, all, i);
	s = history_get(history, 3);
	assert_int_equal(s->n_cpus, 2);
	snapshot_unref(s);
	unref_all(all, 3);
	walk_end(&big);
	walk_end(&small);
	history_free(history);
}

/* The newest snapshots, 4096 CPUs each, with room for few unpacked ones: nothing but time is lost. */
static void four_thousand_cpus_fit(void **state)
{
	struct history *history = history_new(0, 4 << 20);
	struct walk walk = walk_start(10, 4096, 2);
	struct snapshot **all = fill(history, &walk, 24, 0);
	struct history_range range = history_range(history);

	(void)state;
	assert_true(range.end - range.first >= 2);
	for (uint64_t i = range.first; i < range.end; i++)
		assert_kept(history, all, i);
	unref_all(all, 24);
	walk_end(&walk);
	history_free(history);
}

static double ms_to_read_60(const struct history *history)
{
	struct timespec from, to;
	struct history_range range = history_range(history);

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (uint64_t i = range.end - 60; i < range.end; i++)
		snapshot_unref(history_get(history, i));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (to.tv_sec - from.tv_sec) * 1e3 + (to.tv_nsec - from.tv_nsec) / 1e6;
}

static void a_minute_unpacks_within_a_frame(void **state)
{
	struct history *history = history_new(0, 0);
	struct walk walk = walk_start(11, 2, 80);
	struct snapshot **all = fill(history, &walk, 600, 0);
	double best = ms_to_read_60(history);

	(void)state;
	for (int i = 0; i < 4; i++) {
		double again = ms_to_read_60(history);

		best = again < best ? again : best;
	}
	print_message("# 60 snapshots of 2 CPUs in %.2f ms\n", best);
	assert_true(best < 20);
	unref_all(all, 600);
	walk_end(&walk);
	history_free(history);
}

struct reading {
	const struct history *history;
	atomic_bool stop;
	atomic_int read;
};

/* Reads whatever is there while it is being dropped; every snapshot must be whole. */
static void *read_all_the_time(void *context)
{
	struct reading *reading = context;
	uint64_t step = 0;

	while (!atomic_load(&reading->stop)) {
		struct history_range range = history_range(reading->history);
		uint64_t at = range.first + step++ % (range.end - range.first + 1);
		struct snapshot *s = history_get(reading->history, at);

		if (s && s->sequence == at && s->table[0].values[0] == at)
			atomic_fetch_add(&reading->read, 1);
		else if (s)
			abort();
		snapshot_unref(s);
	}
	return NULL;
}

static void readers_and_the_writer_do_not_meet(void **state)
{
	struct history *history = history_new(HISTORY_FOREVER, 3000);
	struct reading reading = { .history = history };
	pthread_t thread[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_all_the_time, &reading), 0);
	for (uint64_t i = 0; i < 20000 || atomic_load(&reading.read) < 1000; i++) {
		struct snapshot *s = snapshot_new(2);

		s->sequence = i;
		s->mono_ns = s->real_ns = i + 1;
		assert_int_equal(snapshot_grow(s, 0, 1), 0);
		s->table[0].values[0] = i;
		assert_int_equal(history_append(history, s), 0);
		snapshot_unref(s);
	}
	atomic_store(&reading.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	history_free(history);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_comes_out),
		cmocka_unit_test(the_newest_two_are_the_same_objects),
		cmocka_unit_test(time_bounds_it),
		cmocka_unit_test(bytes_bound_it),
		cmocka_unit_test(two_are_kept_however_few_bytes_there_are),
		cmocka_unit_test(a_moment_finds_its_snapshot),
		cmocka_unit_test(sequence_numbers_must_rise),
		cmocka_unit_test(a_change_of_shape_is_a_key_frame),
		cmocka_unit_test(four_thousand_cpus_fit),
		cmocka_unit_test(a_minute_unpacks_within_a_frame),
		cmocka_unit_test(readers_and_the_writer_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
