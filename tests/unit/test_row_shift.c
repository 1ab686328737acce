/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cell of a row to delete so that the terminal moves a history line on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tui/row_shift.h"

enum { WIDTH = 40 };

static void make_row(cchar_t *cells, const char *text)
{
	memset(cells, 0, WIDTH * sizeof(*cells));
	assert_true(strlen(text) <= WIDTH);
	for (int x = 0; x < WIDTH; x++) {
		wchar_t one[2] = { x < (int)strlen(text) ? text[x] : ' ' };

		setcchar(&cells[x], one, A_NORMAL, 0, NULL);
	}
}

static struct row_shift find(const char *was, const char *is)
{
	cchar_t before[WIDTH], after[WIDTH];

	make_row(before, was);
	make_row(after, is);
	return row_shift_find(before, after, WIDTH);
}

static void test_history_moves(void **state)
{
	(void)state;
	struct row_shift shift = find("cpu3 10/s abcdefghijklmnop 9", "cpu3 10/s bcdefghijklmnopq 9");

	assert_int_equal(shift.at, 10);
	assert_int_equal(shift.saved, 16 - 1 - 3); /* the deletion; what is written: q, a blank and 9 */
}

/* The part before it changes in place and is not moved. */
static void test_number_before_changes(void **state)
{
	(void)state;
	struct row_shift shift = find("cpu3 10/s abcdefghijklmnop", "cpu3 27/s bcdefghijklmnopq");

	assert_int_equal(shift.at, 10);
	assert_int_equal(shift.saved, 16 - 1 - 1);
}

/* What stands behind it comes along and must be written again: counted, not forgotten. */
static void test_tail_costs(void **state)
{
	(void)state;
	struct row_shift shift = find("abcdefghijklmnop 1234", "bcdefghijklmnopq 1234");

	assert_int_equal(shift.at, 0);
	assert_int_equal(shift.saved, 16 - 1 - 6);
	assert_int_equal(find("abcdefghijklmnop 123456789", "bcdefghijklmnopq 123456789").saved, 0);
}

static void test_no_gain(void **state)
{
	(void)state;
	assert_int_equal(find("", "").saved, 0);
	assert_int_equal(find("abcdefghijklmnop", "abcdefghijklmnop").saved, 0);
	assert_int_equal(find("abcdefghijklmnop", "ponmlkjihgfedcba").saved, 0);
	assert_int_equal(find("aaaaaaaaaaaaaaaaaaab", "aaaaaaaaaaaaaaaaaabc").saved, 0);
	/* to the right: ncurses writes it */
	assert_int_equal(find("bcdefghijklmnopq", "abcdefghijklmnop").saved, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_moves),
		cmocka_unit_test(test_number_before_changes),
		cmocka_unit_test(test_tail_costs),
		cmocka_unit_test(test_no_gain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
