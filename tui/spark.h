/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Levels as characters: one scale of ten letters for heat cells and history lines alike, so that the
 * legend on screen is about both. Letters carry the meaning; glyphs and colours repeat it.
 *	_ idle  . <5%  : 5  - 10  = 25  + 40  * 60  # 80  @ 95 of the largest
 */
#ifndef SKEWTOP_TUI_SPARK_H
#define SKEWTOP_TUI_SPARK_H

#include "tui/canvas.h"

/* '_' for 0, else the letter of the share value / largest. */
char level_letter(double value, double largest);

/* The legend, without the name of what is measured. */
#define LEVEL_LEGEND "_ idle  . <5%  : 5  - 10  = 25  + 40  * 60  # 80  @ 95"

/*
 * Draws `n` values, oldest at the left, one cell each, as shares of `largest` (0: of the largest of them). Each
 * cell has the colour of its height, so that a line that moves on by a cell keeps the colours it has; all of it is dim
 * where it is idle throughout. NAN, what is not known, is a blank.
 */
void spark_draw(const struct canvas *canvas, int y, int x, const float *values, int n, double largest,
	enum theme_gradient gradient);

/* The same in one quiet colour, on a scale of its own: beside numbers that say how much it is. */
void spark_quiet(const struct canvas *canvas, int y, int x, const float *values, int n);

/* A bar of `width` cells, filled to the share value / largest. */
void bar_draw(const struct canvas *canvas, int y, int x, int width, double value, double largest,
	enum theme_gradient gradient);

#endif
