/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/track.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>

#include "bpf/abi.h"
#include "core/base/cpus.h"

uint32_t track_cpu_bits(void)
{
	struct cpus possible;
	uint32_t bits = 0;

	if (cpus_read(&possible, "/sys/devices/system/cpu/possible"))
		return 12;
	cpus_for_each (id, &possible)
		while (id >> bits)
			bits++;
	return bits;
}

static bool is_past(const struct tracked *entry, uint64_t now_ns)
{
	return entry->seen_ns + 2 * TRACK_AGE_NS < now_ns;
}

/* Looks once more: the address may have become another packet's since. */
static void take_out(int tracked, uint64_t key, uint64_t now_ns)
{
	struct tracked entry;

	if (!bpf_map_lookup_elem(tracked, &key, &entry) && is_past(&entry, now_ns))
		bpf_map_delete_elem(tracked, &key);
}

int track_sweep(int tracked, uint64_t now_ns)
{
	enum { BATCH = 512 };
	static __thread uint64_t key[BATCH];
	static __thread struct tracked entry[BATCH];
	uint32_t at = 0;
	int ret = 0;

	for (bool first = true; !ret; first = false) {
		uint32_t n = BATCH;

		if (bpf_map_lookup_batch(tracked, first ? NULL : &at, &at, key, entry, &n, NULL))
			ret = -errno;
		/* ENOENT: the last batch, whose count holds. */
		if (ret && ret != -ENOENT)
			return ret;
		for (uint32_t i = 0; i < n; i++)
			if (is_past(&entry[i], now_ns))
				take_out(tracked, key[i], now_ns);
	}
	return 0;
}
