/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside a function: what TABLE_INSIDE holds (time in each call, what it returned), and figures from it. Pure.
 */
#ifndef SKEWTOP_INSIDE_H
#define SKEWTOP_INSIDE_H

#include <linux/types.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "core/model/snapshot.h"

/* What a row of TABLE_INSIDE counts. */
enum inside_kind {
	INSIDE_CALLS,
	INSIDE_RETURNED,
	INSIDE_TIME_NS,	   /* of all that returned */
	INSIDE_LONGEST_NS, /* a maximum, not a sum */
	INSIDE_BUCKET,	   /* returned after so long; the detail is the bucket */
	INSIDE_VALUE,	   /* returned this; the detail is the value */
	INSIDE_OTHER,	   /* returned something else */
};

/* Keys of TABLE_INSIDE: {row of TABLE_FUNCTIONS << 8 | kind, detail}. */
#define INSIDE_KEY(function, kind) ((uint64_t)(function) << 8 | (kind))
#define INSIDE_KEY_FUNCTION(key) ((int)((key) >> 8))
#define INSIDE_KEY_KIND(key) ((enum inside_kind)((key) & 0xff))

/* How a function's return value is to be read. */
enum return_kind { RETURN_NOTHING, RETURN_SIGNED, RETURN_UNSIGNED, RETURN_BOOL, RETURN_POINTER, RETURN_ENUM };

struct return_type {
	uint8_t kind; /* enum return_kind */
	uint8_t size; /* bytes; 0: nothing */
	uint32_t type_id; /* BTF of the kernel proper, RETURN_ENUM */
};

/* Bounds of a bucket in ns: from the first, below the second. The last bucket has no upper bound: UINT64_MAX. */
uint64_t inside_bucket_from(int bucket);
uint64_t inside_bucket_to(int bucket);

/* "0", "-ENOBUFS", "true", "NULL", "0xffff888101234500"; enums of the kernel have names of their own, which the
 * live source knows. `value` is the register, cut to the type's size. Returns buf. */
const char *inside_value_text(struct return_type type, uint64_t value, char *buf, size_t size);

struct inside_value {
	const char *name; /* the catalog's */
	uint64_t count;
};

struct inside_figures {
	uint64_t calls, returned, total_ns, longest_ns;
	uint64_t bucket[INSIDE_BUCKETS];
	struct inside_value value[INSIDE_VALUES]; /* the most frequent first */
	int n_values;
	uint64_t other; /* returned something else */
};

/*
 * All that one function has done up to a snapshot, summed over all possible CPUs. False: it was never looked
 * into.
 */
bool inside_gather(const struct catalog *catalog, const struct snapshot *snapshot, int function,
	struct inside_figures *out);

/* What has come between two of the same function. */
void inside_difference(struct inside_figures *newer, const struct inside_figures *older);

/* The time that a share (0 to 1) of the calls did not exceed, in ns, interpolated within its bucket; 0: none. */
double inside_quantile(const struct inside_figures *figures, double share);

#endif
