/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What themes look like at each depth. Contrast is checked wherever both colours are known: always in
 * direct and 256 colours for a theme with a background of its own; in 16 and 8 colours against the
 * palettes of xterm (where bold changes nothing) and VGA (where bold brightens). On the terminal's own
 * background nobody knows it; there only the bars have both colours.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/colour_plan.h"
#include "tui/rgb.h"
#include "tui/theme_keys.h"

#define THEMES "themes"

static struct theme theme;
static struct colour_plan plan;

static uint32_t vga(int number, bool brightens)
{
	static const uint32_t colours[16] = {
		0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
		0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
	};

	return colours[number < 8 && brightens ? number + 8 : number];
}

/* The least contrast on any terminal; a large number where the terminal alone knows. */
static double style_contrast(const struct style *style)
{
	double xterm, other;

	if (style->fg == COLOUR_OWN || style->bg == COLOUR_OWN)
		return style->fg == style->bg ? 99.0 : 98.0;
	xterm = rgb_contrast(colour_number_rgb(style->fg), colour_number_rgb(style->bg));
	if (style->fg >= 16 || style->bg >= 16)
		return xterm;
	other = rgb_contrast(vga(style->fg, style->attributes & STYLE_BOLD), vga(style->bg, false));
	return other < xterm ? other : xterm;
}

static void check_style(const struct style *style, double floor, const char *what, int number)
{
	if (style->bg != COLOUR_OWN && style->fg == style->bg)
		fail_msg("%s, %s, %s %d: text on its own colour %d", theme.name,
			colour_depth_name(plan.depth), what, number, style->fg);
	if (style->bg != COLOUR_OWN && style->fg == COLOUR_OWN)
		fail_msg("%s, %s, %s %d: unknown text on a known background", theme.name,
			colour_depth_name(plan.depth), what, number);
	if (style_contrast(style) < floor)
		fail_msg("%s, %s, %s %d: %#x on %#x has contrast %.2f, less than %.2f", theme.name,
			colour_depth_name(plan.depth), what, number, (unsigned)style->fg,
			(unsigned)style->bg, style_contrast(style), floor);
}

static void check_plan(enum colour_depth depth)
{
	colour_plan(&plan, &theme, depth);
	for (int role = 0; role < ROLE_COUNT; role++)
		check_style(&plan.role[role], colour_plan_floor(role), "role", role);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int step = 0; step < THEME_STEPS; step++)
			check_style(&plan.gradient[gradient][step], CONTRAST_ROLE, "step", step);
}

/* ---- the themes that come with skewtop ------------------------------------------------------ */

typedef void (*theme_check)(const char *path);

static void load(const char *path)
{
	struct error err = { "" };

	if (theme_load(&theme, path, &err))
		fail_msg("%s", err.text);
	if (theme.n_warnings)
		fail_msg("%s", theme.warning.text);
}

static int for_each_in(const char *directory, theme_check check)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[512];
	int n = 0;

	if (!dir)
		fail_msg("cannot open %s", directory);
	while ((entry = readdir(dir)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (length < 7 || strcmp(entry->d_name + length - 6, ".theme"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		load(path);
		check(path);
		n++;
	}
	closedir(dir);
	return n;
}

static char *text_of(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, THEME_FILE_MAX);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, THEME_FILE_MAX - 1, file) > 0);
	fclose(file);
	return text;
}

static void check_keys(const char *path)
{
	char *text = text_of(path);
	char line[64];

	for (int key = 0; key < KEY_COUNT; key++) {
		const char *found;

		snprintf(line, sizeof(line), "\ntheme[%s]=\"", theme_key_name(key));
		found = strstr(text, line);
		if (!found || strstr(found + 1, line))
			fail_msg("%s: %s is not there once", path, theme_key_name(key));
	}
	free(text);
}

static void every_shipped_theme_has_every_key(void **state)
{
	(void)state;
	assert_true(for_each_in(THEMES, check_keys) >= 10);
}

static void check_all_depths(const char *path)
{
	(void)path;
	for (int depth = DEPTH_NONE; depth < DEPTH_COUNT; depth++)
		check_plan(depth);
}

