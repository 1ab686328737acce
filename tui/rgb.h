/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic on colours 0xRRGGBB. Pure functions, no ncurses. */
#ifndef SKEWTOP_RGB_H
#define SKEWTOP_RGB_H

#include <stdint.h>

enum {
	RGB_BLACK = 0x000000,
	RGB_WHITE = 0xffffff,
};

static inline int rgb_red(uint32_t rgb)
{
	return rgb >> 16 & 0xff;
}

static inline int rgb_green(uint32_t rgb)
{
	return rgb >> 8 & 0xff;
}

static inline int rgb_blue(uint32_t rgb)
{
	return rgb & 0xff;
}

static inline uint32_t rgb_make(int red, int green, int blue)
{
	return (uint32_t)red << 16 | (uint32_t)green << 8 | (uint32_t)blue;
}

/* Relative luminance of an sRGB colour, 0 (black) to 1 (white), as WCAG 2 defines it. */
double rgb_luminance(uint32_t rgb);

/* Contrast ratio as WCAG 2 defines it, 1 (the same) to 21; the order does not matter. */
double rgb_contrast(uint32_t a, uint32_t b);

/* Black or white, whichever stands out more from `rgb`; the contrast is never below 4.5. */
uint32_t rgb_opposite(uint32_t rgb);

/* The colour `step` of `steps` on the straight way from one to the other; 0 is `from` itself. */
uint32_t rgb_between(uint32_t from, uint32_t to, int step, int steps);

/*
 * Colour `index` (0-255) of the 256 that xterm has. 16 and up are the same everywhere; 0 to 15 belong to
 * the user, and what comes back for them is only xterm's default.
 */
uint32_t rgb_of_index(int index);

/* The nearest of 16 to 255 by distance in RGB; 0 to 15 are never taken, since they can be anything. */
int rgb_nearest_index(uint32_t rgb);

#endif
