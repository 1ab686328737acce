/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/topology.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CACHES_MAX = 16, UNPLACED = -1 };

/* CPUs under way to their places; members are UNPLACED until sysfs has told them. */
struct placing {
	const char *root;
	struct cpus possible;
	struct cpu_place place[CPU_ID_MAX]; /* by id */
};

__attribute__((format(printf, 3, 4))) static int read_list(
	const struct placing *placing, struct cpus *set, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int length = snprintf(path, sizeof(path), "%s/sys/devices/system/", placing->root);

	if (length >= (int)sizeof(path))
		return -ENAMETOOLONG;
	va_start(args, format);
	vsnprintf(path + length, sizeof(path) - length, format, args);
	va_end(args);
	return cpus_read(set, path);
}

/* The lowest possible CPU of a set, or -1. */
static int lowest_of(const struct placing *placing, const struct cpus *set)
{
	cpus_for_each(id, set) {
		if (cpus_has(&placing->possible, id))
			return id;
	}
	return -1;
}

/* Gives one member of every CPU in the set the same value. `member` is an offset into cpu_place. */
static void place_all(struct placing *placing, const struct cpus *set, size_t member, int value)
{
	cpus_for_each(id, set)
		*(int *)((char *)&placing->place[id] + member) = value;
}

/* The CPUs of a node that are online; those that are not keep a link to it in their own directory. */
static void place_in_node(struct placing *placing, int node)
{
	struct cpus set;

	if (read_list(placing, &set, "node/node%d/cpulist", node) == 0)
		place_all(placing, &set, offsetof(struct cpu_place, node), node);
	cpus_for_each(id, &placing->possible) {
		char path[PATH_MAX];

		if (placing->place[id].node != UNPLACED)
			continue;
		snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpu%d/node%d", placing->root, id,
			node);
		if (access(path, F_OK) == 0)
			placing->place[id].node = node;
	}
}

static void place_in_nodes(struct placing *placing)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/devices/system/node", placing->root);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		int node, end = 0;

		if (sscanf(entry->d_name, "node%5d%n", &node, &end) == 1 && !entry->d_name[end])
			place_in_node(placing, node);
	}
	if (dir)
		closedir(dir);
	cpus_for_each(id, &placing->possible) {
		if (placing->place[id].node == UNPLACED)
			placing->place[id].node = 0;
	}
}

/* One list serves all CPUs that are on it, so that few files are read on large machines. */
static void place_in_cores(struct placing *placing)
{
	cpus_for_each(id, &placing->possible) {
		struct cpus set;

		if (placing->place[id].core != UNPLACED)
			continue;
		/* Before 5.3 the same list had the other name. */
		if ((read_list(placing, &set, "cpu/cpu%d/topology/core_cpus_list", id) == 0 ||
			    read_list(placing, &set, "cpu/cpu%d/topology/thread_siblings_list", id) ==
				    0) &&
			cpus_has(&set, id))
			place_all(placing, &set, offsetof(struct cpu_place, core),
				lowest_of(placing, &set));
		else
			placing->place[id].core = id;
	}
}

/* The CPUs that share the highest-level cache of a CPU. -ENOENT where it has none. */
static int read_last_cache(const struct placing *placing, int id, struct cpus *shared)
{
	int highest = 0;

	for (int index = 0; index < CACHES_MAX; index++) {
		struct cpus level, set;

		/* The level is one number, which reads as a list of one. */
		if (read_list(placing, &level, "cpu/cpu%d/cache/index%d/level", id, index))
			break;
		if (cpus_next(&level, 0) > highest &&
			read_list(placing, &set, "cpu/cpu%d/cache/index%d/shared_cpu_list", id,
				index) == 0 &&
			cpus_has(&set, id)) {
			highest = cpus_next(&level, 0);
			*shared = set;
		}
	}
	return highest ? 0 : -ENOENT;
}

static int lowest_of_node(const struct placing *placing, int node)
{
	cpus_for_each(id, &placing->possible) {
		if (placing->place[id].node == node)
			return id;
	}
	return 0;
}

static void place_in_caches(struct placing *placing)
{
	cpus_for_each(id, &placing->possible) {
		struct cpus set;

		if (placing->place[id].llc != UNPLACED)
			continue;
		if (read_last_cache(placing, id, &set) == 0)
			place_all(placing, &set, offsetof(struct cpu_place, llc),
				lowest_of(placing, &set));
		else
			placing->place[id].llc = lowest_of_node(placing, placing->place[id].node);
	}
}

/* The possible CPUs in the order of their ids, which is the order of their slots. */
static int take_places(struct topology *topology, struct placing *placing)
{
	int n = 0;

	cpus_for_each(id, &placing->possible)
		placing->place[n++] = placing->place[id];
	return topology_set(topology, placing->place, n);
}

int topology_read(struct topology *topology, const char *root, struct error *err)
{
	struct placing *placing = calloc(1, sizeof(*placing));
	int status;

	if (!placing)
		return error_set(err, -ENOMEM, "no memory for the list of CPUs");
	placing->root = root;
	status = read_list(placing, &placing->possible, "cpu/possible");
	if (status == 0 && cpus_count(&placing->possible) == 0)
		status = -EINVAL;
	if (status) {
		error_set(err, status, "cannot read the possible CPUs from %s/sys/devices/system/cpu: %s",
			root, strerror(-status));
		goto out;
	}
	for (int id = 0; id < CPU_ID_MAX; id++)
		placing->place[id] = (struct cpu_place){ id, UNPLACED, UNPLACED, UNPLACED };
	place_in_nodes(placing);
	place_in_cores(placing);
	place_in_caches(placing);
	status = take_places(topology, placing);
	if (status)
		error_set(err, status, "no memory for %d CPUs", cpus_count(&placing->possible));
out:
	free(placing);
	return status;
}
