/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/model/ledger.h"
#include "core/recording/encode.h"
#include "core/recording/file_create.h"
#include "core/recording/pcapng.h"
#include "core/recording/write_queue.h"

enum {
	PIECE_BYTES = 256 << 10,
	BOOKS_BYTES = 16 << 20, /* of room for snapshots where lines find none: they tell of the loss */
	PIECE_NS = 100 * 1000 * 1000, /* that a line may wait for company */
};

struct recording {
	struct recording_options options;
	char *path;
	int fd;
	bool created; /* the file was not there before */
	const struct host *host;
	struct write_queue *queue;
	struct recording_encoder *encoder;
	atomic_uint_fast64_t records, not_recorded;

	/* Only the collector's thread. */
	struct bytes piece;	   /* blocks to be queued next */
	uint64_t piece_started_ns; /* of its first record; 0: it has none */
	uint64_t *left_out;	   /* per slot, and one for CPUs that cannot be */
};

/* ---- the file ---- */

static int open_file(struct recording *r, struct error *err)
{
	const char *path = r->options.path;

	if (!strcmp(path, "-")) {
		if (isatty(STDOUT_FILENO))
			return error_set(err, -EINVAL,
				"--record - writes packets, and standard output is a terminal: add a "
				"pipe or a file name");
		r->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return r->fd < 0 ? error_set(err, -errno, "standard output: %s", strerror(errno)) : 0;
	}
	r->fd = file_create(path, r->options.force, "; --force overwrites it", &r->created, err);
	return r->fd < 0 ? r->fd : 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && !strcmp(text + n - n_end, end);
}

struct recording *recording_create(
	const struct recording_options *options, struct error *err, int *status)
{
	struct recording *r = calloc(1, sizeof(*r));

	*status = EXIT_FAILED;
	if (!r || !(r->path = strdup(options->path))) {
		free(r);
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	r->options = *options;
	r->options.path = r->path;
	r->fd = -1;
	if (!ends_in(r->path, ".gz"))
		r->options.gzip_level = 0;
	else if (!r->options.gzip_level)
		r->options.gzip_level = 1;
	if (open_file(r, err)) {
		*status = EXIT_BAD_INPUT;
		recording_free(r);
		return NULL;
	}
	/* Tells readers that more will come (input.h); where locks are not to be had, nothing is lost. */
	(void)flock(r->fd, LOCK_EX | LOCK_NB);
	*status = EXIT_OK;
	return r;
}

/* ---- what the collector calls ---- */

/* Hands the piece over, if there is anything in it. */
static void put_piece(struct recording *r, bool flush)
{
	if (r->piece.length || r->piece.failed)
		write_queue_put(r->queue, &r->piece, flush);
	r->piece_started_ns = 0;
}

/* Whether so many bytes have a place, asked for before they are encoded: what is encoded must be written. */
static bool has_place(struct recording *r, size_t size)
{
	if (r->piece.length + size > PIECE_BYTES)
		put_piece(r, false);
	if (r->piece.length)
		return true;
	if (!write_queue_has_room(r->queue, 0))
		return false;
	return bytes_reserve(&r->piece, PIECE_BYTES);
}

static void leave_out(struct recording *r, const struct trace_record *record)
{
	int slot = topology_slot(&r->host->topology, (int)record->cpu);

	r->left_out[slot >= 0 ? slot : r->host->topology.n_cpus]++;
	atomic_fetch_add_explicit(&r->not_recorded, 1, memory_order_relaxed);
}

static bool failed(struct recording *r)
{
	return write_queue_error(r->queue) != 0;
}

/* Stacks and sk_buffs of the lines before; what has no place now may have one later. */
static void put_details(struct recording *r)
{
	while (has_place(r, RECORDING_DETAIL_MAX) && recording_encode_detail(r->encoder, &r->piece) > 0)
		;
}

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct recording *r = context;

	if (failed(r)) {
		leave_out(r, record);
		return;
	}
	put_details(r);
	if (!has_place(r, RECORDING_RECORD_MAX)) {
		leave_out(r, record);
		return;
	}
	if (!r->piece_started_ns)
		r->piece_started_ns = real_ns;
	/* Without memory the piece has failed, and with it the recording when it is put. */
	recording_encode_record(r->encoder, record, real_ns, &r->piece);
	atomic_fetch_add_explicit(&r->records, 1, memory_order_relaxed);
	if (real_ns - r->piece_started_ns > PIECE_NS)
		put_piece(r, true);
}

