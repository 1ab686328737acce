/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that one CPU (or core, cache, node) does, busiest first, whatever its kind. */
#include <stdio.h>
#include <stdlib.h>

#include "tui/counters.h"

static const struct column columns[] = {
	{ .what = COUNTER_KIND, .id = "kind", .title = "KIND", .width = 10, .text = true },
	{ .what = COUNTER_NAME, .id = "name", .title = "NAME", .width = 24, .most = 40,
		.text = true },
	{ .what = COUNTER_SUM, .id = "sum", .title = "SUM/s", .width = 8 },
	{ .what = COUNTER_SECOND, .id = "second", .title = "BYTES/s", .width = 8, .rank = 1 },
	{ .what = COUNTER_WHERE, .id = "where", .title = "WHERE", .width = 20, .most = 40,
		.rank = 4, .text = true },
	{ .what = COUNTER_TOTAL, .id = "total", .title = "TOTAL", .width = 8, .rank = 2 },
	{ .what = COUNTER_SPARK, .id = "history", .title = "HISTORY, ALL", .width = 14,
		.most = 60, .rank = 5,
		.picture = true },
};

static const struct grid_ops grid = COUNTERS_GRID(columns);

static const struct counter_part parts[] = {
	{ .table = TABLE_SYSCALLS, .second = -1, .kind = "syscall" },
	{ .table = TABLE_FUNCTIONS, .second = COUNT_BYTES, .kind = "function" },
	{ .table = TABLE_PROBES, .without = PROBE_ABSENT, .second = COUNT_BYTES, .kind = "tracepoint" },
	{ .table = TABLE_CONSUMED, .second = COUNT_BYTES, .kind = "consumed" },
	{ .table = TABLE_DROPS, .second = COUNT_BYTES, .kind = "dropped" },
	{ .table = TABLE_INTERFACES, .column = IF_RX_PACKETS, .second = IF_RX_BYTES, .kind = "rx" },
	{ .table = TABLE_INTERFACES, .column = IF_TX_PACKETS, .second = IF_TX_BYTES, .kind = "tx" },
	{ .table = TABLE_SOFTIRQ, .second = -1, .kind = "softirq" },
	{ .table = TABLE_SOFTNET, .second = -1, .kind = "softnet" },
	{ .table = TABLE_INTERRUPTS, .second = -1, .kind = "irq" },
};

static const struct counters_spec spec = {
	.part = parts,
	.n_parts = sizeof(parts) / sizeof(parts[0]),
	.grid = &grid,
	.sort = 2,
	.gradient = GRADIENT_HEAT,
	.nothing = "nothing counted",
};

struct cpu_view {
	struct counters counters; /* first: what counters_* take */
	char name[24];
};

static void *open_cpu(struct app *app, const void *argument)
{
	const struct cpu_view_argument *a = argument;
	struct cpu_view *v = calloc(1, sizeof(*v));

	(void)app;
	if (!v)
		return NULL;
	counters_init(&v->counters, &spec);
	v->counters.rows.only = a->cpus;
	v->counters.rows.narrowed = true;
	v->counters.maximised = true;
	snprintf(v->name, sizeof(v->name), "%s", a->name);
	return v;
}

static const char *path(void *state, char *buf, size_t size)
{
	snprintf(buf, size, "CPUs > %s", ((struct cpu_view *)state)->name);
	return buf;
}

const struct view_ops view_cpu = {
	.name = "cpu",
	.title = "CPU",
	.box = ROLE_BOX_CPU,
	.stats = STATS_SYSCALLS | STATS_PACKETS,
	.open = open_cpu,
	.close = counters_close,
	.prepare = counters_prepare,
	.draw = counters_draw,
	.act = counters_act,
	.focus = counters_focus,
	.path = path,
};
