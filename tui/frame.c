/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool frame_shows(const struct frame *frame, int slot)
{
	int id = frame->host->topology.cpu[slot].id;

	return !frame->shown || cpus_has(frame->shown, id);
}

double frame_total_at(const struct frame *frame, enum table_id table, int row, int column, int slot)
{
	uint64_t now = table_at(&frame->newer->table[table], row, column, slot);
	uint64_t then = frame->zero ? table_at(&frame->zero->table[table], row, column, slot) : 0;

	return now > then ? now - then : 0;
}

double frame_total(const struct frame *frame, enum table_id table, int row, int column)
{
	double sum = 0;

	for (int slot = 0; slot < frame->newer->n_cpus; slot++)
		if (frame_shows(frame, slot))
			sum += frame_total_at(frame, table, row, column, slot);
	if (!frame->shown)
		sum += frame_total_at(frame, table, row, column, frame->newer->n_cpus);
	return sum;
}

const char *grouping_name(enum grouping group)
{
	static const char *const names[GROUPINGS] = {
		[GROUP_BY_CPU] = "cpu",
		[GROUP_BY_CORE] = "core",
		[GROUP_BY_LLC] = "llc",
		[GROUP_BY_NODE] = "node",
		[GROUP_ALL] = "all",
	};

	return names[group];
}

const char *units_name(enum units units)
{
	static const char *const names[UNITS] = {
		[UNITS_RATE] = "rate",
		[UNITS_TOTAL] = "total",
		[UNITS_SHARE] = "share",
	};

	return names[units];
}

/* ---- groups ---- */

static int group_id(enum grouping group, const struct cpu_place *cpu)
{
	switch (group) {
	case GROUP_BY_CPU:
		return cpu->id;
	case GROUP_BY_CORE:
		return cpu->core;
	case GROUP_BY_LLC:
		return cpu->llc;
	case GROUP_BY_NODE:
		return cpu->node;
	default:
		return 0;
	}
}

static int by_node_and_id(const void *a, const void *b)
{
	const struct cpu_group *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static struct cpu_group *find_group(struct cpu_groups *groups, int id)
{
	/* Cores and caches have the id of one of their CPUs: the last group is nearly always it. */
	for (int i = groups->n - 1; i >= 0; i--)
		if (groups->list[i].id == id)
			return &groups->list[i];
	return NULL;
}

static void collect_groups(struct cpu_groups *groups, const struct frame *frame)
{
	for (int slot = 0; slot < groups->n_slots; slot++) {
		const struct cpu_place *cpu = &frame->host->topology.cpu[slot];
		int id = group_id(groups->group, cpu);
		struct cpu_group *found;

		if (!frame_shows(frame, slot))
			continue;
		found = groups->group == GROUP_BY_CPU ? NULL : find_group(groups, id);
		if (!found) {
			found = &groups->list[groups->n++];
			*found = (struct cpu_group){ .id = id, .node = cpu->node, .first = slot };
		}
		found->members++;
		found->online |= frame->newer && cpus_has(&frame->newer->online, cpu->id);
	}
}

/* By first member: the slot's group is where its own id is found in the sorted list. */
static void number_slots(struct cpu_groups *groups, const struct frame *frame)
{
	for (int slot = 0; slot < groups->n_slots; slot++)
		groups->of_slot[slot] = -1;
	for (int i = 0; i < groups->n; i++) {
		const struct cpu_group *g = &groups->list[i];
		int left = g->members;

		for (int slot = g->first; slot < groups->n_slots && left; slot++) {
			const struct cpu_place *cpu = &frame->host->topology.cpu[slot];

			if (!frame_shows(frame, slot) || group_id(groups->group, cpu) != g->id)
				continue;
			groups->of_slot[slot] = i;
			left--;
		}
	}
}

int cpu_groups_make(struct cpu_groups *groups, const struct frame *frame)
{
	int n = frame->host->topology.n_cpus;

	memset(groups, 0, sizeof(*groups));
	groups->group = frame->group;
	groups->n_slots = n;
	groups->list = calloc(n ? n : 1, sizeof(*groups->list));
	groups->of_slot = calloc(n ? n : 1, sizeof(*groups->of_slot));
	if (!groups->list || !groups->of_slot) {
		cpu_groups_free(groups);
		return -ENOMEM;
	}
	collect_groups(groups, frame);
	qsort(groups->list, groups->n, sizeof(*groups->list), by_node_and_id);
	number_slots(groups, frame);
	return 0;
}

void cpu_groups_free(struct cpu_groups *groups)
{
	free(groups->list);
	free(groups->of_slot);
	memset(groups, 0, sizeof(*groups));
}

const char *cpu_group_name(const struct cpu_groups *groups, int index, char *buf, size_t size)
{
	if (groups->group == GROUP_ALL)
		snprintf(buf, size, "all");
	else
		snprintf(buf, size, "%s%d", grouping_name(groups->group), groups->list[index].id);
	return buf;
}

void cpu_groups_max(const struct cpu_groups *groups, const double *values, double *out)
{
	memset(out, 0, groups->n * sizeof(*out));
	for (int slot = 0; slot < groups->n_slots; slot++) {
		int i = groups->of_slot[slot];

		if (i >= 0 && values[slot] > out[i])
			out[i] = values[slot];
	}
}

void cpu_groups_sum(const struct cpu_groups *groups, const double *values, double *out)
{
	memset(out, 0, groups->n * sizeof(*out));
	for (int slot = 0; slot < groups->n_slots; slot++)
		if (groups->of_slot[slot] >= 0)
			out[groups->of_slot[slot]] += values[slot];
}

int cpu_groups_hottest(const struct cpu_groups *groups, const double *values)
{
	int hot = -1;

	for (int i = 0; i < groups->n; i++)
		if (values[i] > 0 && (hot < 0 || values[i] > values[hot]))
			hot = i;
	return hot;
}
