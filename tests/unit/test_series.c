/* SPDX-License-Identifier: GPL-2.0-only */
/* History lines: what is kept of each row and CPU, and how a minute fits into a few cells. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tui/series.h"

#define NS_PER_S UINT64_C(1000000000)

enum { CPUS = 2, ROWS = 3, SAMPLES = 200 };

struct fixture {
	struct host *host;
	struct history *history;
	struct series *series;
};

/* What row `row` counts on a CPU in the second that ends with sample `s`. */
static uint64_t grows_by(int row, int cpu, uint64_t s)
{
	return (row * 100 + cpu * 7 + s * s % 31) * (cpu + 1);
}

/* One snapshot a second of system calls, numbered from 0. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint64_t total[ROWS][CPUS] = { { 0 } };

	f->host = host_new();
	f->host->topology.n_cpus = CPUS;
	f->host->topology.cpu = calloc(CPUS, sizeof(*f->host->topology.cpu));
	for (int cpu = 0; cpu < CPUS; cpu++)
		f->host->topology.cpu[cpu].id = cpu;
	for (int row = 0; row < ROWS; row++)
		catalog_add(f->host->catalog, TABLE_SYSCALLS, &(struct row){ .key = { row }, .name = "call" });
	f->history = history_new(0, 0);
	for (uint64_t s = 0; s < SAMPLES; s++) {
		struct snapshot *snapshot = snapshot_new(CPUS);

		snapshot->sequence = s;
		snapshot->mono_ns = (1000 + s) * NS_PER_S;
		for (int cpu = 0; cpu < CPUS; cpu++)
			cpus_add(&snapshot->online, cpu);
		assert_int_equal(snapshot_grow(snapshot, TABLE_SYSCALLS, ROWS), 0);
		snapshot->table[TABLE_SYSCALLS].known = 1 << SYSCALL_CALLS;
		for (int row = 0; row < ROWS; row++)
			for (int cpu = 0; cpu < CPUS; cpu++)
				table_values(&snapshot->table[TABLE_SYSCALLS], row, 0)[cpu] =
					total[row][cpu] += grows_by(row, cpu, s);
		assert_int_equal(history_append(f->history, snapshot), 0);
		snapshot_unref(snapshot);
	}
	f->series = series_new(f->history, f->host);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	series_free(f->series);
	history_free(f->history);
	host_free(f->host);
	free(f);
	return 0;
}

static void rows_are_sums_over_cpus(void **state)
{
	struct fixture *f = *state;
	float values[10];

	for (int row = 0; row < ROWS; row++) {
		series_row(f->series, SAMPLES - 1, TABLE_SYSCALLS, row, 0, values, 10);
		for (int i = 0; i < 10; i++)
			assert_float_equal(values[i],
				grows_by(row, 0, SAMPLES - 10 + i) + grows_by(row, 1, SAMPLES - 10 + i), 0.01);
	}
}

static void before_the_first_sample_nothing_is_known(void **state)
{
	struct fixture *f = *state;
	float values[5];

	series_row(f->series, 2, TABLE_SYSCALLS, 0, 0, values, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(isnan(values[i]) != 0, i < 3);
	assert_true(series_peak(f->series, 0, TABLE_SYSCALLS, 0, 5) == 0);
}

static void the_peak_is_that_of_all_rows(void **state)
{
	struct fixture *f = *state;
	struct cpus second = { 0 };
	double both = 0, one = 0;

	for (int i = 0; i < SERIES_SCALE; i++) {
		uint64_t s = SAMPLES - SERIES_SCALE + i;

		both = fmax(both, grows_by(ROWS - 1, 0, s) + grows_by(ROWS - 1, 1, s));
		one = fmax(one, grows_by(ROWS - 1, 1, s));
	}
	assert_float_equal(series_peak(f->series, SAMPLES - 1, TABLE_SYSCALLS, 0, SERIES_SCALE), both, 0.01);
	cpus_add(&second, 1);
	series_show(f->series, &second);
	assert_float_equal(series_peak(f->series, SAMPLES - 1, TABLE_SYSCALLS, 0, SERIES_SCALE), one, 0.01);
	series_show(f->series, NULL);
}

/* Cell by cell, the other way round: what a cell stands for is told by the sequence numbers alone. */
static float expected_cell(uint64_t upto, int cells, int cell)
{
	uint64_t share = series_span(cells, upto) / cells;
	int64_t bucket = (int64_t)(upto / share) - (cells - 1 - cell);
	float largest = NAN;

	for (int64_t s = bucket * (int64_t)share; s < (bucket + 1) * (int64_t)share; s++)
		if (s >= 0 && s <= (int64_t)upto)
			largest = fmaxf(largest, s * 37 % 101);
	return largest;
}

static void fold(float *values, int cells, uint64_t upto)
{
	int n = series_span(cells, upto);

	for (int i = 0; i < n; i++) {
		int64_t s = (int64_t)upto - (n - 1 - i);

		values[i] = s < 0 ? NAN : s * 37 % 101;
	}
	series_fold(values, cells, upto);
}

static void cells_have_the_largest_of_their_samples(void **state)
{
	float values[SERIES_POINTS];

	(void)state;
	for (int cells = 1; cells < SERIES_POINTS; cells++) {
		for (uint64_t upto = 0; upto < 300; upto += cells % 7 + 1) {
			int known = upto < SERIES_LEAST ? upto : SERIES_LEAST, span = series_span(cells, upto);

			assert_true(span == cells || (span >= known && span < known + cells));
			fold(values, cells, upto);
			for (int cell = 0; cell < cells; cell++) {
				float expected = expected_cell(upto, cells, cell);

				if (isnan(expected))
					assert_true(isnan(values[cell]));
				else
					assert_true(values[cell] == expected);
			}
		}
	}
}

static void only_the_newest_cell_changes(void **state)
{
	enum { CELLS = 8 };
	float before[SERIES_POINTS], after[SERIES_POINTS];
	uint64_t share = series_span(CELLS, 100) / CELLS;

	(void)state;
	for (uint64_t upto = 100; upto < 200; upto++) {
		bool moves = (upto + 1) % share == 0;

		fold(before, CELLS, upto);
		fold(after, CELLS, upto + 1);
		for (int cell = 0; cell < CELLS - 1; cell++)
			assert_true(after[cell] == before[cell + moves]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sums_over_cpus),
		cmocka_unit_test(before_the_first_sample_nothing_is_known),
		cmocka_unit_test(the_peak_is_that_of_all_rows),
		cmocka_unit_test(cells_have_the_largest_of_their_samples),
		cmocka_unit_test(only_the_newest_cell_changes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
