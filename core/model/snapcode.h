/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots as bytes: the one encoding that history keeps and recordings carry. A key frame stands alone;
 * any other frame holds the differences to the snapshot before it. Most counters of a machine do not
 * move in a second, so runs of zeros are what it is good at.
 *
 *	frame	= kind n_cpus n_tables  difference of: sequence mono_ns real_ns own_cpu_ns bpf_ns
 *		  online  { n_rows n_columns known } per table  values
 *	online	= the words of the set, each exclusive-or the one before
 *	values	= table by table, row by row, column by column, slot by slot: zigzag differences
 *
 * All integers are varints; in `online` and `values` a 0 stands for a run of zeros and is followed by the
 * length of the run less one. Rows that the snapshot before did not have are differences to 0. A frame of
 * fewer tables than there are now is read; two older kinds have TABLE_LOSS as their last and no n_tables.
 */
#ifndef SKEWTOP_SNAPCODE_H
#define SKEWTOP_SNAPCODE_H

#include "core/base/bytes.h"
#include "core/model/snapshot.h"

/*
 * Appends a frame. `previous` NULL: a key frame. Otherwise it must have as many CPUs and no more rows or
 * columns than the snapshot, or -EINVAL. -ENOMEM.
 */
int snapcode_encode(const struct snapshot *previous, const struct snapshot *snapshot,
	struct bytes *out);

/* What a frame from an untrusted place may claim. */
struct snapcode_limits {
	int n_cpus;		 /* exactly so many */
	int n_rows[TABLE_COUNT]; /* at most */
	size_t max_bytes;	 /* of memory for the values */
};

/* True if the frame stands alone. */
bool snapcode_is_key(struct view frame);

/*
 * Decodes one whole frame into a new snapshot of the caller's. `previous` is the snapshot that a frame
 * which is no key frame was encoded against (NULL: -ENODATA for such a frame). `limits` NULL: the
 * frame is our own. -EBADMSG: damaged; -E2BIG: claims more than the limits; -ENOMEM.
 */
int snapcode_decode(struct view frame, const struct snapshot *previous,
	const struct snapcode_limits *limits, struct snapshot **out);

/* Memory that a snapshot's values take, in bytes. */
size_t snapshot_bytes(const struct snapshot *snapshot);

#endif
