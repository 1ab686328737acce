/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/model/cursor.h"
#include "core/trace/log.h"

#define NS_PER_S UINT64_C(1000000000)

/* 2023-11-14 22:13:20 UTC; the tests run with TZ=UTC */
enum { START_S = 1700000000 };

/* One snapshot a second, numbered from `from` to `end` - 1, number i at START_S + i. */
static void add_seconds(struct history *history, uint64_t from, uint64_t end)
{
	for (uint64_t i = from; i < end; i++) {
		struct snapshot *s = snapshot_new(1);

		s->sequence = i;
		s->mono_ns = (1000 + i) * NS_PER_S;
		s->real_ns = (START_S + i) * NS_PER_S;
		assert_int_equal(history_append(history, s), 0);
		snapshot_unref(s);
	}
}

static uint64_t on_screen(const struct cursor *cursor)
{
	struct cursor_pair pair = cursor_snapshots(cursor, 1);
	uint64_t sequence;

	assert_non_null(pair.newer);
	sequence = pair.newer->sequence;
	if (pair.older)
		assert_int_equal(pair.older->sequence, sequence - 1);
	assert_int_equal(sequence, cursor_moment(cursor).sequence);
	cursor_pair_unref(&pair);
	return sequence;
}

static void nothing_is_shown_of_nothing(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	for (int replay = 0; replay < 2; replay++) {
		struct cursor_pair pair;

		cursor_init(&cursor, history, replay);
		assert_false(cursor_advance(&cursor, 1));
		cursor_step(&cursor, -1);
		cursor_step(&cursor, 10);
		cursor_seek(&cursor, 5);
		cursor_first(&cursor);
		cursor_toggle(&cursor);
		cursor_speed(&cursor, 1);
		cursor_follow(&cursor);
		pair = cursor_snapshots(&cursor, 1);
		assert_null(pair.newer);
		assert_null(pair.older);
		assert_true(cursor_moment(&cursor).real_ns == 0);
		cursor_pair_unref(&pair);
	}
	history_free(history);
}

static void live_follows_and_pauses(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;
	struct moment moment;

	(void)state;
	cursor_init(&cursor, history, false);
	add_seconds(history, 0, 1);
	cursor_advance(&cursor, 1);
	assert_int_equal(on_screen(&cursor), 0);
	add_seconds(history, 1, 20);
	assert_true(cursor_advance(&cursor, 2));
	assert_int_equal(on_screen(&cursor), 19);
	cursor_pause(&cursor);
	add_seconds(history, 20, 33);
	assert_false(cursor_advance(&cursor, 3));
	assert_int_equal(on_screen(&cursor), 19);
	moment = cursor_moment(&cursor);
	assert_int_equal(moment.mode, CURSOR_PAUSED);
	assert_true(moment.behind_ns == 13 * NS_PER_S);
	assert_true(moment.real_ns == (START_S + 19) * NS_PER_S);
	assert_false(moment.at_end);
	cursor_resume(&cursor);
	assert_int_equal(on_screen(&cursor), 32);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_FOLLOWING);
	assert_true(cursor_moment(&cursor).at_end);
	history_free(history);
}

static void stepping_pauses_and_stays_inside(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	cursor_init(&cursor, history, false);
	add_seconds(history, 0, 25);
	cursor_advance(&cursor, 1);
	cursor_step(&cursor, -1);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_PAUSED);
	assert_int_equal(on_screen(&cursor), 23);
	cursor_step(&cursor, -10);
	assert_int_equal(on_screen(&cursor), 13);
	cursor_step(&cursor, 1);
	assert_int_equal(on_screen(&cursor), 14);
	cursor_step(&cursor, -10);
	cursor_step(&cursor, -10);
	assert_int_equal(on_screen(&cursor), 0);
	assert_true(cursor_moment(&cursor).at_first);
	cursor_step(&cursor, 10);
	cursor_step(&cursor, 10);
	cursor_step(&cursor, 10);
	assert_int_equal(on_screen(&cursor), 24);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_PAUSED);
	cursor_first(&cursor);
	assert_int_equal(on_screen(&cursor), 0);
	cursor_follow(&cursor);
	assert_int_equal(on_screen(&cursor), 24);
	history_free(history);
}

static void what_history_drops_gives_way(void **state)
{
	struct history *history = history_new(10 * NS_PER_S, 0);
	struct cursor cursor;

	(void)state;
	cursor_init(&cursor, history, false);
	add_seconds(history, 0, 5);
	cursor_advance(&cursor, 1);
	cursor_pause(&cursor);
	add_seconds(history, 5, 100);
	assert_true(cursor_advance(&cursor, 2));
	assert_int_equal(on_screen(&cursor), history_range(history).first);
	history_free(history);
}

static void a_replay_plays_by_its_own_time(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	add_seconds(history, 0, 100);
	cursor_init(&cursor, history, true);
	cursor_advance(&cursor, 7 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 0);
	assert_false(cursor_advance(&cursor, 7 * NS_PER_S + NS_PER_S / 2));
	assert_true(cursor_advance(&cursor, 8 * NS_PER_S));
	assert_int_equal(on_screen(&cursor), 1);
	cursor_advance(&cursor, 13 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 6);

	cursor_speed(&cursor, 1);
	cursor_speed(&cursor, 1);
	assert_true(cursor_moment(&cursor).speed == 4);
	cursor_advance(&cursor, 15 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 14);
	for (int i = 0; i < 20; i++)
		cursor_speed(&cursor, -1);
	assert_true(cursor_moment(&cursor).speed == 0.125);
	cursor_advance(&cursor, 31 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 16);

	cursor_pause(&cursor);
	cursor_advance(&cursor, 1000 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 16);
	cursor_resume(&cursor);
	cursor_advance(&cursor, 1008 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 17);
	history_free(history);
}

