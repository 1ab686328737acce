/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps all that a collector's listeners hear, or that a file holds, to be compared. */
#ifndef SKEWTOP_TEST_KEEPER_H
#define SKEWTOP_TEST_KEEPER_H

#include "core/collector.h"
#include "core/recording/read.h"

struct kept_record {
	uint64_t real_ns;
	struct trace_record record;
	size_t after; /* snapshots before it */
};

struct keeper {
	struct kept_record *record;
	size_t n_records;
	struct snapshot **snapshot;
	size_t n_snapshots;
	struct snapshot *last; /* the closed books */
	struct error error;    /* of a file: how it ended */
};

void keeper_free(struct keeper *keeper);

struct listener keeper_listener(struct keeper *keeper);

/* Reads to the end, or to the first fault. Waits for nothing. */
void keeper_read(struct keeper *keeper, struct reader *reader);

/* Opens a file (or bytes), reads it, closes it. A file that cannot be opened leaves only an error. */
void keeper_read_file(struct keeper *keeper, const char *path);
void keeper_read_bytes(struct keeper *keeper, const void *bytes, size_t n);

/* Fails the running test unless both kept the same. */
void assert_same_kept(const struct keeper *a, const struct keeper *b);

/* Whether `part` is a beginning of `whole`: each record and snapshot the same, as far as it goes. */
void assert_begins(const struct keeper *whole, const struct keeper *part);

/* A descriptor of memory that holds the bytes, at their start. */
int bytes_fd(const void *bytes, size_t n);

/* All of a file; to be freed. */
uint8_t *file_bytes(const char *path, size_t *n);

#endif
