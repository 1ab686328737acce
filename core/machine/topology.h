/* SPDX-License-Identifier: GPL-2.0-only */
/* Where this machine's CPUs are. */
#ifndef SKEWTOP_TOPOLOGY_H
#define SKEWTOP_TOPOLOGY_H

#include "core/base/error.h"
#include "core/model/host.h"

/*
 * Fills the topology from sysfs below `root` ("" for the running machine; tests use a copy): possible
 * CPUs, nodes, cores, last-level caches (Documentation/admin-guide/cputopology.rst). What sysfs does not
 * tell is taken as one node, one core per CPU, one cache per node. Negative errno with a sentence when
 * the possible CPUs cannot be read; *topology is then unchanged.
 */
int topology_read(struct topology *topology, const char *root, struct error *err);

#endif
