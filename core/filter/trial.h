/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs filters in the kernel over packets from user space (BPF_PROG_TEST_RUN), for filter-check
 * and the tests. The instructions run are those that filter_inject() puts into the probes, in a
 * program of the same type (raw tracepoint), reading packets at kernel addresses. */
#ifndef SKEWTOP_FILTER_TRIAL_H
#define SKEWTOP_FILTER_TRIAL_H

#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct filter_trial;

/* One call of filter_run(). */
struct filter_call {
	uint64_t data; /* kernel address */
	uint32_t headlen, wirelen, kind, tag;
};

/* Makes room for `size` bytes of packets in kernel memory. Needs CAP_BPF and CAP_PERFMON.
 * Returns 0 and *out, to be freed with filter_trial_close(); else -errno and a sentence in err. */
int filter_trial_open(size_t size, struct filter_trial **out, char *err, size_t err_size);
void filter_trial_close(struct filter_trial *trial);

/* Copies a packet to kernel memory, behind those already there.
 * Returns its address in the kernel, 0 if there is no room left. */
uint64_t filter_trial_put(struct filter_trial *trial, const void *packet, size_t len);

/* Forgets all packets put so far. */
void filter_trial_reset(struct filter_trial *trial);

/* Loads a body of filter_run() into the kernel. Returns a file descriptor, to be closed by the
 * caller, or -errno with the verifier's last line in err. */
int filter_trial_load(const struct bpf_insn *body, size_t n, char *err, size_t err_size);

/* Runs it once. Returns 0 and *verdict, or -errno. */
int filter_trial_run(int prog_fd, const struct filter_call *call, uint32_t *verdict);

#endif
