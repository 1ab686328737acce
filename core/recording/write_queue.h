/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that writes a file, a pipe or a terminal for one that must never wait: bounded pieces go in, and
 * whoever finds no room decides what to leave out. After an error the rest is thrown away.
 */
#ifndef SKEWTOP_WRITE_QUEUE_H
#define SKEWTOP_WRITE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct write_queue;

struct write_queue_options {
	int fd;		    /* stays the caller's */
	int gzip_level;	    /* 1 ... 9; 0: not compressed */
	size_t max_bytes;   /* that may wait; 0: 64 MiB */
	bool patient;	    /* putting waits for room instead of failing */
	/* How much of n bytes, of which not all could be written, to leave in a regular file. NULL: all. */
	size_t (*whole)(const uint8_t *data, size_t n);
};

/* NULL: no memory, or no thread. */
struct write_queue *write_queue_new(const struct write_queue_options *options);

/* Frees; write_queue_finish() must have come first if what is queued matters. NULL is fine. */
void write_queue_free(struct write_queue *queue);

/* True if there is room for another piece now, or would be with `more` bytes of room than there are;
 * waits for it where patient. */
bool write_queue_has_room(struct write_queue *queue, size_t more);

/*
 * Queues a piece, whatever room there is, and leaves *piece empty, with memory to be filled again where
 * some is at hand. `flush`: what was put up to here must reach the reader soon.
 */
void write_queue_put(struct write_queue *queue, struct bytes *piece, bool flush);

/* Writes all that is queued; a reader that takes nothing for a second is given up (-ETIMEDOUT). */
void write_queue_finish(struct write_queue *queue);

/* Any thread. */
uint64_t write_queue_written(struct write_queue *queue); /* bytes, after compression */
int write_queue_error(struct write_queue *queue);	 /* negative errno; 0 while all goes well */
int write_queue_fd(struct write_queue *queue);		 /* becomes readable when writing has failed */

#endif
