/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a recording, or a capture file of another tool (pcap, pcapng), from a file or pipe that nobody
 * vouches for. Everything readable up to the first fault is handed out; then the fault is told, with its
 * place. Memory follows what is there, never what a length field claims.
 */
#ifndef SKEWTOP_RECORDING_READ_H
#define SKEWTOP_RECORDING_READ_H

#include <linux/types.h>

#include "bpf/abi.h"
#include "core/base/error.h"
#include "core/base/input.h"
#include "core/model/host.h"
#include "core/model/snapshot.h"

struct reader;

/*
 * Reads as far as the host's description, waiting for it if need be. Takes the input over, also when it
 * fails: NULL with a sentence.
 */
struct reader *reader_open(struct input *input, struct error *err);
void reader_close(struct reader *reader); /* NULL is fine */

/* What the file says of its machine; owned by the reader, and complete but for rows and symbols. */
struct host *reader_host(const struct reader *reader);

enum read_what {
	READ_WAIT,     /* nothing now; more may come */
	READ_RECORD,   /* event.record, event.real_ns */
	READ_SNAPSHOT, /* event.snapshot is the caller's, numbered 0, 1, 2 ... */
	READ_END,      /* event.snapshot are the closed books, the caller's, or NULL */
	READ_OVER,     /* nothing any more */
};

struct read_event {
	struct trace_record record;
	uint64_t real_ns;
	struct snapshot *snapshot;
};

/* An enum read_what, or negative errno with a sentence, the last that comes of this file. */
int reader_next(struct reader *reader, struct read_event *event, struct error *err);

#endif
