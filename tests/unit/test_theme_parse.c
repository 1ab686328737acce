/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/rgb.h"
#include "tui/theme.h"
#include "tui/theme_keys.h"

static struct theme theme;

static void parse(const char *text)
{
	theme_parse(&theme, "test", text, strlen(text));
}

static void assert_colour(struct theme_colour colour, enum theme_kind kind, uint32_t value)
{
	assert_int_equal(colour.kind, kind);
	assert_int_equal(colour.value, value);
}

static void assert_same(struct theme_colour a, struct theme_colour b)
{
	assert_colour(a, b.kind, b.value);
}

static void values_have_three_forms_and_nothing(void **state)
{
	(void)state;
	parse("theme[main_fg]=\"#a1B2c3\"\n"
	      "theme[main_bg]=\"#0f\"\n"
	      "theme[title]=\"1 22 255\"\n"
	      "theme[hi_fg]=\"\"\n"
	      "theme[div_line]=\"bright-Blue\"\n"
	      "theme[cpu_box]=\"red\"\n");
	assert_int_equal(theme.n_warnings, 0);
	assert_string_equal(theme.warning.text, "");
	assert_string_equal(theme.name, "test");
	assert_colour(theme.fg[ROLE_TEXT], THEME_RGB, 0xa1b2c3);
	assert_colour(theme.background, THEME_RGB, 0x0f0f0f);
	assert_colour(theme.bg[ROLE_TEXT], THEME_RGB, 0x0f0f0f);
	assert_colour(theme.fg[ROLE_TITLE], THEME_RGB, 0x0116ff);
	assert_colour(theme.fg[ROLE_HIGHLIGHT], THEME_OWN, 0);
	assert_colour(theme.fg[ROLE_LINE], THEME_PALETTE, 12);
	assert_colour(theme.fg[ROLE_BOX_CPU], THEME_PALETTE, 1);
}

static void sloppy_lines_are_read(void **state)
{
	(void)state;
	parse("\xef\xbb\xbf# made on another system\r\n"
	      "\r\n"
	      "  theme[ main_fg ] = '#111111'   # comment\r\n"
	      "\ttheme[main_bg]=\"#eeeeee\" ; trailing words\r\n"
	      "theme[\"title\"]=\"#222222\"\r\n"
	      "THEME[HI_FG] = \"#333333\r\n"
	      "theme [inactive_fg]= #444444 # bare\r\n"
	      "theme[div_line]=\" 5,5,  5 \"\r\n"
	      "[cpu_box]=\"#666666\"\r"
	      "theme[proc_misc]=\"no colour, but unknown\"\r\n"
	      "theme[main_fg]=\"#777777\"");
	assert_string_equal(theme.warning.text, "");
	assert_int_equal(theme.n_warnings, 0);
	assert_colour(theme.fg[ROLE_TEXT], THEME_RGB, 0x777777);
	assert_colour(theme.background, THEME_RGB, 0xeeeeee);
	assert_colour(theme.fg[ROLE_TITLE], THEME_RGB, 0x222222);
	assert_colour(theme.fg[ROLE_HIGHLIGHT], THEME_RGB, 0x333333);
	assert_colour(theme.fg[ROLE_DIM], THEME_RGB, 0x444444);
	assert_colour(theme.fg[ROLE_LINE], THEME_RGB, 0x050505);
	assert_colour(theme.fg[ROLE_BOX_CPU], THEME_RGB, 0x666666);
}

static void a_bad_line_is_told_and_falls_back(void **state)
{
	static const char *const bad[] = {
		"theme[title]=\"#12345\"",    "theme[title]=\"#1234567\"",  "theme[title]=\"#gg0000\"",
		"theme[title]=\"#\"",	      "theme[title]=\"1 2\"",	    "theme[title]=\"1 2 256\"",
		"theme[title]=\"1 2 3 4\"",   "theme[title]=\"1 2 99999\"", "theme[title]=\"-1 2 3\"",
		"theme[title]=\"1.5 2 3\"",   "theme[title]=\"purple\"",    "theme[title]=\"bright\"",
		"theme[title]=\"bright red x\"", "theme[title]=\"brightred\"", "theme[title",
		"theme]title[",		      "theme[]=\"#ffffff\"",	    "title=\"#ffffff\"",
		"theme[title] \"#ffffff\"",   "garbage",		    "123 # 5",
	};
	char text[256], expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "theme[main_fg]=\"#abcdef\"\n\n%s\ntheme[x]=\"#11\"\nx\n", bad[i]);
		parse(text);
		assert_int_equal(theme.n_warnings, 2);
		snprintf(expected, sizeof(expected), "theme test: line 3 ");
		if (strncmp(theme.warning.text, expected, strlen(expected)))
			fail_msg("%s: %s", bad[i], theme.warning.text);
		assert_colour(theme.fg[ROLE_TITLE], THEME_RGB, 0xabcdef);
	}
}

