/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes on inside one function, in three lines: calls and times, their histogram, return values. */
#ifndef SKEWTOP_TUI_INSIDE_LINES_H
#define SKEWTOP_TUI_INSIDE_LINES_H

#include "tui/canvas.h"
#include "tui/frame.h"

enum { INSIDE_LINES = 3 };

/* Whether the function of a row of TABLE_FUNCTIONS was looked into up to this moment. */
bool inside_known(const struct frame *frame, int row);

/* Draws at the top of `area`, which has INSIDE_LINES rows or fewer. */
void inside_draw(const struct frame *frame, int row, const struct canvas *canvas, struct area area);

/* "412ns", "1.2us", "3.1ms", "2.0s". */
const char *inside_time(double ns, char *buf, size_t size);

#endif
