/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of programs that ran, and of those that it did not let run. */
#ifndef SKEWTOP_PROGRAM_RUNS_H
#define SKEWTOP_PROGRAM_RUNS_H

#include <stdbool.h>
#include <stdint.h>

struct bpf_object;

/* Adds the runs of an object's programs that the kernel skipped; false where it does not tell (before 5.12). */
bool object_missed(struct bpf_object *object, uint64_t *missed);

/* Runs of a program and the time in them while the kernel measures that (BPF_ENABLE_STATS). */
struct program_runs {
	uint64_t n;
	uint64_t ns;
};

struct program_runs program_runs_of(int fd); /* -1: none */

/* The time of all of an object's programs. */
uint64_t object_run_time(struct bpf_object *object);

#endif
