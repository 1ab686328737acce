/* SPDX-License-Identifier: GPL-2.0-only */
/* Where themes lie, and reading one from there. */
#include "tui/theme.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/options.h"

#define SUFFIX ".theme"

enum { DIRECTORIES_MAX = 12 };

/* In the order of precedence. */
struct directories {
	char path[DIRECTORIES_MAX][PATH_MAX];
	int n;
};

static void add_directory(struct directories *dirs, const char *base, const char *rest)
{
	int n;

	/* A relative $XDG_CONFIG_HOME counts as unset (XDG Base Directory Specification). */
	if (!base || base[0] != '/' || dirs->n == DIRECTORIES_MAX)
		return;
	n = snprintf(dirs->path[dirs->n], PATH_MAX, "%s/%s", base, rest);
	if (n > 0 && n < PATH_MAX)
		dirs->n++;
}

static void add_user_directory(struct directories *dirs, const char *program)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	char rest[64];

	snprintf(rest, sizeof(rest), "%s/themes", program);
	if (config && config[0] == '/') {
		add_directory(dirs, config, rest);
		return;
	}
	snprintf(rest, sizeof(rest), ".config/%s/themes", program);
	add_directory(dirs, getenv("HOME"), rest);
}

/* Beside the directory that the program runs from: of an installation, then of a source tree. */
static void add_own_directories(struct directories *dirs)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	for (int up = 0; n > 0 && up < 2; up++) {
		char *slash;

		self[n] = '\0';
		slash = strrchr(self, '/');
		n = slash ? slash - self : 0;
	}
	if (n > 0) {
		self[n] = '\0';
		add_directory(dirs, self, "share/skewtop/themes");
		add_directory(dirs, self, "themes");
	}
}

static struct directories *find_directories(void)
{
	struct directories *dirs = calloc(1, sizeof(*dirs));

