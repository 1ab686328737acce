/* SPDX-License-Identifier: GPL-2.0-only */
/* Sample and end objects; the trace object has a file of its own. */
#include "core/output/json_objects.h"

#include <stdio.h>
#include <string.h>

#include "core/filter/log.h"
#include "core/model/ledger.h"
#include "core/model/rates.h"

/* What every row of one sample needs. */
struct sample {
	const struct host *host;
	const struct snapshot *older; /* NULL: none */
	const struct snapshot *newer;
};

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

/* Names were sanitised where they came in: they are valid UTF-8. */
static json_t *text(const char *name)
{
	return json_string_nocheck(name);
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* {"0": n, "1": n}: one column of one row, over all possible CPUs. */
static json_t *per_cpu(const struct sample *sample, enum table_id table, int row, int column)
{
	const struct topology *topology = &sample->host->topology;
	json_t *object = json_object();
	char id[16];

	for (int slot = 0; slot < sample->newer->n_cpus && slot < topology->n_cpus; slot++) {
		snprintf(id, sizeof(id), "%d", topology->cpu[slot].id);
		set(object, id, number(table_at(&sample->newer->table[table], row, column, slot)));
	}
	return object;
}

/* Per second, or null where there is no rate. */
static json_t *rate(const struct sample *sample, enum table_id table, int row, int column)
{
	struct spread spread = rates_spread(
		sample->older, sample->newer, &sample->host->topology, NULL, table, row, column);

	if (spread.state != RATE_FRESH)
		return json_null();
	return json_real(spread.sum);
}

static json_t *sum(const struct sample *sample, enum table_id table, int row, int column)
{
	return number(table_sum(&sample->newer->table[table], row, column));
}

static bool known(const struct sample *sample, enum table_id table, int column)
{
	return table_knows(&sample->newer->table[table], column);
}

/* count, rate and per_cpu of a row's first column, which is what such a table counts. */
static void set_counts(json_t *object, const struct sample *sample, enum table_id table, int row)
{
	set(object, "count", sum(sample, table, row, 0));
	if (table_schema(table)->n_columns > COUNT_BYTES && table != TABLE_SYSCALLS &&
		table != TABLE_SOFTIRQ && known(sample, table, COUNT_BYTES))
		set(object, "bytes", sum(sample, table, row, COUNT_BYTES));
	set(object, "rate", rate(sample, table, row, 0));
	set(object, "per_cpu", per_cpu(sample, table, row, 0));
}

/* ---- a row of each table ---- */

static json_t *syscall_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object;

	/* Most of some 400 system calls are never called. */
	if (!table_sum(&sample->newer->table[TABLE_SYSCALLS], index, SYSCALL_CALLS))
		return NULL;
	object = json_object();
	set(object, "nr", number(row->key[1]));
	set(object, "name", text(row->name));
	set(object, "abi", text(row->where));
	set_counts(object, sample, TABLE_SYSCALLS, index);
	if (known(sample, TABLE_SYSCALLS, SYSCALL_ERRORS)) {
		set(object, "errors", sum(sample, TABLE_SYSCALLS, index, SYSCALL_ERRORS));
		set(object, "errors_per_cpu",
			per_cpu(sample, TABLE_SYSCALLS, index, SYSCALL_ERRORS));
	}
	return object;
}

static json_t *probe_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "probe", text(row->name));
	set_counts(object, sample, TABLE_PROBES, index);
	return object;
}

static json_t *function_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object;

	/* Most of some 1600 functions see no packet. */
	if (!table_sum(&sample->newer->table[TABLE_FUNCTIONS], index, COUNT_PACKETS))
		return NULL;
	object = json_object();
	set(object, "function", text(row->name));
	set_counts(object, sample, TABLE_FUNCTIONS, index);
	return object;
}

static json_t *interface_row(const struct sample *sample, const struct row *row, int index)
{
	const struct table_schema *schema = table_schema(TABLE_INTERFACES);
	json_t *object = json_object(), *cpus = json_object();

	set(object, "netns", number(row->key[0]));
	set(object, "ifindex", number(row->key[1]));
	set(object, "ifname", text(row->name));
	for (int c = 0; c < schema->n_columns; c++)
		set(object, schema->column[c], sum(sample, TABLE_INTERFACES, index, c));
	for (int c = 0; c < schema->n_columns; c++)
		set(cpus, schema->column[c], per_cpu(sample, TABLE_INTERFACES, index, c));
	set(object, "per_cpu", cpus);
	return object;
}

