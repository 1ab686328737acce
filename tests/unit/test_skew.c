/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/skew.h"

static void assert_near(double a, double b, double tolerance)
{
	if (!(a - b <= tolerance && b - a <= tolerance))
		fail_msg("%.9f is not %.9f", a, b);
}

static void an_even_load_has_no_skew(void **state)
{
	double values[64];
	struct spread spread;

	(void)state;
	for (int i = 0; i < 64; i++)
		values[i] = 12.5;
	spread = skew_of(values, NULL, 64);
	assert_int_equal(spread.state, RATE_FRESH);
	assert_near(spread.sum, 800, 1e-9);
	assert_near(spread.mean, 12.5, 1e-9);
	assert_near(spread.x_avg, 1, 1e-9);
	assert_near(spread.top_share, 1 / 64.0, 1e-9);
	assert_near(spread.gini, 0, 1e-6);
	assert_int_equal(spread.active, 64);
	assert_int_equal(spread.max_cpu, 0);
}

static void all_on_one_cpu_is_one(void **state)
{
	static const int sizes[] = { 2, 3, 64, 512, 4096 };
	static double values[4096];
	static int ids[4096];

	(void)state;
	for (int i = 0; i < 4096; i++)
		ids[i] = 4095 - i;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int n = sizes[i];
		struct spread spread;

		memset(values, 0, sizeof(values));
		values[n - 1] = 3e9;
		spread = skew_of(values, ids, n);
		assert_near(spread.gini, 1, 1e-9);
		assert_near(spread.x_avg, n, 1e-6);
		assert_near(spread.top_share, 1, 1e-12);
		assert_int_equal(spread.active, 1);
		assert_int_equal(spread.max_cpu, 4095 - (n - 1));
	}
}

static void idle_and_empty_divide_by_nothing(void **state)
{
	const double idle[3] = { 0, 0, 0 }, one[1] = { 7 };
	struct spread spread = skew_of(idle, NULL, 3);

	(void)state;
	assert_int_equal(spread.max_cpu, -1);
	assert_int_equal(spread.n_cpus, 3);
	assert_near(spread.x_avg + spread.top_share + spread.gini + spread.mean, 0, 0);
	spread = skew_of(NULL, NULL, 0);
	assert_int_equal(spread.max_cpu, -1);
	assert_near(spread.mean, 0, 0);
	spread = skew_of(one, NULL, 1);
	assert_near(spread.gini, 0, 0);
	assert_near(spread.x_avg, 1, 0);
}

/* From the definition: the mean absolute difference of all pairs over twice the mean, rescaled. */
static double gini_by_definition(const double *values, int n)
{
	double differences = 0, sum = 0;

	for (int i = 0; i < n; i++) {
		sum += values[i];
		for (int j = 0; j < n; j++)
			differences += fabs(values[i] - values[j]);
	}
	return differences / (2.0 * n * sum) * n / (n - 1);
}

static void gini_agrees_with_its_definition(void **state)
{
	static double values[512];

	(void)state;
	srand(7);
	for (int round = 0; round < 60; round++) {
		int n = 2 + rand() % 511;

		for (int i = 0; i < n; i++) {
			values[i] = rand() % 3 ? rand() % (1 << rand() % 20) : 0;
			if (round % 3 == 0)
				values[i] *= values[i] * 0.37;
		}
		if (round % 5 == 0)
			values[n / 2] = 1e9; /* one hot CPU squeezes all others into few keys */
		values[0] += 1;
		assert_near(skew_of(values, NULL, n).gini, gini_by_definition(values, n), 0.0002);
	}
	assert_near(skew_of((const double[]){ 1, 3 }, NULL, 2).gini, 0.5, 1e-6);
	assert_near(skew_of((const double[]){ 1, 2, 3, 4 }, NULL, 4).gini, 1 / 3.0, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_even_load_has_no_skew),
		cmocka_unit_test(all_on_one_cpu_is_one),
		cmocka_unit_test(idle_and_empty_divide_by_nothing),
		cmocka_unit_test(gini_agrees_with_its_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
