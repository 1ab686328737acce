/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/rgb.h"

#include <limits.h>

/* x to the power of 2.4, as x^2 times the fifth root of x^2 (0 < x <= 1): no need of libm. */
static double power_2_4(double x)
{
	double square = x * x, root = 1.0;

	for (int i = 0; i < 40; i++) {
		double fourth = root * root * root * root;
		double next = root - (fourth * root - square) / (5.0 * fourth);

		if (next >= root)
			break;
		root = next;
	}
	return square * root;
}

static double linear(int channel)
{
	double x = channel / 255.0;

	return x <= 0.04045 ? x / 12.92 : power_2_4((x + 0.055) / 1.055);
}

double rgb_luminance(uint32_t rgb)
{
	return 0.2126 * linear(rgb_red(rgb)) + 0.7152 * linear(rgb_green(rgb)) +
		0.0722 * linear(rgb_blue(rgb));
}

double rgb_contrast(uint32_t a, uint32_t b)
{
	double x = rgb_luminance(a) + 0.05, y = rgb_luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

uint32_t rgb_opposite(uint32_t rgb)
{
	return rgb_contrast(rgb, RGB_BLACK) >= rgb_contrast(rgb, RGB_WHITE) ? RGB_BLACK : RGB_WHITE;
}

uint32_t rgb_between(uint32_t from, uint32_t to, int step, int steps)
{
	int red = rgb_red(from) + (rgb_red(to) - rgb_red(from)) * step / steps;
	int green = rgb_green(from) + (rgb_green(to) - rgb_green(from)) * step / steps;
	int blue = rgb_blue(from) + (rgb_blue(to) - rgb_blue(from)) * step / steps;

	return rgb_make(red, green, blue);
}

/* Levels of the 6x6x6 cube at 16 to 231; 232 to 255 are greys 8, 18 ... 238. */
static int cube_level(int i)
{
	return i ? 55 + 40 * i : 0;
}

uint32_t rgb_of_index(int index)
{
	static const uint32_t xterm[16] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
	};

	if (index < 16)
		return xterm[index < 0 ? 0 : index];
	if (index < 232) {
		index -= 16;
		return rgb_make(cube_level(index / 36), cube_level(index / 6 % 6),
			cube_level(index % 6));
	}
	index = 8 + 10 * (index > 255 ? 23 : index - 232);
	return rgb_make(index, index, index);
}

int rgb_nearest_index(uint32_t rgb)
{
	int nearest = 16, best = INT_MAX;

	for (int i = 16; i < 256; i++) {
		uint32_t other = rgb_of_index(i);
		int red = rgb_red(rgb) - rgb_red(other);
		int green = rgb_green(rgb) - rgb_green(other);
		int blue = rgb_blue(rgb) - rgb_blue(other);
		int distance = red * red + green * green + blue * blue;

		if (distance < best) {
			best = distance;
			nearest = i;
		}
	}
	return nearest;
}