static json_t *drop_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "reason", text(row->name));
	set(object, "location", text(row->where));
	set_counts(object, sample, TABLE_DROPS, index);
	return object;
}

static json_t *consumed_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "location", text(row->where[0] ? row->where : row->name));
	set_counts(object, sample, TABLE_CONSUMED, index);
	return object;
}

static json_t *softirq_row(const struct sample *sample, const struct row *row, int index)
{
	/* Only these two are timed. */
	bool timed = !strcmp(row->name, "NET_RX") || !strcmp(row->name, "NET_TX");
	json_t *object = json_object();

	set(object, "name", text(row->name));
	set_counts(object, sample, TABLE_SOFTIRQ, index);
	if (timed && known(sample, TABLE_SOFTIRQ, SOFTIRQ_TIME_NS)) {
		set(object, "time_ns", sum(sample, TABLE_SOFTIRQ, index, SOFTIRQ_TIME_NS));
		set(object, "time_ns_per_cpu",
			per_cpu(sample, TABLE_SOFTIRQ, index, SOFTIRQ_TIME_NS));
	}
	return object;
}

static json_t *softnet_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "name", text(row->name));
	set_counts(object, sample, TABLE_SOFTNET, index);
	return object;
}

static json_t *interrupt_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "name", text(row->name));
	set(object, "where", text(row->where));
	set_counts(object, sample, TABLE_INTERRUPTS, index);
	return object;
}

/* They belong to no CPU. */
static json_t *nic_row(const struct sample *sample, const struct row *row, int index)
{
	json_t *object = json_object();

	set(object, "name", text(row->name));
	set(object, "where", text(row->where));
	set(object, "netns", number(row->key[0] >> 32));
	set(object, "ifindex", number((uint32_t)row->key[0]));
	set(object, "loss", json_boolean(row->flags & NIC_LOSS));
	set(object, "count", sum(sample, TABLE_NIC, index, 0));
	set(object, "rate", rate(sample, TABLE_NIC, index, 0));
	return object;
}

/* Bytes and verdicts are null where the kernel only counts runs, which then belong to no CPU. */
static json_t *program_row(const struct sample *sample, const struct row *row, int index)
{
	const struct table_schema *schema = table_schema(TABLE_PROGRAMS);
	bool runs_only = row->flags & PROGRAM_RUNS_ONLY;
	json_t *object = json_object(), *verdicts = runs_only ? json_null() : json_object();

	set(object, "program", text(row->name));
	set(object, "id", number(row->key[0]));
	set(object, "where", text(row->where));
	set(object, "ifindex", number((uint32_t)row->key[1]));
	set(object, "packets", sum(sample, TABLE_PROGRAMS, index, PROGRAM_PACKETS));
	set(object, "bytes", runs_only ? json_null() : sum(sample, TABLE_PROGRAMS, index, PROGRAM_BYTES));
	for (int c = PROGRAM_VERDICTS; c < schema->n_columns && !runs_only; c++)
		set(verdicts, schema->column[c], sum(sample, TABLE_PROGRAMS, index, c));
	set(object, "verdicts", verdicts);
	set(object, "rate", rate(sample, TABLE_PROGRAMS, index, PROGRAM_PACKETS));
	set(object, "per_cpu", runs_only ? json_null() : per_cpu(sample, TABLE_PROGRAMS, index, PROGRAM_PACKETS));
	return object;
}

typedef json_t *(*row_writer)(const struct sample *sample, const struct row *row, int index);

/* In the order of the contract. */
static const struct {
	enum table_id table;
	row_writer write;
} row_writers[] = {
	{TABLE_SYSCALLS, syscall_row},
	{TABLE_PROBES, probe_row},
	{TABLE_FUNCTIONS, function_row},
	{TABLE_INTERFACES, interface_row},
	{TABLE_DROPS, drop_row},
	{TABLE_CONSUMED, consumed_row},
	{TABLE_SOFTIRQ, softirq_row},
	{TABLE_SOFTNET, softnet_row},
	{TABLE_INTERRUPTS, interrupt_row},
	{TABLE_NIC, nic_row},
	{TABLE_PROGRAMS, program_row},
};

enum {
	N_ROW_WRITERS = sizeof(row_writers) / sizeof(row_writers[0])
};

