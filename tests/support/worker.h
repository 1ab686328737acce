/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A child that does a job each time it is asked, pinned to a CPU: what it has done at a given
 * moment is known exactly, because asking and finishing are handshakes in shared memory.
 */
#ifndef SKEWTOP_TEST_WORKER_H
#define SKEWTOP_TEST_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct worker;

typedef void (*worker_job)(void *context, uint64_t argument);

/* The job runs in a child: what it changes is only seen in process_shared() memory. cpu -1:
 * anywhere. */
struct worker *worker_start(int cpu, worker_job job, void *context);

pid_t worker_pid(const struct worker *worker);

/* Asks for one more run of the job and does not wait. */
void worker_ask(struct worker *worker, uint64_t argument);

/* Waits until it is done; aborts the test if the child has died or takes longer than a minute. */
void worker_wait(struct worker *worker);

/* True if nothing that was asked for is still to be done. */
bool worker_is_done(const struct worker *worker);

/* Both. */
void worker_do(struct worker *worker, uint64_t argument);

/* Ends the child. */
void worker_stop(struct worker *worker);

#endif