static void missing_keys_fall_back_within_the_file(void **state)
{
	(void)state;
	parse("theme[main_bg]='#000000'\ntheme[main_fg]='#ffffff'\n"
	      "theme[inactive_fg]='#808080'\ntheme[hi_fg]='#00ffff'\n"
	      "theme[cpu_start]='#00ff00'\ntheme[cpu_mid]='#ffff00'\ntheme[cpu_end]='#ff0000'\n");
	assert_same(theme.fg[ROLE_TITLE], theme.fg[ROLE_TEXT]);
	assert_same(theme.fg[ROLE_GRAPH], theme.fg[ROLE_DIM]);
	assert_same(theme.fg[ROLE_METER_BG], theme.fg[ROLE_DIM]);
	assert_same(theme.fg[ROLE_BOX_DROPS], theme.fg[ROLE_DIM]);
	assert_same(theme.fg[ROLE_MARK], theme.fg[ROLE_HIGHLIGHT]);
	assert_colour(theme.fg[ROLE_OK], THEME_RGB, 0x00ff00);
	assert_colour(theme.fg[ROLE_WARN], THEME_RGB, 0xffff00);
	assert_colour(theme.fg[ROLE_ALERT], THEME_RGB, 0xff0000);
	assert_colour(theme.bg[ROLE_PAUSED], THEME_RGB, 0xff0000);
	assert_colour(theme.bg[ROLE_MATCH], THEME_RGB, 0xffff00);
	for (int i = 0; i < THEME_STEPS; i++)
		assert_same(theme.gradient[GRADIENT_TX][i], theme.gradient[GRADIENT_HEAT][i]);

	parse("theme[main_bg]='#000000'\ntheme[main_fg]='#ffffff'\ntheme[upload_start]='#123456'\n");
	assert_colour(theme.fg[ROLE_DIM], THEME_RGB, 0x999999);
	assert_colour(theme.gradient[GRADIENT_HEAT][7], THEME_RGB, 0x123456);
	parse("theme[div_line]='#123456'\ntheme[ok]='#010203'\ntheme[mark]='4 5 6'\n");
	assert_same(theme.fg[ROLE_BOX_SYSCALLS], theme.fg[ROLE_LINE]);
	assert_colour(theme.fg[ROLE_OK], THEME_RGB, 0x010203);
	assert_colour(theme.fg[ROLE_MARK], THEME_RGB, 0x040506);
}

static void nothing_at_all_is_the_terminals_own(void **state)
{
	(void)state;
	parse("");
	assert_int_equal(theme.n_warnings, 0);
	for (int i = 0; i < ROLE_COUNT; i++) {
		assert_colour(theme.fg[i], THEME_OWN, 0);
		assert_colour(theme.bg[i], THEME_OWN, 0);
	}
	for (int i = 0; i < GRADIENT_COUNT; i++)
		for (int step = 0; step < THEME_STEPS; step++)
			assert_colour(theme.gradient[i][step], THEME_OWN, 0);
}

/* ---- gradients ------------------------------------------------------------------------------ */

