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

/* Values that a history line of `cells` cells shows: in braille there are two to a cell. */
int spark_values(const struct canvas *canvas, int cells);

/*
 * Draws a history line of `n` values, oldest at the left, as shares of `largest` (0: of the largest of them). Each
 * cell has the colour of its height, so that a line that moves on by a cell keeps the colours it has; all of it is dim
 * where it is idle throughout. NAN, what is not known, is a blank. `fills`: the newest value is the right one of its
 * cell (see series_fold); plays a part in braille only.
 */
void spark_draw(const struct canvas *canvas, int y, int x, const float *values, int n, bool fills,
	double largest, enum theme_gradient gradient);

/* The same in one quiet colour, on a scale of its own: beside numbers that say how much it is. */
void spark_quiet(const struct canvas *canvas, int y, int x, const float *values, int n, bool fills);

/* Values that are no history, in one quiet colour, a cell for each. */
void spark_bars(const struct canvas *canvas, int y, int x, const float *values, int n);

/* A bar of `width` cells, filled to the share value / largest. */
void bar_draw(const struct canvas *canvas, int y, int x, int width, double value, double largest,
	enum theme_gradient gradient);

#endif
