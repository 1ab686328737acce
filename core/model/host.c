/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/host.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter/log.h"
#include "core/model/snapshot.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/trace/details.h"

struct host *host_new(void)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return NULL;
	host->catalog = catalog_new();
	host->symbols = symbols_new();
	host->reasons = reasons_new();
	host->filters = filter_log_new();
	host->details = trace_details_new();
	if (!host->catalog || !host->symbols || !host->reasons || !host->filters ||
		!host->details) {
		host_free(host);
		return NULL;
	}
	return host;
}

void host_free(struct host *host)
{
	if (!host)
		return;
	catalog_free(host->catalog);
	symbols_free(host->symbols);
	reasons_free(host->reasons);
	filter_log_free(host->filters);
	trace_details_free(host->details);
	btf__free(host->skb_layout);
	free(host->topology.cpu);
	free(host);
}

int topology_slot(const struct topology *topology, int cpu_id)
{
	int low = 0, high = topology->n_cpus;

	/* Most machines have no gaps. */
	if (cpu_id >= 0 && cpu_id < high && topology->cpu[cpu_id].id == cpu_id)
		return cpu_id;
	while (low < high) {
		int middle = (low + high) / 2;

		if (topology->cpu[middle].id < cpu_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < topology->n_cpus && topology->cpu[low].id == cpu_id ? low : -1;
}

static int count_nodes(const struct topology *topology)
{
	int n_nodes = 0;

	for (int i = 0; i < topology->n_cpus; i++) {
		bool seen = false;

		for (int j = i - 1; j >= 0 && !seen; j--)
			seen = topology->cpu[j].node == topology->cpu[i].node;
		n_nodes += !seen;
	}
	return n_nodes;
}

int topology_set(struct topology *topology, const struct cpu_place *cpu, int n_cpus)
{
	struct topology set = { .n_cpus = n_cpus };

	if (n_cpus < 1 || n_cpus > CPU_ID_MAX)
		return -EINVAL;
	for (int i = 0; i < n_cpus; i++) {
		if (cpu[i].id < 0 || cpu[i].id >= CPU_ID_MAX || (i && cpu[i].id <= cpu[i - 1].id))
			return -EINVAL;
	}
	set.cpu = malloc(n_cpus * sizeof(*cpu));
	if (!set.cpu)
		return -ENOMEM;
	memcpy(set.cpu, cpu, n_cpus * sizeof(*cpu));
	set.n_nodes = count_nodes(&set);
	free(topology->cpu);
	*topology = set;
	return 0;
}

int topology_flat(struct topology *topology, int n_cpus)
{
	struct cpu_place place[CPU_ID_MAX];

	if (n_cpus < 1 || n_cpus > CPU_ID_MAX)
		return -EINVAL;
	for (int id = 0; id < n_cpus; id++)
		place[id] = (struct cpu_place){ .id = id, .core = id };
	return topology_set(topology, place, n_cpus);
}
