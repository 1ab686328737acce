/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces, told apart as the kernel does in trace records and tables: by the inode number of
 * their nsfs file, see namespaces(7).
 */
#ifndef SKEWTOP_NETNS_H
#define SKEWTOP_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

/* The inode number of the calling thread's own namespace, 0 if it cannot be told. */
uint32_t netns_own(void);

/*
 * Opens the namespace that a word names: all digits, the namespace of that process; with a slash, that
 * file; else a name that `ip netns add` gave. Returns a descriptor for the caller to close and sets
 * *inode. Negative errno with a sentence that says what there is: -EPERM and -EACCES where it may exist
 * but cannot be looked at, anything else where it does not.
 */
int netns_open(const char *word, uint32_t *inode, struct error *err);

/*
 * Runs work(context) in a short-lived thread that has joined the namespace `fd`; the caller's own
 * threads stay where they are. Needs CAP_SYS_ADMIN unless it is the caller's own. Negative errno.
 */
int netns_run(int fd, void (*work)(void *context), void *context);

/*
 * Calls visit for every namespace that can be found: the caller's, those with a name, those of running
 * processes. Each once. Ends early, and returns true, when visit returns true.
 */
typedef bool (*netns_visit)(void *context, int fd, uint32_t inode);
bool netns_each(netns_visit visit, void *context);

/*
 * Whether an interface of this name is in namespace `fd` (-1: the caller's own). 1, 0, or negative errno
 * where it cannot be looked at. `names`, if not NULL, takes the names that are there ("lo, eth0").
 */
int netns_has_interface(int fd, const char *ifname, char *names, size_t size);

#endif