static void playing_waits_at_the_end_and_goes_on(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	add_seconds(history, 0, 3);
	cursor_init(&cursor, history, true);
	cursor_advance(&cursor, NS_PER_S);
	cursor_advance(&cursor, 50 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 2);
	assert_true(cursor_moment(&cursor).at_end);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_PLAYING);
	add_seconds(history, 3, 60);
	cursor_advance(&cursor, 52 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 4);
	history_free(history);
}

static void a_pause_can_be_played(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	add_seconds(history, 0, 50);
	cursor_init(&cursor, history, false);
	cursor_advance(&cursor, NS_PER_S);
	cursor_speed(&cursor, 1);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_FOLLOWING);
	cursor_step(&cursor, -10);
	cursor_speed(&cursor, 1);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_PLAYING);
	cursor_advance(&cursor, 3 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 43);
	cursor_pause(&cursor);
	cursor_resume(&cursor);
	assert_int_equal(cursor_moment(&cursor).mode, CURSOR_FOLLOWING);
	history_free(history);
}

static void a_time_is_gone_to(void **state)
{
	static const struct {
		const char *text;
		int64_t second; /* from START_S; INT64_MIN: refused */
	} times[] = {
		{ "22:13:30", 10 }, { "22:14", 40 }, { "23:00:00", 99 }, { "00:00", 0 }, { "+5", 55 },
		{ "-20s", 30 }, { "-1m", 0 }, { "+1h", 99 }, { "@1700000042", 42 }, { "-9999d", 0 },
		{ "", INT64_MIN }, { "12", INT64_MIN }, { "25:00", INT64_MIN }, { "12:60", INT64_MIN },
		{ "12:00:00:00", INT64_MIN }, { "+", INT64_MIN }, { "+5x", INT64_MIN },
		{ "+5ss", INT64_MIN }, { "@", INT64_MIN }, { "@-1", INT64_MIN }, { "+nan", INT64_MIN },
		{ "+1e300", INT64_MIN }, { "noon", INT64_MIN },
	};
	struct history *history = history_new(0, 0);
	struct cursor cursor;
	uint64_t real_ns;

	(void)state;
	add_seconds(history, 0, 100);
	cursor_init(&cursor, history, false);
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		cursor_follow(&cursor);
		cursor_seek(&cursor, (START_S + 50) * NS_PER_S);
		assert_int_equal(on_screen(&cursor), 50);
		if (times[i].second == INT64_MIN) {
			assert_int_equal(cursor_parse_time(&cursor, times[i].text, &real_ns), -EINVAL);
			continue;
		}
		assert_int_equal(cursor_parse_time(&cursor, times[i].text, &real_ns), 0);
		cursor_seek(&cursor, real_ns);
		assert_int_equal(on_screen(&cursor), times[i].second);
		assert_int_equal(cursor_moment(&cursor).mode, CURSOR_PAUSED);
	}
	history_free(history);
}

static void seeking_while_playing_plays_on(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor cursor;

	(void)state;
	add_seconds(history, 0, 100);
	cursor_init(&cursor, history, true);
	cursor_advance(&cursor, NS_PER_S);
	cursor_seek(&cursor, (START_S + 70) * NS_PER_S);
	cursor_advance(&cursor, 3 * NS_PER_S);
	assert_int_equal(on_screen(&cursor), 72);
	history_free(history);
}

static void lines_end_with_the_moment(void **state)
{
	struct trace_log *log = trace_log_new(64);
	struct snapshot *s = snapshot_new(1);
	struct trace_record record = { .type = RECORD_PACKET, .size = sizeof(record) };

	(void)state;
	assert_int_equal(cursor_log_end(log, s), 0);
	for (int i = 0; i < 100; i++) {
		record.ktime_ns = 10 * i;
		trace_log_append(log, &record, 0);
	}
	s->mono_ns = 700;
	assert_int_equal(cursor_log_end(log, s), 71);
	s->mono_ns = 709;
	assert_int_equal(cursor_log_end(log, s), 71);
	s->mono_ns = 0;
	assert_int_equal(cursor_log_end(log, s), 36);
	s->mono_ns = UINT64_MAX;
	assert_int_equal(cursor_log_end(log, s), 100);
	snapshot_unref(s);
	trace_log_free(log);
}

static void older_is_as_far_as_asked(void **state)
{
	struct history *history = history_new(0, 0);
	struct cursor_pair pair;
	struct cursor cursor;

	(void)state;
	add_seconds(history, 0, 10);
	cursor_init(&cursor, history, false);
	pair = cursor_snapshots(&cursor, 5);
	assert_int_equal(pair.newer->sequence, 9);
	assert_int_equal(pair.older->sequence, 4);
	cursor_pair_unref(&pair);
	pair = cursor_snapshots(&cursor, 10);
	assert_int_equal(pair.newer->sequence, 9);
	assert_null(pair.older);
	cursor_pair_unref(&pair);
	history_free(history);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_shown_of_nothing),
		cmocka_unit_test(live_follows_and_pauses),
		cmocka_unit_test(stepping_pauses_and_stays_inside),
		cmocka_unit_test(what_history_drops_gives_way),
		cmocka_unit_test(a_replay_plays_by_its_own_time),
		cmocka_unit_test(playing_waits_at_the_end_and_goes_on),
		cmocka_unit_test(a_pause_can_be_played),
		cmocka_unit_test(a_time_is_gone_to),
		cmocka_unit_test(seeking_while_playing_plays_on),
		cmocka_unit_test(lines_end_with_the_moment),
		cmocka_unit_test(older_is_as_far_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
