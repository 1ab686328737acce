/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roles in 8 and 16 colours. Fixed, because the nearest of so few colours puts text on its own colour in
 * every third theme. What goes together stands out in the palettes of xterm and of VGA, whether bold
 * brightens or not; bright black (8) is never text, since popular palettes make it the background.
 * Heat runs from cyan through yellow to red, which people with any colour vision tell apart.
 */
#include "tui/colour_plan.h"

enum {
	BLACK,
	RED,
	GREEN,
	YELLOW,
	BLUE,
	MAGENTA,
	CYAN,
	WHITE,
	BRIGHT = 8,
};

/* A row for 8 colours; `brightens`: with 16, the foreground's bright twin is taken. */
struct entry {
	signed char fg, bg; /* COLOUR_OWN: the background of the screen */
	bool brightens;
	unsigned attributes;
};

static const struct entry on_dark[ROLE_COUNT] = {
	[ROLE_TEXT] = { WHITE, COLOUR_OWN, false, 0 },
	[ROLE_TITLE] = { WHITE, COLOUR_OWN, true, STYLE_BOLD },
	[ROLE_HIGHLIGHT] = { YELLOW, COLOUR_OWN, true, STYLE_BOLD },
	[ROLE_SELECTED] = { BLACK, CYAN, false, 0 },
	[ROLE_DIM] = { WHITE, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_GRAPH] = { WHITE, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_LINE] = { WHITE, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_BOX_CPU] = { GREEN, COLOUR_OWN, true, 0 },
	[ROLE_BOX_SYSCALLS] = { CYAN, COLOUR_OWN, true, 0 },
	[ROLE_BOX_FUNCTIONS] = { MAGENTA, COLOUR_OWN, true, 0 },
	[ROLE_BOX_DROPS] = { RED, COLOUR_OWN, true, STYLE_BOLD },
	[ROLE_METER_BG] = { WHITE, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_PAUSED] = { BLACK, YELLOW, false, 0 },
	[ROLE_FOLLOWED] = { WHITE, BLUE, true, 0 },
	[ROLE_OK] = { CYAN, COLOUR_OWN, false, 0 },
	[ROLE_WARN] = { YELLOW, COLOUR_OWN, true, 0 },
	[ROLE_ALERT] = { RED, COLOUR_OWN, true, STYLE_BOLD },
	[ROLE_MARK] = { MAGENTA, COLOUR_OWN, true, STYLE_BOLD },
	[ROLE_MATCH] = { BLACK, GREEN, false, 0 },
};

static const struct entry on_white[ROLE_COUNT] = {
	[ROLE_TEXT] = { BLACK, COLOUR_OWN, false, 0 },
	[ROLE_TITLE] = { BLUE, COLOUR_OWN, false, 0 },
	[ROLE_HIGHLIGHT] = { RED, COLOUR_OWN, false, 0 },
	[ROLE_SELECTED] = { WHITE, BLUE, true, 0 },
	[ROLE_DIM] = { BLACK, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_GRAPH] = { BLACK, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_LINE] = { BLACK, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_BOX_CPU] = { BLUE, COLOUR_OWN, false, 0 },
	[ROLE_BOX_SYSCALLS] = { BLACK, COLOUR_OWN, false, 0 },
	[ROLE_BOX_FUNCTIONS] = { BLUE, COLOUR_OWN, false, 0 },
	[ROLE_BOX_DROPS] = { RED, COLOUR_OWN, false, 0 },
	[ROLE_METER_BG] = { BLACK, COLOUR_OWN, false, STYLE_DIM },
	[ROLE_PAUSED] = { BLACK, YELLOW, false, 0 },
	[ROLE_FOLLOWED] = { BLACK, CYAN, false, 0 },
	[ROLE_OK] = { BLUE, COLOUR_OWN, false, 0 },
	[ROLE_WARN] = { RED, COLOUR_OWN, false, 0 },
	[ROLE_ALERT] = { WHITE, RED, true, 0 },
	[ROLE_MARK] = { RED, COLOUR_OWN, false, STYLE_UNDERLINE },
	[ROLE_MATCH] = { BLACK, GREEN, false, 0 },
};

