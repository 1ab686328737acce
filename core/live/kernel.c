/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/live/live.h"
#include "core/machine/interrupts.h"
#include "core/machine/nic_counters.h"

/* Reading interrupts may take this part of the time: one CPU in twenty where there are thousands.
 */
enum {
	INTERRUPTS_PART = 20
};

int live_kernel_open(struct live_kernel *kernel, const struct topology *topology, const char *netns)
{
	struct error why;

	proc_file_open(&kernel->online_file, "/sys/devices/system/cpu/online");
	proc_file_open(&kernel->softirqs_file, "/proc/softirqs");
	proc_file_open(&kernel->softnet_file, "/proc/net/softnet_stat");
	proc_file_open(&kernel->interrupts_file, "/proc/interrupts");
	/* Without the interfaces' counters their table stays unknown. */
	kernel->nics = nic_counters_open(netns, &why);
	kernel->interrupts = interrupts_new(topology, "");
	if (!kernel->interrupts || proc_counters_init(&kernel->softirqs, topology) ||
		proc_counters_init(&kernel->softnet, topology))
		return -ENOMEM;
	return 0;
}

void live_kernel_free(struct live_kernel *kernel)
{
	proc_file_close(&kernel->online_file);
	proc_file_close(&kernel->softirqs_file);
	proc_file_close(&kernel->softnet_file);
	proc_file_close(&kernel->interrupts_file);
	proc_counters_free(&kernel->softirqs);
	proc_counters_free(&kernel->softnet);
	interrupts_free(kernel->interrupts);
	nic_counters_close(kernel->nics);
}

int live_read_online(struct live_kernel *kernel, struct cpus *online)
{
	const char *text = proc_file_read(&kernel->online_file);

	return text ? cpus_parse(online, text) : -errno;
}

/* Rows of a /proc table, whose per-CPU totals go into column 0. */
static int put_proc_rows(struct live *live, struct snapshot *snapshot, enum table_id table,
	const struct proc_counters *counters)
{
	for (int i = 0; i < counters->n_rows; i++) {
		struct row row = {.key = {i}, .name = counters->name[i]};
		int index = snapshot_row(snapshot, live->host->catalog, table, &row);

		if (index < 0)
			return index;
		memcpy(table_values(&snapshot->table[table], index, 0),
			counters->total + (size_t)i * counters->n_cpus,
			counters->n_cpus * sizeof(*counters->total));
	}
	snapshot_know(snapshot, table, 0);
	return 0;
}

int live_read_softirqs(struct live *live, struct snapshot *snapshot)
{
	const struct topology *topology = &live->host->topology;
	struct live_kernel *kernel = &live->kernel;
	const char *softirqs = proc_file_read(&kernel->softirqs_file);
	const char *softnet = proc_file_read(&kernel->softnet_file);
	int err = 0;

	/* Where /proc has no such file the tables stay unknown. */
	if (softirqs && !proc_softirqs_take(&kernel->softirqs, topology, softirqs))
		err = put_proc_rows(live, snapshot, TABLE_SOFTIRQ, &kernel->softirqs);
	if (!err && softnet &&
		!proc_softnet_take(&kernel->softnet, topology, &snapshot->online, softnet))
		err = put_proc_rows(live, snapshot, TABLE_SOFTNET, &kernel->softnet);
	return err;
}

/* ---- interrupts ---- */

static int take_interrupts(struct live_kernel *kernel, uint64_t now_ns)
{
	uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	const char *text = proc_file_read(&kernel->interrupts_file);
	int err = text ? interrupts_take(kernel->interrupts, text, now_ns) : -errno;

	kernel->interrupts_ns = now_ns;
	kernel->interrupts_cost_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	return err;
}

int live_read_interrupts(struct live *live, struct snapshot *snapshot)
{
	struct live_kernel *kernel = &live->kernel;
	struct table *t = &snapshot->table[TABLE_INTERRUPTS];
	int n, err = -EAGAIN;

	if (snapshot->mono_ns - kernel->interrupts_ns >=
		INTERRUPTS_PART * kernel->interrupts_cost_ns)
		err = take_interrupts(kernel, snapshot->mono_ns);
	if (err == -ENOMEM)
		return err;
	n = interrupts_count(kernel->interrupts);
	for (int i = 0; i < n; i++) {
		const struct interrupt_row *from = interrupts_row(kernel->interrupts, i);
		struct row row = {.key = {from->key[0], from->key[1]},
			.flags = from->flags,
			.name = from->name,
			.where = from->where};
		/* The catalog has them in the same order. */
		int index = i < t->n_rows ? i : snapshot_row(snapshot, live->host->catalog, TABLE_INTERRUPTS, &row);

		if (index < 0)
			return index;
		memcpy(table_values(t, index, 0), from->total, t->n_slots * sizeof(*from->total));
	}
	if (!err)
		snapshot_know(snapshot, TABLE_INTERRUPTS, 0);
	return 0;
}

/* ---- interfaces ---- */

int live_read_nics(struct live *live, struct snapshot *snapshot)
{
	struct nic_counters *nics = live->kernel.nics;
	struct table *t = &snapshot->table[TABLE_NIC];
	int n, err;

	if (!nics)
		return 0;
	err = nic_counters_take(nics, snapshot->mono_ns);
	if (err == -ENOMEM)
		return err;
	n = nic_counters_count(nics);
	for (int i = 0; i < n; i++) {
		const struct nic_row *from = nic_counters_row(nics, i);
		struct row row = {.key = {from->key[0], from->key[1]},
			.flags = from->flags,
			.name = from->name,
			.where = from->where};
		int index = i < t->n_rows ? i : snapshot_row(snapshot, live->host->catalog, TABLE_NIC, &row);

		if (index < 0)
			return index;
		table_values(t, index, 0)[t->n_slots - 1] = from->total;
	}
	if (!err)
		snapshot_know(snapshot, TABLE_NIC, 0);
	return 0;
}
