/* SPDX-License-Identifier: GPL-2.0-only */
/* What every screen shows around its view: who, when, what was lost, at what cost; tabs; keys. */
#ifndef SKEWTOP_TUI_HEADER_H
#define SKEWTOP_TUI_HEADER_H

#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/keys.h"

/* The line on top; `path` is where a drill-down is, "" at a tab. */
void header_top(const struct canvas *canvas, const struct frame *frame, struct area line,
	const char *path);

void header_tabs(const struct canvas *canvas, struct area line, int current);

/* Whether there is something to say in the rule that must not be missed: not everything is shown. */
bool header_limited(const struct frame *frame);

/* The rule beneath the sums: how the screen is narrowed, grouped and filtered, and `notes`. */
void header_rule(const struct canvas *canvas, const struct frame *frame, struct area line,
	const char *notes);

/* One line of sums for each of enum view_stats; takes its rows off the area. */
void header_stats(const struct canvas *canvas, const struct frame *frame, struct area *area,
	unsigned stats);

void header_bar(const struct canvas *canvas, const struct keymap *keymap, struct area line);

#endif
