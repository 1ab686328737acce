/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The books: every trace event is accounted for by cause and CPU. They balance when tracing has stopped
 * and the ring is empty:
 *	seen = delivered + ring_full + rate_limited + filtered_out
 *	delivered = kept + overwritten
 * Beside them stand what no CPU's program could see: runs the kernel skipped (missed), table entries
 * that found no room (map_full), records that came damaged out of a recording (malformed), lines that
 * are missing in the recording only (not_recorded), stacks and sk_buffs that a line lacks (details_full).
 * The books are TABLE_LOSS of a snapshot; this file only says what its rows mean.
 */
#ifndef SKEWTOP_LEDGER_H
#define SKEWTOP_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/model/snapshot.h"

enum loss_cause {
	LOSS_SEEN,
	LOSS_DELIVERED,
	LOSS_RING_FULL,
	LOSS_RATE_LIMITED,
	LOSS_FILTERED_OUT,
	LOSS_OVERWRITTEN, /* delivered, then pushed out of the trace log by newer lines */
	LOSS_MISSED,	  /* program runs that the kernel skipped; belongs to no CPU */
	LOSS_MAP_FULL,
	LOSS_MALFORMED,
	LOSS_NOT_RECORDED, /* delivered, but the file or pipe took the lines too slowly */
	LOSS_DETAILS_FULL, /* stacks and sk_buffs of delivered lines that found no room in the ring */
	LOSS_CAUSES,
};

/* "ring_full", as in JSON. */
const char *loss_name(enum loss_cause cause);

/*
 * Set in the `known` word of TABLE_LOSS, beside the bits of its columns, by a source whose kernel tells
 * how many runs it skipped (6.1 and later; 5.10 does not). Without it LOSS_MISSED is 0 and means nothing.
 */
#define LEDGER_KNOWS_MISSED (UINT32_C(1) << 16)

/* Adds the rows of TABLE_LOSS to a catalog, in enum order. -ENOMEM. */
int ledger_catalog(struct catalog *catalog);

struct ledger_sums {
	uint64_t of[LOSS_CAUSES];
	bool missed_known; /* LEDGER_KNOWS_MISSED */
	uint64_t lost;	   /* what the header calls lost: ring_full + missed + map_full + malformed +
			    * not_recorded + details_full */
	uint64_t in_flight; /* seen and not yet delivered nor lost; 0 at the end if the books balance */
	uint64_t kept;	   /* delivered and not overwritten */
	bool balanced;	   /* both equations above hold, exactly */
};

/* The books in two lines, each with its end of line. */
enum { LEDGER_TEXT_MAX = 512 };
const char *ledger_text(const struct ledger_sums *sums, char *buf, size_t size);

/* Sums over all possible CPUs and what belongs to none, of a whole snapshot. */
struct ledger_sums ledger_sum(const struct snapshot *snapshot);

#endif
