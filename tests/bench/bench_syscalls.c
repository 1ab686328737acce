/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What counting a system call adds to it, beside what an empty raw_tp program adds: both in one
 * run, turn by turn, so that a slow moment of the machine meets all of them alike.
 */
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/abi.h"

#include "bpf/syscalls.skel.h"
#include "tests/bpf/empty.skel.h"
#include "tests/support/bench.h"
#include "tests/support/process.h"

enum {
	CALLS = 50000,
	ROUNDS = 101,
	CPUS_MAX = 64
};

enum state {
	BASE,
	EMPTY,
	COUNT,
	COUNT_AND_ERRORS,
	STATES
};

static const char *const names[STATES] = {
	[BASE] = "nothing attached",
	[EMPTY] = "an empty raw_tp program",
	[COUNT] = "calls counted (always on)",
	[COUNT_AND_ERRORS] = "calls and errors counted",
};

struct bench {
	struct empty_bpf *empty;
	struct syscalls_bpf *syscalls;
	double ns[STATES][ROUNDS]; /* per call */
};

static struct bpf_link *attach(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link) {
		fprintf(stderr, "bench: cannot attach %s\n", bpf_program__name(program));
		exit(1);
	}
	return link;
}

static double time_calls(void)
{
	uint64_t from = bench_cpu_ns();

	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return (double)(bench_cpu_ns() - from) / CALLS;
}

static double measure(const struct bench *bench, enum state state)
{
	struct bpf_link *enter = NULL, *exit_link = NULL;
	double ns;

	if (state == EMPTY)
		enter = attach(bench->empty->progs.empty_sys_enter);
	if (state == COUNT || state == COUNT_AND_ERRORS)
		enter = attach(bench->syscalls->progs.skewtop_sys_enter);
	if (state == COUNT_AND_ERRORS)
		exit_link = attach(bench->syscalls->progs.skewtop_sys_exit);
	ns = time_calls();
	bpf_link__destroy(enter);
	bpf_link__destroy(exit_link);
	return ns;
}

/* Each round begins with another state. */
static void run(struct bench *bench)
{
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < STATES; i++) {
			enum state state = (round + i) % STATES;

			bench->ns[state][round] = measure(bench, state);
		}
}

/* What a state adds, from the differences within each round. */
static struct figures added(const struct bench *bench, enum state state)
{
	double difference[ROUNDS];

	for (int round = 0; round < ROUNDS; round++)
		difference[round] = bench->ns[state][round] - bench->ns[BASE][round];
	return figures_of(difference, ROUNDS);
}

static void report(const struct bench *bench)
{
	double base[ROUNDS], ratio;

	for (int round = 0; round < ROUNDS; round++)
		base[round] = bench->ns[BASE][round];
	printf("getppid, %d calls in each of %d rounds, median (quartiles):\n", CALLS, ROUNDS);
	printf("  %-28s %6.1f ns per call\n", names[BASE], figures_of(base, ROUNDS).median);
	for (int state = EMPTY; state < STATES; state++) {
		struct figures f = added(bench, state);

		printf("  %-28s %+6.1f ns (%+.1f to %+.1f)\n", names[state], f.median, f.low,
			f.high);
	}
	ratio = added(bench, COUNT).median / added(bench, EMPTY).median;
	printf("  the count adds %.2f times what an empty program adds (to be at most 1.30)\n",
		ratio);
}

int main(void)
{
	static struct bench bench;
	int cpus[CPUS_MAX], n = process_cpus(cpus, CPUS_MAX);

	process_pin(cpus[n - 1]);
	bench.empty = empty_bpf__open_and_load();
	bench.syscalls = syscalls_bpf__open_and_load();
	if (!bench.empty || !bench.syscalls) {
		fprintf(stderr, "bench: the kernel refuses the programs; root?\n");
		return 1;
	}
	run(&bench);
	report(&bench);
	empty_bpf__destroy(bench.empty);
	syscalls_bpf__destroy(bench.syscalls);
	return 0;
}
