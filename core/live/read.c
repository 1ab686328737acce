/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/live/live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bpf/packets.skel.h"
#include "bpf/softirq.skel.h"
#include "bpf/syscalls.skel.h"
#include "core/base/sanitize.h"
#include "core/functions/functions.h"
#include "core/functions/inside.h"
#include "core/live/programs.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/names/syscall_names.h"

int live_buffers_init(struct live_buffers *buffers, int n_cpus)
{
	int err = percpu_buffer_init(&buffers->syscalls, sizeof(struct syscall_counts), n_cpus, 1);

	err = err ?: percpu_buffer_init(&buffers->packets, sizeof(struct packet_counts), n_cpus, 1);
	err = err ?: percpu_buffer_init(&buffers->interfaces, sizeof(struct interface_count), n_cpus,
			     INTERFACES_MAX);
	err = err ?: percpu_buffer_init(&buffers->locations, sizeof(struct packet_count), n_cpus,
			     LOCATIONS_MAX);
	err = err ?: percpu_buffer_init(&buffers->softirq, sizeof(struct softirq_times), n_cpus, 1);
	err = err ?: percpu_buffer_init(&buffers->trace, sizeof(struct trace_stats), n_cpus, 1);
	return err;
}

void live_buffers_free(struct live_buffers *buffers)
{
	if (!buffers)
		return;
	percpu_buffer_free(&buffers->syscalls);
	percpu_buffer_free(&buffers->packets);
	percpu_buffer_free(&buffers->interfaces);
	percpu_buffer_free(&buffers->locations);
	percpu_buffer_free(&buffers->softirq);
	percpu_buffer_free(&buffers->trace);
	free(buffers);
}

/* ---- system calls ---- */

static int syscall_row(struct live *live, struct snapshot *snapshot, int abi, int nr)
{
	struct row row = { .key = { abi, nr } };
	int index = catalog_find(live->host->catalog, TABLE_SYSCALLS, abi, nr);

	if (index >= 0)
		return index;
	row.name = nr == SYSCALL_SLOT_OTHER ? "(other)" : syscall_name(abi, nr);
	row.where = syscall_abi_name(abi);
	return snapshot_row(snapshot, live->host->catalog, TABLE_SYSCALLS, &row);
}

static bool any_cpu_called(const struct percpu_buffer *buffer, int nr)
{
	for (int slot = 0; slot < buffer->n_cpus; slot++) {
		const struct syscall_counts *counts = percpu_value(buffer, 0, slot);

		if (counts->n[nr])
			return true;
	}
	return false;
}

/* One column of one ABI: a row for each number that was ever called. */
static int read_syscall_column(
	struct live *live, struct snapshot *snapshot, int map_fd, uint32_t abi, int column)
{
	const struct percpu_buffer *buffer = &live->buffers->syscalls;
	int err = percpu_read(map_fd, &abi, &live->buffers->syscalls);

	if (err)
		return err;
	for (int nr = 0; nr < SYSCALL_SLOTS; nr++) {
		uint64_t *values;
		int row;

		if (!any_cpu_called(buffer, nr))
			continue;
		row = syscall_row(live, snapshot, abi, nr);
		if (row < 0)
			return row;
		values = table_values(&snapshot->table[TABLE_SYSCALLS], row, column);
		for (int slot = 0; slot < buffer->n_cpus; slot++) {
			const struct syscall_counts *counts = percpu_value(buffer, 0, slot);

			values[slot] = counts->n[nr];
		}
	}
	return 0;
}

static int read_syscalls(struct live *live, struct snapshot *snapshot)
{
	const struct syscalls_bpf *syscalls = live->probes.syscalls;
	int err = 0;

	for (int abi = 0; abi < SYSCALL_ABI_COUNT && !err; abi++)
		err = read_syscall_column(live, snapshot, bpf_map__fd(syscalls->maps.syscall_calls),
			abi, SYSCALL_CALLS);
	for (int abi = 0; abi < SYSCALL_ABI_COUNT && !err && live->probes.errors_counted; abi++)
		err = read_syscall_column(live, snapshot,
			bpf_map__fd(syscalls->maps.syscall_errors), abi, SYSCALL_ERRORS);
	snapshot_know(snapshot, TABLE_SYSCALLS, SYSCALL_CALLS);
	if (live->probes.exit_link)
		snapshot_know(snapshot, TABLE_SYSCALLS, SYSCALL_ERRORS);
	return err;
}

