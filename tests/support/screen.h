/* SPDX-License-Identifier: GPL-2.0-only */
/* The screen program over a scripted source, on a terminal of the test: no kernel, no root. */
#ifndef SKEWTOP_TEST_SCREEN_H
#define SKEWTOP_TEST_SCREEN_H

#include "tests/support/scripted.h"
#include "tests/support/vt.h"

struct screen;

struct screen_options {
	struct vt_options terminal;
	const struct script *script;
	uint64_t upto; /* snapshots to take at first; the script's clock shows which is the newest */
	uint64_t interval_ns; /* of a paced script; 0: 1 s */
	const char *view;
	const char *theme;
	bool replay; /* played like a recording */
	bool ascii, plain, no_mouse;
};

/* What it points to must live until screen_end(). */
struct screen *screen_start(const struct screen_options *options);

struct vt *screen_vt(struct screen *screen);

/* More snapshots, and lets go of a stall. See scripted.h. */
void screen_go(struct screen *screen, uint64_t upto);
void screen_release(struct screen *screen);

/* Presses keys one after the other ("/ recv Enter"), waiting for each to be drawn. */
void screen_press(struct screen *screen, const char *keys);

/* Kills it if it still runs. */
void screen_end(struct screen *screen);

#endif
