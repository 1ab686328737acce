/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/inside.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/functions/carry.h"
#include "core/model/host.h"
#include "core/model/ledger.h"
#include "core/model/snapshot.h"

/* What is inside the function when we look away may still come out. */
enum { LEAVE_US = 20000 };

void functions_inside_init(struct inside *inside)
{
	inside->wanted = inside->on = inside->link = -1;
}

static const struct function *function_of(const struct live_functions *f, int row)
{
	return &f->list.function[f->slots[row].function];
}

/* ---- names of enums ---- */

static void add_name(struct value_names *names, uint64_t value, const char *name)
{
	struct value_name *grown = reallocarray(names->entry, names->n + 1, sizeof(*grown));

	if (!grown)
		return; /* a number stands for it */
	names->entry = grown;
	grown[names->n].value = value;
	grown[names->n].name = strdup(name);
	names->n += grown[names->n].name != NULL;
}

static void read_names(const struct function *function, struct value_names *names)
{
	struct btf *btf = function->returns.kind == RETURN_ENUM ? btf__load_vmlinux_btf() : NULL;
	const struct btf_type *t = btf ? btf__type_by_id(btf, function->returns.type_id) : NULL;

	for (int i = 0; t && btf_is_enum(t) && i < btf_vlen(t); i++)
		add_name(names, (uint32_t)btf_enum(t)[i].val,
			btf__name_by_offset(btf, btf_enum(t)[i].name_off));
	btf__free(btf);
}

static const char *value_name(const struct value_names *names, struct return_type type, uint64_t value,
	char *buf, size_t size)
{
	for (int i = 0; i < names->n; i++)
		if (names->entry[i].value == value)
			return names->entry[i].name;
	return inside_value_text(type, value, buf, size);
}

/* ---- on and off, in the thread ---- */

static int slot_for(struct inside *inside, int row)
{
	for (int slot = 0; slot < inside->n_slots; slot++)
		if (inside->row[slot] == row)
			return slot;
	return inside->n_slots < INSIDE_SLOTS ? inside->n_slots : -ENOSPC;
}

static void set_state(struct live_functions *f, int row, uint32_t inside_bits)
{
	uint32_t *trace = &f->programs.states[row].trace;

	__atomic_store_n(trace, (*trace & TRACE_LINES) | inside_bits, __ATOMIC_RELAXED);
}

static void look_away(struct live_functions *f)
{
	struct inside *inside = &f->inside;
	int link;

	pthread_mutex_lock(&f->lock);
	set_state(f, inside->on, 0);
	inside->on = -1;
	pthread_mutex_unlock(&f->lock);
	usleep(LEAVE_US);
	pthread_mutex_lock(&f->lock);
	link = inside->link;
	f->missed_closed += f->misses_known ? attach_link_missed(link) : 0;
	inside->link = -1;
	pthread_mutex_unlock(&f->lock);
	close(link);
}

/* The return first: whatever enters from then on is seen to come out. */
static int look_into(struct live_functions *f, int row)
{
	struct inside *inside = &f->inside;
	const struct function *function = function_of(f, row);
	int slot = slot_for(inside, row), fd;
	uint64_t cookie;

	if (slot < 0)
		return slot;
	cookie = INSIDE_COOKIE(slot, function->returns.size);
	fd = functions_programs_attach_return(&f->programs, function->address, cookie);
	if (fd < 0)
		return fd;
	if (slot == inside->n_slots)
		read_names(function, &inside->names[slot]);
	pthread_mutex_lock(&f->lock);
	inside->row[slot] = row;
	inside->n_slots += slot == inside->n_slots;
	inside->link = fd;
	inside->on = row;
	set_state(f, row, TRACE_INSIDE | slot << FUNCTION_INSIDE_SHIFT);
	pthread_mutex_unlock(&f->lock);
	return 0;
}

static void say(struct live_functions *f, int row, int ret)
{
	char text[sizeof(f->inside.text)] = "";

	if (ret == -ENOSPC)
		snprintf(text, sizeof(text), "no more than %d functions can be looked into in one session",
			INSIDE_SLOTS);
	else if (ret)
		snprintf(text, sizeof(text), "the return of %.60s cannot be probed: %s",
			function_of(f, row)->name, strerror(-ret));
	pthread_mutex_lock(&f->lock);
	snprintf(f->inside.text, sizeof(f->inside.text), "%s", text);
	pthread_mutex_unlock(&f->lock);
}

void functions_inside_carry_out(struct live_functions *f)
{
	int wanted;

	pthread_mutex_lock(&f->lock);
	wanted = f->inside.wanted < f->n_slots ? f->inside.wanted : -1;
	pthread_mutex_unlock(&f->lock);
	if (wanted == f->inside.on)
		return;
	if (f->inside.on >= 0)
		look_away(f);
	say(f, wanted, wanted >= 0 ? look_into(f, wanted) : 0);
}