/* ---- packets: each instance adds what it has counted ---- */

static int read_packets(
	struct live *live, const struct packet_instance *instance, struct snapshot *snapshot)
{
	struct percpu_buffer *buffer = &live->buffers->packets;
	uint32_t zero = 0;
	int err = percpu_read(bpf_map__fd(instance->packets->maps.packet_counts), &zero, buffer);

	if (err)
		return err;
	for (int slot = 0; slot < buffer->n_cpus; slot++) {
		const struct packet_counts *counts = percpu_value(buffer, 0, slot);

		for (int i = 0; i < live->packet_probes.n; i++) {
			struct table *t = &snapshot->table[TABLE_PROBES];

			table_values(t, i, COUNT_PACKETS)[slot] += counts->probe[i].packets;
			table_values(t, i, COUNT_BYTES)[slot] += counts->probe[i].bytes;
		}
	}
	snapshot_know(snapshot, TABLE_PROBES, COUNT_PACKETS);
	snapshot_know(snapshot, TABLE_PROBES, COUNT_BYTES);
	return 0;
}

static int interface_row(struct live *live, const struct packet_instance *instance,
	struct snapshot *snapshot, const struct interface_key *key)
{
	struct row row = { .key = { key->netns, key->ifindex } };
	int index = catalog_find(live->host->catalog, TABLE_INTERFACES, key->netns, key->ifindex);
	char name[ABI_IFNAME_LEN] = "", clean[64], where[32];

	if (index >= 0)
		return index;
	bpf_map_lookup_elem(bpf_map__fd(instance->packets->maps.interface_names), key, name);
	sanitize(clean, sizeof(clean), name, sizeof(name));
	snprintf(where, sizeof(where), "netns %u", key->netns);
	row.name = clean;
	row.where = where;
	return snapshot_row(snapshot, live->host->catalog, TABLE_INTERFACES, &row);
}

static int read_interfaces(
	struct live *live, const struct packet_instance *instance, struct snapshot *snapshot)
{
	struct live_buffers *buffers = live->buffers;
	int n = percpu_read_all(bpf_map__fd(instance->packets->maps.interface_counts),
		sizeof(buffers->interface_keys[0]), buffers->interface_keys, &buffers->interfaces);

	if (n < 0)
		return n;
	for (int column = 0; column < 4; column++)
		snapshot_know(snapshot, TABLE_INTERFACES, column);
	for (int i = 0; i < n; i++) {
		int row = interface_row(live, instance, snapshot, &buffers->interface_keys[i]);
		struct table *t = &snapshot->table[TABLE_INTERFACES];

		if (row < 0)
			return row;
		for (int slot = 0; slot < live->host->topology.n_cpus; slot++) {
			const struct interface_count *c =
				percpu_value(&buffers->interfaces, i, slot);

			table_values(t, row, IF_RX_PACKETS)[slot] += c->rx.packets;
			table_values(t, row, IF_RX_BYTES)[slot] += c->rx.bytes;
			table_values(t, row, IF_TX_PACKETS)[slot] += c->tx.packets;
			table_values(t, row, IF_TX_BYTES)[slot] += c->tx.bytes;
		}
	}
	return 0;
}

static int location_row(struct live *live, struct snapshot *snapshot, enum table_id table,
	const struct location_key *key)
{
	struct row row = { .key = { key->location, key->reason }, .flags = key->flags };
	int index = catalog_find(live->host->catalog, table, row.key[0], row.key[1]);
	char where[SYMBOL_TEXT_MAX], name[SYMBOL_TEXT_MAX];

	if (index >= 0)
		return index;
	symbols_format(live->host->symbols, key->location, where, sizeof(where));
	if (table == TABLE_DROPS)
		reasons_format(live->host->reasons, key->reason, name, sizeof(name));
	else
		symbols_function(live->host->symbols, key->location, name, sizeof(name));
	row.name = name;
	row.where = where;
	return snapshot_row(snapshot, live->host->catalog, table, &row);
}

