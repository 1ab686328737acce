/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the collector hears, as blocks of a recording (format.h), appended to a buffer of the
 * caller's. The blocks must reach the file in the order in which they were made, and all of them but
 * snapshots: recording_encoder_forget() says that one did not.
 */
#ifndef SKEWTOP_RECORDING_ENCODE_H
#define SKEWTOP_RECORDING_ENCODE_H

#include <linux/types.h>

#include "bpf/abi.h"
#include "core/base/bytes.h"
#include "core/model/host.h"
#include "core/model/snapshot.h"

struct recording_encoder;

/* `host` must outlive it. NULL: no memory. */
struct recording_encoder *recording_encoder_new(const struct host *host);
void recording_encoder_free(struct recording_encoder *encoder); /* NULL is fine */

/* All of the following return 0 or -ENOMEM. */

/* The section, the host and its rows so far: what comes first. */
int recording_encode_start(struct recording_encoder *encoder, struct bytes *out);

/* More than one record takes, its interface and location included; rows that it is the first to name come
 * on top. */
enum { RECORDING_RECORD_MAX = 2048 };
int recording_encode_record(struct recording_encoder *encoder, const struct trace_record *record,
	uint64_t real_ns, struct bytes *out);

/*
 * The oldest stack or sk_buff among the host's details that was not encoded yet: 1; 0 if there is none. Names and
 * layouts that it is the first to need come on top.
 */
enum { RECORDING_DETAIL_MAX = 2048 };
int recording_encode_detail(struct recording_encoder *encoder, struct bytes *out);

/* Those of one line. */
int recording_encode_details_of(
	struct recording_encoder *encoder, const struct trace_record *record, struct bytes *out);

int recording_encode_snapshot(
	struct recording_encoder *encoder, struct snapshot *snapshot, struct bytes *out);

/* `last` NULL: there are no books. */
int recording_encode_end(
	struct recording_encoder *encoder, struct snapshot *last, struct bytes *out);

/* The snapshot encoded last is not in the file, or was skipped: the next one stands alone. */
void recording_encoder_forget(struct recording_encoder *encoder);

#endif
