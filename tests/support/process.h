/* SPDX-License-Identifier: GPL-2.0-only */
/* Child processes of tests: all die with the test, whatever becomes of it. */
#ifndef SKEWTOP_TEST_PROCESS_H
#define SKEWTOP_TEST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Pins the calling thread to one CPU. Fails the test if it cannot. */
void process_pin(int cpu);

/* The CPUs this process may run on, ascending; returns how many (at most max). */
int process_cpus(int *cpus, int max);

/* Memory that children share with the test; zeroed, never given back. */
void *process_shared(size_t size);

/* Runs work(context) in a child pinned to `cpu` (-1: anywhere), which then exits with its return
 * value. */
pid_t process_spawn(int cpu, int (*work)(void *context), void *context);

/* Waits for a child; its exit status, or 128 + signal. */
int process_wait(pid_t pid);

/* A program with its standard output and error in pipes. */
struct program {
	pid_t pid;
	int out_fd;
	int err_fd;
};

/* argv[0] is a path, or looked up in PATH. */
struct program program_start(const char *const *argv);

/* Lets prepare(context) run in the child first, where it may give up privileges; NULL: nothing. */
struct program program_start_with(
	const char *const *argv, void (*prepare)(void *context), void *context);

enum {
	PROGRAM_TEXT_MAX = 1 << 20
};

struct program_result {
	int status; /* exit status, or 128 + signal */
	char *out;  /* NUL terminated; freed by program_result_free() */
	char *err;
};

/* Reads both pipes to their ends, then waits; kills the program after `seconds`. */
struct program_result program_finish(struct program *program, int seconds);
struct program_result program_run(const char *const *argv, int seconds);
void program_result_free(struct program_result *result);

/* The skewtop that was built: $BUILD/skewtop. */
const char *program_skewtop(void);

#endif