static void on_books(void *context, struct snapshot *snapshot)
{
	struct recording *r = context;
	struct table *t = &snapshot->table[TABLE_LOSS];

	if (t->n_rows > LOSS_NOT_RECORDED)
		memcpy(table_values(t, LOSS_NOT_RECORDED, 0), r->left_out,
			t->n_slots * sizeof(*r->left_out));
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct recording *r = context;

	(void)older;
	if (failed(r))
		return;
	put_details(r);
	put_piece(r, false);
	if (write_queue_has_room(r->queue, BOOKS_BYTES))
		recording_encode_snapshot(r->encoder, newer, &r->piece);
	else
		recording_encoder_forget(r->encoder);
	put_piece(r, true);
}

static void on_end(void *context, struct snapshot *last)
{
	struct recording *r = context;

	if (failed(r))
		return;
	put_details(r);
	recording_encode_end(r->encoder, last, &r->piece);
	put_piece(r, true);
}

struct listener recording_listener(struct recording *r)
{
	return (struct listener){
		.record = on_record,
		.books = on_books,
		.snapshot = on_snapshot,
		.end = on_end,
		.context = r,
	};
}

/* ---- life ---- */

int recording_start(struct recording *r, const struct host *host, bool patient, struct error *err)
{
	const struct write_queue_options queueing = {
		.fd = r->fd,
		.gzip_level = r->options.gzip_level,
		.max_bytes = r->options.queue_bytes,
		.patient = patient,
		/* What stands before it in a file that a shell opened is not ours to cut. */
		.whole = strcmp(r->path, "-") ? pcapng_whole_blocks : NULL,
	};
	int ret;

	r->host = host;
	/* Only now that there is something to put in its place. */
	ret = strcmp(r->path, "-") ? file_empty(r->fd) : 0;
	if (ret)
		return error_set(err, ret, "%s: %s", r->path, strerror(-ret));
	r->encoder = recording_encoder_new(host);
	r->left_out = calloc(host->topology.n_cpus + 1, sizeof(*r->left_out));
	if (r->encoder && r->left_out)
		r->queue = write_queue_new(&queueing);
	if (!r->queue)
		return error_set(err, -ENOMEM, "cannot record: out of memory");
	recording_encode_start(r->encoder, &r->piece);
	put_piece(r, true);
	return 0;
}

static void explain(const struct recording *r, int error, struct error *err)
{
	const char *name = strcmp(r->path, "-") ? r->path : "standard output";

	if (error == -EPIPE)
		error_set(err, 0, "the recording has ended: the reader of %s went away", name);
	else if (error == -ETIMEDOUT)
		error_set(err, 0,
			"the recording lacks its end: the reader of %s takes nothing any more", name);
	else
		error_set(err, 0, "the recording has ended: %s: %s", name, strerror(-error));
}

/* A file system may keep what went wrong for the last moment (NFS, quota). */
static int close_file(struct recording *r)
{
	int fd = r->fd;

	r->fd = -1;
	return fd >= 0 && close(fd) && errno != EINTR ? -errno : 0;
}

int recording_finish(struct recording *r, struct error *err)
{
	int ret;

	if (!r->queue)
		return 0;
	/* A collector that failed has told of no end. */
	put_piece(r, true);
	write_queue_finish(r->queue);
	ret = write_queue_error(r->queue);
	if (!ret)
		ret = close_file(r);
	if (ret)
		explain(r, ret, err);
	return ret;
}

void recording_free(struct recording *r)
{
	if (!r)
		return;
	write_queue_free(r->queue);
	if (!r->queue && r->created)
		unlink(r->path);
	if (r->fd >= 0)
		close(r->fd);
	recording_encoder_free(r->encoder);
	bytes_free(&r->piece);
	free(r->left_out);
	free(r->path);
	free(r);
}

struct recording_state recording_state(struct recording *r)
{
	struct recording_state state = {
		.path = r->path,
		.records = atomic_load(&r->records),
		.not_recorded = atomic_load(&r->not_recorded),
	};
	int error;

	if (!r->queue)
		return state;
	state.bytes = write_queue_written(r->queue);
	error = write_queue_error(r->queue);
	state.failed = error != 0;
	if (error)
		explain(r, error, &state.error);
	return state;
}

int recording_fd(struct recording *r)
{
	return write_queue_fd(r->queue);
}