static void gradients_go_from_start_through_mid_to_end(void **state)
{
	const struct theme_colour *heat = theme.gradient[GRADIENT_HEAT];

	(void)state;
	parse("theme[cpu_start]='#000000'\ntheme[cpu_mid]='#64c800'\ntheme[cpu_end]='#6400ff'\n");
	assert_colour(heat[0], THEME_RGB, 0x000000);
	assert_colour(heat[1], THEME_RGB, 0x020400);
	assert_colour(heat[50], THEME_RGB, 0x64c800);
	assert_colour(heat[100], THEME_RGB, 0x6400ff);
	parse("theme[cpu_start]='#000000'\ntheme[cpu_mid]=''\ntheme[cpu_end]='#6400c8'\n");
	assert_colour(heat[1], THEME_RGB, 0x010002);
	assert_colour(heat[50], THEME_RGB, 0x320064);
	assert_colour(heat[100], THEME_RGB, 0x6400c8);
	parse("theme[cpu_start]='#123456'\ntheme[cpu_mid]='#abcdef'\n");
	assert_colour(heat[0], THEME_RGB, 0x123456);
	assert_colour(heat[100], THEME_RGB, 0x123456);
	parse("theme[cpu_start]='green'\ntheme[cpu_mid]='#abcdef'\ntheme[cpu_end]='red'\n");
	assert_colour(heat[33], THEME_PALETTE, 2);
	assert_colour(heat[34], THEME_RGB, 0xabcdef);
	assert_colour(heat[67], THEME_RGB, 0xabcdef);
	assert_colour(heat[68], THEME_PALETTE, 1);
	parse("theme[cpu_start]=''\ntheme[cpu_end]='red'\n");
	assert_colour(heat[50], THEME_OWN, 0);
	assert_colour(heat[51], THEME_PALETTE, 1);
}

static bool between(int a, int x, int b)
{
	return a <= b ? a <= x && x <= b : b <= x && x <= a;
}

/* Each channel of each step lies between the step before and the end of its half. */
static void assert_monotone(const struct theme_colour *steps, int from, int to)
{
	uint32_t end = steps[to].value;

	for (int i = from + 1; i <= to; i++) {
		uint32_t before = steps[i - 1].value, now = steps[i].value;

		assert_true(between(rgb_red(before), rgb_red(now), rgb_red(end)));
		assert_true(between(rgb_green(before), rgb_green(now), rgb_green(end)));
		assert_true(between(rgb_blue(before), rgb_blue(now), rgb_blue(end)));
	}
}

static void gradients_are_monotone(void **state)
{
	unsigned seed = 7;
	char text[256];

	(void)state;
	for (int i = 0; i < 500; i++) {
		unsigned start = rand_r(&seed) & 0xffffff, mid = rand_r(&seed) & 0xffffff;
		unsigned end = rand_r(&seed) & 0xffffff;

		snprintf(text, sizeof(text),
			"theme[used_start]='#%06x'\ntheme[used_mid]='#%06x'\ntheme[used_end]='#%06x'\n",
			start, mid, end);
		parse(text);
		assert_colour(theme.gradient[GRADIENT_DROPS][0], THEME_RGB, start);
		assert_colour(theme.gradient[GRADIENT_DROPS][50], THEME_RGB, mid);
		assert_colour(theme.gradient[GRADIENT_DROPS][100], THEME_RGB, end);
		assert_monotone(theme.gradient[GRADIENT_DROPS], 0, 50);
		assert_monotone(theme.gradient[GRADIENT_DROPS], 50, 100);
	}
}

/* ---- hostile text --------------------------------------------------------------------------- */

