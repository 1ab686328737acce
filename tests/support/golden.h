/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Screens as they shall be: tests/tui/golden/NAME.txt holds the text of every row, the style of every cell
 * in runs, and what the styles are. With SKEWTOP_GOLDEN=write in the environment (`make golden`) screens
 * are written instead of compared.
 *
 * All bytes of a session, and where in them each of its screens stands, go to
 * $BUILD/tests/tui/streams, for a second emulator to draw: test_emulators.py.
 */
#ifndef SKEWTOP_TEST_GOLDEN_H
#define SKEWTOP_TEST_GOLDEN_H

#include "tests/support/vt.h"

struct golden;

/* The terminal must keep its bytes. `session` begins the name of all its screens. */
struct golden *golden_begin(struct vt *vt, const char *session);

/* Compares (or writes) SESSION-SCREEN as it stands now; prints both where they differ. */
void golden_screen(struct golden *golden, const char *screen);

/* Writes the stream, frees, and fails the test if any screen differed. */
void golden_end(struct golden *golden);

#endif
