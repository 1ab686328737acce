/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching one program to many kernel functions and letting go of them again. By address, since a
 * name may stand for several functions. Every call blocks until it is done; progress may be read
 * meanwhile.
 */
#ifndef SKEWTOP_FUNCTIONS_ATTACH_H
#define SKEWTOP_FUNCTIONS_ATTACH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct attach_target {
	uint64_t address;
	const char *name; /* instead of the address, where only one target is attached to; NULL otherwise */
	bool traceable;	 /* ftrace can trace it, which says how it begins */
	uint64_t probed; /* where its kprobe is: attach_place(), or out */
	uint64_t cookie; /* what bpf_get_attach_cookie() gives the program there */
	int error;	 /* out: 0 attached, else the negative errno of the refusal */
};

/* `done` counts up while a call below runs; `stop` may be set from any thread and ends the call early with
 * -ECANCELED for the targets that were not tried. */
struct attach_progress {
	atomic_int done;
	atomic_bool stop;
};

/* A list of link descriptors, owned. */
struct attach_links {
	int *fd;
	int n;
	bool together; /* all are for all targets; otherwise the i-th is target i's */
};

struct kprobe_events;

/*
 * Attaches a program of type kprobe.multi to all targets: one link, or more if some targets are
 * refused, which are then found by halving. Appends to `links`. 0 though some may be refused;
 * -EOPNOTSUPP if the kernel has no kprobe.multi; -ENOMEM.
 */
int attach_multi(int prog_fd, struct attach_target *targets, int n, struct attach_links *links,
	struct attach_progress *progress);

/*
 * Attaches a kprobe program to each target by a perf event, in parallel threads since each waits
 * for the kernel most of its time (RCU). links gets n descriptors, the i-th of target i, -1 where
 * refused. Without cookies (before 5.15) target.cookie plays no part. -EOPNOTSUPP if the kernel has
 * no kprobes. text_fd: kernel_text of bpf/functions.bpf.c, -1 none; where it is used, cookies get
 * FUNCTION_COOKIE_PUSHES.
 */
int attach_kprobes(int prog_fd, int text_fd, struct attach_target *targets, int n, struct attach_links *links,
	struct attach_progress *progress);

/* Says where the kprobe of a target is to be, without trying, and puts FUNCTION_COOKIE_PUSHES into its cookie. */
void attach_place(int text_fd, struct attach_target *target);

/*
 * Attaches a kprobe program by sets of kprobes (kprobe_events.h) to the targets without error, at the places that
 * attach_place() gave them, and appends to `links`. A run finds the link in its cookie, and nothing else. Errors of
 * single targets are in them. Negative errno if a set cannot be armed: what `links` has is all to be closed then.
 */
int attach_sets(const struct kprobe_events *events, uint32_t group, int prog_fd, struct attach_target *targets,
	int n, struct attach_links *links, struct attach_progress *progress);

/* Takes a descriptor over; without memory for it, -ENOMEM, it is closed. */
int attach_links_add(struct attach_links *links, int fd);

/* Closes what is not -1, in parallel, and forgets all. */
void attach_links_close(struct attach_links *links, struct attach_progress *progress);

/* Runs that the kernel skipped at these links before the program was reached (6.7 and later). */
uint64_t attach_links_missed(const struct attach_links *links);

/*
 * Attaches a program to the return of one function; `multi`: it is of type kprobe.multi. A descriptor, or
 * negative errno.
 */
int attach_return(int prog_fd, bool multi, uint64_t address, uint64_t cookie);

/* attach_links_missed() of a single one. */
uint64_t attach_link_missed(int fd);

/* Raises the limit of open files to what n links need. Negative errno if that is refused. */
int attach_make_room(int n);

#endif
