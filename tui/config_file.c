/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories and files are opened first and judged by what is open, so nothing can be swapped between. */
#include "tui/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "skewtop"
#define FILE_NAME "config"

void config_place_find(struct config_place *place)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = 0;

	memset(place, 0, sizeof(*place));
	/* A relative path counts as unset (XDG Base Directory Specification). */
	if (config && config[0] == '/')
		n = snprintf(place->base, sizeof(place->base), "%s", config);
	else if (home && home[0] == '/')
		n = snprintf(place->base, sizeof(place->base), "%s/.config", home);
	if (n >= (int)sizeof(place->base))
		place->base[0] = '\0';
	place->owner = geteuid();
	place->strict = place->owner == 0;
}

/* ---- who may -------------------------------------------------------------------------------- */

static int refuse_owner(const struct config_place *place, const char *what, uid_t uid,
	struct error *err)
{
	return error_set(err, -EPERM,
		"the configuration is left alone: %s%s belongs to user %u, not to user %u who runs skewtop",
		place->base, what, (unsigned)uid, (unsigned)place->owner);
}

/* 0 if what is open under base + `what` may be used. */
static int judge(const struct config_place *place, const char *what, int fd, struct error *err)
{
	struct stat st;

	if (!place->strict)
		return 0;
	if (fstat(fd, &st))
		return error_set(err, -errno, "%s%s: %s", place->base, what, strerror(errno));
	if (st.st_uid != place->owner)
		return refuse_owner(place, what, st.st_uid, err);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, -EPERM,
			"the configuration is left alone: others may write to %s%s", place->base, what);
	return 0;
}

static int say(const struct config_place *place, const char *what, int rc, struct error *err)
{
	if (place->strict && (rc == -ELOOP || rc == -ENOTDIR))
		return error_set(err, -EPERM, "the configuration is left alone: %s%s is a link, or not what belongs there",
			place->base, what);
	return error_set(err, rc, "the configuration %s%s: %s", place->base, what, strerror(-rc));
}

/* ---- directories ---------------------------------------------------------------------------- */

/* A directory, judged. Negative errno; -ENOENT without a sentence. */
static int open_directory(const struct config_place *place, int at, const char *name,
	const char *what, struct error *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (place->strict ? O_NOFOLLOW : 0);
	int fd = openat(at, name, flags), rc;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : say(place, what, -errno, err);
	rc = judge(place, what, fd, err);
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

/* skewtop's own directory. `make`: with what is missing on the way. */
static int open_own_directory(const struct config_place *place, bool make, struct error *err)
{
	int base, fd;

	if (!place->base[0])
		return make ? error_set(err, -ENOENT, "neither $XDG_CONFIG_HOME nor $HOME says where "
						      "the configuration belongs")
			    : -ENOENT;
	if (make && mkdir(place->base, 0700) && errno != EEXIST)
		return say(place, "", -errno, err);
	base = open_directory(place, AT_FDCWD, place->base, "", err);
	if (base < 0)
		return base;
	fd = make && mkdirat(base, DIRECTORY, 0700) && errno != EEXIST ?
		say(place, "/" DIRECTORY, -errno, err) :
		open_directory(place, base, DIRECTORY, "/" DIRECTORY, err);
	close(base);
	return fd;
}

/* ---- reading -------------------------------------------------------------------------------- */

static const char what_file[] = "/" DIRECTORY "/" FILE_NAME;

static int read_all(int fd, struct bytes *text)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (text->length + (size_t)n > CONFIG_FILE_MAX)
			return -EFBIG;
		bytes_put(text, part, (size_t)n);
	}
	return text->failed ? -ENOMEM : 0;
}

/* O_NONBLOCK: a named pipe must not hold the screen up. -ENOENT without a sentence. */
static int open_file(const struct config_place *place, int directory, struct error *err)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (place->strict ? O_NOFOLLOW : 0);
	int fd = openat(directory, FILE_NAME, flags), rc;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : say(place, what_file, -errno, err);
	rc = judge(place, what_file, fd, err);
	if (!rc && (fstat(fd, &st) || !S_ISREG(st.st_mode)))
		rc = error_set(err, -EINVAL, "the configuration %s%s is not a plain file", place->base,
			what_file);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

int config_file_read(const struct config_place *place, struct bytes *text, struct error *err)
{
	int directory = open_own_directory(place, false, err);
	int fd = directory < 0 ? directory : open_file(place, directory, err);
	int rc = fd < 0 ? fd : read_all(fd, text);

	if (fd >= 0)
		close(fd);
	if (directory >= 0)
		close(directory);
	if (rc == -ENOENT)
		return 0;
	if (rc == -EFBIG)
		return error_set(err, rc, "the configuration %s%s is longer than %d KiB", place->base,
			what_file, CONFIG_FILE_MAX >> 10);
	return rc ? say(place, what_file, rc, err) : 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

/* A new file of a name that nobody has. */
static int create_beside(int directory, const char *name, char *temp, size_t size)
{
	for (int i = 0; i < 100; i++) {
		int fd;

		snprintf(temp, size, ".%s.%d.%d", name, (int)getpid(), i);
		fd = openat(directory, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int replace(int directory, const char *name, const void *text, size_t length)
{
	char temp[NAME_MAX + 1];
	int fd = create_beside(directory, name, temp, sizeof(temp));
	int rc;

	if (fd < 0)
		return fd;
	rc = write_all(fd, text, length);
	if (close(fd) && !rc)
		rc = -errno;
	if (!rc && renameat(directory, temp, directory, name))
		rc = -errno;
	if (rc)
		unlinkat(directory, temp, 0);
	else
		fsync(directory); /* the rename is done; that it lasts is as much as can be asked for */
	return rc;
}

/*
 * Where the file is a link to another place (configurations kept under version control are), its target
 * is what has to be replaced: its directory is opened and its name put into `name`. Otherwise both are
 * those of the file itself.
 */
static int follow_link(const struct config_place *place, int directory, char *name, size_t size)
{
	char path[PATH_MAX + sizeof(what_file)], target[PATH_MAX];
	char *slash;

	snprintf(name, size, "%s", FILE_NAME);
	snprintf(path, sizeof(path), "%s%s", place->base, what_file);
	if (place->strict || readlink(path, target, sizeof(target)) < 0 || !realpath(path, target))
		return dup(directory);
	slash = strrchr(target, '/');
	snprintf(name, size, "%s", slash + 1);
	slash[slash == target] = '\0';
	return open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int config_file_write(const struct config_place *place, const void *text, size_t length,
	struct error *err)
{
	int directory = open_own_directory(place, true, err);
	char name[NAME_MAX - 32];
	int target, rc;

	if (directory < 0)
		return say(place, "/" DIRECTORY, directory, err);
	target = follow_link(place, directory, name, sizeof(name));
	rc = target < 0 ? -errno : replace(target, name, text, length);
	if (target >= 0)
		close(target);
	close(directory);
	return rc ? say(place, what_file, rc, err) : 0;
}
