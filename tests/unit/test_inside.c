/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures from what goes on inside a function: buckets, quantiles, return values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/inside.h"

static void buckets_follow_one_another(void **state)
{
	(void)state;
	assert_int_equal(inside_bucket_from(0), 0);
	assert_int_equal(inside_bucket_to(0), 64);
	assert_int_equal(inside_bucket_from(1), 64);
	assert_int_equal(inside_bucket_from(2), 80);
	assert_int_equal(inside_bucket_from(5), 128);
	assert_int_equal(inside_bucket_from(9), 256);
	for (int b = 1; b < INSIDE_BUCKETS; b++) {
		assert_int_equal(inside_bucket_from(b), inside_bucket_to(b - 1));
		assert_true(inside_bucket_from(b) < inside_bucket_to(b));
	}
	assert_true(inside_bucket_from(INSIDE_BUCKETS - 1) > 800000000);
	assert_true(inside_bucket_to(INSIDE_BUCKETS - 1) == UINT64_MAX);
}

static void quantiles_lie_in_their_bucket(void **state)
{
	struct inside_figures f = { .returned = 100, .longest_ns = 300 };

	(void)state;
	f.bucket[1] = 50;  /* 64 to 80 */
	f.bucket[5] = 49;  /* 128 to 160 */
	f.bucket[9] = 1;   /* 256 to 320, and 300 was the longest */
	assert_float_equal(inside_quantile(&f, 0.5), 80, 0.01);
	assert_float_equal(inside_quantile(&f, 0.25), 72, 0.01);
	assert_float_equal(inside_quantile(&f, 0.99), 160, 0.01);
	assert_float_equal(inside_quantile(&f, 1), 300, 0.01);
	f = (struct inside_figures){ 0 };
	assert_float_equal(inside_quantile(&f, 0.5), 0, 0.01);
}

static void values_are_named_by_their_type(void **state)
{
	static const struct {
		struct return_type type;
		uint64_t value;
		const char *text;
	} cases[] = {
		{ { RETURN_SIGNED, 4, 0 }, 0, "0" },
		{ { RETURN_SIGNED, 4, 0 }, 0xffffff97, "-ENOBUFS" },
		{ { RETURN_SIGNED, 4, 0 }, 0xffff0000, "-65536" },
		{ { RETURN_SIGNED, 8, 0 }, (uint64_t)-1, "-EPERM" },
		{ { RETURN_UNSIGNED, 4, 0 }, 0xffffffff, "4294967295" },
		{ { RETURN_BOOL, 1, 0 }, 1, "true" },
		{ { RETURN_BOOL, 1, 0 }, 0, "false" },
		{ { RETURN_POINTER, 8, 0 }, 0, "NULL" },
		{ { RETURN_POINTER, 8, 0 }, (uint64_t)-12, "-ENOMEM" },
		{ { RETURN_POINTER, 8, 0 }, 0xffff888101234500, "a pointer" },
		{ { RETURN_ENUM, 4, 7 }, 16, "16" },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
			inside_value_text(cases[i].type, cases[i].value, buf, sizeof(buf)), cases[i].text);
}

/* Rows of two functions on two CPUs. */
struct machine {
	struct catalog *catalog;
	struct snapshot *snapshot;
};

static void put(struct machine *m, int function, enum inside_kind kind, uint64_t detail, const char *name,
	uint64_t a, uint64_t b)
{
	const struct row row = { .key = { INSIDE_KEY(function, kind), detail }, .name = name, .where = "f" };
	int index = catalog_add(m->catalog, TABLE_INSIDE, &row);

	assert_true(index >= 0);
	assert_int_equal(
		snapshot_grow(m->snapshot, TABLE_INSIDE, catalog_count(m->catalog, TABLE_INSIDE)), 0);
	table_values(&m->snapshot->table[TABLE_INSIDE], index, 0)[0] = a;
	table_values(&m->snapshot->table[TABLE_INSIDE], index, 0)[1] = b;
}

static void sums_are_over_all_cpus(void **state)
{
	struct machine m = { catalog_new(), snapshot_new(2) };
	struct inside_figures f, older;

	(void)state;
	put(&m, 3, INSIDE_CALLS, 0, "calls", 1, 100);
	put(&m, 3, INSIDE_RETURNED, 0, "returned", 1, 99);
	put(&m, 3, INSIDE_LONGEST_NS, 0, "longest_ns", 70, 50);
	put(&m, 3, INSIDE_BUCKET, 2, "80 ns", 1, 99);
	put(&m, 3, INSIDE_VALUE, 0, "0", 0, 40);
	put(&m, 3, INSIDE_VALUE, 0xffffff97, "-ENOBUFS", 1, 59);
	put(&m, 4, INSIDE_CALLS, 0, "calls", 7, 7);
	assert_true(inside_gather(m.catalog, m.snapshot, 3, &f));
	assert_int_equal(f.calls, 101);
	assert_int_equal(f.returned, 100);
	assert_int_equal(f.longest_ns, 70);
	assert_int_equal(f.bucket[2], 100);
	assert_int_equal(f.n_values, 2);
	assert_string_equal(f.value[0].name, "-ENOBUFS");
	assert_int_equal(f.value[0].count, 60);
	assert_false(inside_gather(m.catalog, m.snapshot, 5, &older));

	older = f;
	put(&m, 3, INSIDE_CALLS, 0, "calls", 5, 100);
	put(&m, 3, INSIDE_VALUE, 0, "0", 100, 40);
	assert_true(inside_gather(m.catalog, m.snapshot, 3, &f));
	inside_difference(&f, &older);
	assert_int_equal(f.calls, 4);
	assert_string_equal(f.value[0].name, "0");
	assert_int_equal(f.value[0].count, 100);
	assert_int_equal(f.value[1].count, 0);
	snapshot_unref(m.snapshot);
	catalog_free(m.catalog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_follow_one_another),
		cmocka_unit_test(quantiles_lie_in_their_bucket),
		cmocka_unit_test(values_are_named_by_their_type),
		cmocka_unit_test(sums_are_over_all_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
