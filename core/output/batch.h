/* SPDX-License-Identifier: GPL-2.0-only */
/* Running without a screen: until the source has ended or a signal says so. */
#ifndef SKEWTOP_BATCH_H
#define SKEWTOP_BATCH_H

#include "core/base/error.h"
#include "core/collector.h"
#include "core/output/out_stream.h"
#include "core/recording/write.h"

/*
 * Blocks SIGINT, SIGTERM and SIGHUP and ignores SIGPIPE. To be called before any thread is started,
 * so that batch_run() alone hears them.
 */
void batch_signals(void);

/*
 * Runs until the collector has ended (iterations, end of a recording, a failure), a signal comes, or
 * standard output fails; then stops the collector, so that every listener has heard the end. Another
 * signal ends the process, from a second later on: those before it mean the same as the first. `out` (standard
 * output) and `recording` may be NULL. A recording that fails is told on standard error at once; with an `out` the
 * run goes on. An exit code, with a sentence unless EXIT_OK or told already.
 */
int batch_run(struct collector *collector, struct out_stream *out, struct recording *recording,
	struct error *err);

#endif
