/* SPDX-License-Identifier: GPL-2.0-only */
/* What ncurses makes of a theme, as a terminal emulator sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <vterm.h>

#include "tui/colour.h"
#include "tui/rgb.h"

enum { ROWS = 24, COLUMNS = 110 };

static struct theme theme;
static struct colour_plan plan;

/* A terminal that ncurses writes to and a VTerm that shows what was written. */
struct terminal {
	FILE *out, *in;
	SCREEN *screen;
	VTerm *vt;
	VTermScreen *vts;
	size_t shown; /* bytes of `out` that the VTerm has */
};

static struct terminal terminal_open(const char *name)
{
	struct terminal t = { .out = tmpfile(), .in = fopen("/dev/null", "r") };

	assert_non_null(t.out);
	assert_non_null(t.in);
	t.screen = newterm(name, t.out, t.in);
	if (!t.screen)
		fail_msg("no terminal %s", name);
	resize_term(ROWS, COLUMNS);
	t.vt = vterm_new(ROWS, COLUMNS);
	vterm_set_utf8(t.vt, 1);
	t.vts = vterm_obtain_screen(t.vt);
	vterm_screen_enable_altscreen(t.vts, 1);
	vterm_screen_reset(t.vts, 1);
	return t;
}

/* vterm does not know the empty colour space of "38:2::R:G:B", which xterm-direct sends. */
static void without_colour_space(char *bytes)
{
	for (char *at = strstr(bytes, "8:2::"); at; at = strstr(at, "8:2::"))
		memmove(at + 4, at + 5, strlen(at + 5) + 1);
}

static void terminal_show(struct terminal *t)
{
	size_t n;
	char *bytes;

	refresh();
	fflush(t->out);
	fseek(t->out, 0, SEEK_END);
	n = (size_t)ftell(t->out) - t->shown;
	bytes = calloc(1, n + 1);
	assert_non_null(bytes);
	fseek(t->out, (long)t->shown, SEEK_SET);
	assert_int_equal(fread(bytes, 1, n, t->out), n);
	t->shown += n;
	without_colour_space(bytes);
	vterm_input_write(t->vt, bytes, strlen(bytes));
	free(bytes);
}

static bool terminal_wrote(const struct terminal *t, const char *text)
{
	char *bytes = calloc(1, t->shown + 1);
	bool found;

	assert_non_null(bytes);
	fseek(t->out, 0, SEEK_SET);
	assert_int_equal(fread(bytes, 1, t->shown, t->out), t->shown);
	found = strstr(bytes, text) != NULL;
	free(bytes);
	return found;
}

static void terminal_close(struct terminal *t)
{
	endwin();
	delscreen(t->screen);
	vterm_free(t->vt);
	fclose(t->out);
	fclose(t->in);
}

static VTermScreenCell cell_at(const struct terminal *t, int row, int column)
{
	VTermScreenCell cell;

	assert_true(vterm_screen_get_cell(t->vts, (VTermPos){ row, column }, &cell));
	return cell;
}

/* A role per row from 0, a gradient per row from 20, one cell per step. */
static void draw_all(const struct colour *colour)
{
	erase();
	for (int role = 0; role < ROLE_COUNT; role++) {
		paint_set(stdscr, colour_role(colour, role));
		mvaddstr(role, 0, "role");
	}
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int percent = 0; percent < THEME_STEPS; percent++) {
			paint_set(stdscr, colour_gradient(colour, gradient, percent));
			mvaddch(ROLE_COUNT + gradient, percent, '#');
		}
	paint_set(stdscr, colour_role(colour, ROLE_TEXT));
}

static void assert_number(const VTermColor *seen, int number, bool is_default, const char *what, int i)
{
	bool ok;

	if (number == COLOUR_OWN) {
		ok = is_default;
	} else if (number & COLOUR_RGB) {
		uint32_t rgb = (uint32_t)(number & ~COLOUR_RGB);

		/* Next to black a terminal may have nothing but palette numbers. */
		ok = VTERM_COLOR_IS_RGB(seen) && seen->rgb.red == rgb_red(rgb) &&
			abs(seen->rgb.green - rgb_green(rgb)) <= (rgb < 256) &&
			seen->rgb.blue == rgb_blue(rgb);
	} else {
		ok = !is_default && VTERM_COLOR_IS_INDEXED(seen) && seen->indexed.idx == number;
	}
	if (!ok)
		fail_msg("%s, %s, %s %d: not %#x (type %d, %d %d %d)", theme.name,
			colour_depth_name(plan.depth), what, i, (unsigned)number, seen->type, seen->rgb.red,
			seen->rgb.green, seen->rgb.blue);
}

