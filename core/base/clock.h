/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SKEWTOP_CLOCK_H
#define SKEWTOP_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A clock of clock_gettime(2), in ns. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static inline uint64_t monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
