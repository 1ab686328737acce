/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/colour.h"

#include <stdlib.h>
#include <string.h>
#include <term.h>

#include "tui/rgb.h"

enum { PAIRS_MAX = ROLE_COUNT + GRADIENT_COUNT * THEME_STEPS };

struct colour {
	enum colour_depth depth;
	bool own;	     /* the terminal can go back to its own colours (default colours, -1) */
	int n_palette;	     /* numbers below are the palette's; with direct colour, RGB from here on */
	struct { int red, green, blue; } bits; /* direct colour */
	int n_pairs_max;     /* pairs 1 to this can be had */
	int n_pairs;	     /* given so far, from 1 on */
	struct { int fg, bg; } pair[PAIRS_MAX + 1];
	struct paint role[ROLE_COUNT];
	struct paint gradient[GRADIENT_COUNT][THEME_STEPS];
};

/* ---- what the terminal can do --------------------------------------------------------------- */

static bool bits_fit(const struct colour *colour)
{
	return colour->bits.red > 0 && colour->bits.red <= 10 && colour->bits.green > 0 &&
		colour->bits.green <= 10 && colour->bits.blue > 0 && colour->bits.blue <= 10;
}

/*
 * The RGB capability of user_caps(5): a flag (as many bits as the number of colours has, blue the least
 * rounded up), a number (bits of each) or three numbers "8/8/8". False: no direct colour.
 */
static bool read_rgb(struct colour *colour)
{
	int flag = tigetflag("RGB"), number = tigetnum("RGB"), total = 0;
	const char *text = tigetstr("RGB");

	if (text && text != (char *)-1)
		return sscanf(text, "%d/%d/%d", &colour->bits.red, &colour->bits.green,
			       &colour->bits.blue) == 3 &&
			bits_fit(colour);
	while (total < 24 && 1 << total < COLORS)
		total++;
	if (number <= 0)
		number = flag > 0 ? (total + 2) / 3 : 0;
	colour->bits.red = colour->bits.green = number;
	colour->bits.blue = flag > 0 && total > 2 * number ? total - 2 * number : number;
	return bits_fit(colour);
}

/* Does the sequence for this number name an RGB colour (SGR 38;2 or 38:2) ? */
static bool is_direct_number(int number)
{
	const char *sequence = set_a_foreground ? tiparm(set_a_foreground, number) : NULL;

	return sequence && (strstr(sequence, "8:2") || strstr(sequence, "8;2"));
}

