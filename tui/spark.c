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
static const char *const eighths[] = { "▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

static void draw_level(
	const struct canvas *canvas, int y, int x, double share, struct paint paint)
{
	char letter[2] = { level_letter(share, 1) };

	if (canvas->utf8)
		canvas_text(canvas, y, x, 1, paint, eighths[(int)ceil(fmin(share, 1) * 8)]);
	else
		canvas_text(canvas, y, x, 1, paint, letter);
}

static double largest_of(const float *values, int n)
{
	double largest = 0;

	for (int i = 0; i < n; i++)
		if (values[i] > largest)
			largest = values[i];
	return largest;
}

void spark_draw(const struct canvas *canvas, int y, int x, const float *values, int n, double largest,
	double hottest, enum theme_gradient gradient)
{
	float newest = n > 0 && !isnan(values[n - 1]) ? values[n - 1] : 0;
	double peak = largest_of(values, n);
	bool idle = peak <= 0;
	struct paint paint = colour_role(canvas->colour, idle ? ROLE_DIM : ROLE_GRAPH);

	if (canvas->plain)
		return;
	if (largest <= 0)
		largest = fmax(peak, hottest);
	if (!idle && hottest > 0)
		paint = colour_gradient(
			canvas->colour, gradient, (int)(fmin(newest / hottest, 1) * 100));
	for (int i = 0; i < n; i++)
		if (!isnan(values[i]))
			draw_level(canvas, y, x + i, largest > 0 ? values[i] / largest : 0, paint);
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
