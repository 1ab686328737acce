/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people read them: few columns, no false precision, nothing unknown drawn as 0. */
#ifndef SKEWTOP_NUMBER_H
#define SKEWTOP_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include "core/model/rates.h"

enum { NUMBER_MAX = 24 };

/* "0", "0.4", "71", "1102", "61.0k", "1843.2k", "12.3M"; at most 7 columns below 10^15. */
const char *number_count(double value, char *buf, size_t size);

/* The same of a rate, or "-" where its state says that there is none (yet). */
const char *number_rate(double per_second, enum rate_state state, char *buf, size_t size);

/* "97.4", "0.1", "100"; at most 5 columns. */
const char *number_percent(double percent, char *buf, size_t size);

/* "8.5x", "33.1x", "227x"; "-" for 0. */
const char *number_times(double times, char *buf, size_t size);

/* "13s", "2m05", "1h02"; at most 6 columns. */
const char *number_duration(uint64_t ns, char *buf, size_t size);

/* "64K", "16M": powers of 1024. */
const char *number_bytes(double bytes, char *buf, size_t size);

#endif
