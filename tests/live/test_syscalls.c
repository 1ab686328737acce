/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls are counted exactly: on the CPU that made them, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/generator.h"
#include "tests/support/live.h"
#include "tests/support/worker.h"

enum {
	CPUS_MAX = 64
};

#define CALLS test_share(1000000)
#define FAILING test_share(250000)
#define ROUNDS test_share(10000)

static struct live_options only(const struct worker *worker)
{
	return (struct live_options){.narrow.tgid = worker_pid(worker)};
}

static int rare_row(const struct source *source, enum syscall_abi abi, int nr)
{
	return catalog_find(source->host->catalog, TABLE_SYSCALLS, abi, nr);
}

/* The growth of one column of the rare call: `n` on one CPU, 0 on all others. */
static void assert_calls(const char *what, struct source *source, const struct snapshot *older,
	int column, int cpu, uint64_t n)
{
	struct snapshot *newer = live_take(source);
	uint64_t *expected = calloc(newer->n_cpus, sizeof(*expected));

	expected[live_slot(source, cpu)] = n;
	live_assert_growth(what, older, newer, TABLE_SYSCALLS,
		rare_row(source, SYSCALL_ABI_NATIVE, RARE_SYSCALL), column, expected);
	snapshot_unref(newer);
	free(expected);
}

static void call(void *context, uint64_t n)
{
	(void)context;
	generate_syscalls(n, false);
}

static void fail_calling(void *context, uint64_t n)
{
	(void)context;
	generate_syscalls(n, true);
}

static void test_each_cpu_exactly(void **state)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX);

	(void)state;
	for (int i = 0; i < n; i++) {
		struct worker *worker = worker_start(cpus[i], call, NULL);
		struct live_options options = only(worker);
		struct source *source = live_open(&options);
		struct snapshot *before = live_take(source);

		worker_do(worker, CALLS);
		assert_calls("calls", source, before, SYSCALL_CALLS, cpus[i], CALLS);
		/* Nobody calls: nothing grows. */
		assert_calls("calls after a pause", source, before, SYSCALL_CALLS, cpus[i], CALLS);
		worker_do(worker, 1);
		assert_calls("one more", source, before, SYSCALL_CALLS, cpus[i], CALLS + 1);
		snapshot_unref(before);
		source_close(source);
		worker_stop(worker);
	}
}

/* Both CPUs at once, one process each, seen by one source that takes neither for the other. */
static void test_all_cpus_at_once(void **state)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX);
	struct worker *worker[CPUS_MAX];
	struct source *source[CPUS_MAX];

	(void)state;
	for (int i = 0; i < n; i++) {
		struct live_options options;

		worker[i] = worker_start(cpus[i], call, NULL);
		options = only(worker[i]);
		source[i] = live_open(&options);
	}
	for (int i = 0; i < n; i++)
		worker_ask(worker[i], CALLS / 2 + i);
	for (int i = 0; i < n; i++)
		worker_wait(worker[i]);
	for (int i = 0; i < n; i++) {
		assert_calls("calls", source[i], NULL, SYSCALL_CALLS, cpus[i], CALLS / 2 + i);
		source_close(source[i]);
		worker_stop(worker[i]);
	}
}

/* ---- errors ---- */

static void test_errors_when_asked(void **state)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX), cpu = cpus[n - 1];
	struct worker *good = worker_start(cpu, call, NULL);
	struct worker *bad = worker_start(cpu, fail_calling, NULL);
	struct live_options options = only(bad);
	struct source *source = live_open(&options);
	struct snapshot *snapshot;

	(void)state;
	worker_do(bad, FAILING);
	assert_calls("calls", source, NULL, SYSCALL_CALLS, cpu, FAILING);
	assert_calls("errors not asked for", source, NULL, SYSCALL_ERRORS, cpu, 0);
	snapshot = live_take(source);
	assert_false(table_knows(&snapshot->table[TABLE_SYSCALLS], SYSCALL_ERRORS));
	snapshot_unref(snapshot);

	assert_int_equal(source->ops->want_errors(source, true), 0);
	worker_do(bad, FAILING);
	snapshot = live_take(source);
	assert_true(table_knows(&snapshot->table[TABLE_SYSCALLS], SYSCALL_ERRORS));
	snapshot_unref(snapshot);
	assert_calls("errors", source, NULL, SYSCALL_ERRORS, cpu, FAILING);

	/* Off again: what was counted stays, and no more is. */
	assert_int_equal(source->ops->want_errors(source, false), 0);
	worker_do(bad, FAILING);
	assert_calls("errors that stay", source, NULL, SYSCALL_ERRORS, cpu, FAILING);
	assert_calls("all calls", source, NULL, SYSCALL_CALLS, cpu, 3 * FAILING);
	source_close(source);

	/* Calls that succeed are no errors. */
	options = only(good);
	options.errors = true;
	source = live_open(&options);
	worker_do(good, FAILING);
	assert_calls("good calls", source, NULL, SYSCALL_CALLS, cpu, FAILING);
	assert_calls("no errors", source, NULL, SYSCALL_ERRORS, cpu, 0);
	source_close(source);
	worker_stop(good);
	worker_stop(bad);
}

/* ---- other ABIs ---- */

#ifdef __x86_64__
enum {
	IA32_GETITIMER = 105,
	X32_BIT = 0x40000000
};

