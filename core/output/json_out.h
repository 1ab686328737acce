/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON Lines, the contract that scripts rely on (README.md shows it): one object per interval, one per
 * trace record, one at the end. Counts are totals since the start; what is not known is null or left
 * out, never 0.
 */
#ifndef SKEWTOP_JSON_OUT_H
#define SKEWTOP_JSON_OUT_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/collector.h"
#include "core/model/host.h"

struct json_out;

/* Writes to `fd`, which stays the caller's. `host` must outlive it. NULL: no memory. */
struct json_out *json_out_new(int fd, const struct host *host);
void json_out_free(struct json_out *out);

/* To be passed to a collector; works in the collector's thread. */
struct listener json_out_listener(struct json_out *out);

/* A descriptor that becomes readable when writing has failed; what comes afterwards is thrown away. */
int json_out_fd(const struct json_out *out);

/* From any thread: a reader that takes nothing for a second more is given up. */
void json_out_hurry(struct json_out *out);

/* Only after the collector was stopped: 0, or negative errno with a sentence if not all was written. */
int json_out_result(const struct json_out *out, struct error *err);

#endif
