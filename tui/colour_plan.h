/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a theme looks like on a terminal that can show so many colours: numbers and attributes for each
 * role and step. Pure functions, no ncurses, so that what is legible can be tested without a terminal.
 *
 * Whatever the theme says, no text ends up on its own colour, and text on a known background keeps a
 * least contrast: a colour that falls short moves towards black or white until it does not.
 */
#ifndef SKEWTOP_COLOUR_PLAN_H
#define SKEWTOP_COLOUR_PLAN_H

#include <stdbool.h>

#include "tui/theme.h"

enum colour_depth {
	DEPTH_NONE,   /* attributes carry the roles */
	DEPTH_8,      /* a fixed table of roles, except for colours that the theme names */
	DEPTH_16,     /* likewise, with the bright ones */
	DEPTH_256,    /* the nearest of 16 to 255 */
	DEPTH_DIRECT, /* as it is */
	DEPTH_COUNT
};

enum style_attribute {
	STYLE_BOLD = 1 << 0,
	STYLE_DIM = 1 << 1,
	STYLE_UNDERLINE = 1 << 2,
	STYLE_REVERSE = 1 << 3,
};

enum {
	COLOUR_OWN = -1,	/* the terminal's own */
	COLOUR_RGB = 1 << 24,	/* set: the lower 24 bits are 0xRRGGBB; clear: a palette number */
};

/* Least contrast ratios that a plan keeps where both colours are known. */
#define CONTRAST_TEXT 4.5 /* ROLE_TEXT, ROLE_SELECTED */
#define CONTRAST_ROLE 3.0 /* every other role with text in it, and the gradients */
#define CONTRAST_LINE 1.3 /* ROLE_LINE, ROLE_METER_BG: no text in them */

struct style {
	int fg, bg;	     /* COLOUR_OWN, COLOUR_RGB | 0xRRGGBB, or a palette number */
	unsigned attributes; /* STYLE_* */
};

struct colour_plan {
	enum colour_depth depth;
	struct style role[ROLE_COUNT];
	struct style gradient[GRADIENT_COUNT][THEME_STEPS];
};

void colour_plan(struct colour_plan *plan, const struct theme *theme, enum colour_depth depth);

/* The contrast that a plan keeps for the role. */
double colour_plan_floor(enum theme_role role);

/* "direct colour", "256 colours" ... "no colour". */
const char *colour_depth_name(enum colour_depth depth);

/*
 * The RGB value behind a number of a style; for 0 to 15 only what xterm makes of them. 0 for COLOUR_OWN.
 */
uint32_t colour_number_rgb(int number);

/* The fixed table, for 8 and 16 colours (colour_table.c). `on_light`: the background is a light one. */
struct style colour_table_role(enum theme_role role, bool on_light, bool bright);
struct style colour_table_step(enum theme_gradient gradient, int step, bool on_light, bool bright);

/* What a role is without any colour. */
unsigned colour_table_attributes(enum theme_role role);

#endif