static void assert_style(const struct terminal *t, int row, int column, const struct style *style,
	const char *what, int i)
{
	VTermScreenCell cell = cell_at(t, row, column);

	assert_number(&cell.fg, style->fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg), what, i);
	assert_number(&cell.bg, style->bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg), what, i);
	assert_int_equal(cell.attrs.bold, !!(style->attributes & STYLE_BOLD));
	assert_int_equal(cell.attrs.reverse, !!(style->attributes & STYLE_REVERSE));
	assert_int_equal(cell.attrs.underline != 0, !!(style->attributes & STYLE_UNDERLINE));
}

static void assert_shown(const struct terminal *t)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		assert_style(t, role, 0, &plan.role[role], "role", role);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int step = 0; step < THEME_STEPS; step++)
			assert_style(t, ROLE_COUNT + gradient, step, &plan.gradient[gradient][step], "step",
				step);
}

static const char *const themes[] = {
	"themes/default.theme", "themes/harbour.theme",	      "themes/light.theme",
	"themes/plum.theme",	"themes/high-contrast.theme", "themes/monochrome.theme",
};

enum { N_THEMES = sizeof(themes) / sizeof(themes[0]) };

/* Every role and step arrives as planned, also after the theme was changed on the running screen. */
static void check_terminal(const char *name, enum colour_depth depth)
{
	struct terminal t = terminal_open(name);
	struct colour *colour = colour_new(DEPTH_AUTO);
	struct error err = { "" };

	assert_non_null(colour);
	if (colour_depth(colour) != depth)
		fail_msg("%s has %s", name, colour_depth_name(colour_depth(colour)));
	for (int i = 0; i < N_THEMES; i++) {
		if (theme_load(&theme, themes[i], &err))
			fail_msg("%s", err.text);
		colour_use(colour, &theme);
		colour_background(colour, stdscr);
		colour_plan(&plan, &theme, depth);
		draw_all(colour);
		terminal_show(&t);
		assert_shown(&t);
	}
	colour_free(colour);
	terminal_close(&t);
}

static void every_role_arrives_in_direct_colour(void **state)
{
	(void)state;
	check_terminal("xterm-direct", DEPTH_DIRECT);
	check_terminal("xterm-direct16", DEPTH_DIRECT);
	check_terminal("tmux-direct", DEPTH_DIRECT);
	check_terminal("konsole-direct", DEPTH_DIRECT);
}

static void every_role_arrives_in_256_colours(void **state)
{
	(void)state;
	check_terminal("xterm-256color", DEPTH_256);
	check_terminal("tmux-256color", DEPTH_256);
	check_terminal("screen-256color", DEPTH_256);
}

static void every_role_arrives_in_few_colours(void **state)
{
	(void)state;
	check_terminal("xterm-16color", DEPTH_16);
	check_terminal("xterm", DEPTH_8);
	check_terminal("screen", DEPTH_8);
}

static void assert_no_colour(const char *name)
{
	struct terminal t = terminal_open(name);
	struct colour *colour = colour_new(DEPTH_AUTO);

	assert_non_null(colour);
	assert_int_equal(colour_depth(colour), DEPTH_NONE);
	assert_int_equal(theme_load(&theme, "themes/harbour.theme", NULL), 0);
	colour_use(colour, &theme);
	draw_all(colour);
	colour_background(colour, stdscr);
	terminal_show(&t);
	colour_plan(&plan, &theme, DEPTH_NONE);
	for (int role = 0; role < ROLE_COUNT; role++) {
		VTermScreenCell cell = cell_at(&t, role, 0);

		assert_int_equal(colour_role(colour, role).pair, 0);
		assert_true(VTERM_COLOR_IS_DEFAULT_FG(&cell.fg));
		assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
		assert_int_equal(cell.attrs.reverse, !!(plan.role[role].attributes & STYLE_REVERSE));
	}
	colour_free(colour);
	terminal_close(&t);
}

static void without_colour_attributes_carry_the_roles(void **state)
{
	(void)state;
	assert_no_colour("vt100");
	assert_no_colour("xterm-mono");
	setenv("NO_COLOR", "1", 1);
	assert_no_colour("xterm-256color");
	assert_no_colour("xterm-direct");
	/* no-color.org: only when not empty. */
	setenv("NO_COLOR", "", 1);
	check_terminal("xterm-256color", DEPTH_256);
	unsetenv("NO_COLOR");
}

