/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/json_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/output/json_objects.h"

enum {
	BUFFER_BYTES = 64 * 1024,
	RECORD_DELAY_MS = 100, /* how long a trace line may wait for company */
	POLL_MS = 100,
	HURRY_MS = 1000,
};

/* One line; twelve digits tell any rate apart that a clock can. */
static const size_t FORMAT = JSON_COMPACT | JSON_REAL_PRECISION(12);

struct json_out {
	int fd;
	int failed_fd; /* eventfd */
	int error;     /* negative errno, 0 while all goes well */
	atomic_bool hurry;
	const struct host *host;
	uint64_t samples;
	uint64_t flushed_ms;
	size_t used;
	char buffer[BUFFER_BYTES];
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail(struct json_out *out, int error)
{
	static const uint64_t one = 1;

	if (out->error)
		return;
	out->error = error;
	/* Cannot fail: the counter is far from full. */
	(void)!write(out->failed_fd, &one, sizeof(one));
}

/* Waits until some bytes can be written, for ever unless hurried. 0 or negative errno. */
static int wait_writable(const struct json_out *out)
{
	struct pollfd poll_fd = {.fd = out->fd, .events = POLLOUT};
	int waited = 0;

	while (poll(&poll_fd, 1, POLL_MS) <= 0) {
		if (!atomic_load(&out->hurry))
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
static void flush(struct json_out *out)
{
	size_t done = 0;

	while (done < out->used && !out->error) {
		size_t left = out->used - done;
		int rc = wait_writable(out);
		ssize_t n;

		if (rc) {
			fail(out, rc);
			break;
		}
		n = write(out->fd, out->buffer + done, left < PIPE_BUF ? left : PIPE_BUF);
		if (n >= 0)
			done += n;
		else if (errno != EINTR && errno != EAGAIN)
			fail(out, -errno);
	}
	out->used = 0;
	out->flushed_ms = now_ms();
}

/* For json_dump_callback(). */
static int append(const char *text, size_t size, void *context)
{
	struct json_out *out = context;

	while (size) {
		size_t room = sizeof(out->buffer) - out->used;
		size_t n = size < room ? size : room;

		memcpy(out->buffer + out->used, text, n);
		out->used += n;
		text += n;
		size -= n;
		if (out->used == sizeof(out->buffer))
			flush(out);
		if (out->error)
			return -1;
	}
	return 0;
}

/* Writes one line and drops the object. */
static void put(struct json_out *out, json_t *object)
{
	if (!out->error && !object)
		fail(out, -ENOMEM);
	if (!out->error &&
		(json_dump_callback(object, append, out, FORMAT) || append("\n", 1, out)))
		fail(out, -ENOMEM);
	json_decref(object);
}

/* ---- what the collector calls ---- */

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct json_out *out = context;

	if (out->error)
		return;
	put(out, json_trace(out->host, record, real_ns));
	if (now_ms() - out->flushed_ms >= RECORD_DELAY_MS)
		flush(out);
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct json_out *out = context;

	/* One object per interval: the first snapshot only starts one. */
	if (out->error || !older)
		return;
	out->samples++;
	put(out, json_sample(out->host, older, newer));
	flush(out);
}

static void on_end(void *context, struct snapshot *last)
{
	struct json_out *out = context;

	if (out->error)
		return;
	put(out, json_end(out->host, last, out->samples));
	flush(out);
}

/* ---- the object ---- */

struct json_out *json_out_new(int fd, const struct host *host)
{
	struct json_out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->fd = fd;
	out->host = host;
	out->failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (out->failed_fd < 0) {
		free(out);
		return NULL;
	}
	return out;
}

void json_out_free(struct json_out *out)
{
	if (!out)
		return;
	close(out->failed_fd);
	free(out);
}

struct listener json_out_listener(struct json_out *out)
{
	return (struct listener){
		.record = on_record,
		.snapshot = on_snapshot,
		.end = on_end,
		.context = out,
	};
}

int json_out_fd(const struct json_out *out)
{
	return out->failed_fd;
}

void json_out_hurry(struct json_out *out)
{
	atomic_store(&out->hurry, true);
}

int json_out_result(const struct json_out *out, struct error *err)
{
	switch (out->error) {
	case 0:
		return 0;
	case -EPIPE:
		return error_set(err, out->error,
			"standard output was closed before the end; the last lines are missing");
	case -ETIMEDOUT:
		return error_set(err, out->error,
			"standard output takes nothing; the last lines are missing");
	default:
		return error_set(err, out->error, "standard output cannot be written: %s",
			strerror(-out->error));
	}
}
