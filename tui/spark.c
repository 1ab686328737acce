/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/spark.h"

#include <math.h>

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

/* Eighths of a cell, as glyphs; the first stands for idle. */
enum { EIGHTHS = 8 };
static const char *const eighths[] = { "▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

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

void spark_draw(const struct canvas *canvas, int y, int x, const float *values, int n, double largest,
	enum theme_gradient gradient)
{
	double peak = largest_of(values, n);

	if (peak <= 0) {
		spark_quiet(canvas, y, x, values, n);
		return;
	}
	if (largest <= 0)
		largest = peak;
	for (int i = 0; i < n && !canvas->plain; i++)
		if (!isnan(values[i]))
			draw_level(canvas, y, x + i, values[i] / largest,
				paint_of(canvas, gradient, values[i] / largest));
}

void spark_quiet(const struct canvas *canvas, int y, int x, const float *values, int n)
{
	double peak = largest_of(values, n);
	struct paint paint = colour_role(canvas->colour, peak > 0 ? ROLE_GRAPH : ROLE_DIM);

	for (int i = 0; i < n && !canvas->plain; i++)
		if (!isnan(values[i]))
			draw_level(canvas, y, x + i, peak > 0 ? values[i] / peak : 0, paint);
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
