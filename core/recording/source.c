/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>

#include "core/collector.h"
#include "core/recording/read.h"
#include "core/source.h"
#include "core/trace/details.h"

/* Records handed on between two looks at who else wants something. */
enum { DRAIN_RECORDS = 4096 };

static const struct source_ops replay_ops;

struct replay {
	struct source source; /* first */
	struct reader *reader;
	size_t file_bytes;
	struct read_event event;
	struct snapshot *waiting; /* found by drain, for sample */
	struct snapshot *last;	  /* the closed books */
	bool over;
	bool stopped;
	int fault; /* negative errno */
	struct error error;
};

static struct replay *replay_of(struct source *source)
{
	return (struct replay *)source;
}

/* Takes what the reader found. False: nothing more for now. */
static bool take(struct replay *replay, int what, record_sink sink, void *context)
{
	switch (what) {
	case READ_RECORD:
		sink(context, &replay->event.record, replay->event.real_ns);
		return true;
	case READ_SNAPSHOT:
		replay->waiting = replay->event.snapshot;
		return false;
	case READ_END:
		replay->last = replay->event.snapshot;
		return true;
	case READ_WAIT:
		return false;
	case READ_OVER:
		replay->over = true;
		return false;
	default:
		replay->fault = what;
		replay->over = true;
		return false;
	}
}

static int replay_drain(struct source *source, record_sink sink, void *context)
{
	struct replay *replay = replay_of(source);
	int n = 0;

	/* A snapshot that was found is taken before what comes after it. */
	while (n < DRAIN_RECORDS && !replay->waiting && !replay->over) {
		int what = reader_next(replay->reader, &replay->event, &replay->error);

		if (!take(replay, what, sink, context))
			break;
		n++;
	}
	return n;
}

static int replay_sample(struct source *source, struct snapshot **out, struct error *err)
{
	struct replay *replay = replay_of(source);
	struct snapshot **from = replay->stopped ? &replay->last : &replay->waiting;

	*out = *from;
	*from = NULL;
	if (*out)
		return 0;
	if (!replay->over)
		return replay->stopped ? -ENODATA : -EAGAIN;
	return replay->fault ? error_set(err, replay->fault, "%s", replay->error.text) : -ENODATA;
}

static int replay_stop(struct source *source)
{
	replay_of(source)->stopped = true;
	return 0;
}

static void replay_close(struct source *source)
{
	struct replay *replay = replay_of(source);

	snapshot_unref(replay->waiting);
	snapshot_unref(replay->last);
	reader_close(replay->reader);
	free(replay);
}

/* Of a small file; of a larger one as many as take as much memory as it has bytes. */
enum { STACKS_KEPT = 16384 };

/* Where there is no memory for that, what a live monitor keeps is kept. */
static void keep_details(const struct replay *replay)
{
	size_t of_file = replay->file_bytes / (2 * sizeof(struct stack_record) + sizeof(struct skb_record));

	trace_details_keep(
		reader_host(replay->reader)->details, of_file > STACKS_KEPT ? of_file : STACKS_KEPT);
}

struct source *source_replay_open(const char *path, bool grows, struct error *err)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	struct input *input = replay ? input_open(path, grows, err) : NULL;

	if (!input) {
		free(replay);
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	replay->file_bytes = input_size(input);
	replay->reader = reader_open(input, err);
	if (!replay->reader) {
		free(replay);
		return NULL;
	}
	keep_details(replay);
	replay->source.ops = &replay_ops;
	replay->source.host = reader_host(replay->reader);
	return &replay->source;
}

/* Of four times the file's size, half is for lines, a half for packed snapshots and those unpacked from
 * them; what a live monitor keeps is kept in any case. */
void source_replay_keep(const struct source *source, struct collector_options *options)
{
	const struct replay *replay = (const struct replay *)source;
	size_t lines = replay->file_bytes * 2 / sizeof(struct trace_line);

	options->log_lines = lines > TRACE_LOG_LINES ? lines : TRACE_LOG_LINES;
	options->history_bytes = replay->file_bytes > HISTORY_BYTES ? replay->file_bytes :
								      HISTORY_BYTES;
	options->history_ns = HISTORY_FOREVER;
}

static const struct source_ops replay_ops = {
	.name = "REPLAY",
	.paced = false,
	.sample = replay_sample,
	.drain = replay_drain,
	.stop = replay_stop,
	.close = replay_close,
};