static void every_shipped_theme_is_legible_at_every_depth(void **state)
{
	(void)state;
	assert_true(for_each_in(THEMES, check_all_depths) >= 10);
}

static bool rgb_is(const struct style *style, struct theme_colour colour)
{
	return colour.kind != THEME_RGB || style->fg == (COLOUR_RGB | (int)colour.value);
}

/* Our own files need no help to be legible. */
static void check_untouched(const char *path)
{
	colour_plan(&plan, &theme, DEPTH_DIRECT);
	for (int role = 0; role < ROLE_COUNT; role++)
		if (!rgb_is(&plan.role[role], theme.fg[role]))
			fail_msg("%s: role %d has too little contrast", path, role);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int step = 0; step < THEME_STEPS; step++)
			if (!rgb_is(&plan.gradient[gradient][step], theme.gradient[gradient][step]))
				fail_msg("%s: gradient %d step %d has too little contrast", path, gradient,
					step);
}

static void no_shipped_colour_has_to_be_corrected(void **state)
{
	(void)state;
	for_each_in(THEMES, check_untouched);
}

static bool same_look(const struct style *a, const struct style *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attributes == b->attributes;
}

/* Idle, middle and busiest CPU; good, doubtful and bad; the bars and the text under them. */
static void check_distinct(const char *path)
{
	static const enum theme_role roles[] = {
		ROLE_TEXT, ROLE_SELECTED, ROLE_PAUSED, ROLE_ALERT, ROLE_MATCH, ROLE_DIM,
	};
	enum { N = sizeof(roles) / sizeof(roles[0]) };

	for (int depth = DEPTH_NONE; depth < DEPTH_COUNT; depth++) {
		const struct style *heat = plan.gradient[GRADIENT_HEAT];

		colour_plan(&plan, &theme, depth);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < i; j++)
				if (same_look(&plan.role[roles[i]], &plan.role[roles[j]]))
					fail_msg("%s, %s: roles %d and %d look the same", path,
						colour_depth_name(depth), roles[i], roles[j]);
		if (depth == DEPTH_NONE || !strcmp(theme.name, "monochrome"))
			continue;
		if (same_look(&heat[0], &heat[50]) || same_look(&heat[50], &heat[100]))
			fail_msg("%s, %s: idle, middle and hot look the same", path,
				colour_depth_name(depth));
		assert_false(same_look(&plan.role[ROLE_OK], &plan.role[ROLE_ALERT]));
	}
}

static void what_matters_can_be_told_apart(void **state)
{
	(void)state;
	for_each_in(THEMES, check_distinct);
}

static void the_default_file_is_the_built_in_theme(void **state)
{
	static struct theme built_in;

	(void)state;
	theme_default(&built_in);
	load(THEMES "/default.theme");
	assert_memory_equal(&theme, &built_in, sizeof(theme));
	assert_int_equal(theme.background.kind, THEME_OWN);
	for (int i = 0; i < ROLE_COUNT; i++)
		assert_int_not_equal(theme.fg[i].kind, THEME_RGB);
}

static void monochrome_never_asks_for_a_colour(void **state)
{
	(void)state;
	load(THEMES "/monochrome.theme");
	for (int depth = DEPTH_NONE; depth < DEPTH_COUNT; depth++) {
		colour_plan(&plan, &theme, depth);
		for (int i = 0; i < ROLE_COUNT; i++) {
			assert_int_equal(plan.role[i].fg, COLOUR_OWN);
			assert_int_equal(plan.role[i].bg, COLOUR_OWN);
			assert_int_equal(plan.role[i].attributes, colour_table_attributes(i));
		}
		for (int i = 0; i < GRADIENT_COUNT; i++)
			for (int step = 0; step < THEME_STEPS; step++)
				assert_int_equal(plan.gradient[i][step].fg, COLOUR_OWN);
	}
}

