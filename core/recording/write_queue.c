/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/write_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum {
	MAX_BYTES = 64 << 20, /* more than a second of 100 000 lines: a disk may think that long */
	SPARES_MAX = 8, /* pieces of memory kept for being filled again */
	PIPE_BYTES = 1 << 20,
	ZIP_BYTES = 256 << 10,
	POLL_MS = 100,
	PATIENCE_MS = 1000, /* of the end, with a reader that stands still */
};

struct piece {
	struct piece *next;
	struct bytes bytes;
	bool flush;
};

struct write_queue {
	struct write_queue_options options;
	int fd;	      /* options.fd, or a non-blocking one of our own to the same pipe */
	bool regular; /* never keeps us waiting for a reader */
	bool may_block;
	pthread_t thread;
	bool joined;
	int failed_fd;
	atomic_uint_fast64_t written;
	atomic_int error;
	atomic_bool finishing;

	/* Only the thread. */
	z_stream zip;
	uint8_t *zipped;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t filled, emptied;
	struct piece *first, **last;
	struct bytes spare[SPARES_MAX];
	int n_spares;
	size_t waiting; /* bytes, those being written included */
	bool stop;
};

/* ---- writing ---- */

static void fail(struct write_queue *q, int error)
{
	static const uint64_t one = 1;

	if (atomic_load(&q->error))
		return;
	atomic_store(&q->error, error);
	/* Cannot fail: the counter is far from full. */
	(void)!write(q->failed_fd, &one, sizeof(one));
}

/* Waits until a pipe takes something; for ever, unless this is the end. */
static int wait_writable(struct write_queue *q)
{
	struct pollfd poll_fd = { .fd = q->fd, .events = POLLOUT };
	int waited = 0;

	while (poll(&poll_fd, 1, POLL_MS) <= 0) {
		waited = atomic_load(&q->finishing) ? waited + POLL_MS : 0;
		if (waited >= PATIENCE_MS)
			return -ETIMEDOUT;
	}
	return 0;
}

/*
 * As much as goes at once. Where a write may block, what poll(2) calls writable is trusted for PIPE_BUF
 * bytes (pipe(7)).
 */
static ssize_t write_some(struct write_queue *q, const uint8_t *data, size_t n)
{
	int err = q->may_block ? wait_writable(q) : 0;
	ssize_t done;

	if (err)
		return err;
	if (q->may_block && n > PIPE_BUF)
		n = PIPE_BUF;
	done = write(q->fd, data, n);
	if (done >= 0)
		return done;
	if (errno == EAGAIN)
		return wait_writable(q);
	return errno == EINTR ? 0 : -errno;
}

/* Leaves a regular file with what its readers can use. */
static void cut_back(struct write_queue *q, const uint8_t *data, size_t done)
{
	uint64_t whole = atomic_load(&q->written) - done;

	if (!q->regular || !q->options.whole)
		return;
	whole += q->options.gzip_level ? 0 : q->options.whole(data, done);
	if (ftruncate(q->fd, whole) == 0)
		atomic_store(&q->written, whole);
}

static void write_all(struct write_queue *q, const uint8_t *data, size_t n)
{
	size_t done = 0;

	while (done < n && !atomic_load(&q->error)) {
		ssize_t more = write_some(q, data + done, n - done);

		if (more < 0) {
			fail(q, more);
			cut_back(q, data, done);
			return;
		}
		done += more;
		atomic_fetch_add(&q->written, more);
	}
}

static void write_zipped(struct write_queue *q, const uint8_t *data, size_t n, int flush)
{
	q->zip.next_in = (uint8_t *)data;
	q->zip.avail_in = n;
	do {
		q->zip.next_out = q->zipped;
		q->zip.avail_out = ZIP_BYTES;
		deflate(&q->zip, flush);
		write_all(q, q->zipped, ZIP_BYTES - q->zip.avail_out);
	} while (!q->zip.avail_out && !atomic_load(&q->error));
}

static void write_piece(struct write_queue *q, const struct piece *piece)
{
	if (!q->options.gzip_level)
		write_all(q, piece->bytes.data, piece->bytes.length);
	else
		write_zipped(q, piece->bytes.data, piece->bytes.length,
			piece->flush ? Z_SYNC_FLUSH : Z_NO_FLUSH);
}

/* ---- the queue ---- */

/* The oldest piece, waiting for one; NULL at the end. */
static struct piece *take(struct write_queue *q)
{
	struct piece *piece;

	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->stop)
		pthread_cond_wait(&q->filled, &q->lock);
	piece = q->first;
	if (piece) {
		q->first = piece->next;
		if (!q->first)
			q->last = &q->first;
	}
	pthread_mutex_unlock(&q->lock);
	return piece;
}

