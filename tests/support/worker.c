/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.h"

enum {
	POLL_US = 200,
	PATIENCE_US = 60 * 1000 * 1000,
	SPINS = 2000,
};

struct worker {
	_Atomic uint64_t asked;
	_Atomic uint64_t done;
	atomic_bool quit;
	uint64_t argument;
	worker_job job;
	void *context;
	pid_t pid;
};

/* Short jobs are answered at once, long ones cost no CPU time while they are waited for. */
static void relax(int *spins)
{
	if (++*spins < SPINS)
		__asm__ volatile("" ::: "memory");
	else
		usleep(POLL_US);
}

static int work(void *context)
{
	struct worker *w = context;
	int spins = 0;

	while (!atomic_load(&w->quit)) {
		if (atomic_load(&w->asked) == atomic_load(&w->done)) {
			relax(&spins);
			continue;
		}
		w->job(w->context, w->argument);
		atomic_fetch_add(&w->done, 1);
		spins = 0;
	}
	return 0;
}

struct worker *worker_start(int cpu, worker_job job, void *context)
{
	struct worker *w = process_shared(sizeof(*w));

	w->job = job;
	w->context = context;
	w->pid = process_spawn(cpu, work, w);
	return w;
}

pid_t worker_pid(const struct worker *w)
{
	return w->pid;
}

void worker_ask(struct worker *w, uint64_t argument)
{
	w->argument = argument;
	atomic_fetch_add(&w->asked, 1);
}

bool worker_is_done(const struct worker *w)
{
	return atomic_load(&w->asked) == atomic_load(&w->done);
}

void worker_wait(struct worker *w)
{
	int spins = 0;

	while (atomic_load(&w->asked) != atomic_load(&w->done)) {
		relax(&spins);
		if (spins > SPINS + PATIENCE_US / POLL_US ||
			(spins % 500 == 0 && waitpid(w->pid, NULL, WNOHANG))) {
			fprintf(stderr, "test support: a worker has died or hangs\n");
			abort();
		}
	}
}

void worker_do(struct worker *w, uint64_t argument)
{
	worker_ask(w, argument);
	worker_wait(w);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->quit, true);
	process_wait(w->pid);
}
