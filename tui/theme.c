/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in for a missing key, and the steps of a gradient. */
#include "tui/theme.h"

#include <string.h>

#include "tui/rgb.h"
#include "tui/theme_keys.h"

static const struct theme_colour own = { THEME_OWN, 0 };

/*
 * What themes/default.theme says. Text is the terminal's own and the rest are its plain eight colours,
 * which people tune to the background they have.
 */
static const char default_text[] =
	"theme[hi_fg]='cyan'\n"
	"theme[cpu_box]='green'\n"
	"theme[proc_box]='cyan'\n"
	"theme[net_box]='magenta'\n"
	"theme[mem_box]='red'\n"
	"theme[cpu_start]='green'\n"
	"theme[cpu_mid]='yellow'\n"
	"theme[cpu_end]='red'\n"
	"theme[download_start]='cyan'\n"
	"theme[upload_start]='magenta'\n"
	"theme[used_start]='yellow'\n"
	"theme[used_end]='red'\n"
	"theme[proc_pause_bg]='yellow'\n"
	"theme[proc_banner_fg]='black'\n"
	"theme[followed_bg]='cyan'\n"
	"theme[followed_fg]='black'\n"
	"theme[ok]='green'\n"
	"theme[warn]='yellow'\n"
	"theme[alert]='red'\n"
	"theme[mark]='magenta'\n"
	"theme[match_bg]='green'\n"
	"theme[match_fg]='black'\n";

/* The first of `n` keys that the file has, or `fallback`. */
static struct theme_colour first_given(const struct theme_values *values, const enum theme_key *keys,
	int n, struct theme_colour fallback)
{
	for (int i = 0; i < n; i++)
		if (values->given[keys[i]])
			return values->colour[keys[i]];
	return fallback;
}

#define FIRST(values, fallback, ...)                                                  \
	first_given(values, (const enum theme_key[]){ __VA_ARGS__ },                  \
		sizeof((const enum theme_key[]){ __VA_ARGS__ }) / sizeof(enum theme_key), \
		fallback)

/* Half way to the background where both are known; otherwise only an attribute can tell it apart. */
static struct theme_colour faded(struct theme_colour fg, struct theme_colour bg)
{
	if (fg.kind != THEME_RGB || bg.kind != THEME_RGB)
		return own;
	return (struct theme_colour){ THEME_RGB, rgb_between(fg.value, bg.value, 2, 5) };
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* Start, mid and end of a gradient; has_mid and has_end as btop has it: empty is none. */
struct stops {
	struct theme_colour start, mid, end;
	bool has_mid, has_end;
};

/* Colours that cannot be mixed change at equal parts: halves or thirds. */
static struct theme_colour stepped(const struct stops *stops, int step)
{
	int parts = stops->has_mid ? 3 : 2;
	int part = step * parts / THEME_STEPS;

	if (part == 0)
		return stops->start;
	return part == parts - 1 ? stops->end : stops->mid;
}

static struct theme_colour gradient_step(const struct stops *stops, int step)
{
	enum { LAST = THEME_STEPS - 1, HALF = LAST / 2 };
	const struct theme_colour *from = &stops->start, *to = &stops->end;
	int length = LAST;

	if (!stops->has_end)
		return stops->start;
	if (stops->start.kind != THEME_RGB || stops->end.kind != THEME_RGB ||
		(stops->has_mid && stops->mid.kind != THEME_RGB))
		return stepped(stops, step);
	if (stops->has_mid) {
		length = HALF;
		from = step < HALF ? &stops->start : &stops->mid;
		to = step < HALF ? &stops->mid : &stops->end;
		step = step < HALF ? step : step - HALF;
	}
	return (struct theme_colour){ THEME_RGB, rgb_between(from->value, to->value, step, length) };
}

/* False if the file does not say where this gradient starts. */
static bool fill_gradient(struct theme *theme, const struct theme_values *values,
	enum theme_gradient gradient, enum theme_key start)
{
	struct stops stops = {
		.start = values->colour[start],
		.mid = values->colour[start + 1],
		.end = values->colour[start + 2],
		.has_mid = values->colour[start + 1].kind != THEME_OWN,
		.has_end = values->colour[start + 2].kind != THEME_OWN,
	};