static int read_locations(
	struct live *live, const struct packet_instance *instance, struct snapshot *snapshot)
{
	struct live_buffers *buffers = live->buffers;
	int n = percpu_read_all(bpf_map__fd(instance->packets->maps.location_counts),
		sizeof(buffers->location_keys[0]), buffers->location_keys, &buffers->locations);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		const struct location_key *key = &buffers->location_keys[i];
		enum table_id table = key->flags & PROBE_DROP ? TABLE_DROPS : TABLE_CONSUMED;
		int row = location_row(live, snapshot, table, key);
		struct table *t = &snapshot->table[table];

		if (row < 0)
			return row;
		for (int slot = 0; slot < live->host->topology.n_cpus; slot++) {
			const struct packet_count *c = percpu_value(&buffers->locations, i, slot);

			table_values(t, row, COUNT_PACKETS)[slot] += c->packets;
			table_values(t, row, COUNT_BYTES)[slot] += c->bytes;
		}
	}
	for (int column = 0; column < 2; column++) {
		snapshot_know(snapshot, TABLE_DROPS, column);
		snapshot_know(snapshot, TABLE_CONSUMED, column);
	}
	return 0;
}

/* ---- softirq ---- */

/* A run that is under way counts up to now: a long one must not look like idleness. */
static uint64_t time_up_to(const struct softirq_time *time, uint64_t now_ns)
{
	uint64_t started = time->started_ns;

	return time->total_ns + (started && now_ns > started ? now_ns - started : 0);
}

static int read_softirq_time(struct live *live, struct snapshot *snapshot)
{
	static const char *const names[SOFTIRQ_KINDS] = {
		[SOFTIRQ_NET_TX] = "NET_TX",
		[SOFTIRQ_NET_RX] = "NET_RX",
	};
	struct percpu_buffer *buffer = &live->buffers->softirq;
	struct table *t = &snapshot->table[TABLE_SOFTIRQ];
	uint32_t zero = 0;
	int err;

	if (!live->probes.softirq)
		return 0;
	err = percpu_read(bpf_map__fd(live->probes.softirq->maps.softirq_times), &zero, buffer);
	if (err)
		return err;
	for (int row = 0; row < t->n_rows; row++) {
		const char *name = catalog_row(live->host->catalog, TABLE_SOFTIRQ, row)->name;

		for (int kind = 0; kind < SOFTIRQ_KINDS; kind++) {
			if (strcmp(name, names[kind]) != 0)
				continue;
			for (int slot = 0; slot < buffer->n_cpus; slot++) {
				const struct softirq_times *times = percpu_value(buffer, 0, slot);

				table_values(t, row, SOFTIRQ_TIME_NS)[slot] =
					time_up_to(&times->kind[kind], snapshot->mono_ns);
			}
		}
	}
	snapshot_know(snapshot, TABLE_SOFTIRQ, SOFTIRQ_TIME_NS);
	return 0;
}

static int read_softirqs(struct live *live, struct snapshot *snapshot)
{
	int err = live_read_softirqs(live, snapshot);

	return err ? err : read_softirq_time(live, snapshot);
}

/* ---- functions ---- */

/* Rows of functions that were chosen since the last time are added here, by the owner of the catalog. */
static int read_functions(struct live *live, struct snapshot *snapshot)
{
	struct catalog *catalog = live->host->catalog;
	int err = live_functions_add_rows(live->functions, catalog);

	if (!err)
		err = snapshot_grow(
			snapshot, TABLE_FUNCTIONS, catalog_count(catalog, TABLE_FUNCTIONS));
	if (!err)
		live_functions_read(live->functions, &live->host->topology, snapshot);
	return err;
}

/* ---- the books ---- */

static int read_trace_stats(
	struct live *live, const struct packet_instance *instance, struct snapshot *snapshot)
{
	struct percpu_buffer *buffer = &live->buffers->trace;
	struct table *t = &snapshot->table[TABLE_LOSS];
	int n_cpus = live->host->topology.n_cpus;
	uint64_t missed = 0;
	uint32_t zero = 0;
	int err = percpu_read(bpf_map__fd(instance->packets->maps.trace_stats), &zero, buffer);