static void less_can_be_asked_for_but_not_more(void **state)
{
	struct terminal t = terminal_open("xterm-direct");
	struct colour *colour = colour_new(DEPTH_256);

	(void)state;
	assert_int_equal(colour_depth(colour), DEPTH_256);
	assert_int_equal(theme_load(&theme, "themes/harbour.theme", NULL), 0);
	colour_use(colour, &theme);
	draw_all(colour);
	terminal_show(&t);
	colour_plan(&plan, &theme, DEPTH_256);
	for (int role = 0; role < ROLE_COUNT; role++) {
		VTermScreenCell cell = cell_at(&t, role, 0);

		assert_number(&cell.fg, COLOUR_RGB | (int)colour_number_rgb(plan.role[role].fg), false,
			"role", role);
	}
	colour_free(colour);
	terminal_close(&t);
	t = terminal_open("xterm-256color");
	colour = colour_new(DEPTH_DIRECT);
	assert_int_equal(colour_depth(colour), DEPTH_256);
	colour_free(colour);
	colour = colour_new(DEPTH_NONE);
	assert_int_equal(colour_depth(colour), DEPTH_NONE);
	colour_free(colour);
	terminal_close(&t);
}

/* Blanks and what is erased have it, though nothing was drawn there. */
static void the_background_fills_the_window(void **state)
{
	struct terminal t = terminal_open("xterm-256color");
	struct colour *colour = colour_new(DEPTH_AUTO);
	VTermScreenCell cell;

	(void)state;
	assert_int_equal(theme_load(&theme, "themes/light.theme", NULL), 0);
	colour_use(colour, &theme);
	colour_plan(&plan, &theme, DEPTH_256);
	colour_background(colour, stdscr);
	erase();
	paint_set(stdscr, colour_role(colour, ROLE_ALERT));
	mvaddstr(3, 5, "x");
	terminal_show(&t);
	cell = cell_at(&t, 20, 100);
	assert_number(&cell.bg, plan.role[ROLE_TEXT].bg, false, "blank", 0);
	assert_style(&t, 3, 5, &plan.role[ROLE_ALERT], "role", ROLE_ALERT);

	assert_int_equal(theme_load(&theme, "themes/default.theme", NULL), 0);
	colour_use(colour, &theme);
	colour_background(colour, stdscr);
	erase();
	terminal_show(&t);
	cell = cell_at(&t, 20, 100);
	assert_true(VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
	colour_free(colour);
	terminal_close(&t);
}

/* Hundreds of them under direct colour, and more than 255 there is a different one. */
static void pairs_go_beyond_255(void **state)
{
	static const char wide[] = "theme[cpu_start]='#402020'\ntheme[cpu_end]='#ff2020'\n"
				   "theme[download_start]='#204020'\ntheme[download_end]='#20ff20'\n"
				   "theme[upload_start]='#202040'\ntheme[upload_end]='#2020ff'\n";
	struct terminal t = terminal_open("xterm-direct");
	struct colour *colour = colour_new(DEPTH_AUTO);
	int most = 0;

	(void)state;
	theme_parse(&theme, "wide", wide, sizeof(wide) - 1);
	colour_use(colour, &theme);
	colour_plan(&plan, &theme, DEPTH_DIRECT);
	draw_all(colour);
	terminal_show(&t);
	assert_shown(&t);
	for (int gradient = 0; gradient < GRADIENT_COUNT; gradient++)
		for (int percent = -5; percent < 110; percent++) {
			int pair = colour_gradient(colour, gradient, percent).pair;

			most = pair > most ? pair : most;
		}
	assert_true(most > 300);
	assert_int_equal(colour_gradient(colour, GRADIENT_RX, -5).pair,
		colour_gradient(colour, GRADIENT_RX, 0).pair);
	assert_int_equal(colour_gradient(colour, GRADIENT_RX, 500).pair,
		colour_gradient(colour, GRADIENT_RX, 100).pair);
	colour_free(colour);
	terminal_close(&t);
}

/* The user's palette stays as it is: no OSC 4, no Linux "ESC ] P". */
static void the_palette_is_never_edited(void **state)
{
	static const char *const names[] = { "xterm-256color", "linux", "xterm-16color" };

	(void)state;
	for (int n = 0; n < 3; n++) {
		struct terminal t = terminal_open(names[n]);
		struct colour *colour = colour_new(DEPTH_AUTO);

		for (int i = 0; i < N_THEMES; i++) {
			assert_int_equal(theme_load(&theme, themes[i], NULL), 0);
			colour_use(colour, &theme);
			draw_all(colour);
			terminal_show(&t);
		}
		assert_false(terminal_wrote(&t, "\033]4;"));
		assert_false(terminal_wrote(&t, "\033]P"));
		colour_free(colour);
		terminal_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_role_arrives_in_direct_colour),
		cmocka_unit_test(every_role_arrives_in_256_colours),
		cmocka_unit_test(every_role_arrives_in_few_colours),
		cmocka_unit_test(without_colour_attributes_carry_the_roles),
		cmocka_unit_test(less_can_be_asked_for_but_not_more),
		cmocka_unit_test(the_background_fills_the_window),
		cmocka_unit_test(pairs_go_beyond_255),
		cmocka_unit_test(the_palette_is_never_edited),
	};

	unsetenv("NO_COLOR");
	unsetenv("LINES");
	unsetenv("COLUMNS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
