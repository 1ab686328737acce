/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings with random bytes changed, read to the end by all that reads recordings. */
#ifndef SKEWTOP_TEST_FLIPS_H
#define SKEWTOP_TEST_FLIPS_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

struct flips {
	uint64_t state;	      /* of the random numbers */
	const uint8_t *bytes; /* of the caller, as they were */
	size_t n;
	struct trace_record line; /* read last */
	int fd;		      /* of memory that holds the damaged ones */
	uint64_t n_records;   /* read so far, of all damaged files */
	uint64_t n_snapshots;
	uint64_t n_faults;
};

struct flips flips_start(uint64_t seed, const uint8_t *bytes, size_t n);
void flips_end(struct flips *flips);

/*
 * Changes one to eight bytes, reads, makes JSON of all that is found, and puts the bytes back. A run that
 * comes back has passed: the rest is for the sanitizers.
 */
void flips_read_next(struct flips *flips);

#endif
