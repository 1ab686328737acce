/* SPDX-License-Identifier: GPL-2.0-only */
/* What has the keys on a screen, as a file: a table as CSV, lines as pcapng. */
#ifndef SKEWTOP_TUI_EXPORT_VIEW_H
#define SKEWTOP_TUI_EXPORT_VIEW_H

#include "core/base/error.h"
#include "tui/view.h"

/* A name to propose, of this view at this moment: "skewtop-cpus-140211.csv". */
void export_name(const struct view_ops *ops, const struct focus *focus, const struct frame *frame,
	char *buf, size_t size);

/*
 * Writes marked rows or lines, or all where none is marked. How many, or negative errno with a sentence;
 * -EEXIST: the file is there and `force` was not given. Numbers are written in full, not as drawn.
 */
int export_focus(const struct focus *focus, const struct frame *frame, const char *path, bool force,
	struct error *err);

#endif
