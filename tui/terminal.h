/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal's life: taken over, lent out (^Z, plain text to copy), given back as it was however the
 * program ends. ncurses has one terminal per process, and so has this file.
 */
#ifndef SKEWTOP_TUI_TERMINAL_H
#define SKEWTOP_TUI_TERMINAL_H

#include <stdbool.h>

#include "core/base/error.h"

/*
 * Whether a screen can be drawn here at all, before anything is attached: standard input and output are
 * a terminal, of a type that can move its cursor. -ENOTTY or -ENODEV with a sentence.
 */
int terminal_check(struct error *err);

/*
 * Blocks the signals that the terminal thread is to hear of. To be called before any other thread is
 * started.
 */
void terminal_signals(void);

/*
 * Takes the terminal over. SIGINT, SIGTERM, SIGHUP and SIGQUIT then make terminal_ending() true; if the
 * caller has not come back to terminal_close() within 0.7 s of one (it may be stuck in writing to a
 * terminal that takes nothing), the process gives the terminal back as well as it can and ends. After
 * a crash the terminal is given back too. What is written to standard error meanwhile is kept, and
 * comes out on closing. Negative errno with a sentence.
 */
int terminal_open(struct error *err);
void terminal_close(void);
bool terminal_is_open(void);

/*
 * A descriptor that becomes readable when a signal says to end, to stop (^Z), or that the size is another one.
 * The last two are then for terminal_heed() to do: it comes back when the program is continued, and
 * leaves a KEY_RESIZE. All must be drawn anew.
 */
int terminal_signal_fd(void);
void terminal_heed(void);
bool terminal_ending(void);

/* The next drawing writes everything, whatever is on the terminal. */
void terminal_redraw(void);

/* The next key as keys.h numbers them, KEY_SPECIAL + KEY_RESIZE and KEY_MOUSE too; -1: none waits. */
int terminal_key(void);

/* Whether the keyboard is gone (end of file). */
bool terminal_gone(void);

void terminal_mouse(bool on);

/* Leaves the screen as plain text for the terminal's own mouse, and waits for a key. */
void terminal_show_text(void);

/* Whether the eighths of a block and the like can be expected: the fonts of the Linux console, by its name in $TERM,
 * have 256 or 512 characters, and these are not among them (console_codes(4), setfont(8)). */
bool terminal_has_glyphs(void);

#endif