	if (err)
		return err;
	for (int slot = 0; slot < n_cpus; slot++) {
		const struct trace_stats *stats = percpu_value(buffer, 0, slot);

		table_values(t, LOSS_SEEN, 0)[slot] += stats->seen;
		table_values(t, LOSS_RING_FULL, 0)[slot] += stats->ring_full;
		table_values(t, LOSS_RATE_LIMITED, 0)[slot] += stats->rate_limited;
		table_values(t, LOSS_FILTERED_OUT, 0)[slot] += stats->filtered_out;
		table_values(t, LOSS_MAP_FULL, 0)[slot] +=
			stats->interfaces_full + stats->locations_full + stats->tracked_full;
		table_values(t, LOSS_DETAILS_FULL, 0)[slot] += stats->details_full;
	}
	snapshot_know(snapshot, TABLE_LOSS, 0);
	if (packets_missed(instance, &missed))
		table_values(t, LOSS_MISSED, 0)[n_cpus] += missed;
	else
		t->known &= ~LEDGER_KNOWS_MISSED;
	return 0;
}

/* What belongs to no instance. */
static int read_loss(struct live *live, struct snapshot *snapshot)
{
	struct table *t = &snapshot->table[TABLE_LOSS];
	int n_cpus = live->host->topology.n_cpus;
	uint64_t missed = 0;

	for (int slot = 0; slot <= n_cpus; slot++) {
		if (slot < n_cpus)
			table_values(t, LOSS_DELIVERED, 0)[slot] = live->delivered[slot];
		table_values(t, LOSS_MALFORMED, 0)[slot] = live->malformed[slot];
	}
	/* Until an instance says otherwise. */
	if (unfiltered_missed(&live->probes, &missed) &&
		live_functions_missed(live->functions, &missed)) {
		live_programs_missed(live->programs, &missed);
		table_values(t, LOSS_MISSED, 0)[n_cpus] = missed;
		t->known |= LEDGER_KNOWS_MISSED;
	}
	return 0;
}

static uint64_t own_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * UINT64_C(1000000000) +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * UINT64_C(1000);
}

static int say_unreadable(struct error *err, int ret, const char *what)
{
	return error_set(err, ret, "cannot read the %s counters: %s", what,
		ret == -EFAULT ? "the kernel wrote more than it should" : strerror(-ret));
}

int live_read_instance(struct live *live, const struct packet_instance *instance,
	struct snapshot *snapshot, struct error *err)
{
	static const struct {
		const char *what;
		int (*read)(struct live *live, const struct packet_instance *instance,
			struct snapshot *snapshot);
	} readers[] = {
		{ "packet", read_packets },
		{ "interface", read_interfaces },
		{ "drop location", read_locations },
		{ "trace", read_trace_stats },
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		int ret = readers[i].read(live, instance, snapshot);

		if (ret)
			return say_unreadable(err, ret, readers[i].what);
	}
	return 0;
}

static int read_inside(struct live *live, struct snapshot *snapshot)
{
	return functions_inside_read(live->functions, live->host, snapshot);
}

void live_add_snapshot(struct snapshot *into, const struct snapshot *from)
{
	for (int table = 0; table < TABLE_COUNT; table++) {
		const struct table *t = &from->table[table];
		size_t n = (size_t)t->n_rows * t->n_columns * t->n_slots;

		for (size_t i = 0; i < n; i++)
			into->table[table].values[i] += t->values[i];
	}
}

int live_read(struct live *live, struct snapshot *snapshot, struct error *err)
{
	static const struct {
		const char *what;
		int (*read)(struct live *live, struct snapshot *snapshot);
	} readers[] = {
		{ "system call", read_syscalls },
		{ "softirq", read_softirqs },
		{ "interrupt", live_read_interrupts },
		{ "interface error", live_read_nics },
		{ "function", read_functions },
		{ "loss", read_loss },
		{ "call", read_inside },
		{ "program", live_programs_read },
	};
	int ret;

	snapshot->own_cpu_ns = own_cpu_ns();
	/* Rows known from before; those found now are added as they come. */
	for (int table = 0; table < TABLE_COUNT; table++)
		if (snapshot_grow(snapshot, table, catalog_count(live->host->catalog, table)))
			return error_set(err, -ENOMEM, "no memory for a snapshot");
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		ret = readers[i].read(live, snapshot);
		if (ret)
			return say_unreadable(err, ret, readers[i].what);
	}
	if (live->closed)
		live_add_snapshot(snapshot, live->closed);
	for (const struct packet_instance *i = live->instances; i; i = i->next) {
		ret = live_read_instance(live, i, snapshot, err);
		if (ret)
			return ret;
	}
	return 0;
}
