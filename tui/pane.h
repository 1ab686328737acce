/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live pane: lines of the trace log, newest at the bottom. It follows until any upward movement
 * stops it, and then stands still on lines that it keeps copies of, so that a flood cannot take away
 * what is being read.
 */
#ifndef SKEWTOP_TUI_PANE_H
#define SKEWTOP_TUI_PANE_H

#include "core/trace/log.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/keys.h"
#include "tui/lines.h"

enum { PANE_TEXT = 64, PANE_MARKS = 1024, PANE_LINES = 512 };

/* Which lines a pane is about. Zeroed: all. */
struct line_choice {
	bool by_probe;
	uint16_t probe;
	bool by_location;
	uint64_t location;
	bool by_reason;
	uint32_t reason;
	uint32_t probe_flags; /* the probe's row has one of these (enum probe_flag), 0: any */
	bool by_interface;
	uint32_t netns, ifindex;
};

struct pane {
	struct line_choice choice;
	uint32_t hidden_columns;
	uint32_t needless_columns; /* the same in all lines of the choice */
	bool follow;
	bool stale;		 /* what is shown must be looked up anew */
	uint64_t seen;		 /* lines of the log before this one were looked at */
	uint64_t newest;	 /* one past the last line that could be shown now */
	struct trace_line *line; /* owned; on screen, oldest first */
	int n;
	int height;
	int at; /* selected, index of line */
	int first_column;
	uint32_t drawn_columns; /* bit c: column c is on screen; find and filter look at these */
	bool followed;		/* a line on screen is of a packet that is followed */
	char find[PANE_TEXT];
	char filter[PANE_TEXT];
	uint64_t mark[PANE_MARKS]; /* sequence numbers */
	int n_marks;
	int drawn_y; /* where the first line stands, for the mouse */
};

/* -ENOMEM. */
int pane_init(struct pane *pane, const struct line_choice *choice);
void pane_free(struct pane *pane);

/* Head, lines, and a last row that says whether it follows and what is not shown. */
void pane_draw(struct pane *pane, const struct frame *frame, const struct canvas *canvas,
	struct area area);

/* The selected line, or NULL. Valid until the next update. */
const struct trace_line *pane_selected(const struct pane *pane);

/* Stops following and selects line `row` of those on screen. */
void pane_select(struct pane *pane, int row);

/* True if the action was one of a pane. */
bool pane_act(struct pane *pane, const struct frame *frame, enum action action);

/* Selects the next line that contains the text, upwards (step -1) or downwards, the one selected
 * included if `from_here`. False: none is kept. */
bool pane_find(struct pane *pane, const struct frame *frame, const char *text, int step,
	bool from_here);
void pane_filter(struct pane *pane, const char *text);

/* The newest `max` sequence numbers of the choice (and filter), oldest first; how many. */
size_t pane_sequences(const struct pane *pane, const struct frame *frame, uint64_t *out, size_t max);

#endif
