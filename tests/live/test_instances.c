/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many instances at a time, opened and closed from several threads: each has its own maps and
 * counts its own process exactly, whatever the others do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/generator.h"
#include "tests/support/live.h"
#include "tests/support/worker.h"

enum {
	THREADS = 8,
	TIMES = 10, /* SKEWTOP_INSTANCES says otherwise: 50 in tests/fuzz */
	CALLS = 1000
};

/* One thread's work. What goes wrong is said afterwards: only the main thread may fail a test. */
struct opener {
	pthread_t thread;
	int number;
	int times;
	struct worker *worker;
	int opened;
	char why[400];
};

static void call(void *context, uint64_t n)
{
	(void)context;
	generate_syscalls(n, false);
}

static uint64_t calls_of(struct source *source, struct error *err)
{
	int row;
	struct snapshot *snapshot;
	uint64_t n;

	if (source->ops->sample(source, &snapshot, err))
		return UINT64_MAX;
	row = catalog_find(source->host->catalog, TABLE_SYSCALLS, SYSCALL_ABI_NATIVE, RARE_SYSCALL);
	n = row < 0 ? 0 : table_sum(&snapshot->table[TABLE_SYSCALLS], row, SYSCALL_CALLS);
	snapshot_unref(snapshot);
	return n;
}

/* A number of calls that no other thread's process makes this time. */
static bool open_once(struct opener *o, int time)
{
	struct live_options options = {
		.narrow.tgid = worker_pid(o->worker),
		.ring_bytes = 64 << 10,
	};
	uint64_t expected = CALLS + time * THREADS + o->number, counted;
	struct error err = {""};
	int status;
	struct source *source = source_live_open(&options, &err, &status);

	if (!source) {
		snprintf(o->why, sizeof(o->why), "does not open: %s", err.text);
		return false;
	}
	worker_do(o->worker, expected);
	counted = calls_of(source, &err);
	source_close(source);
	if (counted != expected)
		snprintf(o->why, sizeof(o->why), "%ju instead of %ju calls %s", (uintmax_t)counted,
			(uintmax_t)expected, err.text);
	return counted == expected;
}

static void *open_often(void *context)
{
	struct opener *o = context;

	while (o->opened < o->times && open_once(o, o->opened))
		o->opened++;
	return NULL;
}

static void test_many_instances(void **state)
{
	static struct opener opener[THREADS];
	const char *asked = getenv("SKEWTOP_INSTANCES");
	int times = asked ? atoi(asked) : TIMES;

	(void)state;
	/* Children before threads: a fork copies only the thread that calls it. */
	for (int i = 0; i < THREADS; i++)
		opener[i] = (struct opener){
			.number = i,
			.times = times,
			.worker = worker_start(-1, call, NULL),
		};
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&opener[i].thread, NULL, open_often, &opener[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(opener[i].thread, NULL);
	for (int i = 0; i < THREADS; i++) {
		worker_stop(opener[i].worker);
		if (opener[i].opened != times)
			fail_msg("thread %d, instance %d: %s", i, opener[i].opened, opener[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_instances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
