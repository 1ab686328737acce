/* SPDX-License-Identifier: GPL-2.0-only */
/* The collector, fed by a script: order, books, requests, failures and ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/model/ledger.h"
#include "tests/support/scripted.h"

#define LINES(script, array)                                                                       \
	((script).lines = (array), (script).n_lines = sizeof(array) / sizeof((array)[0]))

enum {
	MS = 1000 * 1000,
	TRIES = 5000 /* of 1 ms */
};

/* What a listener heard; written by the collector's thread, read once it has ended. */
struct heard {
	int snapshots;
	int records;
	int records_at_snapshot[16];
	int ends;
	uint64_t last_sequence;
	bool in_order;
	struct ledger_sums books;
};

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct heard *heard = context;

	(void)record;
	(void)real_ns;
	heard->records++;
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct heard *heard = context;

	if (heard->snapshots ? !older || older->sequence + 1 != newer->sequence : older != NULL)
		heard->in_order = false;
	if (heard->snapshots < 16)
		heard->records_at_snapshot[heard->snapshots] = heard->records;
	heard->snapshots++;
	heard->last_sequence = newer->sequence;
}

static void on_end(void *context, struct snapshot *last)
{
	struct heard *heard = context;

	heard->ends++;
	if (last)
		heard->books = ledger_sum(last);
}

static struct collector_options hearing(struct heard *heard, uint64_t interval_ns)
{
	*heard = (struct heard){.in_order = true};
	return (struct collector_options){
		.interval_ns = interval_ns,
		.listener = {{.record = on_record,
			.snapshot = on_snapshot,
			.end = on_end,
			.context = heard}},
		.n_listeners = 1,
	};
}

static struct collector *start(const struct script *script, const struct collector_options *options)
{
	struct error err = {""};
	struct collector *collector = collector_start(scripted_open(script), options, &err);

	if (!collector)
		fail_msg("%s", err.text);
	return collector;
}

static void wait_for_end(struct collector *collector, struct error *err)
{
	for (int i = 0; !collector_ended(collector, err); i++) {
		assert_true(i < TRIES);
		usleep(1000);
	}
}

/* ---- in order ---- */

