/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this process, on this kernel, may load what it needs. First the facts, then the verdict: the
 * second is a pure function of the first.
 */
#ifndef SKEWTOP_PRIVILEGES_H
#define SKEWTOP_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"

enum lockdown {
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY, /* forbids bpf_probe_read_kernel, see security/lockdown */
};

struct privileges {
	char release[65];   /* uname -r */
	int version;	    /* major * 1000 + minor: 5.10 is 5010; 0 unknown */
	int bpf_errno;	    /* what bpf(2) answers to a command that does not exist: EINVAL is good */
	bool btf;	    /* the kernel describes itself in /sys/kernel/btf/vmlinux */
	bool sysfs;	    /* /sys is there to look at */
	enum lockdown lockdown;
	uint64_t effective; /* capabilities, bit n: capability n */
	bool initial_userns; /* else capabilities mean nothing to bpf(2) */
};

/* Asks the running kernel. What cannot be told is taken as good: the verdict must not invent faults. */
void privileges_probe(struct privileges *privileges);

/* 0, or negative errno with one sentence that names what is missing and the ways out. */
int privileges_judge(const struct privileges *privileges, struct error *err);

#endif
