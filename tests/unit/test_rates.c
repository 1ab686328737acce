/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/model/rates.h"

enum { SECOND = 1000000000, CPUS = 4 };

/* A machine with `n` CPUs whose ids are 0, 2, 4 ... so that slot and id are never the same. */
static void topology_with_gaps(struct topology *topology, int n)
{
	topology->n_cpus = n;
	topology->n_nodes = 1;
	topology->cpu = calloc(n, sizeof(*topology->cpu));
	for (int i = 0; i < n; i++)
		topology->cpu[i].id = 2 * i;
}

/* A snapshot `ns` after the start, every CPU online, with rows of syscalls, calls measured. */
static struct snapshot *snapshot_at(uint64_t ns, int n_cpus, int rows)
{
	struct snapshot *snapshot = snapshot_new(n_cpus);

	snapshot->mono_ns = ns;
	for (int i = 0; i < n_cpus; i++)
		cpus_add(&snapshot->online, 2 * i);
	assert_int_equal(snapshot_grow(snapshot, TABLE_SYSCALLS, rows), 0);
	snapshot->table[TABLE_SYSCALLS].known = 1 << SYSCALL_CALLS;
	return snapshot;
}

static void set(struct snapshot *snapshot, int row, int slot, uint64_t value)
{
	table_values(&snapshot->table[TABLE_SYSCALLS], row, SYSCALL_CALLS)[slot] = value;
}

struct machine {
	struct topology topology;
	struct snapshot *older, *newer;
};

static int set_up(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	topology_with_gaps(&m->topology, CPUS);
	m->older = snapshot_at(5 * UINT64_C(1000000000), CPUS, 2);
	m->newer = snapshot_at(7 * UINT64_C(1000000000), CPUS, 2);
	*state = m;
	return 0;
}

static int tear_down(void **state)
{
	struct machine *m = *state;

	snapshot_unref(m->older);
	snapshot_unref(m->newer);
	free(m->topology.cpu);
	free(m);
	return 0;
}

static struct rate rate_at(struct machine *m, int row, int slot)
{
	return rate_of_cpu(m->older, m->newer, &m->topology, TABLE_SYSCALLS, row, SYSCALL_CALLS, slot);
}

static struct spread spread_at(struct machine *m, int row, const struct cpus *shown)
{
	return rates_spread(
		m->older, m->newer, &m->topology, shown, TABLE_SYSCALLS, row, SYSCALL_CALLS);
}

static void assert_close(double a, double b)
{
	assert_true(a - b < 1e-9 && b - a < 1e-9);
}

static void the_measured_interval_counts(void **state)
{
	struct machine *m = *state;
	struct rate rate;

	set(m->older, 0, 1, 1000);
	set(m->newer, 0, 1, 1500);
	rate = rate_at(m, 0, 1);
	assert_int_equal(rate.state, RATE_FRESH);
	assert_close(rate.per_second, 250);
	m->newer->mono_ns = m->older->mono_ns + SECOND / 4;
	assert_close(rate_at(m, 0, 1).per_second, 2000);
	assert_int_equal(rates_interval(m->older, m->newer), SECOND / 4);
	assert_int_equal(rates_interval(NULL, m->newer), 0);
	assert_int_equal(rates_interval(m->newer, m->older), 0);
}

static void what_is_not_known_has_a_state(void **state)
{
	struct machine *m = *state;
	struct spread spread;

	set(m->newer, 0, 0, 10);
	assert_int_equal(rate_of_cpu(NULL, m->newer, &m->topology, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 0)
				 .state,
		RATE_FIRST);
	assert_int_equal(rate_of_cpu(m->older, m->newer, &m->topology, TABLE_SYSCALLS, 0,
				 SYSCALL_ERRORS, 0)
				 .state,
		RATE_UNKNOWN);
	spread = rates_spread(NULL, m->newer, &m->topology, NULL, TABLE_SYSCALLS, 0, SYSCALL_CALLS);
	assert_int_equal(spread.state, RATE_FIRST);
	assert_int_equal(spread.max_cpu, -1);
	assert_int_equal(spread.n_cpus, CPUS);

	/* Errors are measured from the newer snapshot on: its totals are no growth of one interval. */
	m->newer->table[TABLE_SYSCALLS].known |= 1 << SYSCALL_ERRORS;
	assert_int_equal(rate_of_cpu(m->older, m->newer, &m->topology, TABLE_SYSCALLS, 0,
				 SYSCALL_ERRORS, 0)
				 .state,
		RATE_FIRST);
	m->newer->mono_ns = m->older->mono_ns;
	assert_int_equal(rate_at(m, 0, 0).state, RATE_FIRST);
	assert_int_equal(rate_at(m, 0, -1).state, RATE_UNKNOWN);
	assert_int_equal(rate_at(m, 0, CPUS + 1).state, RATE_UNKNOWN);
}