static void high_contrast_keeps_seven_to_one(void **state)
{
	static const char *const names[] = { "high-contrast", "high-contrast-light" };
	char path[64];

	(void)state;
	for (int n = 0; n < 2; n++) {
		snprintf(path, sizeof(path), THEMES "/%s.theme", names[n]);
		load(path);
		colour_plan(&plan, &theme, DEPTH_DIRECT);
		for (int i = 0; i < ROLE_COUNT; i++)
			if (i != ROLE_LINE && i != ROLE_METER_BG)
				check_style(&plan.role[i], 7.0, "role", i);
		for (int i = 0; i < GRADIENT_COUNT; i++)
			for (int step = 0; step < THEME_STEPS; step++)
				check_style(&plan.gradient[i][step], 7.0, "step", step);
	}
}

/* ---- colour vision -------------------------------------------------------------------------- */

/*
 * How a person without the long-wave (protan) or the middle-wave cones (deutan) sees a colour: the
 * linear model of Vienot, Brettel and Mollon (1999), in which red and green become one value.
 */
static void dichromat(uint32_t rgb, bool protan, double seen[2])
{
	double red = rgb_luminance(rgb & 0xff0000) / 0.2126;
	double green = rgb_luminance(rgb & 0x00ff00) / 0.7152;
	double blue = rgb_luminance(rgb & 0x0000ff) / 0.0722;

	seen[0] = protan ? 0.112 * red + 0.888 * green : 0.293 * red + 0.707 * green;
	seen[1] = protan ? 0.004 * red - 0.004 * green + blue : -0.021 * red + 0.021 * green + blue;
}

static double seen_ratio(double a, double b)
{
	a = a < 0.0 ? 0.05 : a + 0.05;
	b = b < 0.0 ? 0.05 : b + 0.05;
	return a > b ? a / b : b / a;
}

/* The ratio of what is left of red and green, or that of blue, whichever tells more. */
static double told_apart(uint32_t a, uint32_t b, bool protan)
{
	double x[2], y[2], yellow, blue;

	dichromat(a, protan, x);
	dichromat(b, protan, y);
	yellow = seen_ratio(x[0], y[0]);
	blue = seen_ratio(x[1], y[1]);
	return yellow > blue ? yellow : blue;
}

static void assert_told_apart(uint32_t a, uint32_t b, double least)
{
	for (int protan = 0; protan < 2; protan++)
		if (told_apart(a, b, protan) < least)
			fail_msg("#%06x and #%06x: %.2f", a, b, told_apart(a, b, protan));
}

static void colour_blind_safe_is_told_apart_by_all(void **state)
{
	const struct theme_colour *heat = theme.gradient[GRADIENT_HEAT];

	(void)state;
	load(THEMES "/colour-blind-safe.theme");
	for (int i = 1; i < THEME_STEPS; i++)
		assert_true(rgb_luminance(heat[i].value) >= rgb_luminance(heat[i - 1].value));
	assert_told_apart(heat[0].value, heat[50].value, 1.5);
	assert_told_apart(heat[50].value, heat[100].value, 1.5);
	assert_told_apart(theme.fg[ROLE_OK].value, theme.fg[ROLE_WARN].value, 1.5);
	assert_told_apart(theme.fg[ROLE_WARN].value, theme.fg[ROLE_ALERT].value, 1.5);
	assert_told_apart(theme.fg[ROLE_OK].value, theme.fg[ROLE_ALERT].value, 1.5);
	/* The measure does measure: a red and a green of equal brightness to a deutan. */
	assert_true(told_apart(0xc80000, 0x008000, false) < 1.5);
}

/* ---- themes of others ----------------------------------------------------------------------- */

static struct theme_colour random_colour(unsigned *seed)
{
	struct theme_colour colour = { (enum theme_kind)(rand_r(seed) % 3), 0 };

	if (colour.kind == THEME_RGB)
		colour.value = rand_r(seed) & 0xffffff;
	if (colour.kind == THEME_PALETTE)
		colour.value = rand_r(seed) & 15;
	return colour;
}

/* Colours of the palette that the theme itself put together are judged by xterm's. */
static void check_known(const struct style *style, double floor, int role)
{
	uint32_t fg = colour_number_rgb(style->fg), bg = colour_number_rgb(style->bg);

	check_style(style, 0.0, "role", role);
	if (style->bg != COLOUR_OWN && rgb_contrast(fg, bg) < floor)
		fail_msg("%s, %s, role %d: contrast %.2f", theme.name, colour_depth_name(plan.depth), role,
			rgb_contrast(fg, bg));
}