static json_t *rows(const struct sample *sample, enum table_id table, row_writer write)
{
	const struct table *t = &sample->newer->table[table];
	json_t *array;

	if (!t->known)
		return json_null();
	array = json_array();
	for (int row = 0; row < t->n_rows; row++) {
		json_t *object = write(sample, catalog_row(sample->host->catalog, table, row), row);

		if (object)
			json_array_append_new(array, object);
	}
	return array;
}

/* ---- the books ---- */

static void set_loss(json_t *object, const struct ledger_sums *sums, enum loss_cause cause)
{
	bool unknown = cause == LOSS_MISSED && !sums->missed_known;

	set(object, loss_name(cause), unknown ? json_null() : number(sums->of[cause]));
}

static json_t *losses_by_cpu(const struct sample *sample)
{
	json_t *object = json_object();

	for (int cause = 0; cause < LOSS_CAUSES; cause++)
		if (cause != LOSS_MISSED) /* belongs to no CPU */
			set(object, loss_name(cause), per_cpu(sample, TABLE_LOSS, cause, 0));
	return object;
}

static json_t *loss(const struct sample *sample)
{
	static const enum loss_cause causes[] = {LOSS_RING_FULL, LOSS_RATE_LIMITED, LOSS_MAP_FULL,
		LOSS_MISSED, LOSS_OVERWRITTEN, LOSS_MALFORMED, LOSS_NOT_RECORDED, LOSS_DETAILS_FULL, LOSS_SEEN,
		LOSS_DELIVERED, LOSS_FILTERED_OUT};
	struct ledger_sums sums = ledger_sum(sample->newer);
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		set_loss(object, &sums, causes[i]);
	set(object, "by_cpu", losses_by_cpu(sample));
	return object;
}

/* ---- whole objects ---- */

static json_t *online_ids(const struct snapshot *snapshot)
{
	json_t *array = json_array();

	cpus_for_each (id, &snapshot->online)
		json_array_append_new(array, json_integer(id));
	return array;
}

/* Why not everything was counted at that moment; null: there was no such filter. */
static void set_limits(json_t *object, const struct host *host, const struct snapshot *snapshot)
{
	const struct filter_entry *entry = filter_log_at(host->filters, snapshot->mono_ns);

	set(object, "only", host->narrowed[0] ? text(host->narrowed) : json_null());
	set(object, "filter", entry && entry->outer[0] ? text(entry->outer) : json_null());
	set(object, "filter_tunnel", entry && entry->inner[0] ? text(entry->inner) : json_null());
}

/* What skewtop has cost so far. */
static json_t *own(const struct snapshot *snapshot)
{
	json_t *object = json_object();

	set(object, "cpu_ns", number(snapshot->own_cpu_ns));
	set(object, "bpf_ns", snapshot->bpf_ns ? number(snapshot->bpf_ns) : json_null());
	return object;
}

json_t *json_sample(
	const struct host *host, const struct snapshot *older, const struct snapshot *newer)
{
	const struct sample sample = {host, older, newer};
	json_t *object = json_object();

	set(object, "type", text("sample"));
	set(object, "ts_ns", number(newer->real_ns));
	set(object, "interval_ns", number(rates_interval(older, newer)));
	set(object, "possible_cpus", json_integer(newer->n_cpus));
	set(object, "online_cpus", online_ids(newer));
	set_limits(object, host, newer);
	set(object, "own", own(newer));
	for (int i = 0; i < N_ROW_WRITERS; i++)
		set(object, table_schema(row_writers[i].table)->name,
			rows(&sample, row_writers[i].table, row_writers[i].write));
	set(object, "inside", json_inside(host, newer));
	set(object, "loss", loss(&sample));
	return object;
}

static json_t *closed_books(const struct host *host, const struct snapshot *last)
{
	const struct sample sample = {host, NULL, last};
	struct ledger_sums sums = ledger_sum(last);
	json_t *ledger = json_object();

	for (int cause = 0; cause < LOSS_CAUSES; cause++)
		set_loss(ledger, &sums, cause);
	set(ledger, "kept", number(sums.kept));
	set(ledger, "lost", number(sums.lost));
	set(ledger, "balanced", json_boolean(sums.balanced));
	set(ledger, "by_cpu", losses_by_cpu(&sample));
	return ledger;
}

json_t *json_end(const struct host *host, const struct snapshot *last, uint64_t samples)
{
	json_t *object = json_object();

	set(object, "type", text("end"));
	if (last)
		set(object, "ts_ns", number(last->real_ns));
	set(object, "samples", number(samples));
	set(object, "ledger", last ? closed_books(host, last) : json_null());
	return object;
}