static void an_offline_cpu_is_said_and_still_summed(void **state)
{
	struct machine *m = *state;
	struct spread spread;

	set(m->older, 0, 2, 100);
	set(m->newer, 0, 2, 160);
	set(m->newer, 0, 0, 20);
	m->newer->online.word[0] &= ~(UINT64_C(1) << 4 | UINT64_C(1) << 6);
	assert_int_equal(rate_at(m, 0, 2).state, RATE_OFFLINE);
	assert_int_equal(rate_at(m, 0, 3).state, RATE_OFFLINE);
	assert_int_equal(rate_at(m, 0, 0).state, RATE_FRESH);

	/* CPU 4 (slot 2) counted before it went; CPU 6 did not and is not shown. */
	spread = spread_at(m, 0, NULL);
	assert_close(spread.sum, 40);
	assert_int_equal(spread.n_cpus, 3);
	assert_close(spread.max, 30);
	assert_int_equal(spread.max_cpu, 4);

	/* Its total stays when nothing is added any more. */
	set(m->older, 0, 2, 160);
	spread = spread_at(m, 0, NULL);
	assert_close(spread.sum, 10);
	assert_int_equal(spread.n_cpus, 2);
}

/* The sum must hold both writers' parts, (1,100), whichever CPU reads. */
static void every_possible_cpu_is_in_the_sum(void **state)
{
	struct machine *m = *state;
	struct spread spread;
	struct cpus one = { 0 };

	set(m->newer, 0, 0, 2);
	set(m->newer, 0, 1, 200);
	spread = spread_at(m, 0, NULL);
	assert_int_equal(spread.state, RATE_FRESH);
	assert_close(spread.sum, 101);
	assert_close(spread.max, 100);
	assert_int_equal(spread.max_cpu, 2);
	assert_int_equal(spread.active, 2);
	assert_int_equal(spread.n_cpus, 4);
	assert_close(spread.mean, 101 / 4.0);
	assert_close(spread.x_avg, 400 / 101.0);
	assert_close(spread.top_share, 100 / 101.0);

	/* What belongs to no CPU is in the sum, not in the mean, and in no CPU's choice. */
	set(m->newer, 0, CPUS, 20);
	spread = spread_at(m, 0, NULL);
	assert_close(spread.sum, 111);
	assert_close(spread.mean, 101 / 4.0);
	assert_close(spread.top_share, 100 / 111.0);
	cpus_add(&one, 0);
	spread = spread_at(m, 0, &one);
	assert_close(spread.sum, 1);
	assert_int_equal(spread.n_cpus, 1);
	assert_close(rate_at(m, 0, CPUS).per_second, 10);
}

static void a_falling_total_is_never_negative(void **state)
{
	struct machine *m = *state;
	struct spread spread;

	set(m->older, 0, 0, 1000);
	set(m->newer, 0, 0, 10);
	set(m->newer, 0, 1, 8);
	assert_close(rate_at(m, 0, 0).per_second, 0);
	spread = spread_at(m, 0, NULL);
	assert_close(spread.sum, 4);

	/* Nor does the largest total overflow. */
	set(m->older, 0, 0, UINT64_MAX - 6);
	set(m->newer, 0, 0, UINT64_MAX);
	assert_close(rate_at(m, 0, 0).per_second, 3);
}

static void a_new_row_started_at_zero(void **state)
{
	struct machine *m = *state;

	assert_int_equal(snapshot_grow(m->newer, TABLE_SYSCALLS, 3), 0);
	set(m->newer, 2, 3, 50);
	assert_close(rate_at(m, 2, 3).per_second, 25);
	assert_close(spread_at(m, 2, NULL).sum, 25);
	assert_close(spread_at(m, 9, NULL).sum, 0);
	assert_int_equal(spread_at(m, 9, NULL).state, RATE_FRESH);
}

