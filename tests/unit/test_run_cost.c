/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/probes/run_cost.h"

#define MS UINT64_C(1000000)

static uint64_t run_time(void *context)
{
	return *(uint64_t *)context;
}

static void what_was_measured_stands_for_the_time_around_it(void **state)
{
	struct run_cost cost = {};
	uint64_t run_ns = 0, now = 1000 * MS, before;

	(void)state;
	assert_int_equal(run_cost_total(&cost, now), 0);
	run_cost_tend(&cost, now, run_time, &run_ns);
	assert_true(cost.stats_fd > 0);
	run_ns += 1 * MS;
	run_cost_tend(&cost, now += 25 * MS, run_time, &run_ns);
	assert_true(cost.stats_fd > 0);
	run_ns += 9 * MS;
	run_cost_tend(&cost, now += 75 * MS, run_time, &run_ns);
	assert_int_equal(cost.stats_fd, 0);
	/* 10 ms of 100: a tenth of a CPU. */
	before = run_cost_total(&cost, now += 1000 * MS);
	assert_in_range(before, 99 * MS, 101 * MS);
	run_cost_tend(&cost, now, run_time, &run_ns);
	assert_int_equal(cost.stats_fd, 0); /* not so soon again */

	/* Half a CPU from then on. */
	run_cost_tend(&cost, now += 30000 * MS, run_time, &run_ns);
	assert_true(cost.stats_fd > 0);
	run_ns += 50 * MS;
	run_cost_tend(&cost, now += 100 * MS, run_time, &run_ns);
	before = run_cost_total(&cost, now);
	assert_in_range(run_cost_total(&cost, now + 1000 * MS) - before, 499 * MS, 501 * MS);
}

static void programs_that_go_take_nothing_back(void **state)
{
	struct run_cost cost = {};
	uint64_t run_ns = 500 * MS, now = 1000 * MS, before;

	(void)state;
	run_cost_tend(&cost, now, run_time, &run_ns);
	run_ns += 10 * MS;
	run_cost_tend(&cost, now += 100 * MS, run_time, &run_ns);
	before = run_cost_total(&cost, now += 30000 * MS);
	run_cost_tend(&cost, now, run_time, &run_ns);
	run_ns = 5 * MS;
	run_cost_tend(&cost, now += 100 * MS, run_time, &run_ns);
	assert_int_equal(cost.stats_fd, 0);
	assert_true(run_cost_total(&cost, now) >= before);
	run_cost_tend(&cost, now += 30000 * MS, run_time, &run_ns);
	run_cost_close(&cost);
	assert_int_equal(cost.stats_fd, 0);
}

static void what_no_longer_holds_is_measured_anew(void **state)
{
	struct run_cost cost = {};
	uint64_t run_ns = 0, now = 1000 * MS, before;

	(void)state;
	run_cost_tend(&cost, now, run_time, &run_ns);
	run_cost_tend(&cost, now += 100 * MS, run_time, &run_ns);
	assert_int_equal(cost.stats_fd, 0);
	/* Between two windows: at once, not in thirty seconds. */
	run_cost_restart(&cost, now += 1000 * MS, run_time, &run_ns);
	run_cost_tend(&cost, now, run_time, &run_ns);
	assert_true(cost.stats_fd > 0);
	/* Within one: what was before is out of it, and it has its whole length. */
	run_ns += 50 * MS;
	run_cost_restart(&cost, now += 60 * MS, run_time, &run_ns);
	run_cost_tend(&cost, now += 60 * MS, run_time, &run_ns);
	assert_true(cost.stats_fd > 0);
	run_ns += 10 * MS;
	run_cost_tend(&cost, now += 40 * MS, run_time, &run_ns);
	assert_int_equal(cost.stats_fd, 0);
	before = run_cost_total(&cost, now);
	assert_in_range(run_cost_total(&cost, now + 1000 * MS) - before, 99 * MS, 101 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_measured_stands_for_the_time_around_it),
		cmocka_unit_test(programs_that_go_take_nothing_back),
		cmocka_unit_test(what_no_longer_holds_is_measured_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
