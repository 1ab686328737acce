/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/json_objects.h"

#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "bpf/abi.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

static const char *probe_name(const struct host *host, const struct trace_record *record)
{
	int row = catalog_find(host->catalog, TABLE_PROBES, record->probe, 0);

	return row < 0 ? NULL : catalog_row(host->catalog, TABLE_PROBES, row)->name;
}

json_t *json_trace(const struct host *host, const struct trace_record *record, uint64_t real_ns)
{
	json_t *object = json_object();
	const char *probe = probe_name(host, record);
	char skb[24];

	snprintf(skb, sizeof(skb), "0x%llx", (unsigned long long)record->skb);
	set(object, "type", json_string_nocheck("trace"));
	set(object, "ts_ns", json_integer((json_int_t)real_ns));
	set(object, "cpu", json_integer(record->cpu));
	if (probe)
		set(object, "probe", json_string_nocheck(probe));
	set(object, "skb", json_string_nocheck(skb));
	set(object, "len", json_integer(record->len));
	return object;
}
