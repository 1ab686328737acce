/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/json_out.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/abi.h"
#include "core/output/json_objects.h"
#include "core/trace/details.h"

/* Details come a moment after their line, others in between. */
enum { LINES_KEPT = 64 };

/* One line; twelve digits tell any rate apart that a clock can. */
static const size_t FORMAT = JSON_COMPACT | JSON_REAL_PRECISION(12);

struct json_out {
	struct out_stream *stream;
	const struct host *host;
	unsigned details; /* enum trace_detail */
	struct trace_details_cursor passed;
	struct line {
		struct detail_head head;
		uint64_t real_ns;
	} line[LINES_KEPT]; /* the newest, by their number */
	uint64_t n_lines;
	uint64_t samples;
};

/* For json_dump_callback(). */
static int append(const char *text, size_t size, void *context)
{
	return out_stream_put(context, text, size) ? -1 : 0;
}

/* Writes one line and drops the object. */
static void put(struct json_out *out, json_t *object)
{
	if (!object || json_dump_callback(object, append, out->stream, FORMAT) ||
		append("\n", 1, out->stream))
		out_stream_fail(out->stream, -ENOMEM); /* if it has not failed for another reason */
	json_decref(object);
}

/* ---- what comes with lines ---- */

static void keep_line(struct json_out *out, const struct trace_record *record, uint64_t real_ns)
{
	out->line[out->n_lines++ % LINES_KEPT] = (struct line){
		.head = trace_details_head(record),
		.real_ns = real_ns,
	};
}

/* The moment of the line that a detail belongs to, as that line told it; 0: it is too long ago. */
static uint64_t moment_of(const struct json_out *out, const struct detail_head *head)
{
	for (uint64_t n = out->n_lines; n && out->n_lines - n < LINES_KEPT; n--) {
		const struct line *line = &out->line[(n - 1) % LINES_KEPT];

		if (trace_details_same(&line->head, head))
			return line->real_ns;
	}
	return 0;
}

static void put_details(struct json_out *out)
{
	union line_detail detail;

	while (trace_details_next(out->host->details, out->details, &out->passed, &detail)) {
		uint64_t moment = moment_of(out, &detail.head);

		put(out, detail.head.type == RECORD_STACK ? json_stack(out->host, &detail.stack, moment) :
							    json_skb(out->host, &detail.skb, moment));
	}
}

/* ---- what the collector calls ---- */

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct json_out *out = context;

	if (out_stream_error(out->stream))
		return;
	put_details(out);
	put(out, json_trace(out->host, record, real_ns));
	keep_line(out, record, real_ns);
	out_stream_flush_soon(out->stream);
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct json_out *out = context;

	/* One object per interval: the first snapshot only starts one. */
	if (out_stream_error(out->stream) || !older)
		return;
	out->samples++;
	put_details(out);
	put(out, json_sample(out->host, older, newer));
	out_stream_flush(out->stream);
}

static void on_end(void *context, struct snapshot *last)
{
	struct json_out *out = context;

	if (out_stream_error(out->stream))
		return;
	put_details(out);
	put(out, json_end(out->host, last, out->samples));
	out_stream_flush(out->stream);
}

/* ---- the object ---- */

struct json_out *json_out_new(struct out_stream *stream, const struct host *host, unsigned details)
{
	struct json_out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->stream = stream;
	out->host = host;
	out->details = details;
	return out;
}

void json_out_free(struct json_out *out)
{
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
