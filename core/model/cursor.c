/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/cursor.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/trace/log.h"

#define NS_PER_S UINT64_C(1000000000)

void cursor_init(struct cursor *cursor, const struct history *history, bool replay)
{
	*cursor = (struct cursor){
		.history = history,
		.replay = replay,
		.mode = replay ? CURSOR_PLAYING : CURSOR_FOLLOWING,
	};
}

static double speed_of(const struct cursor *cursor)
{
	return ldexp(1, cursor->speed);
}

/* The snapshot on screen, within what is kept now. Only meaningful where something is. */
static uint64_t shown(const struct cursor *cursor, struct history_range range)
{
	if (cursor->mode == CURSOR_FOLLOWING || cursor->sequence >= range.end)
		return range.end ? range.end - 1 : 0;
	return cursor->sequence < range.first ? range.first : cursor->sequence;
}

/* Stands on a snapshot; playing goes on from its moment. */
static void stand_on(struct cursor *cursor, uint64_t sequence)
{
	cursor->sequence = sequence;
	cursor->played_ns = history_time(cursor->history, sequence);
}

/* Moves the played moment on by the time since the call before, but not past what there is to play. */
static void play(struct cursor *cursor, uint64_t elapsed_ns, struct history_range range)
{
	uint64_t newest_ns = history_time(cursor->history, range.end - 1);
	uint64_t first_ns = history_time(cursor->history, range.first);

	if (cursor->played_ns < first_ns)
		cursor->played_ns = first_ns;
	cursor->played_ns += (uint64_t)((double)elapsed_ns * speed_of(cursor));
	if (cursor->played_ns > newest_ns)
		cursor->played_ns = newest_ns;
	cursor->sequence = history_at(cursor->history, cursor->played_ns);
}

bool cursor_advance(struct cursor *cursor, uint64_t now_ns)
{
	struct history_range range = history_range(cursor->history);
	uint64_t elapsed_ns = cursor->clock_ns && now_ns > cursor->clock_ns ?
				      now_ns - cursor->clock_ns : 0;
	uint64_t before = cursor->sequence;

	cursor->clock_ns = now_ns;
	if (range.first == range.end)
		return false;
	if (cursor->mode == CURSOR_PLAYING)
		play(cursor, elapsed_ns, range);
	else
		cursor->sequence = shown(cursor, range);
	return cursor->sequence != before;
}

void cursor_pause(struct cursor *cursor)
{
	if (cursor->mode == CURSOR_PAUSED)
		return;
	cursor->sequence = shown(cursor, history_range(cursor->history));
	cursor->mode = CURSOR_PAUSED;
}

void cursor_resume(struct cursor *cursor)
{
	if (cursor->mode != CURSOR_PAUSED)
		return;
	if (!cursor->replay) {
		cursor_follow(cursor);
		return;
	}
	cursor->mode = CURSOR_PLAYING;
	stand_on(cursor, shown(cursor, history_range(cursor->history)));
}

void cursor_toggle(struct cursor *cursor)
{
	if (cursor->mode == CURSOR_PAUSED)
		cursor_resume(cursor);
	else
		cursor_pause(cursor);
}

void cursor_step(struct cursor *cursor, int snapshots)
{
	struct history_range range = history_range(cursor->history);
	uint64_t at, back = snapshots < 0 ? -(int64_t)snapshots : 0;

	cursor_pause(cursor);
	if (range.first == range.end)
		return;
	at = shown(cursor, range);
	if (back)
		at = at - range.first > back ? at - back : range.first;
	else
		at = range.end - 1 - at > (uint64_t)snapshots ? at + snapshots : range.end - 1;
	stand_on(cursor, at);
}

void cursor_speed(struct cursor *cursor, int faster)
{
	int speed = cursor->speed + faster;

	if (cursor->mode == CURSOR_FOLLOWING)
		return;
	if (cursor->mode == CURSOR_PAUSED) {
		cursor->mode = CURSOR_PLAYING;
		stand_on(cursor, shown(cursor, history_range(cursor->history)));
	}
	cursor->speed = speed < CURSOR_SLOWEST ? CURSOR_SLOWEST :
			speed > CURSOR_FASTEST ? CURSOR_FASTEST : speed;
}

void cursor_first(struct cursor *cursor)
{
	struct history_range range = history_range(cursor->history);

	if (cursor->mode == CURSOR_FOLLOWING)
		cursor->mode = CURSOR_PAUSED;
	stand_on(cursor, range.first);
}

void cursor_follow(struct cursor *cursor)
{
	struct history_range range = history_range(cursor->history);

	cursor->mode = CURSOR_FOLLOWING;
	cursor->sequence = shown(cursor, range);
}

