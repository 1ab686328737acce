/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tui/theme.h"

static struct theme theme;
static char home[] = "/tmp/skewtop-theme-XXXXXX";

static const char *in_home(const char *path)
{
	static char full[4][512];
	static int next;

	next = (next + 1) % 4;
	snprintf(full[next], sizeof(full[next]), "%s/%s", home, path);
	return full[next];
}

/* Makes the directories on the way, too. */
static void put(const char *path, const char *text, size_t length)
{
	const char *full = in_home(path);
	char part[512];
	FILE *file;

	for (const char *slash = strchr(full + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - full), full);
		mkdir(part, 0755);
	}
	file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void put_theme(const char *path, const char *main_fg)
{
	char text[64];

	put(path, text, (size_t)snprintf(text, sizeof(text), "theme[main_fg]=\"%s\"\n", main_fg));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int make_home(void **state)
{
	(void)state;
	strcpy(home + sizeof(home) - 7, "XXXXXX");
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_CONFIG_HOME", in_home("config"), 1);
	setenv("HOME", home, 1);
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void assert_text_colour(uint32_t rgb)
{
	assert_int_equal(theme.fg[ROLE_TEXT].kind, THEME_RGB);
	assert_int_equal(theme.fg[ROLE_TEXT].value, rgb);
}

static void load(const char *name)
{
	struct error err = { "" };

	if (theme_load(&theme, name, &err))
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
}

/* On an error the built-in theme is there. */
static void assert_refused(const char *name, int code, const char *sentence)
{
	struct error err = { "" };

	assert_int_equal(theme_load(&theme, name, &err), code);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
	assert_string_equal(theme.name, THEME_DEFAULT);
}

static void a_name_is_looked_for_in_order(void **state)
{
	(void)state;
	put_theme("config/btop/themes/mine.theme", "#010101");
	load("mine");
	assert_text_colour(0x010101);
	assert_string_equal(theme.name, "mine");
	put_theme("config/skewtop/themes/mine.theme", "#020202");
	load("mine");
	assert_text_colour(0x020202);
	put_theme(".config/skewtop/themes/mine.theme", "#030303");
	unsetenv("XDG_CONFIG_HOME");
	load("mine");
	assert_text_colour(0x030303);
	/* The XDG specification: a relative path is to be ignored. */
	setenv("XDG_CONFIG_HOME", "config", 1);
	load("mine");
	assert_text_colour(0x030303);
	unsetenv("HOME");
	unsetenv("XDG_CONFIG_HOME");
	assert_refused("mine", -ENOENT, "there is no theme \"mine\"");
}

static void a_path_is_a_file(void **state)
{
	(void)state;
	put_theme("elsewhere/other.theme", "#040404");
	load(in_home("elsewhere/other.theme"));
	assert_text_colour(0x040404);
	assert_string_equal(theme.name, "other");
	put_theme("elsewhere/plain", "#050505");
	load(in_home("elsewhere/plain"));
	assert_text_colour(0x050505);
	assert_string_equal(theme.name, "plain");
	assert_refused(in_home("elsewhere/none.theme"), -ENOENT, "No such file");
	assert_refused("none.theme", -ENOENT, "cannot read the theme file none.theme: No such file");
}

static void the_default_needs_no_file(void **state)
{
	(void)state;
	load(NULL);
	assert_string_equal(theme.name, THEME_DEFAULT);
	load("");
	assert_string_equal(theme.name, THEME_DEFAULT);
	load("default");
	assert_int_equal(theme.fg[ROLE_TEXT].kind, THEME_OWN);
	put_theme("config/skewtop/themes/default.theme", "#060606");
	load("default");
	assert_text_colour(0x060606);
}

static void an_unknown_name_says_what_would_do(void **state)
{
	char long_name[400];

	(void)state;
	put_theme("config/skewtop/themes/harvest.theme", "#070707");
	assert_refused("harvst", -ENOENT, "did you mean \"harvest\"?");
	assert_refused("harv", -ENOENT, "did you mean \"harvest\"?");
	assert_refused("qqqqqqqqqq", -ENOENT, "there are: ");
	assert_refused("qqqqqqqqqq", -ENOENT, "default");
	memset(long_name, 'q', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	assert_refused(long_name, -ENOENT, "there is no theme \"qqqq");
}

static void what_is_no_theme_file_is_refused(void **state)
{
	static char large[THEME_FILE_MAX + 1];

	(void)state;
	memset(large, '#', sizeof(large));
	put("config/skewtop/themes/large.theme", large, sizeof(large));
	assert_refused("large", -EFBIG, "longer than 256 KiB");
	put("config/skewtop/themes/fits.theme", large, sizeof(large) - 1);
	load("fits");
	/* Neither waited for nor read: a pipe nobody writes to, a device without end, a directory. */
	assert_int_equal(mkfifo(in_home("config/skewtop/themes/pipe.theme"), 0600), 0);
	assert_refused("pipe", -EINVAL, "is not a plain file");
	assert_refused("/dev/zero", -EINVAL, "is not a plain file");
	assert_refused(home, -EINVAL, "is not a plain file");
	put("config/skewtop/themes/empty.theme", "", 0);
	load("empty");
	assert_int_equal(theme.n_warnings, 0);
}

static void a_dangling_link_is_not_there(void **state)
{
	(void)state;
	put_theme("config/skewtop/themes/there.theme", "#080808");
	assert_int_equal(symlink("there.theme", in_home("config/skewtop/themes/link.theme")), 0);
	load("link");
	assert_text_colour(0x080808);
	assert_int_equal(symlink("gone.theme", in_home("config/skewtop/themes/lost.theme")), 0);
	assert_refused("lost", -ENOENT, "there is no theme \"lost\"");
	assert_int_equal(symlink("round.theme", in_home("config/skewtop/themes/round.theme")), 0);
	assert_refused("round", -ELOOP, "cannot read the theme file");
}

static void the_list_is_sorted_and_has_each_once(void **state)
{
	struct theme_names names;

	(void)state;
	put_theme("config/skewtop/themes/zinc.theme", "#01");
	put_theme("config/skewtop/themes/amber two.theme", "#01");
	put_theme("config/btop/themes/zinc.theme", "#02");
	put_theme("config/btop/themes/other.theme", "#02");
	put_theme("config/btop/themes/.hidden.theme", "#02");
	put_theme("config/btop/themes/no-theme.txt", "#02");
	put_theme("config/btop/themes/.theme", "#02");
	put_theme("config/btop/themes/a-name-so-long-that-it-would-not-fit-into-a-list-of-names-on-any-"
		  "screen.theme", "#02");
	assert_int_equal(theme_list(&names), 0);
	for (int i = 1; i < names.n; i++)
		assert_true(strcmp(names.name[i - 1], names.name[i]) < 0);
	assert_true(theme_names_find(&names, "zinc") >= 0);
	assert_true(theme_names_find(&names, "amber two") >= 0);
	assert_true(theme_names_find(&names, "other") >= 0);
	assert_true(theme_names_find(&names, THEME_DEFAULT) >= 0);
	assert_int_equal(theme_names_find(&names, ".hidden"), -1);
	assert_int_equal(theme_names_find(&names, "no-theme"), -1);
	for (int i = 0; i < names.n; i++)
		assert_true(strlen(names.name[i]) < THEME_NAME_MAX);
	theme_names_free(&names);
	assert_int_equal(names.n, 0);
	theme_names_free(&names);
}

static void a_list_has_an_end(void **state)
{
	struct theme_names names;
	char path[64];

	(void)state;
	for (int i = 0; i < THEME_LIST_MAX + 10; i++) {
		snprintf(path, sizeof(path), "config/skewtop/themes/t%04d.theme", i);
		put_theme(path, "#01");
	}
	assert_int_equal(theme_list(&names), 0);
	assert_int_equal(names.n, THEME_LIST_MAX);
	assert_true(theme_names_find(&names, THEME_DEFAULT) >= 0);
	theme_names_free(&names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_is_looked_for_in_order),
		TEST(a_path_is_a_file),
		TEST(the_default_needs_no_file),
		TEST(an_unknown_name_says_what_would_do),
		TEST(what_is_no_theme_file_is_refused),
		TEST(a_dangling_link_is_not_there),
		TEST(the_list_is_sorted_and_has_each_once),
		TEST(a_list_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