	if (!dirs)
		return NULL;
	add_user_directory(dirs, "skewtop");
	add_directory(dirs, "/etc", "skewtop/themes");
	add_directory(dirs, "/usr/share", "skewtop/themes");
	add_directory(dirs, "/usr/local/share", "skewtop/themes");
	add_own_directories(dirs);
	add_user_directory(dirs, "btop");
	add_directory(dirs, "/usr/share", "btop/themes");
	add_directory(dirs, "/usr/local/share", "btop/themes");
	return dirs;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* Length of the name that a file stands for, or 0 if it is not named like a theme. */
static size_t name_length(const char *file)
{
	size_t n = strlen(file);

	if (file[0] == '.' || n <= strlen(SUFFIX) || strcmp(file + n - strlen(SUFFIX), SUFFIX))
		return 0;
	n -= strlen(SUFFIX);
	return n < THEME_NAME_MAX ? n : 0;
}

static int add_name(struct theme_names *names, const char *name, size_t length)
{
	if (names->n == THEME_LIST_MAX)
		return 0;
	names->name[names->n] = strndup(name, length);
	if (!names->name[names->n])
		return -ENOMEM;
	names->n++;
	return 0;
}

static int add_names_in(struct theme_names *names, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (!dir)
		return 0;
	while (!rc && (entry = readdir(dir)) != NULL) {
		size_t length = name_length(entry->d_name);

		if (length)
			rc = add_name(names, entry->d_name, length);
	}
	closedir(dir);
	return rc;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_unique(struct theme_names *names)
{
	int kept = 0;

	qsort(names->name, (size_t)names->n, sizeof(*names->name), compare_names);
	for (int i = 0; i < names->n; i++) {
		if (kept && !strcmp(names->name[kept - 1], names->name[i]))
			free(names->name[i]);
		else
			names->name[kept++] = names->name[i];
	}
	names->n = kept;
}

int theme_list(struct theme_names *names)
{
	struct directories *dirs = find_directories();
	int rc = -ENOMEM;

	names->n = 0;
	names->name = calloc(THEME_LIST_MAX, sizeof(*names->name));
	if (dirs && names->name) {
		rc = add_name(names, THEME_DEFAULT, strlen(THEME_DEFAULT));
		for (int i = 0; !rc && i < dirs->n; i++)
			rc = add_names_in(names, dirs->path[i]);
	}
	free(dirs);
	if (rc)
		theme_names_free(names);
	else
		sort_unique(names);
	return rc;
}

void theme_names_free(struct theme_names *names)
{
	for (int i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct theme_names){ NULL, 0 };
}

int theme_names_find(const struct theme_names *names, const char *name)
{
	for (int i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], name))
			return i;
	return -1;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* Reads all of a small plain file. Bytes read, or negative errno. */
static ssize_t read_file(int fd, char *text, size_t size)
{
	struct stat st;
	size_t length = 0;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	while (length < size) {
		ssize_t n = read(fd, text + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)length;
		length += (size_t)n;
	}
	return -EFBIG;
}

static int say_unreadable(const char *path, int rc, struct error *err)
{
	switch (rc) {
	case -EFBIG:
		return error_set(err, rc, "the theme file %s is longer than %d KiB, so it is none",
			path, THEME_FILE_MAX >> 10);
	case -EINVAL:
		return error_set(err, rc, "the theme %s is not a plain file", path);
	default:
		return error_set(err, rc, "cannot read the theme file %s: %s", path, strerror(-rc));
	}
}

/* The name that goes with a path: the last part, without the suffix. */
static void name_of_path(char *name, size_t size, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t length = name_length(file);

	snprintf(name, size, "%.*s", (int)(length ? length : strlen(file)), file);
}

/* O_NONBLOCK: a named pipe must not hold the screen up. -ENOENT leaves `err` alone. */
static int load_file(struct theme *theme, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char name[THEME_NAME_MAX];
	ssize_t length;
	char *text;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : say_unreadable(path, -errno, err);
	text = malloc(THEME_FILE_MAX + 1);
	length = text ? read_file(fd, text, THEME_FILE_MAX + 1) : -ENOMEM;
	close(fd);
	if (length >= 0) {
		name_of_path(name, sizeof(name), path);
		theme_parse(theme, name, text, (size_t)length);
	}
	free(text);
	return length < 0 ? say_unreadable(path, (int)length, err) : 0;
}

/* Says which name was meant, or as many as fit into the sentence. */
static int say_unknown(const char *name, struct error *err)
{
	struct theme_names names;
	const char *nearest;
	char list[200] = "";
	size_t n = 0;

	if (theme_list(&names))
		return error_set(err, -ENOENT, "there is no theme \"%.64s\"", name);
	nearest = options_nearest(name, (const char *const *)names.name, names.n);
	for (int i = 0; i < names.n && !nearest; i++) {
		if (n + strlen(names.name[i]) + sizeof(", ...") >= sizeof(list)) {
			n += (size_t)sprintf(list + n, ", ...");
			break;
		}
		n += (size_t)sprintf(list + n, "%s%s", i ? ", " : "", names.name[i]);
	}
	if (nearest)
		error_set(err, 0, "there is no theme \"%.64s\"; did you mean \"%s\"?", name, nearest);
	else
		error_set(err, 0, "there is no theme \"%.64s\"; there are: %s", name, list);
	theme_names_free(&names);
	return -ENOENT;
}

static int load_name(struct theme *theme, const char *name, struct error *err)
{
	struct directories *dirs = find_directories();
	int rc = dirs ? -ENOENT : error_set(err, -ENOMEM, "out of memory");
	char path[PATH_MAX + THEME_NAME_MAX + sizeof(SUFFIX)];

	for (int i = 0; dirs && rc == -ENOENT && i < dirs->n; i++) {
		snprintf(path, sizeof(path), "%s/%s" SUFFIX, dirs->path[i], name);
		rc = load_file(theme, path, err);
	}
	free(dirs);
	return rc;
}

int theme_load(struct theme *theme, const char *name_or_file, struct error *err)
{
	const char *name = name_or_file && name_or_file[0] ? name_or_file : THEME_DEFAULT;
	int rc;

	theme_default(theme);
	if (strchr(name, '/') || name_length(name)) {
		rc = load_file(theme, name, err);
		return rc == -ENOENT ? say_unreadable(name, rc, err) : rc;
	}
	rc = strlen(name) < THEME_NAME_MAX ? load_name(theme, name, err) : -ENOENT;
	if (rc != -ENOENT)
		return rc;
	return strcmp(name, THEME_DEFAULT) ? say_unknown(name, err) : 0;
}
