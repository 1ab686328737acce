/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A terminal to test with: a child runs on a pty whose output libvterm draws. What the child may see is
 * pinned (terminal type, time zone, character set, no home to find a configuration in), so that
 * the same keys give the same screen everywhere. Faults of the tools abort; what a test waits for in
 * vain fails it with the screen as it stands.
 */
#ifndef SKEWTOP_TEST_VT_H
#define SKEWTOP_TEST_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct vt;

enum {
	VT_WAIT_MS = 20000,   /* how long a test waits for what must come */
	VT_LINE_MAX = 4 * 1024, /* bytes of a row as text: 512 columns and more */
};

struct vt_options {
	int rows, cols;
	const char *term;	/* NULL: xterm-256color; "" for none */
	const char *const *env; /* more "NAME=value", NULL at the end; or NULL */
	bool keep_bytes;	/* for vt_bytes() */
	void (*prepare)(void *context); /* in the child, on the pty, before anything else; or NULL */
	void *context;
	bool no_session; /* prepare() makes the pty somebody's controlling terminal itself */
};

/* Runs a program; argv[0] is a path or looked up in PATH. */
struct vt *vt_start(const struct vt_options *options, const char *const *argv);

/* Runs work(context) in a child, which exits with its return value. */
struct vt *vt_spawn(const struct vt_options *options, int (*work)(void *context), void *context);

/* Kills the child if it still runs. NULL is fine. */
void vt_free(struct vt *vt);

pid_t vt_pid(const struct vt *vt);
/* The path of the pty's other side. */
const char *vt_tty(const struct vt *vt);

/* Closes the pty: the terminal is gone, as when an emulator is closed. */
void vt_hang_up(struct vt *vt);

/* ---- to the child ---- */

/* Bytes as they are. */
void vt_type(struct vt *vt, const char *text);

/*
 * Keys as people name them, separated by blanks: "p", "^L", "F2", "Up", "PgDn", "Space", "Enter", "Esc";
 * a longer word is typed as it stands. As xterm sends them.
 */
void vt_keys(struct vt *vt, const char *keys);

/* Types a word and its Enter, after `key` has opened a prompt. */
void vt_answer(struct vt *vt, const char *key, const char *text);

/* A click of the left button (rows and columns from 0), as mouse mode 1006 reports it. */
void vt_click(struct vt *vt, int row, int col);

/* The window gets another size, and the child SIGWINCH. */
void vt_resize(struct vt *vt, int rows, int cols);

/* ---- from the child ---- */

/* Draws what has come; waits at most so long for some. False: none came. */
bool vt_pump(struct vt *vt, int ms);

/*
 * Until the child has read all keys, sleeps, and has written nothing for a while that is longer than the
 * program holds back a drawing. For a child that draws by itself (live), see vt_wait().
 */
void vt_settle(struct vt *vt);

/* Pumps until ready(vt, context); false after `ms`. */
bool vt_wait(struct vt *vt, bool (*ready)(struct vt *vt, const void *context), const void *context,
	int ms);

/* Waits until the text stands on one row of the screen; fails the test if it never does. */
void vt_expect(struct vt *vt, const char *text);
/* Until it stands on none. */
void vt_expect_not(struct vt *vt, const char *text);

/* Whether the child's first thread is in write(): its terminal takes no more. */
bool vt_hangs(const struct vt *vt);

/* Waits for the end, drawing what comes; its exit status, or 128 + signal; -1: still runs after `ms`. */
int vt_end(struct vt *vt, int ms);

/* ---- the screen ---- */

struct vt_cell {
	char text[32]; /* UTF-8; "" in the second column of a wide character */
	int fg, bg; /* 0-255, 0x1000000 | RGB, or -1 the terminal's own */
	bool bold, underline, reverse, italic, blink;
};

int vt_rows(const struct vt *vt);
int vt_cols(const struct vt *vt);
struct vt_cell vt_cell(const struct vt *vt, int row, int col);

/* A row without the blanks at its end. Valid until the next call. */
const char *vt_line(const struct vt *vt, int row);

/* All rows, each with its newline; the caller frees. */
char *vt_text(const struct vt *vt);

/* The first row that contains the text, or -1; and the column where it begins (ASCII rows). */
int vt_find(const struct vt *vt, const char *text);
int vt_find_at(const struct vt *vt, const char *text, int *col);

void vt_cursor(const struct vt *vt, int *row, int *col);
bool vt_cursor_visible(const struct vt *vt);
bool vt_alternate(const struct vt *vt); /* the alternate screen is on */
bool vt_mouse(const struct vt *vt);	/* clicks are reported */

/* The pty's modes as they are now. */
struct termios vt_termios(const struct vt *vt);

/* ---- what was written ---- */

uint64_t vt_written(const struct vt *vt); /* bytes so far */
const char *vt_bytes(const struct vt *vt, size_t *n); /* all of them, with keep_bytes */

#endif
