/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs that count whatever the filter: system calls, time in softirqs. */
#ifndef SKEWTOP_UNFILTERED_H
#define SKEWTOP_UNFILTERED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/source.h"

struct bpf_link;
struct softirq_bpf;
struct syscalls_bpf;

struct unfiltered {
	struct softirq_bpf *softirq;
	struct syscalls_bpf *syscalls;
	struct bpf_link *softirq_link[2];
	struct bpf_link *enter_link;
	struct bpf_link *exit_link; /* only while errors are asked for */
	bool errors_counted;	    /* they were asked for at some time */
};

/* Opens, loads and attaches what has no filter: system calls, softirq time. Negative errno with a
 * sentence. unfiltered_free() afterwards in any case. */
int unfiltered_open(
	struct unfiltered *probes, const struct live_options *options, struct error *err);

/* Adds or takes away the sys_exit program. */
int unfiltered_want_errors(struct unfiltered *probes, bool on);

/* Detaches all programs and waits until none runs any more. Maps stay readable. Idempotent. */
void unfiltered_detach(struct unfiltered *probes);
void unfiltered_free(struct unfiltered *probes);

/* Program runs that the kernel skipped; false where it does not tell (before 5.12). Adds to *missed. */
bool unfiltered_missed(const struct unfiltered *probes, uint64_t *missed);

#endif