static void rows_of_a_table_add_up_by_cpu(void **state)
{
	struct machine *m = *state;
	struct host host = { .topology = m->topology, .catalog = catalog_new() };
	double per_cpu[CPUS];
	struct spread spread;

	catalog_add(host.catalog, TABLE_SYSCALLS, &(struct row){ .name = "a", .flags = 1 });
	catalog_add(host.catalog, TABLE_SYSCALLS,
		&(struct row){ .key = { 1 }, .name = "b", .flags = 2 });
	set(m->newer, 0, 0, 20);
	set(m->newer, 1, 0, 40);
	set(m->newer, 1, 3, 6);
	spread = rates_spread_table(
		m->older, m->newer, &host, NULL, TABLE_SYSCALLS, 0, SYSCALL_CALLS, per_cpu);
	assert_close(spread.sum, 33);
	assert_close(per_cpu[0], 30);
	assert_close(per_cpu[1], 0);
	assert_close(per_cpu[3], 3);
	spread = rates_spread_table(
		m->older, m->newer, &host, NULL, TABLE_SYSCALLS, 2, SYSCALL_CALLS, per_cpu);
	assert_close(spread.sum, 23);
	assert_int_equal(spread.max_cpu, 0);
	spread = rates_spread_table(
		NULL, m->newer, &host, NULL, TABLE_SYSCALLS, 0, SYSCALL_CALLS, per_cpu);
	assert_int_equal(spread.state, RATE_FIRST);
	assert_close(per_cpu[0], 0);
	catalog_free(host.catalog);
}

static void two_missed_intervals_are_stale(void **state)
{
	struct machine *m = *state;
	uint64_t then = m->newer->mono_ns;

	assert_false(rates_stale(m->newer, then + 2 * UINT64_C(1000000000), SECOND));
	assert_true(rates_stale(m->newer, then + 2 * UINT64_C(1000000000) + 2, SECOND));
	assert_false(rates_stale(m->newer, then - 5, SECOND));
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

/* All rows of 512 CPUs by 400 syscalls, busy everywhere: 2 ms is the budget of a refresh; the test
 * allows for sanitizers and a slow machine, and prints what it took. */
static void a_large_machine_is_quick(void **state)
{
	enum { MANY = 512, ROWS = 400, ROUNDS = 5 };
	struct topology topology;
	struct snapshot *older = snapshot_at(SECOND, MANY, ROWS);
	struct snapshot *newer = snapshot_at(2 * UINT64_C(1000000000), MANY, ROWS);
	uint64_t best = UINT64_MAX;
	double sum = 0;

	(void)state;
	topology_with_gaps(&topology, MANY);
	srand(1);
	for (int row = 0; row < ROWS; row++) {
		for (int slot = 0; slot < MANY; slot++)
			set(newer, row, slot, 1 + rand() % 100000);
	}
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = now_ns(), took;

		for (int row = 0; row < ROWS; row++)
			sum += rates_spread(older, newer, &topology, NULL, TABLE_SYSCALLS, row,
				SYSCALL_CALLS).gini;
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	print_message("# 512 CPUs x 400 rows: %.2f ms\n", best / 1e6);
	assert_true(sum / ROUNDS / ROWS > 0.3 && sum / ROUNDS / ROWS < 0.37);
	assert_true(best < 40 * 1000 * 1000);
	snapshot_unref(older);
	snapshot_unref(newer);
	free(topology.cpu);
}

int main(void)
{
#define WITH_MACHINE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_MACHINE(the_measured_interval_counts),
		WITH_MACHINE(what_is_not_known_has_a_state),
		WITH_MACHINE(an_offline_cpu_is_said_and_still_summed),
		WITH_MACHINE(every_possible_cpu_is_in_the_sum),
		WITH_MACHINE(a_falling_total_is_never_negative),
		WITH_MACHINE(a_new_row_started_at_zero),
		WITH_MACHINE(rows_of_a_table_add_up_by_cpu),
		WITH_MACHINE(two_missed_intervals_are_stale),
		cmocka_unit_test(a_large_machine_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
