/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording being made: a listener of the collector that writes a pcapng file (format.h) and
 * never keeps the collector waiting. Lines that the file takes too slowly are left out and entered into
 * the books as not_recorded. When writing fails the recording ends there, readable, and the monitor goes on.
 *
 *	recording_create()	before anything is attached: is the file to be had at all?
 *	recording_start()	when the source is open, signals are set up and no record has come yet
 *	recording_finish()	when the collector has stopped
 */
#ifndef SKEWTOP_RECORDING_WRITE_H
#define SKEWTOP_RECORDING_WRITE_H

#include "core/base/error.h"
#include "core/collector.h"
#include "core/model/host.h"

struct recording;

struct recording_options {
	const char *path;  /* "-": standard output. A name that ends in .gz: compressed */
	bool force;	   /* an existing file of ours may be overwritten */
	int gzip_level;	   /* 0: 1, the fastest */
	size_t queue_bytes; /* that may wait to be written, 0: 64 MiB */
};

/*
 * Creates the file with mode 0600; follows no symbolic link. NULL with a sentence and *status an exit
 * code: EXIT_BAD_INPUT where the file is there already or is none that may be written.
 */
struct recording *recording_create(
	const struct recording_options *options, struct error *err, int *status);

/*
 * Writes what comes first and starts the writing thread. `patient`: wait for the file instead of leaving
 * lines out (a replay has time). `host` must outlive the recording. -ENOMEM with a sentence.
 */
int recording_start(
	struct recording *recording, const struct host *host, bool patient, struct error *err);

struct listener recording_listener(struct recording *recording);

/* Waits until all is written; a pipe whose reader takes nothing for a second is given up. 0, or negative
 * errno with a sentence. Idempotent. */
int recording_finish(struct recording *recording, struct error *err);

/* A recording that was never started leaves no file behind that was not there. NULL is fine. */
void recording_free(struct recording *recording);

struct recording_state {
	const char *path;
	uint64_t bytes;	       /* written, after compression */
	uint64_t records;      /* taken; in the file once written */
	uint64_t not_recorded; /* left out for want of room */
	bool failed;
	struct error error; /* the sentence, if failed */
};

/* Any thread, any time. */
struct recording_state recording_state(struct recording *recording);

/* A descriptor that becomes readable when writing has failed. Only once started. */
int recording_fd(struct recording *recording);

#endif