static void test_everything_in_order(void **state)
{
	static const struct script_line lines[] = {
		{0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, SCRIPT_ALL_CPUS, 10},
		{1, SCRIPT_TRACE, TABLE_PROBES, .row = 0, .cpu = 0, .value = 5},
		{4, .verb = SCRIPT_END},
	};
	struct script script = script_machine(4, 2);
	struct collector_options options;
	struct error err = {""};
	struct collector *collector;
	struct snapshot *snapshot;
	struct heard heard;

	(void)state;
	LINES(script, lines);
	script.trace_all = true;
	options = hearing(&heard, 10 * MS);
	collector = start(&script, &options);
	wait_for_end(collector, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(heard.snapshots, 4);
	assert_true(heard.in_order);
	/* The records of an interval come before the snapshot that ends it. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(heard.records_at_snapshot[i], 5 * i);
	assert_int_equal(heard.ends, 1);
	assert_int_equal(history_range(collector_history(collector)).end, 4);
	snapshot = history_get(collector_history(collector), 3);
	assert_int_equal(table_at(&snapshot->table[TABLE_SYSCALLS], 0, SYSCALL_CALLS, 2), 30);
	snapshot_unref(snapshot);
	assert_int_equal(trace_log_range(collector_log(collector)).end, 15);
	collector_stop(collector);
	collector_stop(collector);
	collector_free(collector);
	assert_int_equal(heard.ends, 1);
}

/* Held back: nothing is kept before its time, and the descriptor tells when it is. */
static void test_held_back(void **state)
{
	struct script script = script_machine(2, 1);
	struct source *source = scripted_open(&script);
	struct collector_options options = {.interval_ns = 10 * MS};
	struct pollfd ready = {.events = POLLIN};
	struct error err = {""};
	struct collector *collector;

	(void)state;
	scripted_go(source, 2);
	collector = collector_start(source, &options, &err);
	assert_true(scripted_wait(collector, 2));
	collector_seen(collector);
	ready.fd = collector_fd(collector);
	assert_int_equal(poll(&ready, 1, 0), 0);
	assert_int_equal(history_range(collector_history(collector)).end, 2);
	scripted_go(source, 3);
	assert_int_equal(poll(&ready, 1, TRIES), 1);
	assert_true(scripted_wait(collector, 3));
	collector_free(collector);
}

/* ---- paced ---- */

static void test_iterations(void **state)
{
	struct script script = script_machine(2, 1);
	struct collector_options options;
	struct error err = {""};
	struct collector *collector;
	struct heard heard;

	(void)state;
	script.paced = true;
	options = hearing(&heard, MS);
	options.iterations = 3;
	collector = start(&script, &options);
	wait_for_end(collector, &err);
	assert_string_equal(err.text, "");
	/* Three intervals have four ends. */
	assert_int_equal(heard.snapshots, 4);
	assert_true(heard.in_order);
	assert_int_equal(heard.ends, 1);
	collector_free(collector);
}

static const struct script_line some_traffic[] = {
	{0, SCRIPT_TRACE, TABLE_PROBES, .row = 0, .cpu = 0, .value = 30},
	{0, SCRIPT_TRACE, TABLE_PROBES, .row = 0, .cpu = 1, .value = 10},
	{2, SCRIPT_GROW, TABLE_LOSS, LOSS_RING_FULL, 0, 1, 7},
	{3, SCRIPT_GROW, TABLE_LOSS, LOSS_RATE_LIMITED, 0, 0, 3},
};

/* What falls out of the log is counted by the CPU that it came from, and the books balance. */
static void test_books(void **state)
{
	struct script script = script_machine(2, 1);
	struct collector_options options;
	struct error err = {""};
	struct collector *collector;
	struct snapshot *snapshot;
	struct heard heard;

	(void)state;
	LINES(script, some_traffic);
	script.paced = script.trace_all = true;
	options = hearing(&heard, MS);
	options.iterations = 5;
	options.log_lines = 16;
	collector = start(&script, &options);
	wait_for_end(collector, &err);
	assert_int_equal(heard.records, heard.books.of[LOSS_DELIVERED]);
	assert_true(heard.records >= 5 * 40);
	assert_int_equal(heard.books.of[LOSS_OVERWRITTEN], heard.records - 16);
	assert_int_equal(heard.books.kept, 16);
	assert_true(heard.books.of[LOSS_RING_FULL] >= 7);
	assert_true(heard.books.of[LOSS_RATE_LIMITED] >= 3);
	assert_true(heard.books.balanced);
	assert_int_equal(heard.books.in_flight, 0);
	snapshot = history_get(collector_history(collector), heard.last_sequence);
	for (int slot = 0; slot < 2; slot++) {
		const struct table *loss = &snapshot->table[TABLE_LOSS];

		assert_true(table_at(loss, LOSS_OVERWRITTEN, 0, slot) > 0);
		assert_true(table_at(loss, LOSS_OVERWRITTEN, 0, slot) <=
			    table_at(loss, LOSS_DELIVERED, 0, slot));
	}
	snapshot_unref(snapshot);
	collector_free(collector);
}

/* A CPU that goes away and comes back never makes a total fall. */
static void test_totals_never_fall(void **state)
{
	static const struct script_line lines[] = {
		{0, SCRIPT_RAMP, TABLE_SYSCALLS, 0, SYSCALL_CALLS, .value = 100},
		{2, SCRIPT_OFFLINE, .cpu = 3},
		{3, SCRIPT_OFFLINE, .cpu = 1},
		{5, SCRIPT_ONLINE, .cpu = 3},
		{9, .verb = SCRIPT_END},
	};
	struct script script = script_machine(4, 1);
	struct collector_options options = {.interval_ns = MS};
	struct collector *collector;
	uint64_t before = 0;

	(void)state;
	LINES(script, lines);
	collector = start(&script, &options);
	wait_for_end(collector, NULL);
	for (uint64_t i = 0; i < 9; i++) {
		struct snapshot *snapshot = history_get(collector_history(collector), i);
		uint64_t sum = table_sum(&snapshot->table[TABLE_SYSCALLS], 0, SYSCALL_CALLS);

		assert_true(sum >= before);
		assert_int_equal(cpus_count(&snapshot->online), i < 2		   ? 4
								: i == 2 || i >= 5 ? 3
										   : 2);
		before = sum;
		snapshot_unref(snapshot);
	}
	collector_free(collector);
}

/* ---- requests ---- */

/* The first kept snapshot at or after this one that satisfies a condition, or NULL after a while.
 */
static struct snapshot *wait_for(
	struct collector *collector, bool (*holds)(const struct snapshot *snapshot))
{
	for (int i = 0; i < TRIES; i++) {
		struct history_range range = history_range(collector_history(collector));
		struct snapshot *snapshot =
			range.end ? history_get(collector_history(collector), range.end - 1) : NULL;

		if (snapshot && holds(snapshot))
			return snapshot;
		snapshot_unref(snapshot);
		usleep(1000);
	}
	return NULL;
}

static bool has_records(const struct snapshot *snapshot)
{
	return ledger_sum(snapshot).of[LOSS_DELIVERED] > 0;
}

static bool knows_errors(const struct snapshot *snapshot)
{
	return table_knows(&snapshot->table[TABLE_SYSCALLS], SYSCALL_ERRORS);
}

static bool knows_no_errors(const struct snapshot *snapshot)
{
	return !knows_errors(snapshot);
}

static void assert_comes(
	struct collector *collector, bool (*holds)(const struct snapshot *snapshot))
{
	struct snapshot *snapshot = wait_for(collector, holds);

	assert_non_null(snapshot);
	snapshot_unref(snapshot);
}

static void test_requests(void **state)
{
	struct script script = script_machine(2, 1);
	struct collector_options options = {.interval_ns = MS};
	struct collector *collector;

	(void)state;
	LINES(script, some_traffic);
	script.paced = true;
	collector = start(&script, &options);
	assert_comes(collector, knows_no_errors);
	assert_int_equal(trace_log_range(collector_log(collector)).end, 0);
	collector_select(collector, TABLE_PROBES, 0, true);
	collector_want_errors(collector, true);
	assert_comes(collector, has_records);
	assert_comes(collector, knows_errors);
	/* What cannot be is passed over, and the next request still heard. */
	collector_select(collector, TABLE_PROBES, 99, true);
	collector_want_errors(collector, false);
	assert_comes(collector, knows_no_errors);
	collector_free(collector);
}

/* A minute becomes a millisecond at once. */
static void test_shorter_interval(void **state)
{
	struct script script = script_machine(2, 1);
	struct collector_options options = {.interval_ns = UINT64_C(60000) * MS};
	struct collector *collector;

	(void)state;
	script.paced = true;
	collector = start(&script, &options);
	assert_true(scripted_wait(collector, 1));
	collector_set_interval(collector, MS);
	assert_true(scripted_wait(collector, 5));
	collector_free(collector);
}

/* ---- when it goes wrong ---- */

static void test_failing_source(void **state)
{
	static const struct script_line lines[] = {{2, .verb = SCRIPT_FAIL}};
	struct script script = script_machine(2, 1);
	struct collector_options options;
	struct error err = {""};
	struct collector *collector;
	struct heard heard;

	(void)state;
	LINES(script, lines);
	script.paced = true;
	options = hearing(&heard, MS);
	collector = start(&script, &options);
	wait_for_end(collector, &err);
	assert_string_equal(err.text, "the script says so");
	assert_int_equal(heard.snapshots, 2);
	/* The books are closed all the same. */
	assert_int_equal(heard.ends, 1);
	collector_free(collector);
}

/* A source that stands still: what was kept can be read, and the end comes once it moves. */
static void test_stalled_source(void **state)
{
	static const struct script_line lines[] = {{2, .verb = SCRIPT_STALL}};
	struct script script = script_machine(2, 1);
	struct source *source;
	struct collector_options options = {.interval_ns = MS};
	struct error err = {""};
	struct collector *collector;

	(void)state;
	LINES(script, lines);
	script.paced = true;
	source = scripted_open(&script);
	collector = collector_start(source, &options, &err);
	assert_true(scripted_wait(collector, 2));
	for (int i = 0; !scripted_stalled(source); i++) {
		assert_true(i < TRIES);
		usleep(1000);
	}
	snapshot_unref(history_get(collector_history(collector), 1));
	collector_select(collector, TABLE_PROBES, 0, true);
	assert_false(collector_ended(collector, NULL));
	scripted_release(source);
	assert_true(scripted_wait(collector, 4));
	collector_free(collector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_in_order),
		cmocka_unit_test(test_held_back),
		cmocka_unit_test(test_iterations),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_totals_never_fall),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_shorter_interval),
		cmocka_unit_test(test_failing_source),
		cmocka_unit_test(test_stalled_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
