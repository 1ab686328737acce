/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The payloads of a recording's own blocks (format.h), out of bytes that nobody vouches for. All
 * return 0; -EBADMSG for what makes no sense; -E2BIG for more than any machine has; -ENOMEM.
 */
#ifndef SKEWTOP_RECORDING_DECODE_H
#define SKEWTOP_RECORDING_DECODE_H

#include <linux/types.h>
#include <stdbool.h>

#include "bpf/abi.h"
#include "core/base/bytes.h"
#include "core/model/host.h"
#include "core/model/snapshot.h"
#include "core/recording/format.h"
#include "core/recording/pcapng.h"

/* Rows and names that one recording may bring; each costs some 200 bytes. */
enum { RECORDING_ROWS_MAX = 64 << 10, RECORDING_REASONS_MAX = 4096,
	RECORDING_FILTERS_MAX = 4096 };

/* The kind and payload of a block of ours; -ENOENT if it is another's. */
int recording_decode_block(
	const struct pcapng_block *block, enum recording_kind *kind, struct view *payload);

/* Into a host that is empty. */
int recording_decode_host(struct view payload, struct host *host);

/* Adds to the host's catalog; rows that it has already are passed over. */
int recording_decode_rows(struct view payload, struct host *host);

/* Adds names; *n counts those that were new. */
int recording_decode_symbols(struct view payload, struct host *host, int *n);

/* Adds to the host's filters those that are newer than what it has. */
int recording_decode_filters(struct view payload, struct host *host);

/* Adds to the host's details. */
int recording_decode_stack(struct view payload, struct host *host);
int recording_decode_sk_buff(struct view payload, struct host *host);

/*
 * The trace record in a packet's options. -ENOENT if there is none. It is one that the live source could
 * have handed out: names made safe, no length beyond its bounds.
 */
int recording_decode_record(const struct pcapng_block *block, const struct pcapng_packet *packet,
	bool swapped, struct trace_record *record);

#endif
