/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which moment is on screen: the newest (live), one that stands still (paused), or one that moves on at
 * some speed (playing). A cursor walks over a history and touches nothing else; keys are calls,
 * time comes in as an argument, and what is to be drawn comes out as a pair of snapshots.
 *
 *	p pause, resume		cursor_pause(), cursor_resume()
 *	[ ] { }			cursor_step() by -1, 1, -10, 10; it pauses
 *	, .			cursor_speed() by -1, 1
 *	go to a time		cursor_seek(); Home and End: cursor_first(), cursor_follow()
 */
#ifndef SKEWTOP_CURSOR_H
#define SKEWTOP_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model/history.h"

struct trace_log;

enum cursor_mode {
	CURSOR_FOLLOWING, /* the newest snapshot, whatever comes */
	CURSOR_PAUSED,
	CURSOR_PLAYING,
};

/* Speeds are powers of two from 1/8 to 64 times. */
enum { CURSOR_SLOWEST = -3, CURSOR_FASTEST = 6 };

struct cursor {
	const struct history *history;
	bool replay;	   /* resuming plays on from here; else it goes back to the newest */
	enum cursor_mode mode;
	int speed;	   /* power of two */
	uint64_t sequence; /* on screen while not following */
	uint64_t played_ns; /* CLOCK_REALTIME of the recording that playing has reached */
	uint64_t clock_ns; /* when that was, on the caller's clock; 0: not yet known */
};

/*
 * `replay` false: follows the newest snapshot (live; also a pipe that is replayed while it grows). True:
 * a recording, played from its first snapshot on.
 */
void cursor_init(struct cursor *cursor, const struct history *history, bool replay);

/*
 * Moves on to `now_ns` (any clock that only rises). Call before each drawing and at least once per
 * snapshot; playing moves by the time since the call before. A snapshot that history no longer
 * keeps gives way to the oldest it has. True if another moment is on screen than before.
 */
bool cursor_advance(struct cursor *cursor, uint64_t now_ns);

void cursor_pause(struct cursor *cursor);
void cursor_resume(struct cursor *cursor);
void cursor_toggle(struct cursor *cursor);
void cursor_step(struct cursor *cursor, int snapshots);
void cursor_speed(struct cursor *cursor, int faster); /* of a replay, or of a pause turned to playing */
void cursor_first(struct cursor *cursor);
void cursor_follow(struct cursor *cursor);
/* Goes to the snapshot at or before a CLOCK_REALTIME moment; a playing cursor plays on from there. */
void cursor_seek(struct cursor *cursor, uint64_t real_ns);

/*
 * Parses what a user types as a time to go to: "14:01", "14:01:58" (local time on the day of the moment
 * on screen), "+30", "-2m", "+1h" (relative to it), "@SECONDS" (since the epoch). -EINVAL.
 */
int cursor_parse_time(const struct cursor *cursor, const char *text, uint64_t *real_ns);

/* The moment on screen. */
struct moment {
	enum cursor_mode mode;
	uint64_t sequence;
	uint64_t real_ns;   /* of the snapshot on screen; 0: there is none yet */
	uint64_t behind_ns; /* from there to the newest snapshot */
	double speed;	    /* times real time */
	bool at_first;
	bool at_end; /* nothing newer is kept */
};
struct moment cursor_moment(const struct cursor *cursor);

/*
 * The snapshot on screen and the one before it, each with a reference for the caller, or NULL: what every
 * view draws from. `depth` is how many snapshots before it `older` is; 1 for plain rates.
 */
struct cursor_pair {
	struct snapshot *older;
	struct snapshot *newer;
};
struct cursor_pair cursor_snapshots(const struct cursor *cursor, int depth);
void cursor_pair_unref(struct cursor_pair *pair);

/*
 * One past the last line of the log whose record is not younger than the snapshot: the end of what the
 * trace pane shows of that moment. Both clocks are the source machine's CLOCK_MONOTONIC.
 */
uint64_t cursor_log_end(struct trace_log *log, const struct snapshot *snapshot);

#endif
