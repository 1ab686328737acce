/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/spark.h"

#include <math.h>

#include "tui/series.h"

static const struct {
	int from; /* percent */
	char letter;
} levels[] = {
	{ 95, '@' },
	{ 80, '#' },
	{ 60, '*' },
	{ 40, '+' },
	{ 25, '=' },
	{ 10, '-' },
	{ 5, ':' },
};

char level_letter(double value, double largest)
{
	double percent = largest > 0 ? value / largest * 100 : 0;

	if (!(value > 0))
		return '_';
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (percent >= levels[i].from)
			return levels[i].letter;
	return '.';
}

/* Eighths of a cell, as glyphs; what is idle has its letter. */
enum { EIGHTHS = 8 };
static const char *const eighths[] = { "_", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

/* 0 for nothing, else 1 to EIGHTHS. */
static int height(double share)
{
	return (int)ceil(fmin(share, 1) * EIGHTHS);
}

static void draw_level(
	const struct canvas *canvas, int y, int x, double share, struct paint paint)
{
	char letter[2] = { level_letter(share, 1) };

	canvas_text(canvas, y, x, 1, paint, canvas->utf8 ? eighths[height(share)] : letter);
}

/* The lowest `n` dots of a column of U+2800: four, the lowest for idle as well; none for what is not known. */
static unsigned braille_column(double share, bool right)
{
	static const unsigned char up_to[2][5] = {
		{ 0x40, 0x40, 0x44, 0x46, 0x47 },
		{ 0x80, 0x80, 0xa0, 0xb0, 0xb8 },
	};

	return isnan(share) ? 0 : up_to[right][(int)ceil(fmin(share, 1) * 4)];
}

static void draw_braille(const struct canvas *canvas, int y, int x, double left, double right, struct paint paint)
{
	unsigned dots = braille_column(left, false) | braille_column(right, true);
	char glyph[4] = { (char)0xe2, (char)(0xa0 | dots >> 6), (char)(0x80 | (dots & 0x3f)), '\0' };

	if (dots)
		canvas_text(canvas, y, x, 1, paint, glyph);
}

static double largest_of(const float *values, int n)
{
	double largest = 0;

	for (int i = 0; i < n; i++)
		if (values[i] > largest)
			largest = values[i];
	return largest;
}

/* What is idle has the colour of the lowest height, so that a line flickers no more than it must. */
static struct paint paint_of(const struct canvas *canvas, enum theme_gradient gradient, double share)
{
	int steps = height(share) - 1;

	return colour_gradient(canvas->colour, gradient, steps * 100 / (EIGHTHS - 1));
}

static bool in_braille(const struct canvas *canvas)
{
	return canvas->braille && canvas->utf8;
}

int spark_values(const struct canvas *canvas, int cells)
{
	int n = in_braille(canvas) ? 2 * cells - 1 : cells;

	return n < SERIES_POINTS ? n : SERIES_POINTS - 1;
}

/* How a line is painted: by a gradient, or all of it alike (gradient GRADIENT_COUNT). */
struct line {
	const struct canvas *canvas;
	int y, x;
	double largest;
	enum theme_gradient gradient;
	struct paint paint;
};

static struct paint paint_at(const struct line *line, double share)
{
	return line->gradient < GRADIENT_COUNT ? paint_of(line->canvas, line->gradient, share) : line->paint;
}

static void draw_cells(const struct line *line, const float *values, int n)
{
	for (int i = 0; i < n; i++) {
		double share = values[i] / line->largest;

		if (!isnan(values[i]))
			draw_level(line->canvas, line->y, line->x + i, share, paint_at(line, share));
	}
}

/* Which two values share a cell does not change while the line moves on. */
static void draw_pairs(const struct line *line, const float *values, int n, bool fills)
{
	int first = (n - !fills) % 2 ? -1 : 0; /* the left one of the first cell */

	for (int i = first, cell = 0; i < n; i += 2, cell++) {
		double left = i >= 0 ? values[i] / line->largest : NAN;
		double right = i + 1 < n ? values[i + 1] / line->largest : NAN;

		draw_braille(line->canvas, line->y, line->x + cell, left, right,
			paint_at(line, fmax(left, right)));
	}
}

void spark_draw(const struct canvas *canvas, int y, int x, const float *values, int n, bool fills,
	double largest, enum theme_gradient gradient)
{
	double peak = largest_of(values, n);
	struct line line = { canvas, y, x, largest > 0 ? largest : peak, gradient, { 0 } };

	if (peak <= 0) {
		line.gradient = GRADIENT_COUNT;
		line.largest = 1;
		line.paint = colour_role(canvas->colour, ROLE_DIM);
	} else if (gradient == GRADIENT_COUNT) {
		line.paint = colour_role(canvas->colour, ROLE_GRAPH);
	}
	if (canvas->plain)
		return;
	if (in_braille(canvas))
		draw_pairs(&line, values, n, fills);
	else
		draw_cells(&line, values, n);
}

void spark_quiet(const struct canvas *canvas, int y, int x, const float *values, int n, bool fills)
{
	spark_draw(canvas, y, x, values, n, fills, 0, GRADIENT_COUNT);
}

void spark_bars(const struct canvas *canvas, int y, int x, const float *values, int n)
{
	struct canvas blocks = *canvas;

	blocks.braille = false;
	spark_quiet(&blocks, y, x, values, n, true);
}

void bar_draw(const struct canvas *canvas, int y, int x, int width, double value, double largest,
	enum theme_gradient gradient)
{
	double share = largest > 0 ? fmin(value / largest, 1) : 0;
	int cells = (int)ceil(share * width);

	for (int i = 0; i < cells && !canvas->plain; i++)
		canvas_text(canvas, y, x + i, 1,
			colour_gradient(canvas->colour, gradient, width ? i * 100 / width : 0), "#");
}
