/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines on their way to standard output, from the collector's thread. A reader that is slow is waited for, one
 * that goes away or stands still is told of, and never keeps a signal from being heard.
 */
#ifndef SKEWTOP_OUT_STREAM_H
#define SKEWTOP_OUT_STREAM_H

#include <stddef.h>

#include "core/base/error.h"

struct out_stream;

/* Writes to `fd`, which stays the caller's. NULL: no memory. */
struct out_stream *out_stream_new(int fd);
void out_stream_free(struct out_stream *stream); /* NULL is fine */

/* Appends. Negative errno once writing has failed; what comes afterwards is thrown away. */
int out_stream_put(struct out_stream *stream, const char *text, size_t size);

/* Writes what was appended. */
void out_stream_flush(struct out_stream *stream);

/* The same if what was appended has waited for company long enough. */
void out_stream_flush_soon(struct out_stream *stream);

/* Something else went wrong, such as -ENOMEM: the same from then on as if writing had failed. */
void out_stream_fail(struct out_stream *stream, int error);

/* Whether anything did. */
int out_stream_error(const struct out_stream *stream);

/* A descriptor that becomes readable when it has. */
int out_stream_fd(const struct out_stream *stream);

/* From any thread: a reader that takes nothing for a second more is given up. */
void out_stream_hurry(struct out_stream *stream);

/* Only after the last call of the above: 0, or negative errno with a sentence if not all was written. */
int out_stream_result(const struct out_stream *stream, struct error *err);

#endif
