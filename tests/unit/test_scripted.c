/* SPDX-License-Identifier: GPL-2.0-only */
/* The scripted source does what its header says: screens and the collector are tested against it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "core/model/ledger.h"
#include "core/trace/packet.h"
#include "tests/support/scripted.h"

#define SECOND UINT64_C(1000000000)
#define WITH(script, array)                                                                        \
	((script).lines = (array), (script).n_lines = sizeof(array) / sizeof((array)[0]))

static uint64_t calls(const struct snapshot *snapshot, int row, int slot)
{
	return table_at(&snapshot->table[TABLE_SYSCALLS], row, SYSCALL_CALLS, slot);
}

/* The snapshot after `n` others. */
static struct snapshot *nth(struct source *source, int n)
{
	while (n--)
		snapshot_unref(scripted_next(source));
	return scripted_next(source);
}

static void test_growth(void **state)
{
	static const struct script_line lines[] = {
		{0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, SCRIPT_ALL_CPUS, 100},
		{0, SCRIPT_RAMP, TABLE_SYSCALLS, 1, SYSCALL_CALLS, .value = 40},
		{2, SCRIPT_ADD, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 3, 7},
		{3, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 3, 0},
	};
	struct script script = script_machine(4, 2);
	struct source *source;
	struct snapshot *snapshot;

	(void)state;
	WITH(script, lines);
	source = scripted_open(&script);
	snapshot = scripted_next(source);
	assert_int_equal(calls(snapshot, 0, 0), 0);
	assert_int_equal(snapshot->real_ns, SCRIPT_REAL_NS);
	snapshot_unref(snapshot);
	snapshot = nth(source, 3);
	assert_int_equal(snapshot->sequence, 4);
	assert_int_equal(snapshot->mono_ns, SCRIPT_MONO_NS + 4 * SECOND);
	assert_int_equal(calls(snapshot, 0, 0), 400);
	assert_int_equal(calls(snapshot, 0, 3), 207);
	assert_int_equal(calls(snapshot, 1, 0), 40);
	assert_int_equal(calls(snapshot, 1, 3), 160);
	snapshot_unref(snapshot);
	source_close(source);
}

static void test_cpus_come_and_go(void **state)
{
	static const int ids[] = {0, 2, 5, 9};
	static const struct script_line lines[] = {
		{0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, SCRIPT_ALL_CPUS, 10},
		{2, SCRIPT_OFFLINE, .cpu = 5},
		{4, SCRIPT_ONLINE, .cpu = 5},
	};
	struct script script = script_machine(4, 2);
	struct source *source;
	struct snapshot *snapshot;

	(void)state;
	WITH(script, lines);
	script.cpu_ids = ids;
	source = scripted_open(&script);
	assert_int_equal(source->host->topology.cpu[2].id, 5);
	assert_int_equal(source->host->topology.cpu[2].node, 1);
	assert_int_equal(source->host->topology.cpu[3].llc, 5);
	snapshot = nth(source, 3);
	assert_false(cpus_has(&snapshot->online, 5));
	assert_int_equal(calls(snapshot, 0, 2), 10);
	assert_int_equal(calls(snapshot, 0, 3), 30);
	snapshot_unref(snapshot);
	snapshot = nth(source, 0);
	assert_true(cpus_has(&snapshot->online, 5));
	assert_int_equal(calls(snapshot, 0, 2), 20);
	snapshot_unref(snapshot);
	source_close(source);
}

