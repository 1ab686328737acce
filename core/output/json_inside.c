/* SPDX-License-Identifier: GPL-2.0-only */
/* TABLE_INSIDE as JSON: one object for each function that was looked into. */
#include <linux/types.h>

#include "core/model/inside.h"
#include "core/output/json_objects.h"

static void set_number(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new_nocheck(object, key, json_integer((json_int_t)value));
}

static json_t *returns(const struct inside_figures *figures)
{
	json_t *array = json_array();

	for (int i = 0; i < figures->n_values; i++) {
		json_t *object = json_object();

		json_object_set_new_nocheck(object, "value", json_string_nocheck(figures->value[i].name));
		set_number(object, "count", figures->value[i].count);
		json_array_append_new(array, object);
	}
	return array;
}

/* Without those that are empty; the last has no upper bound. */
static json_t *histogram(const struct inside_figures *figures)
{
	json_t *array = json_array();

	for (int b = 0; b < INSIDE_BUCKETS; b++) {
		json_t *object;

		if (!figures->bucket[b])
			continue;
		object = json_object();
		set_number(object, "from_ns", inside_bucket_from(b));
		if (inside_bucket_to(b) != UINT64_MAX)
			set_number(object, "to_ns", inside_bucket_to(b));
		set_number(object, "count", figures->bucket[b]);
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *function_object(const char *name, const struct inside_figures *figures)
{
	json_t *object = json_object();

	json_object_set_new_nocheck(object, "function", json_string_nocheck(name));
	set_number(object, "calls", figures->calls);
	set_number(object, "returned", figures->returned);
	set_number(object, "time_ns", figures->total_ns);
	set_number(object, "longest_ns", figures->longest_ns);
	json_object_set_new_nocheck(object, "returns", returns(figures));
	set_number(object, "other_returns", figures->other);
	json_object_set_new_nocheck(object, "histogram", histogram(figures));
	return object;
}

json_t *json_inside(const struct host *host, const struct snapshot *snapshot)
{
	const struct table *table = &snapshot->table[TABLE_INSIDE];
	struct inside_figures figures;
	json_t *array;

	if (!table->known)
		return json_null();
	array = json_array();
	for (int i = 0; i < table->n_rows; i++) {
		const struct row *row = catalog_row(host->catalog, TABLE_INSIDE, i);

		if (INSIDE_KEY_KIND(row->key[0]) == INSIDE_CALLS &&
			inside_gather(host->catalog, snapshot, INSIDE_KEY_FUNCTION(row->key[0]), &figures))
			json_array_append_new(array, function_object(row->where, &figures));
	}
	return array;
}
