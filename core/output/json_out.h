/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON Lines, the contract that scripts rely on (README.md shows it): one object per interval, one per
 * trace record, one at the end. Counts are totals since the start; what is not known is null or left
 * out, never 0.
 */
#ifndef SKEWTOP_JSON_OUT_H
#define SKEWTOP_JSON_OUT_H

#include "core/collector.h"
#include "core/model/host.h"
#include "core/output/out_stream.h"

struct json_out;

/* `details`: which of enum trace_detail to write, as far as they come. Stream and host must outlive it. NULL: no
 * memory. */
struct json_out *json_out_new(struct out_stream *stream, const struct host *host, unsigned details);
void json_out_free(struct json_out *out); /* NULL is fine */

/* To be passed to a collector; works in the collector's thread. */
struct listener json_out_listener(struct json_out *out);

#endif
