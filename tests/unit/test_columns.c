/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns of all views at all widths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tui/lines.h"
#include "tui/view.h"

/* Where a layout ends; every number in it is whole. */
static int end_of(const struct layout *layout, const struct column *columns, int *numbers)
{
	int end = -COLUMN_GAP;

	*numbers = 0;
	for (int i = 0; i < layout->n; i++) {
		const struct column *column = &columns[layout->column[i]];

		end += layout->width[i] + COLUMN_GAP;
		if (column->text || column->picture)
			continue;
		assert_true(layout->width[i] >= column->width);
		++*numbers;
	}
	return end;
}

static void test_every_width_has_a_number(void **state)
{
	(void)state;
	for (int tab = 0; tab < n_tabs; tab++) {
		for (int width = 22; width < 300; width++) {
			const struct view_ops *view = tabs[tab];
			struct layout layout = layout_make(view->columns, view->n_columns, 0, 0, width);
			int numbers;

			if (!view->n_columns)
				break;
			if (end_of(&layout, view->columns, &numbers) > width || !numbers)
				fail_msg("%s at %d: %d numbers", view->name, width, numbers);
			assert_int_equal(layout.column[0], 0);
		}
	}
}

/* Moved to the right, too, nothing leaves the screen. */
static void test_scrolled(void **state)
{
	(void)state;
	for (int scrolled = 0; scrolled < LINE_COLUMNS; scrolled++) {
		for (int width = 22; width < 300; width++) {
			struct layout layout = layout_make(line_columns, LINE_COLUMNS, 0, scrolled, width);
			int numbers;

			assert_true(end_of(&layout, line_columns, &numbers) <= width);
			assert_true(layout.n > 0 && layout.column[0] == LINE_TIME);
		}
	}
}

static void test_names_give_way(void **state)
{
	static const struct column columns[] = {
		{ .id = "name", .width = 20, .most = 30, .text = true },
		{ .id = "sum", .width = 8 },
		{ .id = "max", .width = 8, .rank = 1 },
	};
	struct layout layout = layout_make(columns, 3, 0, 0, 40);

	(void)state;
	assert_int_equal(layout.n, 3);
	layout = layout_make(columns, 3, 0, 0, 24);
	assert_int_equal(layout.n, 2);
	assert_int_equal(layout.width[0], 14);
	assert_int_equal(layout_drawn(&layout), 3);
	/* Where not even that helps, there is no half number. */
	layout = layout_make(columns, 3, 0, 0, 14);
	assert_int_equal(layout.n, 1);
	assert_int_equal(layout_drawn(&layout), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_width_has_a_number),
		cmocka_unit_test(test_scrolled),
		cmocka_unit_test(test_names_give_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