void cursor_seek(struct cursor *cursor, uint64_t real_ns)
{
	if (cursor->mode == CURSOR_FOLLOWING)
		cursor->mode = CURSOR_PAUSED;
	stand_on(cursor, history_at(cursor->history, real_ns));
}

/* "+30", "-2m", "+1h": how far from the moment on screen. */
static int parse_relative(const char *text, int64_t *offset_ns)
{
	static const struct {
		char letter;
		int seconds;
	} unit[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	double amount;
	int used = 0;

	if (sscanf(text + 1, "%lf%n", &amount, &used) != 1 || !(amount >= 0 && amount < 1e9))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(unit) / sizeof(*unit); i++) {
		const char *rest = text + 1 + used;

		if (*rest != unit[i].letter || (*rest && rest[1]))
			continue;
		*offset_ns = (int64_t)(amount * unit[i].seconds * NS_PER_S);
		if (text[0] == '-')
			*offset_ns = -*offset_ns;
		return 0;
	}
	return -EINVAL;
}

/* "14:01" and "14:01:58" on the day of a moment, in local time. */
static int parse_clock(const char *text, uint64_t day_ns, uint64_t *real_ns)
{
	time_t seconds = (time_t)(day_ns / NS_PER_S);
	int hour, minute, second = 0, used = 0;
	struct tm tm;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2)
		return -EINVAL;
	if (text[used]) {
		int more = 0;

		if (sscanf(text + used, ":%2d%n", &second, &more) != 1 || text[used + more])
			return -EINVAL;
	}
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
		!localtime_r(&seconds, &tm))
		return -EINVAL;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
	tm.tm_isdst = -1;
	seconds = mktime(&tm);
	if (seconds < 0)
		return -EINVAL;
	/* All of that second: "14:01:58" means the snapshot taken within it. */
	*real_ns = (uint64_t)seconds * NS_PER_S + NS_PER_S - 1;
	return 0;
}

int cursor_parse_time(const struct cursor *cursor, const char *text, uint64_t *real_ns)
{
	struct moment now = cursor_moment(cursor);
	int64_t offset_ns;
	double seconds;
	int used = 0;

	if (text[0] == '@') {
		if (sscanf(text + 1, "%lf%n", &seconds, &used) != 1 || text[1 + used] ||
			!(seconds >= 0 && seconds < 1e10))
			return -EINVAL;
		*real_ns = (uint64_t)(seconds * NS_PER_S);
		return 0;
	}
	if (text[0] != '+' && text[0] != '-')
		return parse_clock(text, now.real_ns, real_ns);
	if (parse_relative(text, &offset_ns))
		return -EINVAL;
	if (offset_ns < 0 && now.real_ns < (uint64_t)-offset_ns)
		*real_ns = 0;
	else
		*real_ns = now.real_ns + offset_ns;
	return 0;
}

struct moment cursor_moment(const struct cursor *cursor)
{
	struct history_range range = history_range(cursor->history);
	struct moment moment = {
		.mode = cursor->mode,
		.speed = speed_of(cursor),
		.sequence = shown(cursor, range),
	};
	uint64_t newest_ns;

	if (range.first == range.end) {
		moment.at_first = moment.at_end = true;
		return moment;
	}
	newest_ns = history_time(cursor->history, range.end - 1);
	moment.real_ns = history_time(cursor->history, moment.sequence);
	moment.behind_ns = newest_ns > moment.real_ns ? newest_ns - moment.real_ns : 0;
	moment.at_first = moment.sequence == range.first;
	moment.at_end = moment.sequence + 1 == range.end;
	return moment;
}

struct cursor_pair cursor_snapshots(const struct cursor *cursor, int depth)
{
	struct history_range range = history_range(cursor->history);
	struct cursor_pair pair = { 0 };
	uint64_t at = shown(cursor, range);

	if (range.first == range.end)
		return pair;
	pair.newer = history_get(cursor->history, at);
	if (pair.newer && at >= range.first + depth)
		pair.older = history_get(cursor->history, at - depth);
	return pair;
}

void cursor_pair_unref(struct cursor_pair *pair)
{
	snapshot_unref(pair->older);
	snapshot_unref(pair->newer);
	*pair = (struct cursor_pair){ 0 };
}

uint64_t cursor_log_end(struct trace_log *log, const struct snapshot *snapshot)
{
	struct trace_range range = trace_log_range(log);
	uint64_t low = range.first, high = range.end;
	struct trace_line line;

	/* Lines of several CPUs are in order but for some microseconds, which nobody sees here. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (!trace_log_read(log, middle, &line) || line.record.ktime_ns <= snapshot->mono_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
