/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/skew.h"

/*
 * The Gini coefficient needs the values in order. A comparing sort of 512 of them takes longer than all
 * else about a row together, so they are scaled to 24-bit integers and radix sorted, 8 bits a pass.
 */
enum { DIGIT_BITS = 8, DIGITS = 3, BUCKETS = 1 << DIGIT_BITS };

static const double SCALE = (1 << DIGIT_BITS * DIGITS) - 1;

static uint32_t digit_of(uint32_t key, int digit)
{
	return key >> digit * DIGIT_BITS & (BUCKETS - 1);
}

/* Sorts n keys; `spare` has room for as many. Returns whichever of the two holds the result. */
static uint32_t *sort_keys(uint32_t *keys, uint32_t *spare, int n)
{
	uint16_t start[DIGITS][BUCKETS] = { 0 };

	for (int i = 0; i < n; i++) {
		for (int d = 0; d < DIGITS; d++)
			start[d][digit_of(keys[i], d)]++;
	}
	for (int d = 0; d < DIGITS; d++) {
		uint32_t *sorted = spare;
		int before = 0;

		for (int b = 0; b < BUCKETS; b++) {
			int here = start[d][b];

			start[d][b] = before;
			before += here;
		}
		for (int i = 0; i < n; i++)
			sorted[start[d][digit_of(keys[i], d)]++] = keys[i];
		spare = keys;
		keys = sorted;
	}
	return keys;
}

static double gini_of(const double *values, int n, double max)
{
	uint32_t keys[CPU_ID_MAX], spare[CPU_ID_MAX];
	const uint32_t *sorted;
	uint64_t sum = 0;
	int64_t weighted = 0;
	int busy = 0;

	for (int i = 0; i < n; i++) {
		if (values[i] > 0)
			keys[busy++] = (uint32_t)(values[i] * (SCALE / max) + 0.5);
	}
	sorted = sort_keys(keys, spare, busy);
	/* The idle ones come first and add nothing but their rank. */
	for (int i = 0; i < busy; i++) {
		int rank = n - busy + i;

		weighted += (int64_t)(2 * rank - n + 1) * sorted[i];
		sum += sorted[i];
	}
	return (double)weighted / ((double)(n - 1) * (double)sum);
}

struct spread skew_of(const double *values, const int *ids, int n)
{
	struct spread spread = { .state = RATE_FRESH, .max_cpu = -1, .n_cpus = n };

	for (int i = 0; i < n; i++) {
		if (!(values[i] > 0))
			continue;
		spread.sum += values[i];
		spread.active++;
		if (values[i] > spread.max) {
			spread.max = values[i];
			spread.max_cpu = ids ? ids[i] : i;
		}
	}
	if (!spread.active)
		return spread;
	spread.mean = spread.sum / n;
	spread.x_avg = spread.max / spread.mean;
	spread.top_share = spread.max / spread.sum;
	if (n > 1)
		spread.gini = gini_of(values, n, spread.max);
	return spread;
}