enum { THIRDS = 3 };

static const struct entry steps_on_dark[GRADIENT_COUNT][THIRDS] = {
	[GRADIENT_HEAT] = {
		{ CYAN, COLOUR_OWN, false, 0 },
		{ YELLOW, COLOUR_OWN, true, 0 },
		{ RED, COLOUR_OWN, true, STYLE_BOLD },
	},
	[GRADIENT_RX] = {
		{ CYAN, COLOUR_OWN, false, 0 },
		{ CYAN, COLOUR_OWN, true, 0 },
		{ CYAN, COLOUR_OWN, true, STYLE_BOLD },
	},
	[GRADIENT_TX] = {
		{ MAGENTA, COLOUR_OWN, false, 0 },
		{ MAGENTA, COLOUR_OWN, true, 0 },
		{ MAGENTA, COLOUR_OWN, true, STYLE_BOLD },
	},
	[GRADIENT_DROPS] = {
		{ YELLOW, COLOUR_OWN, false, 0 },
		{ YELLOW, COLOUR_OWN, true, 0 },
		{ RED, COLOUR_OWN, true, STYLE_BOLD },
	},
};

static const struct entry steps_on_white[GRADIENT_COUNT][THIRDS] = {
	[GRADIENT_HEAT] = {
		{ BLACK, COLOUR_OWN, false, 0 },
		{ BLUE, COLOUR_OWN, false, 0 },
		{ RED, COLOUR_OWN, false, 0 },
	},
	[GRADIENT_RX] = {
		{ BLACK, COLOUR_OWN, false, 0 },
		{ BLUE, COLOUR_OWN, false, 0 },
		{ BLUE, COLOUR_OWN, false, 0 },
	},
	[GRADIENT_TX] = {
		{ BLACK, COLOUR_OWN, false, 0 },
		{ BLACK, COLOUR_OWN, false, 0 },
		{ BLUE, COLOUR_OWN, false, 0 },
	},
	[GRADIENT_DROPS] = {
		{ BLACK, COLOUR_OWN, false, 0 },
		{ RED, COLOUR_OWN, false, 0 },
		{ RED, COLOUR_OWN, false, 0 },
	},
};

/* With 16 colours a white background is the bright one. */
static struct style style_of(const struct entry *entry, bool on_light, bool bright)
{
	struct style style = { entry->fg, entry->bg, entry->attributes };

	if (bright && entry->brightens)
		style.fg += BRIGHT;
	if (style.bg == COLOUR_OWN)
		style.bg = !on_light ? BLACK : bright ? WHITE + BRIGHT : WHITE;
	return style;
}

struct style colour_table_role(enum theme_role role, bool on_light, bool bright)
{
	return style_of(on_light ? &on_white[role] : &on_dark[role], on_light, bright);
}

struct style colour_table_step(enum theme_gradient gradient, int step, bool on_light, bool bright)
{
	int third = step * THIRDS / THEME_STEPS;

	return style_of(on_light ? &steps_on_white[gradient][third] : &steps_on_dark[gradient][third],
		on_light, bright);
}

unsigned colour_table_attributes(enum theme_role role)
{
	static const unsigned attributes[ROLE_COUNT] = {
		[ROLE_TITLE] = STYLE_BOLD,
		[ROLE_HIGHLIGHT] = STYLE_BOLD,
		[ROLE_SELECTED] = STYLE_REVERSE,
		[ROLE_DIM] = STYLE_DIM,
		[ROLE_GRAPH] = STYLE_DIM,
		[ROLE_LINE] = STYLE_DIM,
		[ROLE_METER_BG] = STYLE_DIM,
		[ROLE_PAUSED] = STYLE_REVERSE | STYLE_UNDERLINE,
		[ROLE_FOLLOWED] = STYLE_REVERSE,
		[ROLE_WARN] = STYLE_BOLD,
		[ROLE_ALERT] = STYLE_REVERSE | STYLE_BOLD,
		[ROLE_MARK] = STYLE_BOLD,
		[ROLE_MATCH] = STYLE_UNDERLINE | STYLE_BOLD,
	};

	return attributes[role];
}
