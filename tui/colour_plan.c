/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/colour_plan.h"

#include "tui/rgb.h"

double colour_plan_floor(enum theme_role role)
{
	switch (role) {
	case ROLE_TEXT:
	case ROLE_SELECTED:
		return CONTRAST_TEXT;
	case ROLE_LINE:
	case ROLE_METER_BG:
		return CONTRAST_LINE;
	default:
		return CONTRAST_ROLE;
	}
}

const char *colour_depth_name(enum colour_depth depth)
{
	static const char *const names[DEPTH_COUNT] = {
		[DEPTH_NONE] = "no colour",
		[DEPTH_8] = "8 colours",
		[DEPTH_16] = "16 colours",
		[DEPTH_256] = "256 colours",
		[DEPTH_DIRECT] = "direct colour",
	};

	return names[depth];
}

uint32_t colour_number_rgb(int number)
{
	if (number < 0)
		return 0;
	return number & COLOUR_RGB ? (uint32_t)(number & ~COLOUR_RGB) : rgb_of_index(number);
}

/* ---- many colours: 256 and direct -------------------------------------------------------------- */

static int number_of_rgb(uint32_t rgb, enum colour_depth depth)
{
	return depth == DEPTH_DIRECT ? COLOUR_RGB | (int)rgb : rgb_nearest_index(rgb);
}

static int number_of(struct theme_colour colour, enum colour_depth depth)
{
	switch (colour.kind) {
	case THEME_RGB:
		return number_of_rgb(colour.value, depth);
	case THEME_PALETTE:
		return (int)colour.value;
	default:
		return COLOUR_OWN;
	}
}

/* `fg`, or the nearest to it on the way to black or white that keeps the contrast with `bg`. */
static int legible(int fg, int bg, double floor, enum colour_depth depth)
{
	enum { STEPS = 16 };
	uint32_t ground, colour, end;
	int number = fg;

	if (bg == COLOUR_OWN)
		return fg;
	ground = colour_number_rgb(bg);
	end = rgb_opposite(ground);
	if (fg == COLOUR_OWN)
		return number_of_rgb(end, depth);
	colour = colour_number_rgb(fg);
	for (int step = 1; rgb_contrast(colour_number_rgb(number), ground) < floor && step <= STEPS; step++)
		number = number_of_rgb(rgb_between(colour, end, step, STEPS), depth);
	return number;
}

/* Beside colours, attributes only underline what has to be seen first. */
static unsigned emphasis(enum theme_role role)
{
	switch (role) {
	case ROLE_TITLE:
	case ROLE_HIGHLIGHT:
	case ROLE_ALERT:
	case ROLE_MARK:
		return STYLE_BOLD;
	default:
		return 0;
	}
}

/* A role without a colour of its own keeps the text's, and shows by its attributes. */
static struct style plain_style(const struct theme *theme, enum theme_role role, double floor,
	enum colour_depth depth)
{
	struct style style = {
		.fg = number_of(theme->fg[ROLE_TEXT], depth),
		.bg = number_of(theme->background, depth),
		.attributes = colour_table_attributes(role),
	};

	style.fg = legible(style.fg, style.bg, floor, depth);
	return style;
}

static bool has_bar(enum theme_role role)
{
	return role == ROLE_SELECTED || role == ROLE_PAUSED || role == ROLE_FOLLOWED ||
		role == ROLE_MATCH;
}

static struct style rich_role(const struct theme *theme, enum theme_role role, enum colour_depth depth)
{
	double floor = colour_plan_floor(role);
	struct style style;

	if (theme->fg[role].kind == THEME_OWN && (!has_bar(role) || theme->bg[role].kind == THEME_OWN))
		return plain_style(theme, role, CONTRAST_TEXT, depth);
	style.fg = number_of(theme->fg[role], depth);
	style.bg = number_of(theme->bg[role], depth);
	style.attributes = emphasis(role);
	/* The bar's own colour as its background: a colour of text reversed on the screen's. */
	if (has_bar(role) && style.bg == COLOUR_OWN) {
		style.bg = number_of(theme->background, depth);
		style.attributes |= STYLE_REVERSE;
	}
	if (style.fg == COLOUR_OWN && theme->fg[ROLE_TEXT].kind == THEME_RGB)
		style.fg = number_of(theme->fg[ROLE_TEXT], depth);
	style.fg = legible(style.fg, style.bg, floor, depth);
	return style;
}

static struct style rich_step(const struct theme *theme, struct theme_colour colour,
	enum colour_depth depth)
{
	struct style style = { number_of(colour, depth), number_of(theme->background, depth), 0 };

	if (style.fg == COLOUR_OWN)
		style.fg = number_of(theme->fg[ROLE_TEXT], depth);
	style.fg = legible(style.fg, style.bg, CONTRAST_ROLE, depth);
	return style;
}

/* ---- few colours: 8 and 16 ---------------------------------------------------------------------- */