static void assert_sane(void)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		assert_true(theme.fg[i].kind <= THEME_PALETTE && theme.fg[i].value <= 0xffffff);
		assert_true(theme.bg[i].kind <= THEME_PALETTE && theme.bg[i].value <= 0xffffff);
	}
	assert_true(strlen(theme.warning.text) < sizeof(theme.warning.text));
	for (const char *c = theme.warning.text; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

static void nuls_and_long_lines_do_no_harm(void **state)
{
	static const char with_nul[] = "theme[title]=\"#ff\0ffff\"\ntheme[main_fg]='#010101'\0\n"
				       "theme[hi_fg]='#020202'";
	size_t size = 1 << 20;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	theme_parse(&theme, "nul", with_nul, sizeof(with_nul) - 1);
	assert_int_equal(theme.n_warnings, 2);
	assert_colour(theme.fg[ROLE_HIGHLIGHT], THEME_RGB, 0x020202);
	assert_colour(theme.fg[ROLE_TEXT], THEME_OWN, 0);
	for (const char *fill = "x[]='\"#1 \t\r"; *fill; fill++) {
		memset(text, *fill, size);
		theme_parse(&theme, "long", text, size);
		assert_sane();
		memcpy(text, "theme[title]='", 14);
		theme_parse(&theme, "long", text, size);
		assert_sane();
	}
	memset(text, '\0', size);
	theme_parse(&theme, "zeros", text, size);
	assert_int_equal(theme.n_warnings, 1);
	memset(text, '\n', size);
	theme_parse(&theme, "\033]52;c;x\a\xff\n", text, size);
	assert_string_equal(theme.name, "?]52;c;x???");
	free(text);
}

/* Bytes, and pieces of real lines in any order, copied to the end of a block so that ASan sees a step
 * too far. */
static void random_text_does_no_harm(void **state)
{
	static const char *const pieces[] = {
		"theme", "[", "]", "=", "\"", "'", "#", "#ff00", "12", " ", "255 ", "main_fg", "cpu_start",
		"cpu_mid", "\n", "\r\n", "\t", "bright", "red", ",", "\xef\xbb\xbf", "theme[cpu_end]=\"#",
		"theme[title]='", "000", "abc\"\n",
	};
	unsigned seed = 42;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[1024];
		size_t n = 0;
		char *exact;

		for (int i = rand_r(&seed) % 30; i > 0; i--) {
			const char *piece = pieces[rand_r(&seed) % (sizeof(pieces) / sizeof(pieces[0]))];

			if (rand_r(&seed) % 8 == 0)
				text[n++] = (char)rand_r(&seed);
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		exact = malloc(n + !n);
		memcpy(exact, text, n);
		theme_parse(&theme, "fuzz", exact, n);
		assert_sane();
		free(exact);
	}
}

static void every_key_is_found_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < KEY_COUNT; i++)
		assert_int_equal(theme_key_find(theme_key_name(i), strlen(theme_key_name(i))), i);
	assert_int_equal(theme_key_find("main_f", 6), -1);
	assert_int_equal(theme_key_find("main_fgx", 8), -1);
	assert_int_equal(theme_key_find("", 0), -1);
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static void contrast_is_that_of_wcag(void **state)
{
	(void)state;
	assert_float_equal(rgb_luminance(RGB_BLACK), 0.0, 1e-9);
	assert_float_equal(rgb_luminance(RGB_WHITE), 1.0, 1e-6);
	assert_float_equal(rgb_luminance(0x808080), 0.215861, 1e-5);
	assert_float_equal(rgb_contrast(RGB_BLACK, RGB_WHITE), 21.0, 1e-4);
	assert_float_equal(rgb_contrast(0x777777, RGB_WHITE), 4.4781, 1e-3);
	assert_float_equal(rgb_contrast(RGB_WHITE, 0xff0000), 3.9985, 1e-3);
	for (int i = 0; i < 256; i++)
		assert_true(rgb_contrast(rgb_of_index(i), rgb_opposite(rgb_of_index(i))) >= 4.5);
}

static void the_nearest_of_256_is_the_nearest(void **state)
{
	(void)state;
	for (int i = 16; i < 256; i++)
		assert_int_equal(rgb_of_index(rgb_nearest_index(rgb_of_index(i))), rgb_of_index(i));
	assert_int_equal(rgb_nearest_index(0x080808), 232);
	assert_int_equal(rgb_nearest_index(0xffffff), 231);
	assert_int_equal(rgb_nearest_index(0x00005e), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_three_forms_and_nothing),
		cmocka_unit_test(sloppy_lines_are_read),
		cmocka_unit_test(a_bad_line_is_told_and_falls_back),
		cmocka_unit_test(missing_keys_fall_back_within_the_file),
		cmocka_unit_test(nothing_at_all_is_the_terminals_own),
		cmocka_unit_test(gradients_go_from_start_through_mid_to_end),
		cmocka_unit_test(gradients_are_monotone),
		cmocka_unit_test(nuls_and_long_lines_do_no_harm),
		cmocka_unit_test(random_text_does_no_harm),
		cmocka_unit_test(every_key_is_found_by_its_name),
		cmocka_unit_test(contrast_is_that_of_wcag),
		cmocka_unit_test(the_nearest_of_256_is_the_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