static int count_palette(void)
{
	static const int counts[] = { 8, 16, 88 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (is_direct_number(counts[i]))
			return counts[i];
	return 256;
}

static enum colour_depth find_depth(struct colour *colour)
{
	if (COLORS < 8 || COLOR_PAIRS < 64)
		return DEPTH_NONE;
	if (COLORS > 256 && read_rgb(colour))
		return DEPTH_DIRECT;
	if (COLORS >= 256)
		return DEPTH_256;
	return COLORS >= 16 ? DEPTH_16 : DEPTH_8;
}

static bool no_colour_wanted(void)
{
	const char *value = getenv("NO_COLOR");

	return value && value[0];
}

/* Not without need: start_color(3x) alone makes ncurses send colours. */
static void start(struct colour *colour, enum colour_depth wanted)
{
	enum colour_depth most;

	if (!has_colors() || start_color() == ERR)
		return;
	most = find_depth(colour);
	colour->depth = wanted < most ? wanted : most;
	colour->own = use_default_colors() == OK;
	colour->n_palette = most == DEPTH_DIRECT ? count_palette() : COLORS;
	colour->n_pairs_max = COLOR_PAIRS - 1 < PAIRS_MAX ? COLOR_PAIRS - 1 : PAIRS_MAX;
}

struct colour *colour_new(enum colour_depth depth)
{
	struct colour *colour = calloc(1, sizeof(*colour));
	struct theme theme;

	if (!colour)
		return NULL;
	if (depth == DEPTH_AUTO && no_colour_wanted())
		depth = DEPTH_NONE;
	if (depth != DEPTH_NONE)
		start(colour, depth);
	theme_default(&theme);
	colour_use(colour, &theme);
	return colour;
}

void colour_free(struct colour *colour)
{
	free(colour);
}

/* ---- pairs ---------------------------------------------------------------------------------- */

static int scale(int channel, int bits)
{
	return bits > 8 ? channel << (bits - 8) : channel >> (8 - bits);
}

/*
 * The number that setaf takes for an RGB value. The lowest ones mean the palette; next to them lies a
 * green too faint to see.
 */
static int direct_number(const struct colour *colour, uint32_t rgb)
{
	int red = scale(rgb_red(rgb), colour->bits.red);
	int green = scale(rgb_green(rgb), colour->bits.green);
	int blue = scale(rgb_blue(rgb), colour->bits.blue);
	int number = (red << colour->bits.green | green) << colour->bits.blue | blue;

	return number < colour->n_palette ? number | 1 << colour->bits.blue : number;
}

static int ncurses_number(const struct colour *colour, int number, int own)
{
	if (number == COLOUR_OWN)
		return colour->own ? -1 : own;
	if (number < colour->n_palette)
		return number;
	return direct_number(colour, colour_number_rgb(number));
}

/* The pair for two colours, 0 if there is none left: then the text is at least legible. */
static int pair_for(struct colour *colour, const struct style *style)
{
	int fg = ncurses_number(colour, style->fg, COLOR_WHITE);
	int bg = ncurses_number(colour, style->bg, COLOR_BLACK);

	if (colour->depth == DEPTH_NONE || (fg == -1 && bg == -1))
		return 0;
	for (int i = 1; i <= colour->n_pairs; i++)
		if (colour->pair[i].fg == fg && colour->pair[i].bg == bg)
			return i;
	if (colour->n_pairs >= colour->n_pairs_max ||
		init_extended_pair(colour->n_pairs + 1, fg, bg) == ERR)
		return 0;
	colour->n_pairs++;
	colour->pair[colour->n_pairs].fg = fg;
	colour->pair[colour->n_pairs].bg = bg;
	return colour->n_pairs;
}

static struct paint paint_of(struct colour *colour, const struct style *style)
{
	attr_t attr = A_NORMAL;

	if (style->attributes & STYLE_BOLD)
		attr |= A_BOLD;
	if (style->attributes & STYLE_DIM)
		attr |= A_DIM;
	if (style->attributes & STYLE_UNDERLINE)
		attr |= A_UNDERLINE;
	if (style->attributes & STYLE_REVERSE)
		attr |= A_REVERSE;
	return (struct paint){ attr, pair_for(colour, style) };
}

void colour_use(struct colour *colour, const struct theme *theme)
{
	struct colour_plan *plan = malloc(sizeof(*plan));

	if (!plan)
		return;
	colour_plan(plan, theme, colour->depth);
	colour->n_pairs = 0;
	for (int role = 0; role < ROLE_COUNT; role++)
		colour->role[role] = paint_of(colour, &plan->role[role]);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int step = 0; step < THEME_STEPS; step++)
			colour->gradient[gradient][step] =
				paint_of(colour, &plan->gradient[gradient][step]);
	free(plan);
}

/* ---- use ------------------------------------------------------------------------------------ */

enum colour_depth colour_depth(const struct colour *colour)
{
	return colour->depth;
}

struct paint colour_role(const struct colour *colour, enum theme_role role)
{
	return colour->role[role];
}

struct paint colour_gradient(const struct colour *colour, enum theme_gradient gradient, int percent)
{
	if (percent < 0)
		percent = 0;
	if (percent > THEME_STEPS - 1)
		percent = THEME_STEPS - 1;
	return colour->gradient[gradient][percent];
}

void paint_set(WINDOW *win, struct paint paint)
{
	wattr_set(win, paint.attr, 0, &paint.pair);
}

void colour_background(const struct colour *colour, WINDOW *win)
{
	int pair = colour->role[ROLE_TEXT].pair;
	cchar_t blank;

	setcchar(&blank, L" ", A_NORMAL, 0, &pair);
	wbkgrndset(win, &blank);
}