/* Is the theme made for a light screen? */
static bool is_light(const struct theme *theme)
{
	const struct theme_colour *bg = &theme->background, *fg = &theme->fg[ROLE_TEXT];

	if (bg->kind != THEME_OWN)
		return rgb_luminance(colour_number_rgb(number_of(*bg, DEPTH_DIRECT))) > 0.18;
	if (fg->kind != THEME_OWN)
		return rgb_luminance(colour_number_rgb(number_of(*fg, DEPTH_DIRECT))) < 0.18;
	return false;
}

/* A palette number where there are 8: the bright ones are the plain ones in bold. */
static void place(struct style *style, int fg, int bg, enum colour_depth depth)
{
	if (depth == DEPTH_8 && fg >= 8) {
		fg -= 8;
		style->attributes |= STYLE_BOLD;
	}
	style->fg = fg;
	style->bg = depth == DEPTH_8 && bg >= 8 ? bg - 8 : bg;
	if (style->bg != COLOUR_OWN && (style->fg == COLOUR_OWN || style->fg == style->bg))
		style->fg = rgb_opposite(rgb_of_index(style->bg)) == RGB_BLACK ? 0 : 7;
}

/* The screen's own background is not painted for a theme that has none. */
static int ground_of(const struct theme *theme, struct style table)
{
	switch (theme->background.kind) {
	case THEME_OWN:
		return COLOUR_OWN;
	case THEME_PALETTE:
		return (int)theme->background.value;
	default:
		return table.bg;
	}
}

/* The colours of the theme where it names them, those of the table elsewhere. */
static struct style few_role(const struct theme *theme, enum theme_role role, enum colour_depth depth)
{
	bool bright = depth == DEPTH_16;
	struct style style = colour_table_role(role, is_light(theme), bright);
	struct style text = colour_table_role(ROLE_TEXT, is_light(theme), bright);
	struct theme_colour fg = theme->fg[role], bg = theme->bg[role];
	int ground = ground_of(theme, text);

	if (fg.kind == THEME_OWN && (!has_bar(role) || bg.kind == THEME_OWN)) {
		style.attributes = colour_table_attributes(role);
		place(&style, ground == COLOUR_OWN ? COLOUR_OWN : text.fg, ground, depth);
		return style;
	}
	if (fg.kind == THEME_PALETTE || bg.kind == THEME_PALETTE) {
		bool bar = has_bar(role) && bg.kind == THEME_PALETTE;

		style.attributes = emphasis(role) | (has_bar(role) && !bar ? STYLE_REVERSE : 0);
		place(&style, fg.kind == THEME_PALETTE ? (int)fg.value : COLOUR_OWN,
			bar ? (int)bg.value : ground, depth);
		return style;
	}
	if (style.bg == text.bg)
		style.bg = ground;
	if (ground == COLOUR_OWN && style.fg == text.fg && style.bg == COLOUR_OWN)
		style.fg = COLOUR_OWN;
	return style;
}

static struct style few_step(const struct theme *theme, enum theme_gradient gradient, int step,
	enum colour_depth depth)
{
	bool bright = depth == DEPTH_16;
	struct theme_colour colour = theme->gradient[gradient][step];
	struct style style = colour_table_step(gradient, step, is_light(theme), bright);
	struct style text = colour_table_role(ROLE_TEXT, is_light(theme), bright);
	int ground = ground_of(theme, text);

	if (colour.kind == THEME_RGB) {
		style.bg = ground;
		return style;
	}
	style.attributes = 0;
	place(&style, colour.kind == THEME_PALETTE ? (int)colour.value : COLOUR_OWN, ground, depth);
	return style;
}

/* ---- all ---------------------------------------------------------------------------------------- */

static struct style plan_role(const struct theme *theme, enum theme_role role, enum colour_depth depth)
{
	switch (depth) {
	case DEPTH_NONE:
		return (struct style){ COLOUR_OWN, COLOUR_OWN, colour_table_attributes(role) };
	case DEPTH_8:
	case DEPTH_16:
		return few_role(theme, role, depth);
	default:
		return rich_role(theme, role, depth);
	}
}

static struct style plan_step(const struct theme *theme, enum theme_gradient gradient, int step,
	enum colour_depth depth)
{
	switch (depth) {
	case DEPTH_NONE:
		return (struct style){ COLOUR_OWN, COLOUR_OWN, 0 };
	case DEPTH_8:
	case DEPTH_16:
		return few_step(theme, gradient, step, depth);
	default:
		return rich_step(theme, theme->gradient[gradient][step], depth);
	}
}

void colour_plan(struct colour_plan *plan, const struct theme *theme, enum colour_depth depth)
{
	plan->depth = depth;
	for (int role = 0; role < ROLE_COUNT; role++)
		plan->role[role] = plan_role(theme, role, depth);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int step = 0; step < THEME_STEPS; step++)
			plan->gradient[gradient][step] = plan_step(theme, gradient, step, depth);
}
