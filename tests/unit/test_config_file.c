/* SPDX-License-Identifier: GPL-2.0-only */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

#include "tui/config_file.h"

#define SECOND UINT64_C(1000000000)

static struct config config;
static struct config_place place;
static char home[] = "/tmp/skewtop-config-XXXXXX";

static const char *in_home(const char *path)
{
	static char full[4][512];
	static int next;

	next = (next + 1) % 4;
	snprintf(full[next], sizeof(full[next]), "%s/%s", home, path);
	return full[next];
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(in_home(path), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *path, const char *expected)
{
	char text[4096];
	FILE *file = fopen(in_home(path), "r");
	size_t n;

	if (!file)
		fail_msg("no %s", path);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	if (lstat(in_home(path), &st))
		fail_msg("no %s", path);
	return st.st_mode & 07777;
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
	umask(022);
	strcpy(home + sizeof(home) - 7, "XXXXXX");
	if (!mkdtemp(home))
		return -1;
	memset(&place, 0, sizeof(place));
	snprintf(place.base, sizeof(place.base), "%s/base", home);
	place.owner = geteuid();
	return 0;
}

static int remove_home(void **state)
{
	(void)state;
	return nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes what a first save makes. */
static void make_directories(void)
{
	assert_int_equal(mkdir(in_home("base"), 0755), 0);
	assert_int_equal(mkdir(in_home("base/skewtop"), 0755), 0);
}

static void load(void)
{
	struct error err = { "" };

	if (config_load_from(&config, &place, &err))
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
}

static void save(void)
{
	struct error err = { "" };

	if (config_save_to(&config, &place, &err))
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
}

/* Neither read nor written, and for the same reason; the defaults hold. */
static void assert_refused(int code, const char *sentence)
{
	struct error err = { "" };

	assert_int_equal(config_load_from(&config, &place, &err), code);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
	assert_int_equal(config.delay_ns, SECOND);
	config.delay_ns = 9 * SECOND;
	err.text[0] = '\0';
	assert_int_equal(config_save_to(&config, &place, &err), code);
	if (!strstr(err.text, sentence))
		fail_msg("\"%s\" does not say \"%s\"", err.text, sentence);
}

static void assert_nothing_left_over(const char *directory)
{
	DIR *dir = opendir(in_home(directory));
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] == '.' && strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			fail_msg("%s is left over", entry->d_name);
	closedir(dir);
}

/* ---- reading and writing -------------------------------------------------------------------- */

static void nothing_there_is_no_error(void **state)
{
	(void)state;
	load();
	assert_int_equal(config.delay_ns, SECOND);
	assert_int_equal(mkdir(in_home("base"), 0755), 0);
	load();
	assert_int_equal(mkdir(in_home("base/skewtop"), 0755), 0);
	load();
	assert_int_equal(config.n_notes, 0);
}

static void a_first_save_makes_everything_private(void **state)
{
	(void)state;
	load();
	config.delay_ns = 2 * SECOND;
	save();
	assert_int_equal(mode_of("base"), 0700);
	assert_int_equal(mode_of("base/skewtop"), 0700);
	assert_int_equal(mode_of("base/skewtop/config"), 0600);
	assert_content("base/skewtop/config", "delay = 2\n");
	assert_nothing_left_over("base/skewtop");
	load();
	assert_int_equal(config.delay_ns, 2 * SECOND);
}

static void a_save_replaces_the_file_and_keeps_the_rest(void **state)
{
	int old;

	(void)state;
	make_directories();
	put("base/skewtop/config", "# mine\ncolour = blue\ndelay = 5\n");
	old = open(in_home("base/skewtop/config"), O_RDONLY);
	assert_true(old >= 0);
	load();
	assert_int_equal(config.n_unknown, 1);
	config.delay_ns = 3 * SECOND;
	save();
	assert_content("base/skewtop/config", "# mine\ncolour = blue\ndelay = 3\n");
	assert_int_equal(mode_of("base/skewtop/config"), 0600);
	/* Renamed over, not written into: who has the old file open still sees all of it. */
	assert_int_equal(lseek(old, 0, SEEK_END), strlen("# mine\ncolour = blue\ndelay = 5\n"));
	close(old);
	assert_nothing_left_over("base/skewtop");
}

static void a_failed_save_leaves_the_old_file(void **state)
{
	struct error err = { "" };

	(void)state;
	make_directories();
	put("base/skewtop/config", "delay = 5\n");
	load();
	config.delay_ns = 3 * SECOND;
	/* No file may grow at all: what a full disk does, for root too. */
	assert_int_equal(mkdir(in_home("base/skewtop/full"), 0755), 0);
	for (int i = 0; i < 100; i++) {
		char name[64];

		snprintf(name, sizeof(name), "base/skewtop/.config.%d.%d", (int)getpid(), i);
		put(name, "taken");
	}
	assert_int_equal(config_save_to(&config, &place, &err), -EEXIST);
	assert_non_null(strstr(err.text, "File exists"));
	assert_content("base/skewtop/config", "delay = 5\n");
}

static void what_is_no_config_is_refused(void **state)
{
	static char large[CONFIG_FILE_MAX + 2];

	(void)state;
	make_directories();
	memset(large, '#', sizeof(large) - 1);
	put("base/skewtop/config", large);
	assert_refused(-EFBIG, "longer than 64 KiB");
	large[CONFIG_FILE_MAX] = '\0';
	put("base/skewtop/config", large);
	load();
	assert_int_equal(unlink(in_home("base/skewtop/config")), 0);
	assert_int_equal(mkfifo(in_home("base/skewtop/config"), 0600), 0);
	assert_refused(-EINVAL, "is not a plain file");
	assert_int_equal(unlink(in_home("base/skewtop/config")), 0);
	assert_int_equal(mkdir(in_home("base/skewtop/config"), 0755), 0);
	assert_refused(-EINVAL, "is not a plain file");
}

static void nowhere_to_save_is_said(void **state)
{
	struct error err = { "" };

	(void)state;
	place.base[0] = '\0';
	load();
	assert_int_equal(config_save_to(&config, &place, &err), -ENOENT);
	assert_non_null(strstr(err.text, "neither $XDG_CONFIG_HOME nor $HOME"));
	snprintf(place.base, sizeof(place.base), "%s/a/b", home);
	load();
	err.text[0] = '\0';
	assert_int_equal(config_save_to(&config, &place, &err), -ENOENT);
	assert_non_null(strstr(err.text, "No such file"));
}

/* Configurations that are links into a version-controlled directory stay so. */
static void a_users_link_stays_a_link(void **state)
{
	(void)state;
	make_directories();
	assert_int_equal(mkdir(in_home("dotfiles"), 0755), 0);
	put("dotfiles/top", "delay = 5\n");
	assert_int_equal(symlink("../../dotfiles/top", in_home("base/skewtop/config")), 0);
	load();
	assert_int_equal(config.delay_ns, 5 * SECOND);
	config.delay_ns = 4 * SECOND;
	save();
	assert_content("dotfiles/top", "delay = 4\n");
	assert_true(S_ISLNK(mode_of("base/skewtop/config") | S_IFLNK));
	assert_int_equal(readlink(in_home("base/skewtop/config"), (char[64]){ 0 }, 64), 18);
	assert_nothing_left_over("base/skewtop");
	assert_nothing_left_over("dotfiles");
}

/* ---- as root -------------------------------------------------------------------------------- */

static void strictness_lets_ones_own_pass(void **state)
{
	(void)state;
	place.strict = true;
	load();
	config.delay_ns = 2 * SECOND;
	save();
	load();
	assert_int_equal(config.delay_ns, 2 * SECOND);
}

static void links_are_refused(void **state)
{
	(void)state;
	place.strict = true;
	make_directories();
	put("target", "delay = 5\n");
	assert_int_equal(symlink(in_home("target"), in_home("base/skewtop/config")), 0);
	assert_refused(-EPERM, "/base/skewtop/config is a link");
	assert_content("target", "delay = 5\n");
	assert_int_equal(unlink(in_home("base/skewtop/config")), 0);

	assert_int_equal(rename(in_home("base/skewtop"), in_home("elsewhere")), 0);
	assert_int_equal(symlink(in_home("elsewhere"), in_home("base/skewtop")), 0);
	put("elsewhere/config", "delay = 5\n");
	assert_refused(-EPERM, "/base/skewtop is a link");
	assert_content("elsewhere/config", "delay = 5\n");

	assert_int_equal(rename(in_home("base"), in_home("real")), 0);
	assert_int_equal(symlink(in_home("real"), in_home("base")), 0);
	assert_refused(-EPERM, "/base is a link");
	place.strict = false;
	load();
	assert_int_equal(config.delay_ns, 5 * SECOND);
}

/*
 * As seen by a user whose files these are not; root itself sees it so for files of others, and that is
 * tried where the test may give files away.
 */
static void what_belongs_to_others_is_refused(void **state)
{
	(void)state;
	place.strict = true;
	make_directories();
	put("base/skewtop/config", "delay = 5\n");
	load();
	assert_int_equal(config.delay_ns, 5 * SECOND);
	place.owner++;
	assert_refused(-EPERM, "/base belongs to user");
	place.owner--;
	if (geteuid() == 0) {
		assert_int_equal(chown(in_home("base/skewtop/config"), 65534, 65534), 0);
		assert_refused(-EPERM, "/base/skewtop/config belongs to user 65534");
		assert_int_equal(chown(in_home("base/skewtop/config"), 0, 0), 0);
		assert_int_equal(chown(in_home("base/skewtop"), 65534, 65534), 0);
		assert_refused(-EPERM, "/base/skewtop belongs to user 65534");
	}
	assert_content("base/skewtop/config", "delay = 5\n");
}

static void what_others_may_write_is_refused(void **state)
{
	(void)state;
	place.strict = true;
	make_directories();
	put("base/skewtop/config", "delay = 5\n");
	assert_int_equal(chmod(in_home("base/skewtop/config"), 0666), 0);
	assert_refused(-EPERM, "others may write to ");
	assert_int_equal(chmod(in_home("base/skewtop/config"), 0644), 0);
	assert_int_equal(chmod(in_home("base/skewtop"), 0775), 0);
	assert_refused(-EPERM, "others may write to ");
	assert_int_equal(chmod(in_home("base/skewtop"), 0755), 0);
	load();
	assert_int_equal(config.delay_ns, 5 * SECOND);
}

/* ---- the environment ------------------------------------------------------------------------ */

static void the_place_comes_from_the_environment(void **state)
{
	struct error err = { "" };

	(void)state;
	setenv("HOME", home, 1);
	setenv("XDG_CONFIG_HOME", in_home("xdg"), 1);
	config_place_find(&place);
	assert_string_equal(place.base, in_home("xdg"));
	assert_int_equal(place.owner, geteuid());
	assert_int_equal(place.strict, geteuid() == 0);
	setenv("XDG_CONFIG_HOME", "relative", 1);
	config_place_find(&place);
	assert_string_equal(place.base, in_home(".config"));
	setenv("XDG_CONFIG_HOME", "", 1);
	config_place_find(&place);
	assert_string_equal(place.base, in_home(".config"));
	assert_int_equal(config_load(&config, &err), 0);
	config.mouse = false;
	assert_int_equal(config_save(&config, &err), 0);
	assert_string_equal(err.text, "");
	assert_content(".config/skewtop/config", "mouse = no\n");
	unsetenv("HOME");
	unsetenv("XDG_CONFIG_HOME");
	config_place_find(&place);
	assert_string_equal(place.base, "");
	assert_int_equal(config_load(&config, &err), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_there_is_no_error),
		TEST(a_first_save_makes_everything_private),
		TEST(a_save_replaces_the_file_and_keeps_the_rest),
		TEST(a_failed_save_leaves_the_old_file),
		TEST(what_is_no_config_is_refused),
		TEST(nowhere_to_save_is_said),
		TEST(a_users_link_stays_a_link),
		TEST(strictness_lets_ones_own_pass),
		TEST(links_are_refused),
		TEST(what_belongs_to_others_is_refused),
		TEST(what_others_may_write_is_refused),
		TEST(the_place_comes_from_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
