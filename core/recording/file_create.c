/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/file_create.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An existing file that is ours alone may be overwritten if so ordered; a FIFO is there to be written to. */
static int judge_existing(const char *path, const struct stat *st, bool force, const char *remedy,
	struct error *err)
{
	if (S_ISLNK(st->st_mode))
		return error_set(
			err, -ELOOP, "%s is a symbolic link, which is not followed", path);
	if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode))
		return 0;
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "%s is not a file that can be written", path);
	if (!force)
		return error_set(err, -EEXIST, "%s exists%s", path, remedy);
	if (st->st_uid != geteuid() || st->st_nlink != 1)
		return error_set(err, -EPERM,
			"%s belongs to another user or has a second name: it is not overwritten", path);
	return 0;
}

static int open_existing(const char *path, bool force, const char *remedy, struct error *err)
{
	struct stat st;
	int fd, ret;

	if (lstat(path, &st))
		return error_set(err, -errno, "%s cannot be created: %s", path, strerror(errno));
	ret = judge_existing(path, &st, force, remedy, err);
	if (ret)
		return ret;
	fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENXIO)
		return error_set(err, -ENXIO, "nobody reads the FIFO %s yet", path);
	if (fd < 0)
		return error_set(err, -errno, "%s cannot be opened: %s", path, strerror(errno));
	/* It may have become another since. */
	ret = fstat(fd, &st) ? -errno : judge_existing(path, &st, force, remedy, err);
	if (!ret && S_ISREG(st.st_mode) && fchmod(fd, 0600))
		ret = -errno;
	if (!ret)
		return fd;
	error_set(err, 0, "%s cannot be opened: %s", path, strerror(-ret));
	close(fd);
	return ret;
}

int file_create(const char *path, bool force, const char *remedy, bool *created, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	*created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		return open_existing(path, force, remedy, err);
	if (fd < 0)
		return error_set(err, -errno, "%s cannot be created: %s", path, strerror(errno));
	return fd;
}

int file_empty(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) && ftruncate(fd, 0) ? -errno : 0;
}

int file_write(int fd, const void *data, size_t n)
{
	size_t done = 0;

	while (done < n) {
		ssize_t more = write(fd, (const char *)data + done, n - done);

		if (more < 0 && errno != EINTR)
			return -errno;
		done += more > 0 ? more : 0;
	}
	return 0;
}
