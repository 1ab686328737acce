/* SPDX-License-Identifier: GPL-2.0-only */
/* What is on screen, as a file that the user named. See file_create.h for which files may be written. */
#ifndef SKEWTOP_EXPORT_H
#define SKEWTOP_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/host.h"
#include "core/trace/log.h"

/*
 * Writes trace lines as pcapng: packets for other tools, whole records for --replay. `sequences` are those
 * of the log, ascending; NULL: all that are kept. Lines overwritten meanwhile are passed over.
 * The number of lines, or negative errno with a sentence; -EEXIST: the file exists and `force` was not
 * given. A file that could not be written to its end is taken away again.
 */
int export_lines_pcapng(const char *path, bool force, const struct host *host, struct trace_log *log,
	const uint64_t *sequences, size_t n, struct error *err);

/* ---- tables ---- */

/* A table under way, in memory; goes to its file when it is complete. */
struct csv;

struct csv *csv_new(void); /* NULL: no memory */
void csv_free(struct csv *csv); /* NULL is fine */

/* The next cell of the row: any text; it is quoted where RFC 4180 wants it. */
void csv_cell(struct csv *csv, const char *text);
void csv_end_row(struct csv *csv);

/* Writes the file. 0, or negative errno with a sentence, as above. */
int csv_write(struct csv *csv, const char *path, bool force, struct error *err);

#endif
