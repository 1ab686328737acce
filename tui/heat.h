/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The picture of the whole: one cell per CPU (or core, cache, node), 64 to a row (128 where there is
 * room), labelled by node, so that 512 CPUs take 8 rows. Where even that is too much, neighbours share
 * a cell, which shows the largest of them; the title says so.
 */
#ifndef SKEWTOP_TUI_HEAT_H
#define SKEWTOP_TUI_HEAT_H

#include "tui/canvas.h"
#include "tui/frame.h"

/* Rows that a heat map of these groups takes at the most useful size, at this width. */
int heat_rows(const struct cpu_groups *groups, int width);

/*
 * Draws values (by group) into the area. `hot` (an index of groups, or -1) is underlined. Returns how
 * many groups share a cell: 1, or more where rows ran out.
 */
int heat_draw(const struct canvas *canvas, struct area area, const struct cpu_groups *groups,
	const double *values, int hot, enum theme_gradient gradient);

#endif
