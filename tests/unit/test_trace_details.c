/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks and sk_buffs are found by their line as long as they are kept, however many there are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/trace/details.h"
#include "tests/support/made_details.h"

/* Several of one moment, as CPUs have them. */
static struct trace_record line_of(uint64_t n)
{
	return (struct trace_record){ .ktime_ns = n / 4, .cpu = n % 4, .skb = 0xffff888100000000 + n % 2 * 256,
		.probe = n % 3, .len = (uint32_t)n };
}

static void add(struct trace_details *details, uint64_t n)
{
	const struct trace_record line = line_of(n);
	struct stack_record stack;
	struct skb_record skb;

	made_stack(&line, &stack);
	made_skb(&line, &skb);
	assert_true(trace_details_add(details, &stack, sizeof(stack)));
	assert_true(trace_details_add(details, &skb, sizeof(skb)));
}

static bool has_stack(struct trace_details *details, uint64_t n)
{
	const struct trace_record line = line_of(n);
	struct stack_record stack, made;

	if (!trace_details_stack(details, &line, &stack))
		return false;
	made_stack(&line, &made);
	assert_memory_equal(&stack, &made, sizeof(made));
	return true;
}

static bool has_skb(struct trace_details *details, uint64_t n)
{
	const struct trace_record line = line_of(n);
	struct skb_record skb, made;

	if (!trace_details_skb(details, &line, &skb))
		return false;
	made_skb(&line, &made);
	assert_memory_equal(&skb, &made, sizeof(made));
	return true;
}

/* Of `total` that were added, the newest `kept` stacks and half as many sk_buffs, and no others. */
static void assert_keeps(struct trace_details *details, uint64_t total, uint64_t kept)
{
	for (uint64_t n = 0; n < total; n++)
		add(details, n);
	for (uint64_t n = 0; n < total + 10; n++) {
		assert_int_equal(has_stack(details, n), n < total && n + kept >= total);
		assert_int_equal(has_skb(details, n), n < total && n + kept / 2 >= total);
	}
	trace_details_free(details);
}

static void the_newest_are_kept(void **state)
{
	(void)state;
	assert_keeps(trace_details_new(), 100, TRACE_DETAILS_STACKS);
	assert_keeps(trace_details_new(), 10000, TRACE_DETAILS_STACKS);
}

static void more_may_be_kept(void **state)
{
	struct trace_details *details = trace_details_new();

	(void)state;
	assert_int_equal(trace_details_keep(details, 5000), 0);
	assert_keeps(details, 20000, 8192);
}

static void no_memory_leaves_what_there_was(void **state)
{
	struct trace_details *details = trace_details_new();

	(void)state;
	assert_int_equal(trace_details_keep(details, SIZE_MAX / 4096), -ENOMEM);
	assert_keeps(details, 5000, TRACE_DETAILS_STACKS);
}

static void all_are_passed_once(void **state)
{
	struct trace_details *details = trace_details_new();
	struct trace_details_cursor cursor = { 0 };
	union line_detail detail;
	size_t n = 0;

	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		add(details, i);
		if (i % 7)
			continue;
		while (trace_details_next(details, DETAIL_STACK, &cursor, &detail)) {
			assert_int_equal(detail.head.type, RECORD_STACK);
			assert_int_equal(detail.head.ktime_ns, n++ / 4);
		}
		assert_int_equal(n, i + 1);
	}
	/* What was overwritten in between is passed over. */
	cursor.stacks = 10;
	assert_true(trace_details_next(details, DETAIL_STACK | DETAIL_SKB, &cursor, &detail));
	assert_int_equal(cursor.stacks, 3000 - TRACE_DETAILS_STACKS + 1);
	assert_int_equal(detail.head.ktime_ns, (3000 - TRACE_DETAILS_STACKS) / 4);
	/* Stacks first, then sk_buffs, none twice. */
	for (n = 1; trace_details_next(details, DETAIL_STACK | DETAIL_SKB, &cursor, &detail); n++)
		assert_int_equal(detail.head.type, n < TRACE_DETAILS_STACKS ? RECORD_STACK : RECORD_SKB);
	assert_int_equal(n, TRACE_DETAILS_STACKS + TRACE_DETAILS_STACKS / 2);
	trace_details_free(details);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_are_kept),
		cmocka_unit_test(more_may_be_kept),
		cmocka_unit_test(no_memory_leaves_what_there_was),
		cmocka_unit_test(all_are_passed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