/* The compat getitimer of the running process: EFAULT for a wrong address, which is a call too. */
static void call_ia32(void *context, uint64_t n)
{
	(void)context;
	while (n--) {
		long ret;

		__asm__ volatile("int $0x80"
				 : "=a"(ret)
				 : "0"(IA32_GETITIMER), "b"(ITIMER_REAL), "c"(0)
				 : "memory", "r8", "r9", "r10", "r11");
	}
}

/* A kernel without x32 counts the number all the same: sys_enter says what was asked for. */
static void call_x32(void *context, uint64_t n)
{
	(void)context;
	while (n--)
		syscall(X32_BIT | RARE_SYSCALL, ITIMER_REAL, 0);
}

/* Where there are none it ends this process, and not by cmocka's handler, which would go on testing here. */
static int try_ia32(void *context)
{
	(void)context;
	signal(SIGSEGV, SIG_DFL);
	call_ia32(NULL, 1);
	return 0;
}

static void assert_abi(worker_job job, enum syscall_abi abi, int nr)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX), cpu = cpus[n / 2];
	struct worker *worker = worker_start(cpu, job, NULL);
	struct live_options options = only(worker);
	struct source *source = live_open(&options);
	struct snapshot *newer;
	uint64_t expected[CPUS_MAX] = {0};

	worker_do(worker, FAILING);
	newer = live_take(source);
	for (int other = 0; other < SYSCALL_ABI_COUNT; other++) {
		expected[live_slot(source, cpu)] = other == (int)abi ? FAILING : 0;
		live_assert_growth("calls of one ABI", NULL, newer, TABLE_SYSCALLS,
			rare_row(source, other, nr), SYSCALL_CALLS, expected);
	}
	snapshot_unref(newer);
	source_close(source);
	worker_stop(worker);
}

static void test_ia32_apart(void **state)
{
	(void)state;
	if (process_wait(process_spawn(-1, try_ia32, NULL)))
		print_message("this kernel runs no ia32 calls: there is nothing to keep apart\n");
	else
		assert_abi(call_ia32, SYSCALL_ABI_COMPAT, IA32_GETITIMER);
}

static void test_x32_apart(void **state)
{
	(void)state;
	assert_abi(call_x32, SYSCALL_ABI_X32, RARE_SYSCALL);
}
#endif

/* ---- read on one CPU what was written on another ---- */

struct wanderer {
	int cpus[CPUS_MAX];
	int n;
};

/* Each round on the next CPU: the total is spread over all of them. */
static void wander(void *context, uint64_t round)
{
	const struct wanderer *w = context;

	process_pin(w->cpus[round % w->n]);
	generate_syscalls(1 + round % 3, false);
}

/*
 * The reader sits on the first CPU while the writer goes round all of them. A reader that took only
 * its own CPU's value, or one that is old, sees less than the writer has done.
 */
static void test_never_a_partial_sum(void **state)
{
	struct wanderer wanderer;
	struct live_options options;
	struct worker *worker;
	struct source *source;
	uint64_t done = 0;

	(void)state;
	wanderer.n = process_cpus(wanderer.cpus, CPUS_MAX);
	worker = worker_start(-1, wander, &wanderer);
	options = only(worker);
	source = live_open(&options);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct snapshot *snapshot;
		int row;

		worker_do(worker, round);
		done += 1 + round % 3;
		snapshot = live_take(source);
		row = rare_row(source, SYSCALL_ABI_NATIVE, RARE_SYSCALL);
		assert_true(row >= 0);
		assert_int_equal(
			table_sum(&snapshot->table[TABLE_SYSCALLS], row, SYSCALL_CALLS), done);
		snapshot_unref(snapshot);
	}
	source_close(source);
	worker_stop(worker);
}

/* ---- the program ---- */

static json_t *rare_of(const json_t *sample)
{
	return json_with(json_object_get(sample, "syscalls"), "name", "getitimer");
}

static void test_json_exactly(void **state)
{
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX), cpu = cpus[n - 1];
	struct worker *worker = worker_start(cpu, call, NULL);
	const json_t *call_object;
	struct stream stream;
	json_t *sample, *end;
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", worker_pid(worker));
	stream = stream_start((const char *[]){"--pid", pid, "--delay", "0.2", NULL});
	json_decref(stream_find(&stream, "sample"));
	worker_do(worker, CALLS);
	sample = stream_find_since(&stream, "sample", stream_clock());
	call_object = rare_of(sample);
	assert_non_null(call_object);
	assert_int_equal(json_count(call_object, "count"), CALLS);
	for (int i = 0; i < n; i++)
		assert_int_equal(json_on_cpu(json_object_get(call_object, "per_cpu"), cpus[i]),
			cpus[i] == cpu ? CALLS : 0);
	json_decref(sample);
	kill(stream.program.pid, SIGINT);
	end = stream_find(&stream, "end");
	json_decref(end);
	stream_end(&stream);
	assert_int_equal(stream.status, 0);
	stream_free(&stream);
	worker_stop(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_cpu_exactly),
		cmocka_unit_test(test_all_cpus_at_once),
		cmocka_unit_test(test_errors_when_asked),
#ifdef __x86_64__
		cmocka_unit_test(test_ia32_apart),
		cmocka_unit_test(test_x32_apart),
#endif
		cmocka_unit_test(test_never_a_partial_sum),
		cmocka_unit_test(test_json_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
