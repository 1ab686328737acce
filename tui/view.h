/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A view is a screen that answers one question: a const table of operations and a state of its own. It
 * draws from a frame and nothing else. views.def lists those with a tab; others are pushed on top
 * of them (a drill-down, the help) and popped again.
 */
#ifndef SKEWTOP_TUI_VIEW_H
#define SKEWTOP_TUI_VIEW_H

#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/grid.h"
#include "tui/keys.h"
#include "tui/pane.h"

struct app;

/* What moves, searches, sorts and marks in a view act on: a grid or a pane. */
struct focus {
	struct grid *grid;
	struct pane *pane;
};

/* The lines above a view that sum up the machine. */
enum view_stats { STATS_SYSCALLS = 1 << 0, STATS_PACKETS = 1 << 1, STATS_DROPS = 1 << 2 };

struct view_ops {
	const char *name;  /* as in --view */
	const char *title; /* of the tab */
	const struct column *columns; /* that the setup may show or hide */
	int n_columns;
	enum theme_role box;
	unsigned stats;	   /* enum view_stats */
	bool whole_screen; /* draws over header and bars too */
	bool lines;	   /* shows trace lines: new ones mean a new drawing */
	uint32_t lines_of; /* lines of probes with these flags come while its tab is shown; 0: none */
	bool programs;	   /* shows tc and XDP programs, which are watched from its opening on */
	bool functions;	   /* shows kernel functions, which are attached to when it opens */
	bool errors;	   /* shows failed system calls, which are counted only while asked for */

	void *(*open)(struct app *app, const void *argument); /* the state; NULL: no memory */
	void (*close)(struct app *app, void *state);

	/* Computes what is drawn. -ENOMEM. May be NULL. */
	int (*prepare)(void *state, const struct frame *frame);
	void (*draw)(void *state, const struct frame *frame, const struct canvas *canvas,
		struct area area);

	/* What only this view does with a key; true if it did. May be NULL. */
	bool (*act)(void *state, struct app *app, const struct frame *frame, enum action action);

	struct focus (*focus)(void *state); /* may be NULL */

	/* "Functions > ip_rcv" of a view without a tab. May be NULL. */
	const char *(*path)(void *state, char *buf, size_t size);

	/* The line above the bottom bar. May be NULL. */
	const char *(*hint)(void *state, const struct frame *frame, char *buf, size_t size);
};

/* What is drilled into: a row of a table. */
struct drill {
	enum table_id table;
	int row;
	int column; /* what of it is counted */
};

extern const struct view_ops *const tabs[];
extern const int n_tabs;

extern const struct view_ops view_help;	  /* argument: const struct keymap * */
extern const struct view_ops view_drill;  /* argument: const struct drill *; lines of one row */
extern const struct view_ops view_setup;
extern const struct view_ops view_refused; /* functions that are left out */
extern const struct view_ops view_packet; /* argument: const struct trace_line *; one packet */
extern const struct view_ops view_cpu;	  /* argument: const struct cpu_view_argument * */

/* For view_cpu: what a group of CPUs does. */
struct cpu_view_argument {
	struct cpus cpus;
	char name[24];
};

/* ---- what a view may ask of the program ---- */

/* Puts a view on top of the one on screen; pops it again. */
void app_push(struct app *app, const struct view_ops *ops, const void *argument);
void app_pop(struct app *app);

/* One line for the user, until the next key. */
void app_say(struct app *app, enum theme_role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Asks for trace lines of a row as long as somebody wants them: calls with `on` are counted. */
void app_trace(struct app *app, enum table_id table, int row, bool on);

/* Looks into the function of a row, into none with -1. */
void app_look_into(struct app *app, int row);

/* The index-th function that is left out. False: there are no more. */
bool app_refused_function(const struct app *app, int index, struct function_entry *out);

const struct host *app_host(const struct app *app);

/* Whether trace lines can be switched on at all (not in a replay). */
bool app_can_trace(const struct app *app);

#endif
