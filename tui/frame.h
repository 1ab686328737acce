/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one model that everything on a screen is drawn from: two snapshots of one moment, what they are
 * about, and how the user wants to see them. Made anew for each drawing, read-only for views.
 */
#ifndef SKEWTOP_TUI_FRAME_H
#define SKEWTOP_TUI_FRAME_H

#include "core/model/cursor.h"
#include "core/model/host.h"
#include "core/model/ledger.h"
#include "core/model/snapshot.h"
#include "core/source.h"
#include "core/trace/log.h"

struct series;

enum grouping { GROUP_BY_CPU, GROUP_BY_CORE, GROUP_BY_LLC, GROUP_BY_NODE, GROUP_ALL, GROUPINGS };
enum units { UNITS_RATE, UNITS_TOTAL, UNITS_SHARE, UNITS };

struct frame {
	const struct host *host;
	const struct source_ops *source;
	struct snapshot *older; /* NULL before the second snapshot */
	struct snapshot *newer; /* NULL before the first */
	struct snapshot *zero;	/* totals count from here; NULL: from the start */
	struct moment moment;
	bool stale; /* live, and nothing has come for two intervals */
	uint64_t interval_ns;
	struct ledger_sums ledger;
	const struct cpus *shown; /* NULL: all online CPUs */
	enum grouping group;
	enum units units;
	int width; /* columns of the screen */
	bool hide_idle;
	bool plain; /* nothing is drawn that is no text */
	struct functions_status functions; /* zeroed: none */
	const char *filter; /* pcap expression in force, "" none */
	struct series *series;
	struct trace_log *log;
	uint64_t log_end; /* one past the newest line of this moment */
	const bool *traced; /* rows of TABLE_PROBES that emit lines; PROBE_MAX of them */
};

/* Whether a CPU's slot is among those shown. */
bool frame_shows(const struct frame *frame, int slot);

/* What a row has counted since the start, or since the zero point: on one slot, or summed over the CPUs
 * shown (and, where all are, over what belongs to no CPU). */
double frame_total_at(const struct frame *frame, enum table_id table, int row, int column, int slot);
double frame_total(const struct frame *frame, enum table_id table, int row, int column);

const char *grouping_name(enum grouping group); /* "cpu", "core", ... */
const char *units_name(enum units units);	/* "rate", "total", "share" */

/* ---- CPUs, together or apart ---- */

struct cpu_group {
	int id;	   /* CPU, core, LLC or node number; 0 for all */
	int node;  /* of the first member */
	int first; /* slot of the first member */
	int members;
	bool online; /* one of them at least */
};

struct cpu_groups {
	enum grouping group;
	int n;
	struct cpu_group *list;	   /* owned; in order of node, then id */
	int *of_slot;		   /* group of each slot, -1: not shown; n_cpus of them */
	int n_slots;
};

/* The CPUs shown, put together as frame->group says. -ENOMEM. */
int cpu_groups_make(struct cpu_groups *groups, const struct frame *frame);
void cpu_groups_free(struct cpu_groups *groups);

/* "cpu39", "core8", "llc0", "node1", "all". */
const char *cpu_group_name(const struct cpu_groups *groups, int index, char *buf, size_t size);

/* The largest (or the sum) of the members' values; `values` by slot, `out` by group. */
void cpu_groups_max(const struct cpu_groups *groups, const double *values, double *out);
void cpu_groups_sum(const struct cpu_groups *groups, const double *values, double *out);

/* The group with the largest of these values by group, the first of equals; -1 if all are 0. */
int cpu_groups_hottest(const struct cpu_groups *groups, const double *values);

#endif
