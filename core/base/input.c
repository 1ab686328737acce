/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
	READ_BYTES = 64 << 10,
	QUIET_S = 3,	   /* without a write: whoever wrote this file has ended */
	LOOK_AGAIN_MS = 100, /* at a file that grows */
	GZIP_MAGIC_LEN = 2,
};

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP };

struct input {
	int fd;
	char *name;
	bool grows;
	bool regular;
	bool ended; /* there are no more bytes to be had */
	size_t size;
	uint64_t taken; /* bytes of the file so far */
	enum packing packing;
	z_stream zip;
	bool within;  /* a packed stream has begun and not ended */
	bool pending; /* more may come out without more going in */
	bool broken;  /* from here on it is not what gzip writes */
	struct bytes raw; /* read and not yet unpacked; from `used` on */
	size_t used;
};

struct input *input_of(int fd, const char *name, bool grows)
{
	struct input *in = calloc(1, sizeof(*in));
	struct stat st;

	if (!in || !(in->name = strdup(name))) {
		free(in);
		return NULL;
	}
	in->fd = fd;
	in->grows = grows;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		in->regular = true;
		in->size = st.st_size;
	}
	return in;
}

static int open_path(const char *path, struct error *err)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-")) {
		if (isatty(STDIN_FILENO))
			return error_set(err, -EINVAL,
				"--replay - reads a recording from standard input, which is a "
				"terminal: add a pipe or a file name");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return error_set(err, -errno, "%s cannot be opened: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return error_set(err, -EISDIR, "%s is a directory", path);
	}
	return fd;
}

struct input *input_open(const char *path, bool grows, struct error *err)
{
	int fd = open_path(path, err);
	struct input *in;

	if (fd < 0)
		return NULL;
	in = input_of(fd, strcmp(path, "-") ? path : "standard input", grows);
	if (!in) {
		close(fd);
		error_set(err, -ENOMEM, "out of memory");
	}
	return in;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	if (in->packing == PACKING_GZIP)
		inflateEnd(&in->zip);
	bytes_free(&in->raw);
	close(in->fd);
	free(in->name);
	free(in);
}

bool input_cut(const struct input *in)
{
	return in->within;
}

size_t input_size(const struct input *in)
{
	return in->size;
}

const char *input_name(const struct input *in)
{
	return in->name;
}

/* ---- the end that may not be one ---- */

/* Our own writer holds a lock for as long as it lives. */
static bool locked(const struct input *in)
{
	if (flock(in->fd, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK;
	flock(in->fd, LOCK_UN);
	return false;
}

static bool written_lately(const struct input *in)
{
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	if (fstat(in->fd, &st))
		return false;
	return now.tv_sec >= st.st_mtim.tv_sec && now.tv_sec - st.st_mtim.tv_sec <= QUIET_S;
}

static bool may_grow(const struct input *in)
{
	return in->grows && in->regular && (locked(in) || written_lately(in));
}

static bool readable(const struct input *in, int ms)
{
	struct pollfd poll_fd = { .fd = in->fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) > 0;
}

void input_wait(struct input *in, int ms)
{
	if (in->regular && (ms < 0 || ms > LOOK_AGAIN_MS))
		ms = LOOK_AGAIN_MS;
	if (in->regular)
		poll(NULL, 0, ms);
	else
		readable(in, ms);
}

/* ---- reading ---- */

/* Bytes as they stand in the file. */
static int read_raw(struct input *in, struct bytes *out, struct error *err)
{
	ssize_t n;

	if (in->ended)
		return 0;
	if (!in->regular && !readable(in, 0))
		return -EAGAIN;
	if (!bytes_reserve(out, READ_BYTES))
		return error_set(err, -ENOMEM, "no memory to read %s", in->name);
	n = read(in->fd, out->data + out->length, READ_BYTES);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return -EAGAIN;
	if (n < 0)
		return error_set(err, -errno, "%s cannot be read: %s", in->name, strerror(errno));
	out->length += n;
	in->taken += n;
	if (n)
		return n;
	if (may_grow(in))
		return -EAGAIN;
	in->ended = true;
	return 0;
}

/* More packed bytes, if those read before are used up. */
static int fill_raw(struct input *in, struct error *err)
{
	if (in->used < in->raw.length)
		return in->raw.length - in->used;
	in->used = in->raw.length = 0;
	return read_raw(in, &in->raw, err);
}

/* One stream has ended; another may follow (gzip(1) makes one of files written one after the other). */
static int next_stream(struct input *in)
{
	in->within = false;
	return inflateReset(&in->zip) == Z_OK ? 0 : -EBADMSG;
}

static int inflate_some(struct input *in, struct bytes *out, struct error *err)
{
	int n = 0, ret;

	if (!bytes_reserve(out, READ_BYTES))
		return error_set(err, -ENOMEM, "no memory to read %s", in->name);
	in->zip.next_in = in->raw.data + in->used;
	in->zip.avail_in = in->raw.length - in->used;
	in->zip.next_out = out->data + out->length;
	in->zip.avail_out = READ_BYTES;
	in->within = true;
	ret = inflate(&in->zip, Z_SYNC_FLUSH);
	in->pending = ret == Z_OK && !in->zip.avail_out;
	in->used = in->raw.length - in->zip.avail_in;
	n = READ_BYTES - in->zip.avail_out;
	out->length += n;
	if (ret == Z_STREAM_END)
		ret = next_stream(in);
	/* Without progress more input is needed, which is no fault. */
	in->broken = ret != Z_OK && ret != Z_BUF_ERROR;
	return n;
}

static int read_zipped(struct input *in, struct bytes *out, struct error *err)
{
	for (;;) {
		int n = in->pending || in->broken ? 1 : fill_raw(in, err);

		if (n <= 0)
			return n;
		/* What came out before the fault was handed on first. */
		if (in->broken)
			return error_set(err, -EBADMSG,
				"%s is damaged near byte %ju: this is not what gzip writes", in->name,
				(uintmax_t)(in->taken - in->zip.avail_in));
		n = inflate_some(in, out, err);
		if (n)
			return n;
	}
}

/* Looks at the first bytes, which stay in `raw` until the packing is known. */
static int find_packing(struct input *in, struct error *err)
{
	enum { GZIP = 16 };
	int n = 1;

	while (in->raw.length < GZIP_MAGIC_LEN && (n = read_raw(in, &in->raw, err)) > 0)
		;
	if (n < 0)
		return n;
	in->packing = PACKING_NONE;
	if (in->raw.length < GZIP_MAGIC_LEN || in->raw.data[0] != 0x1f || in->raw.data[1] != 0x8b)
		return 0;
	if (inflateInit2(&in->zip, MAX_WBITS + GZIP) != Z_OK)
		return error_set(err, -ENOMEM, "no memory to read %s", in->name);
	in->packing = PACKING_GZIP;
	return 0;
}

int input_read(struct input *in, struct bytes *out, struct error *err)
{
	int n;

	if (in->packing == PACKING_UNKNOWN) {
		n = find_packing(in, err);
		if (n)
			return n;
	}
	if (in->packing == PACKING_GZIP)
		return read_zipped(in, out, err);
	if (in->used == in->raw.length)
		return read_raw(in, out, err);
	/* What was read to find out. */
	n = in->raw.length - in->used;
	bytes_put(out, in->raw.data + in->used, n);
	in->used = in->raw.length;
	return out->failed ? error_set(err, -ENOMEM, "no memory to read %s", in->name) : n;
}
