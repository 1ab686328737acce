/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/error.h"
#include "core/machine/topology.h"
#include "core/model/host.h"

/* A made-up sysfs in a directory of its own. */
struct tree {
	char root[64];
	struct topology topology;
	struct error err;
};

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	strcpy(tree->root, "/tmp/test_topology.XXXXXX");
	*state = tree;
	return mkdtemp(tree->root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	nftw(tree->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(tree->topology.cpu);
	free(tree);
	return 0;
}

/* Writes a file below sys/devices/system, making its directories. */
__attribute__((format(printf, 3, 4))) static void put(
	struct tree *tree, const char *text, const char *format, ...)
{
	char path[512], *slash;
	va_list args;
	FILE *file;
	int length = snprintf(path, sizeof(path), "%s/sys/devices/system/", tree->root);

	va_start(args, format);
	vsnprintf(path + length, sizeof(path) - length, format, args);
	va_end(args);
	for (slash = path + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_cache(struct tree *tree, int cpu, int index, const char *level, const char *shared)
{
	put(tree, level, "cpu/cpu%d/cache/index%d/level", cpu, index);
	put(tree, shared, "cpu/cpu%d/cache/index%d/shared_cpu_list", cpu, index);
}

static void read_tree(struct tree *tree)
{
	assert_int_equal(topology_read(&tree->topology, tree->root, &tree->err), 0);
	assert_string_equal(tree->err.text, "");
}

static void assert_place(const struct topology *topology, int slot, int id, int node, int core, int llc)
{
	const struct cpu_place *place = &topology->cpu[slot];

	assert_int_equal(place->id, id);
	assert_int_equal(place->node, node);
	assert_int_equal(place->core, core);
	assert_int_equal(place->llc, llc);
}

/* Eight CPUs: siblings n and n+4, two nodes, a cache for each pair of cores. */
static void two_nodes_with_siblings_and_caches(void **state)
{
	struct tree *tree = *state;
	static const char *const siblings[] = { "0,4\n", "1,5\n", "2,6\n", "3,7\n" };

	put(tree, "0-7\n", "cpu/possible");
	put(tree, "0-1,4-5\n", "node/node0/cpulist");
	put(tree, "2-3,6-7\n", "node/node1/cpulist");
	put(tree, "x", "node/online");
	put(tree, "0-7\n", "node/node1x/cpulist");
	for (int cpu = 0; cpu < 8; cpu++) {
		put(tree, siblings[cpu % 4], "cpu/cpu%d/topology/core_cpus_list", cpu);
		put_cache(tree, cpu, 0, "1\n", siblings[cpu % 4]);
		put_cache(tree, cpu, 1, "3\n", cpu % 4 < 2 ? "0-1,4-5\n" : "2-3,6-7\n");
		put_cache(tree, cpu, 2, "2\n", siblings[cpu % 4]);
	}
	read_tree(tree);
	assert_int_equal(tree->topology.n_cpus, 8);
	assert_int_equal(tree->topology.n_nodes, 2);
	for (int cpu = 0; cpu < 8; cpu++)
		assert_place(&tree->topology, cpu, cpu, cpu % 4 / 2, cpu % 4, cpu % 4 / 2 * 2);
}

static void slots_follow_a_sparse_possible_list(void **state)
{
	struct tree *tree = *state;

	put(tree, "0,3,64-65,4095\n", "cpu/possible");
	put(tree, "0,3\n", "node/node0/cpulist");
	put(tree, "64-65\n", "node/node8/cpulist");
	put(tree, "0,3\n", "cpu/cpu0/topology/thread_siblings_list");
	read_tree(tree);
	assert_int_equal(tree->topology.n_cpus, 5);
	assert_int_equal(tree->topology.n_nodes, 2);
	assert_place(&tree->topology, 0, 0, 0, 0, 0);
	assert_place(&tree->topology, 1, 3, 0, 0, 0);
	assert_place(&tree->topology, 2, 64, 8, 64, 64);
	assert_place(&tree->topology, 3, 65, 8, 65, 64);
	assert_place(&tree->topology, 4, 4095, 0, 4095, 0);
	assert_int_equal(topology_slot(&tree->topology, 0), 0);
	assert_int_equal(topology_slot(&tree->topology, 3), 1);
	assert_int_equal(topology_slot(&tree->topology, 65), 3);
	assert_int_equal(topology_slot(&tree->topology, 4095), 4);
	assert_int_equal(topology_slot(&tree->topology, 1), -1);
	assert_int_equal(topology_slot(&tree->topology, 4096), -1);
	assert_int_equal(topology_slot(&tree->topology, -1), -1);
}

/* The node's list has online CPUs only; the other keeps a link in its own directory. */
static void an_offline_cpu_keeps_its_node(void **state)
{
	struct tree *tree = *state;

	put(tree, "0-2\n", "cpu/possible");
	put(tree, "0\n", "node/node0/cpulist");
	put(tree, "1\n", "node/node1/cpulist");
	put(tree, "", "cpu/cpu2/node1");
	read_tree(tree);
	assert_place(&tree->topology, 2, 2, 1, 2, 1);
}

static void what_is_missing_is_one_node_and_a_core_each(void **state)
{
	struct tree *tree = *state;

	put(tree, "0-3", "cpu/possible");
	put(tree, "nonsense\n", "cpu/cpu1/topology/core_cpus_list");
	put(tree, "2-3\n", "cpu/cpu0/topology/core_cpus_list");
	put(tree, "-1\n", "cpu/cpu2/cache/index0/level");
	read_tree(tree);
	assert_int_equal(tree->topology.n_nodes, 1);
	for (int cpu = 0; cpu < 4; cpu++)
		assert_place(&tree->topology, cpu, cpu, 0, cpu, 0);
}

static void no_possible_list_is_an_error(void **state)
{
	struct tree *tree = *state;

	assert_int_equal(topology_flat(&tree->topology, 3), 0);
	assert_int_equal(topology_read(&tree->topology, tree->root, &tree->err), -ENOENT);
	assert_non_null(strstr(tree->err.text, "possible CPUs"));
	put(tree, "\n", "cpu/possible");
	assert_int_equal(topology_read(&tree->topology, tree->root, NULL), -EINVAL);
	put(tree, "0-9999\n", "cpu/possible");
	assert_int_equal(topology_read(&tree->topology, tree->root, NULL), -ERANGE);
	assert_int_equal(tree->topology.n_cpus, 3);
}

static void cpus_given_by_hand_are_checked(void **state)
{
	struct tree *tree = *state;
	const struct cpu_place unordered[] = { { .id = 1 }, { .id = 1 } };
	const struct cpu_place outside[] = { { .id = 0 }, { .id = CPU_ID_MAX } };
	const struct cpu_place good[] = { { 2, 1, 2, 2 }, { 5, 0, 2, 2 } };

	assert_int_equal(topology_flat(&tree->topology, 0), -EINVAL);
	assert_int_equal(topology_flat(&tree->topology, CPU_ID_MAX + 1), -EINVAL);
	assert_int_equal(topology_flat(&tree->topology, CPU_ID_MAX), 0);
	assert_place(&tree->topology, 4095, 4095, 0, 4095, 0);
	assert_int_equal(topology_set(&tree->topology, unordered, 2), -EINVAL);
	assert_int_equal(topology_set(&tree->topology, outside, 2), -EINVAL);
	assert_int_equal(topology_set(&tree->topology, good, 2), 0);
	assert_int_equal(tree->topology.n_nodes, 2);
	assert_place(&tree->topology, 1, 5, 0, 2, 2);
}

static void this_machine_is_read(void **state)
{
	struct tree *tree = *state;
	struct cpus possible;

	assert_int_equal(topology_read(&tree->topology, "", &tree->err), 0);
	assert_int_equal(cpus_read(&possible, "/sys/devices/system/cpu/possible"), 0);
	assert_int_equal(tree->topology.n_cpus, cpus_count(&possible));
	assert_true(tree->topology.n_nodes >= 1);
}

static void a_host_has_all_its_parts(void **state)
{
	struct host *host = host_new();

	(void)state;
	assert_non_null(host);
	assert_non_null(host->catalog);
	assert_non_null(host->symbols);
	assert_non_null(host->reasons);
	assert_int_equal(topology_flat(&host->topology, 2), 0);
	host_free(host);
	host_free(NULL);
}

int main(void)
{
#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_TREE(two_nodes_with_siblings_and_caches),
		WITH_TREE(slots_follow_a_sparse_possible_list),
		WITH_TREE(an_offline_cpu_keeps_its_node),
		WITH_TREE(what_is_missing_is_one_node_and_a_core_each),
		WITH_TREE(no_possible_list_is_an_error),
		WITH_TREE(cpus_given_by_hand_are_checked),
		WITH_TREE(this_machine_is_read),
		cmocka_unit_test(a_host_has_all_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
