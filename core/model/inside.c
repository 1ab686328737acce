/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* bpf/inside.h has the same the other way round. */
uint64_t inside_bucket_from(int bucket)
{
	int octave = (bucket - 1) / 4, quarter = (bucket - 1) % 4;

	return bucket ? (uint64_t)INSIDE_FIRST_NS / 4 * (4 + quarter) << octave : 0;
}

uint64_t inside_bucket_to(int bucket)
{
	return bucket == INSIDE_BUCKETS - 1 ? UINT64_MAX : inside_bucket_from(bucket + 1);
}

static int64_t as_signed(uint64_t value, int size)
{
	int unused = 64 - 8 * size;

	return size ? (int64_t)(value << unused) >> unused : 0;
}

const char *inside_value_text(struct return_type type, uint64_t value, char *buf, size_t size)
{
	int64_t number = as_signed(value, type.size);
	const char *name = number < 0 && number >= -4095 ? strerrorname_np((int)-number) : NULL;

	if (type.kind == RETURN_BOOL)
		snprintf(buf, size, "%s", value ? "true" : "false");
	else if (type.kind == RETURN_POINTER && !value)
		snprintf(buf, size, "NULL");
	else if (name && (type.kind == RETURN_SIGNED || type.kind == RETURN_POINTER))
		snprintf(buf, size, "-%s", name);
	else if (type.kind == RETURN_POINTER)
		snprintf(buf, size, "a pointer");
	else if (type.kind == RETURN_SIGNED)
		snprintf(buf, size, "%lld", (long long)number);
	else
		snprintf(buf, size, "%llu", (unsigned long long)value);
	return buf;
}

/* ---- figures ---- */

static uint64_t largest(const struct table *table, int row)
{
	const uint64_t *values = table_values(table, row, 0);
	uint64_t max = 0;

	for (int slot = 0; slot < table->n_slots; slot++)
		if (values[slot] > max)
			max = values[slot];
	return max;
}

/* The same name may come twice, of different pointers. */
static void add_value(struct inside_figures *out, const char *name, uint64_t count)
{
	for (int i = 0; i < out->n_values; i++) {
		if (!strcmp(out->value[i].name, name)) {
			out->value[i].count += count;
			return;
		}
	}
	if (out->n_values < INSIDE_VALUES)
		out->value[out->n_values++] = (struct inside_value){ name, count };
	else
		out->other += count;
}

static void add_row(struct inside_figures *out, const struct row *row, const struct table *table, int index)
{
	uint64_t sum = table_sum(table, index, 0);

	switch (INSIDE_KEY_KIND(row->key[0])) {
	case INSIDE_CALLS:
		out->calls = sum;
		break;
	case INSIDE_RETURNED:
		out->returned = sum;
		break;
	case INSIDE_TIME_NS:
		out->total_ns = sum;
		break;
	case INSIDE_LONGEST_NS:
		out->longest_ns = largest(table, index);
		break;
	case INSIDE_BUCKET:
		if (row->key[1] < INSIDE_BUCKETS)
			out->bucket[row->key[1]] = sum;
		break;
	case INSIDE_VALUE:
		add_value(out, row->name, sum);
		break;
	case INSIDE_OTHER:
		out->other += sum;
		break;
	}
}

static int by_count(const void *a, const void *b)
{
	const struct inside_value *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : strcmp(x->name, y->name);
}

bool inside_gather(const struct catalog *catalog, const struct snapshot *snapshot, int function,
	struct inside_figures *out)
{
	const struct table *table = &snapshot->table[TABLE_INSIDE];
	bool any = false;

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < table->n_rows; i++) {
		const struct row *row = catalog_row(catalog, TABLE_INSIDE, i);

		if (INSIDE_KEY_FUNCTION(row->key[0]) != function)
			continue;
		any = true;
		add_row(out, row, table, i);
	}
	qsort(out->value, out->n_values, sizeof(out->value[0]), by_count);
	return any;
}

static uint64_t less(uint64_t newer, uint64_t older)
{
	return newer > older ? newer - older : 0;
}

void inside_difference(struct inside_figures *newer, const struct inside_figures *older)
{
	newer->calls = less(newer->calls, older->calls);
	newer->returned = less(newer->returned, older->returned);
	newer->total_ns = less(newer->total_ns, older->total_ns);
	for (int b = 0; b < INSIDE_BUCKETS; b++)
		newer->bucket[b] = less(newer->bucket[b], older->bucket[b]);
	for (int i = 0; i < newer->n_values; i++)
		for (int k = 0; k < older->n_values; k++)
			if (!strcmp(newer->value[i].name, older->value[k].name))
				newer->value[i].count = less(newer->value[i].count, older->value[k].count);
	newer->other = less(newer->other, older->other);
	qsort(newer->value, newer->n_values, sizeof(newer->value[0]), by_count);
}

double inside_quantile(const struct inside_figures *f, double share)
{
	double wanted = share * f->returned, seen = 0;

	for (int b = 0; b < INSIDE_BUCKETS; b++) {
		double from = inside_bucket_from(b), to = inside_bucket_to(b);

		if (!f->bucket[b])
			continue;
		if (to > f->longest_ns)
			to = f->longest_ns > from ? f->longest_ns : from;
		if (seen + f->bucket[b] >= wanted)
			return from + (to - from) * (wanted - seen) / f->bucket[b];
		seen += f->bucket[b];
	}
	return seen ? f->longest_ns : 0;
}
