/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last minutes of every row and every CPU, for the history lines. Made from the snapshots of the
 * history when they are first asked for, kept for the last SERIES_POINTS of them.
 */
#ifndef SKEWTOP_TUI_SERIES_H
#define SKEWTOP_TUI_SERIES_H

#include "core/model/history.h"
#include "core/model/host.h"

enum {
	SERIES_POINTS = 512,
	SERIES_LEAST = 60,  /* samples that a history line shows at least, however narrow it is */
	SERIES_SCALE = 64,  /* that its scale is of: a peak that left the line presses it down no longer */
};

enum series_cpu { SERIES_PACKETS, SERIES_SYSCALLS, SERIES_CPU_KINDS };

struct series;

/* Reads `history`, whose rows are the catalog's of `host`; both must outlive it. NULL: no memory. */
struct series *series_new(const struct history *history, const struct host *host);
void series_free(struct series *series);

/* Narrows the sums to some CPUs (NULL: all); what was made for others is forgotten. */
void series_show(struct series *series, const struct cpus *shown);

/*
 * The rates of the `n` intervals that end with snapshot `upto`, oldest first; what is not kept is NAN.
 * At most SERIES_POINTS - 1. Over the CPUs shown. Kept are the first column of each table and the packets that
 * interfaces send.
 */
void series_row(struct series *series, uint64_t upto, enum table_id table, int row, int column,
	float *out, int n);

/* The largest rate of any row of the table in that column, over the CPUs shown, in the `n` intervals up to `upto`. */
float series_peak(struct series *series, uint64_t upto, enum table_id table, int column, int n);

/* All rows of a kind together; slot -1: over the CPUs shown. Packets are those received and sent. */
void series_of_cpu(struct series *series, uint64_t upto, enum series_cpu kind, int slot, float *out,
	int n);

/*
 * A line of `cells` cells that ends with snapshot `upto` is made of the series_span() values before it: one for each
 * cell, more where SERIES_LEAST of them are known and would not fit. series_fold() leaves in the first `cells` of them
 * the largest of what each cell stands for. Which values share a cell depends on their sequence numbers: only the
 * newest cell still changes, and the line moves on when that one is full. True: where lines show two such
 * cells in one, the newest is the second.
 */
int series_span(int cells, uint64_t upto);
bool series_fold(float *values, int cells, uint64_t upto);

#endif
