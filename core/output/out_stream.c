/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/out_stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"

enum {
	BUFFER_BYTES = 64 * 1024,
	POLL_MS = 100,
	HURRY_MS = 1000,
};

/* How long a line may wait for company. */
#define DELAY_NS UINT64_C(100000000)

struct out_stream {
	int fd;
	int failed_fd; /* eventfd */
	int error;     /* negative errno, 0 while all goes well */
	atomic_bool hurry;
	uint64_t flushed_ns;
	size_t used;
	char buffer[BUFFER_BYTES];
};

void out_stream_fail(struct out_stream *s, int error)
{
	static const uint64_t one = 1;

	if (s->error)
		return;
	s->error = error;
	/* Cannot fail: the counter is far from full. */
	(void)!write(s->failed_fd, &one, sizeof(one));
}

/* Waits until some bytes can be written, for ever unless hurried. 0 or negative errno. */
static int wait_writable(const struct out_stream *s)
{
	struct pollfd poll_fd = {.fd = s->fd, .events = POLLOUT};
	int waited = 0;

	while (poll(&poll_fd, 1, POLL_MS) <= 0) {
		if (!atomic_load(&s->hurry))
			continue;
		waited += POLL_MS;
		if (waited >= HURRY_MS)
			return -ETIMEDOUT;
	}
	return 0;
}

/*
 * Writes what is in the buffer. A pipe that poll(2) calls writable takes PIPE_BUF bytes without
 * blocking (pipe(7)), so a reader that stands still never keeps us from hearing a signal.
 */
void out_stream_flush(struct out_stream *s)
{
	size_t done = 0;

	while (done < s->used && !s->error) {
		size_t left = s->used - done;
		int rc = wait_writable(s);
		ssize_t n;

		if (rc) {
			out_stream_fail(s, rc);
			break;
		}
		n = write(s->fd, s->buffer + done, left < PIPE_BUF ? left : PIPE_BUF);
		if (n >= 0)
			done += n;
		else if (errno != EINTR && errno != EAGAIN)
			out_stream_fail(s, -errno);
	}
	s->used = 0;
	s->flushed_ns = monotonic_ns();
}

int out_stream_put(struct out_stream *s, const char *text, size_t size)
{
	while (size) {
		size_t room = sizeof(s->buffer) - s->used;
		size_t n = size < room ? size : room;

		memcpy(s->buffer + s->used, text, n);
		s->used += n;
		text += n;
		size -= n;
		if (s->used == sizeof(s->buffer))
			out_stream_flush(s);
		if (s->error)
			return s->error;
	}
	return s->error;
}

void out_stream_flush_soon(struct out_stream *s)
{
	if (monotonic_ns() - s->flushed_ns >= DELAY_NS)
		out_stream_flush(s);
}

/* ---- the object ---- */

struct out_stream *out_stream_new(int fd)
{
	struct out_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = fd;
	s->failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->failed_fd < 0) {
		free(s);
		return NULL;
	}
	return s;
}

void out_stream_free(struct out_stream *s)
{
	if (!s)
		return;
	close(s->failed_fd);
	free(s);
}

int out_stream_error(const struct out_stream *s)
{
	return s->error;
}

int out_stream_fd(const struct out_stream *s)
{
	return s->failed_fd;
}

void out_stream_hurry(struct out_stream *s)
{
	atomic_store(&s->hurry, true);
}

int out_stream_result(const struct out_stream *s, struct error *err)
{
	switch (s->error) {
	case 0:
		return 0;
	case -EPIPE:
		return error_set(err, s->error,
			"standard output was closed before the end; the last lines are missing");
	case -ETIMEDOUT:
		return error_set(err, s->error,
			"standard output takes nothing; the last lines are missing");
	default:
		return error_set(err, s->error, "standard output cannot be written: %s",
			strerror(-s->error));
	}
}