static void test_known_and_later_rows(void **state)
{
	static const struct script_row rows[] = {
		{TABLE_SYSCALLS, 0, 0, .name = "read", .where = "x86_64"},
		{TABLE_SYSCALLS, 0, 1, .name = "write", .where = "x86_64", .at = 2},
	};
	static const struct script_line lines[] = {
		{2, SCRIPT_GROW, TABLE_SYSCALLS, 1, SYSCALL_CALLS, 0, 5},
	};
	struct script script = {.n_cpus = 1, .n_nodes = 1, .rows = rows, .n_rows = 2};
	struct source *source;
	struct snapshot *snapshot;

	(void)state;
	WITH(script, lines);
	source = scripted_open(&script);
	snapshot = nth(source, 1);
	assert_int_equal(snapshot->table[TABLE_SYSCALLS].n_rows, 1);
	assert_false(table_knows(&snapshot->table[TABLE_SYSCALLS], SYSCALL_ERRORS));
	snapshot_unref(snapshot);
	source->ops->want_errors(source, true);
	snapshot = nth(source, 0);
	assert_int_equal(snapshot->table[TABLE_SYSCALLS].n_rows, 2);
	assert_int_equal(calls(snapshot, 1, 0), 5);
	assert_true(table_knows(&snapshot->table[TABLE_SYSCALLS], SYSCALL_ERRORS));
	assert_int_equal(snapshot->table[TABLE_FUNCTIONS].known, 0);
	snapshot_unref(snapshot);
	source_close(source);
}

struct heard {
	int records;
	struct trace_record last;
	uint64_t last_ns;
};

static void hear(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct heard *heard = context;

	assert_true(real_ns > heard->last_ns);
	heard->records++;
	heard->last = *record;
	heard->last_ns = real_ns;
}

static void test_records(void **state)
{
	static const struct script_line lines[] = {
		{0, SCRIPT_TRACE, TABLE_PROBES, .row = 3, .cpu = SCRIPT_ALL_CPUS, .value = 3},
		{2, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 1, 4},
	};
	struct script script = script_machine(2, 1);
	struct heard heard = {0};
	struct ledger_sums sums;
	struct snapshot *snapshot;
	struct source *source;
	struct packet packet;
	char flow[PACKET_FLOW_MAX];

	(void)state;
	WITH(script, lines);
	source = scripted_open(&script);
	assert_int_equal(source->ops->drain(source, hear, &heard), 0);
	snapshot_unref(scripted_next(source));
	assert_int_equal(source->ops->drain(source, hear, &heard), 0); /* not selected */
	snapshot_unref(scripted_next(source));
	assert_int_equal(source->ops->select(source, TABLE_PROBES, 3, true), 0);
	assert_true(source->ops->select(source, TABLE_PROBES, 5, true) < 0);
	assert_int_equal(source->ops->drain(source, hear, &heard), 6);
	assert_int_equal(source->ops->drain(source, hear, &heard), 0); /* once per interval */
	packet_decode(&packet, &heard.last);
	packet_flow(&packet, flow, sizeof(flow));
	assert_string_equal(flow, "10.0.3.1:51514 > 10.0.9.2:443");
	assert_int_equal(heard.last.flags & RECORD_HAS_REASON, RECORD_HAS_REASON);
	snapshot = scripted_next(source);
	sums = ledger_sum(snapshot);
	assert_true(sums.balanced);
	assert_int_equal(sums.of[LOSS_SEEN], 10);
	assert_int_equal(sums.of[LOSS_DELIVERED], 6);
	snapshot_unref(snapshot);
	source_close(source);
}

static void test_gate_and_end(void **state)
{
	static const struct script_line lines[] = {{5, .verb = SCRIPT_END}};
	struct script script = script_machine(2, 1);
	struct snapshot *snapshot = NULL;
	struct source *source;

	(void)state;
	WITH(script, lines);
	source = scripted_open(&script);
	scripted_go(source, 1);
	snapshot_unref(scripted_next(source));
	assert_int_equal(source->ops->sample(source, &snapshot, NULL), -11 /* EAGAIN */);
	assert_null(snapshot);
	scripted_go(source, UINT64_MAX);
	snapshot_unref(nth(source, 3));
	assert_null(scripted_next(source));
	source_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_cpus_come_and_go),
		cmocka_unit_test(test_known_and_later_rows),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_gate_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
