/* SPDX-License-Identifier: GPL-2.0-only */
/* What skewtop itself costs: opening, reading every map and /proc counter once, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "core/source.h"
#include "tests/support/bench.h"
#include "tests/support/live.h"

enum {
	OPENINGS = 7,
	SAMPLES = 200
};

int main(void)
{
	static double opening[OPENINGS], closing[OPENINGS], reading[OPENINGS * SAMPLES];
	const struct live_options options = {0};
	struct figures f;
	int n_cpus = 0;

	for (int i = 0; i < OPENINGS; i++) {
		uint64_t from = bench_cpu_ns();
		struct source *source = live_open(&options);

		opening[i] = (bench_cpu_ns() - from) / 1e6;
		n_cpus = source->host->topology.n_cpus;
		for (int j = 0; j < SAMPLES; j++) {
			from = bench_cpu_ns();
			snapshot_unref(live_take(source));
			reading[i * SAMPLES + j] = (bench_cpu_ns() - from) / 1e3;
		}
		from = bench_cpu_ns();
		source_close(source);
		closing[i] = (bench_cpu_ns() - from) / 1e6;
	}
	printf("CPU time of skewtop itself, %d possible CPUs, median (quartiles):\n", n_cpus);
	f = figures_of(opening, OPENINGS);
	printf("  opening   %7.1f ms (%.1f to %.1f)\n", f.median, f.low, f.high);
	f = figures_of(reading, OPENINGS * SAMPLES);
	printf("  a sample  %7.1f us (%.1f to %.1f): %.3f %% of one CPU at one a second\n",
		f.median, f.low, f.high, f.median / 1e4);
	f = figures_of(closing, OPENINGS);
	printf("  closing   %7.1f ms (%.1f to %.1f)\n", f.median, f.low, f.high);
	return 0;
}