	if (!values->given[start])
		return false;
	for (int i = 0; i < THEME_STEPS; i++)
		theme->gradient[gradient][i] = gradient_step(&stops, i);
	return true;
}

static const enum theme_key gradient_start[GRADIENT_COUNT] = {
	[GRADIENT_HEAT] = KEY_cpu_start,
	[GRADIENT_RX] = KEY_download_start,
	[GRADIENT_TX] = KEY_upload_start,
	[GRADIENT_DROPS] = KEY_used_start,
};

/* A gradient that is missing is that of the heat; without that one either, the first there is. */
static void fill_gradients(struct theme *theme, const struct theme_values *values)
{
	bool filled[GRADIENT_COUNT];
	int model = -1;

	for (int i = 0; i < GRADIENT_COUNT; i++) {
		filled[i] = fill_gradient(theme, values, i, gradient_start[i]);
		if (filled[i] && model < 0)
			model = i;
	}
	for (int i = 0; i < GRADIENT_COUNT; i++) {
		for (int step = 0; !filled[i] && step < THEME_STEPS; step++)
			theme->gradient[i][step] = model < 0 ? theme->fg[ROLE_TEXT]
							     : theme->gradient[model][step];
	}
}

/* ---- roles ---------------------------------------------------------------------------------- */

static void fill_text(struct theme *theme, const struct theme_values *values)
{
	struct theme_colour text = FIRST(values, own, KEY_main_fg);
	struct theme_colour dim;

	theme->background = FIRST(values, own, KEY_main_bg);
	dim = FIRST(values, faded(text, theme->background), KEY_inactive_fg);
	for (int i = 0; i < ROLE_COUNT; i++)
		theme->bg[i] = theme->background;
	theme->fg[ROLE_TEXT] = text;
	theme->fg[ROLE_TITLE] = FIRST(values, text, KEY_title);
	theme->fg[ROLE_HIGHLIGHT] = FIRST(values, text, KEY_hi_fg, KEY_title);
	theme->fg[ROLE_DIM] = dim;
	theme->fg[ROLE_GRAPH] = FIRST(values, dim, KEY_graph_text);
	theme->fg[ROLE_METER_BG] = FIRST(values, dim, KEY_meter_bg);
	theme->fg[ROLE_LINE] = FIRST(values, dim, KEY_div_line);
	theme->fg[ROLE_BOX_CPU] = FIRST(values, dim, KEY_cpu_box, KEY_div_line);
	theme->fg[ROLE_BOX_SYSCALLS] = FIRST(values, dim, KEY_proc_box, KEY_div_line);
	theme->fg[ROLE_BOX_FUNCTIONS] = FIRST(values, dim, KEY_net_box, KEY_div_line);
	theme->fg[ROLE_BOX_DROPS] = FIRST(values, dim, KEY_mem_box, KEY_div_line);
	theme->fg[ROLE_MARK] = FIRST(values, text, KEY_mark, KEY_hi_fg, KEY_title);
}

static void fill_states(struct theme *theme, const struct theme_values *values)
{
	const struct theme_colour *heat = theme->gradient[GRADIENT_HEAT];

	theme->fg[ROLE_OK] = FIRST(values, heat[0], KEY_ok);
	theme->fg[ROLE_WARN] = FIRST(values, heat[THEME_STEPS / 2], KEY_warn);
	theme->fg[ROLE_ALERT] = FIRST(values, heat[THEME_STEPS - 1], KEY_alert);
}

/* Without a background of its own such a role is drawn in reverse: own on own says so. */
static void fill_bars(struct theme *theme, const struct theme_values *values)
{
	theme->fg[ROLE_SELECTED] = FIRST(values, own, KEY_selected_fg);
	theme->bg[ROLE_SELECTED] = FIRST(values, own, KEY_selected_bg);
	theme->fg[ROLE_PAUSED] = FIRST(values, own, KEY_proc_banner_fg);
	theme->bg[ROLE_PAUSED] = FIRST(values, own, KEY_proc_pause_bg);
	theme->fg[ROLE_FOLLOWED] = FIRST(values, own, KEY_followed_fg);
	theme->bg[ROLE_FOLLOWED] = FIRST(values, own, KEY_followed_bg);
	theme->fg[ROLE_MATCH] = FIRST(values, own, KEY_match_fg);
	theme->bg[ROLE_MATCH] = FIRST(values, own, KEY_match_bg);
	if (!values->given[KEY_proc_pause_bg] && !values->given[KEY_proc_banner_fg])
		theme->bg[ROLE_PAUSED] = theme->fg[ROLE_ALERT];
	if (!values->given[KEY_followed_bg] && !values->given[KEY_followed_fg])
		theme->bg[ROLE_FOLLOWED] = theme->fg[ROLE_OK];
	if (!values->given[KEY_match_bg] && !values->given[KEY_match_fg])
		theme->bg[ROLE_MATCH] = theme->fg[ROLE_WARN];
}

void theme_fill(struct theme *theme, const struct theme_values *values)
{
	fill_text(theme, values);
	fill_gradients(theme, values);
	fill_states(theme, values);
	fill_bars(theme, values);
}

void theme_default(struct theme *theme)
{
	theme_parse(theme, THEME_DEFAULT, default_text, sizeof(default_text) - 1);
}
