/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures of a measurement: medians and quartiles, because a shared machine has bad moments. */
#ifndef SKEWTOP_TEST_BENCH_H
#define SKEWTOP_TEST_BENCH_H

#include <stddef.h>
#include <stdint.h>

struct figures {
	double low; /* first quartile */
	double median;
	double high; /* third quartile */
};

/* Sorts the values. */
struct figures figures_of(double *values, size_t n);

uint64_t bench_ns(void);

/* CPU time of the calling thread: what others do on the machine counts less. */
uint64_t bench_cpu_ns(void);

#endif
