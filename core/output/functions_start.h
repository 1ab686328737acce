/* SPDX-License-Identifier: GPL-2.0-only */
/* What --functions asks for, at the start of the program. */
#ifndef SKEWTOP_FUNCTIONS_START_H
#define SKEWTOP_FUNCTIONS_START_H

#include "core/base/error.h"
#include "core/options.h"
#include "core/source.h"

/*
 * Asks a source for the functions of --functions. With a screen they are attached while it is drawn,
 * unless --trace may name one of them; a stream waits, so that it misses none of their packets. Blocks
 * the signals that batch_run() hears, where it waits for a stream. An exit code, with a sentence unless
 * EXIT_OK.
 */
int functions_start(const struct options *options, struct source *source, struct error *err);

/* Then: lines of those that --trace names. Matching none is no error here. An exit code, as above. */
int functions_start_trace(const struct options *options, struct source *source, struct error *err);

#endif