/* A piece is done with: its memory serves again, its room is free. */
static void give_back(struct write_queue *q, struct piece *piece)
{
	pthread_mutex_lock(&q->lock);
	q->waiting -= piece->bytes.length;
	if (q->n_spares < SPARES_MAX) {
		q->spare[q->n_spares++] = piece->bytes;
		piece->bytes = (struct bytes){ 0 };
	}
	pthread_cond_signal(&q->emptied);
	pthread_mutex_unlock(&q->lock);
	bytes_free(&piece->bytes);
	free(piece);
}

static void *write_queued(void *context)
{
	struct write_queue *q = context;
	struct piece *piece;

	while ((piece = take(q))) {
		if (!atomic_load(&q->error))
			write_piece(q, piece);
		give_back(q, piece);
	}
	if (q->options.gzip_level && !atomic_load(&q->error))
		write_zipped(q, NULL, 0, Z_FINISH);
	return NULL;
}

bool write_queue_has_room(struct write_queue *q, size_t more)
{
	size_t most = q->options.max_bytes + more;
	bool room;

	pthread_mutex_lock(&q->lock);
	while (q->options.patient && q->waiting >= most && !atomic_load(&q->error))
		pthread_cond_wait(&q->emptied, &q->lock);
	room = q->waiting < most;
	pthread_mutex_unlock(&q->lock);
	return room;
}

void write_queue_put(struct write_queue *q, struct bytes *bytes, bool flush)
{
	struct piece *piece = malloc(sizeof(*piece));

	if (!piece || bytes->failed) {
		fail(q, -ENOMEM);
		free(piece);
		bytes->length = 0;
		return;
	}
	*piece = (struct piece){ .bytes = *bytes, .flush = flush };
	*bytes = (struct bytes){ 0 };
	pthread_mutex_lock(&q->lock);
	*q->last = piece;
	q->last = &piece->next;
	q->waiting += piece->bytes.length;
	if (q->n_spares)
		*bytes = q->spare[--q->n_spares];
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
	bytes->length = 0;
}

/* A pipe's reader sees its end when the last descriptor is closed. */
static void close_pipe(struct write_queue *q)
{
	if (q->fd != q->options.fd)
		close(q->fd);
	q->fd = q->options.fd;
}

void write_queue_finish(struct write_queue *q)
{
	if (q->joined)
		return;
	atomic_store(&q->finishing, true);
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_signal(&q->filled);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	q->joined = true;
	close_pipe(q);
}

/* ---- life ---- */

static int open_zip(struct write_queue *q)
{
	enum { GZIP = 16 };

	if (!q->options.gzip_level)
		return 0;
	q->zipped = malloc(ZIP_BYTES);
	if (!q->zipped)
		return -ENOMEM;
	return deflateInit2(&q->zip, q->options.gzip_level, Z_DEFLATED, MAX_WBITS + GZIP, 8,
		       Z_DEFAULT_STRATEGY) == Z_OK ? 0 : -ENOMEM;
}

/*
 * A pipe that others share (standard output) must not become non-blocking for them, so it is opened once
 * more, for us. A larger pipe lets the reader sleep longer. Either may fail and costs time then.
 */
static void look_at_pipe(struct write_queue *q)
{
	char path[32];
	int fd;

	(void)fcntl(q->fd, F_SETPIPE_SZ, PIPE_BYTES);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", q->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		q->fd = fd;
}

static void look_at(struct write_queue *q)
{
	struct stat st;

	q->fd = q->options.fd;
	if (fstat(q->fd, &st) == 0 && S_ISFIFO(st.st_mode))
		look_at_pipe(q);
	q->regular = S_ISREG(st.st_mode);
	q->may_block = !q->regular && !(fcntl(q->fd, F_GETFL) & O_NONBLOCK);
}

static void free_parts(struct write_queue *q)
{
	close_pipe(q);
	if (q->failed_fd >= 0)
		close(q->failed_fd);
	if (q->zipped)
		deflateEnd(&q->zip);
	free(q->zipped);
	for (int i = 0; i < q->n_spares; i++)
		bytes_free(&q->spare[i]);
	pthread_cond_destroy(&q->emptied);
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* Signals are for others to hear; a pipe whose reader has gone away is an error like any other. */
static int start_thread(struct write_queue *q)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&q->thread, NULL, write_queued, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

struct write_queue *write_queue_new(const struct write_queue_options *options)
{
	struct write_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->options = *options;
	if (!q->options.max_bytes)
		q->options.max_bytes = MAX_BYTES;
	q->last = &q->first;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->filled, NULL);
	pthread_cond_init(&q->emptied, NULL);
	q->failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	look_at(q);
	if (q->failed_fd < 0 || open_zip(q) || start_thread(q)) {
		free_parts(q);
		return NULL;
	}
	return q;
}

void write_queue_free(struct write_queue *q)
{
	if (!q)
		return;
	write_queue_finish(q);
	free_parts(q);
}

uint64_t write_queue_written(struct write_queue *q)
{
	return atomic_load(&q->written);
}

int write_queue_error(struct write_queue *q)
{
	return atomic_load(&q->error);
}

int write_queue_fd(struct write_queue *q)
{
	return q->failed_fd;
}
