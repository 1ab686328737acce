/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/ledger.h"

enum { CPUS = 3 };

static int set_up(void **state)
{
	struct snapshot *snapshot = snapshot_new(CPUS);

	*state = snapshot;
	snapshot->table[TABLE_LOSS].known = 1;
	return snapshot_grow(snapshot, TABLE_LOSS, LOSS_CAUSES);
}

static int tear_down(void **state)
{
	snapshot_unref(*state);
	return 0;
}

static void book(struct snapshot *snapshot, enum loss_cause cause, int slot, uint64_t n)
{
	table_values(&snapshot->table[TABLE_LOSS], cause, 0)[slot] += n;
}

static void rows_are_the_causes_in_order(void **state)
{
	struct catalog *catalog = catalog_new();

	(void)state;
	assert_int_equal(ledger_catalog(catalog), 0);
	assert_int_equal(ledger_catalog(catalog), 0);
	assert_int_equal(catalog_count(catalog, TABLE_LOSS), LOSS_CAUSES);
	for (int cause = 0; cause < LOSS_CAUSES; cause++) {
		const struct row *row = catalog_row(catalog, TABLE_LOSS, cause);

		assert_int_equal(row->key[0], cause);
		assert_non_null(loss_name(cause));
		assert_string_equal(row->name, loss_name(cause));
	}
	assert_string_equal(loss_name(LOSS_RING_FULL), "ring_full");
	catalog_free(catalog);
}

static void the_books_balance(void **state)
{
	struct snapshot *snapshot = *state;
	struct ledger_sums sums;

	book(snapshot, LOSS_SEEN, 0, 60);
	book(snapshot, LOSS_SEEN, 2, 40);
	book(snapshot, LOSS_DELIVERED, 0, 50);
	book(snapshot, LOSS_RING_FULL, 0, 4);
	book(snapshot, LOSS_RATE_LIMITED, 0, 6);
	book(snapshot, LOSS_FILTERED_OUT, 2, 39);
	sums = ledger_sum(snapshot);
	assert_int_equal(sums.in_flight, 1);
	assert_false(sums.balanced);

	book(snapshot, LOSS_DELIVERED, 2, 1);
	book(snapshot, LOSS_OVERWRITTEN, 0, 20);
	sums = ledger_sum(snapshot);
	assert_int_equal(sums.of[LOSS_SEEN], 100);
	assert_int_equal(sums.of[LOSS_DELIVERED], 51);
	assert_int_equal(sums.in_flight, 0);
	assert_int_equal(sums.kept, 31);
	assert_true(sums.balanced);
}

static void more_accounted_than_seen_is_no_balance(void **state)
{
	struct snapshot *snapshot = *state;
	struct ledger_sums sums;

	book(snapshot, LOSS_SEEN, 0, 10);
	book(snapshot, LOSS_DELIVERED, 0, 11);
	sums = ledger_sum(snapshot);
	assert_int_equal(sums.in_flight, 0);
	assert_false(sums.balanced);

	book(snapshot, LOSS_SEEN, 0, 1);
	assert_true(ledger_sum(snapshot).balanced);
	book(snapshot, LOSS_OVERWRITTEN, 0, 12);
	assert_false(ledger_sum(snapshot).balanced);
}

static void lost_names_every_loss_but_chosen_ones(void **state)
{
	struct snapshot *snapshot = *state;
	struct ledger_sums sums;

	book(snapshot, LOSS_RING_FULL, 1, 1);
	book(snapshot, LOSS_MISSED, CPUS, 10);
	book(snapshot, LOSS_MAP_FULL, 2, 100);
	book(snapshot, LOSS_MALFORMED, CPUS, 1000);
	book(snapshot, LOSS_NOT_RECORDED, 1, 10000);
	book(snapshot, LOSS_DETAILS_FULL, 1, 100000);
	book(snapshot, LOSS_RATE_LIMITED, 1, 7);
	book(snapshot, LOSS_FILTERED_OUT, 1, 7);
	sums = ledger_sum(snapshot);
	assert_int_equal(sums.lost, 111111);
	assert_false(sums.missed_known);
	snapshot->table[TABLE_LOSS].known |= LEDGER_KNOWS_MISSED;
	assert_true(ledger_sum(snapshot).missed_known);
}

static void no_books_are_zero_and_balanced(void **state)
{
	struct snapshot *empty = snapshot_new(1);
	struct ledger_sums sums = ledger_sum(empty);

	(void)state;
	assert_int_equal(sums.lost, 0);
	assert_true(sums.balanced);
	assert_false(sums.missed_known);
	snapshot_unref(empty);
}

int main(void)
{
#define WITH_BOOKS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_the_causes_in_order),
		WITH_BOOKS(the_books_balance),
		WITH_BOOKS(more_accounted_than_seen_is_no_balance),
		WITH_BOOKS(lost_names_every_loss_but_chosen_ones),
		cmocka_unit_test(no_books_are_zero_and_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