/* Every key anything, so mostly themes that nobody could read as they are. */
static void any_theme_is_made_legible(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct theme_values values;

		for (int i = 0; i < KEY_COUNT; i++) {
			values.given[i] = rand_r(&seed) % 8 != 0;
			values.colour[i] = values.given[i] ? random_colour(&seed)
							   : (struct theme_colour){ THEME_OWN, 0 };
		}
		snprintf(theme.name, sizeof(theme.name), "random %d", round);
		theme_fill(&theme, &values);
		for (int depth = DEPTH_NONE; depth < DEPTH_COUNT; depth++) {
			colour_plan(&plan, &theme, depth);
			for (int i = 0; i < ROLE_COUNT; i++)
				check_known(&plan.role[i], depth >= DEPTH_256 ? colour_plan_floor(i) : 0.0,
					i);
		}
	}
}

static void every_value_the_same_is_made_legible(void **state)
{
	static const uint32_t same[] = { 0x000000, 0xffffff, 0x808080, 0xff0000, 0x0000ff, 0x777777 };

	(void)state;
	for (size_t n = 0; n < sizeof(same) / sizeof(same[0]); n++) {
		struct theme_values values;

		for (int i = 0; i < KEY_COUNT; i++) {
			values.given[i] = true;
			values.colour[i] = (struct theme_colour){ THEME_RGB, same[n] };
		}
		theme_fill(&theme, &values);
		check_all_depths(NULL);
	}
}

/* Set SKEWTOP_TEST_THEMES to a directory of themes to have them checked too (btop's, say). */
static void themes_of_others_load_and_are_legible(void **state)
{
	static const char foreign[] = "#Made for another monitor\r\n\r\n"
				      "theme[main_bg]=\"#20242c\"\r\n"
				      "theme[main_fg]=\"#cc\"\r\n"
				      "theme[title]=\"238 238 238\"\r\n"
				      "theme[hi_fg]=\"#2b3550\"\r\n"
				      "theme[selected_bg]=\"#30343c\" \r\n"
				      "theme[selected_fg]=\"#40444c\"#too near\r\n"
				      "theme[inactive_fg]='#2a2e36'\r\n"
				      "theme[proc_misc]=\"#0de756\"\r\n"
				      "theme[temp_start]=\"#4897d4\"\r\n"
				      "theme[cpu_start]=\"#50f095\"\r\n"
				      "theme[cpu_mid]=\"\"\r\n"
				      "theme[cpu_end]=\"#f2266e\"\r\n"
				      "theme[free_start]=\"\"\r\n"
				      "theme[used_start]=\"#592b26\"\r\n"
				      "theme[used_mid]=\"\"\r\n"
				      "theme[used_end]=\"\"\r\n";
	const char *directory = getenv("SKEWTOP_TEST_THEMES");

	(void)state;
	theme_parse(&theme, "foreign", foreign, sizeof(foreign) - 1);
	assert_int_equal(theme.n_warnings, 0);
	check_all_depths(NULL);
	assert_int_not_equal(plan.role[ROLE_SELECTED].fg, COLOUR_RGB | 0x40444c);
	assert_int_equal(plan.role[ROLE_TEXT].fg, COLOUR_RGB | 0xcccccc);
	if (directory)
		print_message("# %d foreign themes\n", for_each_in(directory, check_all_depths));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_theme_has_every_key),
		cmocka_unit_test(every_shipped_theme_is_legible_at_every_depth),
		cmocka_unit_test(no_shipped_colour_has_to_be_corrected),
		cmocka_unit_test(what_matters_can_be_told_apart),
		cmocka_unit_test(the_default_file_is_the_built_in_theme),
		cmocka_unit_test(monochrome_never_asks_for_a_colour),
		cmocka_unit_test(high_contrast_keeps_seven_to_one),
		cmocka_unit_test(colour_blind_safe_is_told_apart_by_all),
		cmocka_unit_test(any_theme_is_made_legible),
		cmocka_unit_test(every_value_the_same_is_made_legible),
		cmocka_unit_test(themes_of_others_load_and_are_legible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