void functions_inside_close(struct live_functions *f)
{
	if (f->inside.link >= 0)
		close(f->inside.link);
	for (int slot = 0; slot < INSIDE_SLOTS; slot++) {
		for (int i = 0; i < f->inside.names[slot].n; i++)
			free(f->inside.names[slot].entry[i].name);
		free(f->inside.names[slot].entry);
	}
}

/* ---- reading ---- */

/* One slot, on its way into a snapshot. */
struct reading {
	const struct host *host;
	struct snapshot *snapshot;
	const struct live_functions *functions;
	int slot;
	const struct function *function;
};

static const struct inside_counts *counts_of(const struct reading *r, int cpu_slot)
{
	int cpu = r->host->topology.cpu[cpu_slot].id;

	return &r->functions->programs.inside[(size_t)cpu * INSIDE_SLOTS + r->slot];
}

/* The values of a row, which is added if it was not there; NULL: no memory. */
static uint64_t *values_of(const struct reading *r, enum inside_kind kind, uint64_t detail, const char *name)
{
	const struct row row = {
		.key = { INSIDE_KEY(r->functions->inside.row[r->slot], kind), detail },
		.name = name,
		.where = r->function->name,
	};
	int index = snapshot_row(r->snapshot, r->host->catalog, TABLE_INSIDE, &row);

	return index < 0 ? NULL : table_values(&r->snapshot->table[TABLE_INSIDE], index, 0);
}

static int read_sums(const struct reading *r)
{
	static const struct {
		enum inside_kind kind;
		const char *name;
		size_t at;
	} sums[] = {
		{ INSIDE_CALLS, "calls", offsetof(struct inside_counts, calls) },
		{ INSIDE_RETURNED, "returned", offsetof(struct inside_counts, returned) },
		{ INSIDE_TIME_NS, "time_ns", offsetof(struct inside_counts, total_ns) },
		{ INSIDE_LONGEST_NS, "longest_ns", offsetof(struct inside_counts, longest_ns) },
		{ INSIDE_OTHER, "other", offsetof(struct inside_counts, other) },
	};
	int n_cpus = r->host->topology.n_cpus;

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		uint64_t *values = values_of(r, sums[i].kind, 0, sums[i].name);

		if (!values)
			return -ENOMEM;
		for (int cpu = 0; cpu < n_cpus; cpu++)
			values[cpu] = *(const uint64_t *)((const char *)counts_of(r, cpu) + sums[i].at);
	}
	return 0;
}

static int read_buckets(const struct reading *r)
{
	int n_cpus = r->host->topology.n_cpus;

	for (int b = 0; b < INSIDE_BUCKETS; b++) {
		uint64_t *values = NULL;
		char name[32];

		for (int cpu = 0; cpu < n_cpus; cpu++) {
			uint64_t n = counts_of(r, cpu)->bucket[b];

			if (!n)
				continue;
			snprintf(name, sizeof(name), "%llu ns", (unsigned long long)inside_bucket_from(b));
			values = values ?: values_of(r, INSIDE_BUCKET, b, name);
			if (!values)
				return -ENOMEM;
			values[cpu] = n;
		}
	}
	return 0;
}

static int read_returns(const struct reading *r)
{
	const struct value_names *names = &r->functions->inside.names[r->slot];
	int n_cpus = r->host->topology.n_cpus;

	for (int cpu = 0; cpu < n_cpus; cpu++) {
		const struct inside_counts *counts = counts_of(r, cpu);

		for (int i = 0; i < INSIDE_VALUES && counts->value_count[i]; i++) {
			char name[64];
			uint64_t *values = values_of(r, INSIDE_VALUE, counts->value[i],
				value_name(names, r->function->returns, counts->value[i], name,
					sizeof(name)));

			if (!values)
				return -ENOMEM;
			values[cpu] = counts->value_count[i];
		}
	}
	return 0;
}

/* An entry that found no room comes out uncounted. */
static void enter_losses(const struct reading *r)
{
	struct table *loss = &r->snapshot->table[TABLE_LOSS];

	for (int cpu = 0; cpu < r->host->topology.n_cpus; cpu++)
		table_values(loss, LOSS_MAP_FULL, 0)[cpu] += counts_of(r, cpu)->no_room;
}

int functions_inside_read(struct live_functions *f, const struct host *host, struct snapshot *snapshot)
{
	int ret = 0;

	pthread_mutex_lock(&f->lock);
	if (f->inside.n_slots)
		snapshot_know(snapshot, TABLE_INSIDE, 0);
	for (int slot = 0; slot < f->inside.n_slots && !ret; slot++) {
		const struct reading r = { host, snapshot, f, slot, function_of(f, f->inside.row[slot]) };

		ret = read_sums(&r) ?: read_buckets(&r) ?: read_returns(&r);
		if (!ret)
			enter_losses(&r);
	}
	pthread_mutex_unlock(&f->lock);
	return ret;
}
