/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of CPU ids, as the kernel writes them ("0-3,8"). Three sets matter and differ: possible (sizes
 * every per-CPU buffer), online (what is shown as running) and the user's choice.
 */
#ifndef SKEWTOP_CPUS_H
#define SKEWTOP_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPU_ID_MAX = 4096, CPU_SET_WORDS = CPU_ID_MAX / 64 };

struct cpus {
	uint64_t word[CPU_SET_WORDS];
};

static inline bool cpus_has(const struct cpus *set, int id)
{
	return id >= 0 && id < CPU_ID_MAX && (set->word[id / 64] >> (id % 64) & 1);
}

static inline void cpus_add(struct cpus *set, int id)
{
	set->word[id / 64] |= UINT64_C(1) << (id % 64);
}

/* Number of ids in the set. */
int cpus_count(const struct cpus *set);

/* The lowest id that is at least `from`, or -1. */
int cpus_next(const struct cpus *set, int from);

#define cpus_for_each(id, set) \
	for (int id = cpus_next((set), 0); id >= 0; id = cpus_next((set), id + 1))

/*
 * Parses a list such as "0-3,8" (also "0-30:2/4" steps as the kernel's cpulist format has them, and a
 * final newline). -EINVAL for anything else, -ERANGE for an id of CPU_ID_MAX or more; *set is then
 * unchanged. An empty string is the empty set.
 */
int cpus_parse(struct cpus *set, const char *text);

/* Writes the set in the same format; returns the length as snprintf does. */
int cpus_format(const struct cpus *set, char *buf, size_t size);

/* Reads a cpulist file such as /sys/devices/system/cpu/possible. Negative errno on failure. */
int cpus_read(struct cpus *set, const char *path);

#endif
