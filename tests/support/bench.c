/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/bench.h"

#include <stdlib.h>
#include <time.h>

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct figures figures_of(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending);
	return (struct figures){values[n / 4], values[n / 2], values[n - 1 - n / 4]};
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

uint64_t bench_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}
