/* SPDX-License-Identifier: GPL-2.0-only */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/trace/log.h"

/* A record that says everywhere which one it is, so that a torn copy shows. */
static struct trace_record numbered(uint64_t n)
{
	struct trace_record record = { .type = RECORD_PACKET, .size = sizeof(record) };

	record.cpu = n % 7;
	record.ktime_ns = n;
	record.len = (uint32_t)n;
	memset(record.data, (int)(n & 0xff), sizeof(record.data));
	return record;
}

static bool is_whole(const struct trace_line *line)
{
	struct trace_record expected = numbered(line->sequence);

	return line->real_ns == line->sequence * 10 &&
	       memcmp(&line->record, &expected, sizeof(expected)) == 0;
}

static int append(struct trace_log *log, uint64_t n)
{
	struct trace_record record = numbered(n);

	return trace_log_append(log, &record, n * 10);
}

static void the_oldest_are_overwritten_and_told(void **state)
{
	struct trace_log *log = trace_log_new(100);
	struct trace_range range;
	struct trace_line line;

	(void)state;
	range = trace_log_range(log);
	assert_int_equal(range.first, 0);
	assert_int_equal(range.end, 0);
	assert_false(trace_log_read(log, 0, &line));
	for (int i = 0; i < 100; i++)
		assert_int_equal(append(log, i), -1);
	for (int i = 100; i < 250; i++)
		assert_int_equal(append(log, i), (i - 100) % 7);
	range = trace_log_range(log);
	assert_int_equal(range.first, 150);
	assert_int_equal(range.end, 250);
	assert_false(trace_log_read(log, 149, &line));
	assert_false(trace_log_read(log, 250, &line));
	assert_false(trace_log_read(log, UINT64_MAX, &line));
	for (int i = 150; i < 250; i++) {
		assert_true(trace_log_read(log, i, &line));
		assert_int_equal(line.sequence, i);
		assert_true(is_whole(&line));
	}
	trace_log_free(log);
}

static bool of_cpu(void *context, const struct trace_record *record)
{
	return record->cpu == *(uint32_t *)context;
}

static void selection_finds_the_newest_that_match(void **state)
{
	struct trace_log *log = trace_log_new(5000);
	uint64_t out[2000];
	uint32_t cpu = 3;
	size_t n;

	(void)state;
	assert_int_equal(trace_log_select(log, 0, UINT64_MAX, NULL, NULL, out, 10), 0);
	for (int i = 0; i < 8000; i++)
		append(log, i);

	n = trace_log_select(log, 0, UINT64_MAX, NULL, NULL, out, 5);
	assert_int_equal(n, 5);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], 7995 + i);

	n = trace_log_select(log, 0, 7000, of_cpu, &cpu, out, 3);
	assert_int_equal(n, 3);
	assert_int_equal(out[2], 6996);
	assert_int_equal(out[1], 6989);
	assert_int_equal(out[0], 6982);

	/* All of one CPU, over more than one batch, down to the oldest kept. */
	n = trace_log_select(log, 0, UINT64_MAX, of_cpu, &cpu, out, 2000);
	assert_int_equal(n, 714);
	assert_int_equal(out[0], 3006);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], 3006 + 7 * i);

	assert_int_equal(trace_log_select(log, 7990, 7995, NULL, NULL, out, 100), 6);
	assert_int_equal(out[0], 7990);
	assert_int_equal(trace_log_select(log, 9000, UINT64_MAX, NULL, NULL, out, 100), 0);
	assert_int_equal(trace_log_select(log, 0, 2999, NULL, NULL, out, 100), 0);
	assert_int_equal(trace_log_select(log, 0, UINT64_MAX, NULL, NULL, out, 0), 0);
	trace_log_free(log);
}

static void impossible_sizes_are_refused(void **state)
{
	(void)state;
	assert_null(trace_log_new(0));
	assert_null(trace_log_new(SIZE_MAX / 2));
	trace_log_free(NULL);
}

struct contest {
	struct trace_log *log;
	uint64_t lines;
	atomic_bool done;
	atomic_int torn;
	atomic_ullong read;
};

static void *keep_reading(void *context)
{
	struct contest *contest = context;
	uint64_t out[64];
	bool last;

	do {
		size_t n;

		last = atomic_load(&contest->done);
		n = trace_log_select(contest->log, 0, UINT64_MAX, NULL, NULL, out, 64);
		for (size_t i = 0; i < n; i++) {
			struct trace_line line;

			if (i && out[i] <= out[i - 1])
				atomic_fetch_add(&contest->torn, 1);
			if (!trace_log_read(contest->log, out[i], &line))
				continue; /* overwritten since */
			atomic_fetch_add(&contest->read, 1);
			if (line.sequence != out[i] || !is_whole(&line))
				atomic_fetch_add(&contest->torn, 1);
		}
	} while (!last);
	return NULL;
}

static void readers_never_see_half_a_record(void **state)
{
	struct contest contest = { .log = trace_log_new(256), .lines = 200000 };
	pthread_t reader[2];
	uint64_t overwritten = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&reader[i], NULL, keep_reading, &contest), 0);
	for (uint64_t n = 0; n < contest.lines; n++)
		overwritten += append(contest.log, n) >= 0;
	atomic_store(&contest.done, true);
	for (int i = 0; i < 2; i++)
		pthread_join(reader[i], NULL);
	assert_int_equal(overwritten, contest.lines - 256);
	assert_int_equal(atomic_load(&contest.torn), 0);
	assert_true(atomic_load(&contest.read) >= 64);
	trace_log_free(contest.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_oldest_are_overwritten_and_told),
		cmocka_unit_test(selection_finds_the_newest_that_match),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(readers_never_see_half_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
