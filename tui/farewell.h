/* SPDX-License-Identifier: GPL-2.0-only */
/* The last word on the terminal: the closed books, if anything was traced or lost. */
#ifndef SKEWTOP_TUI_FAREWELL_H
#define SKEWTOP_TUI_FAREWELL_H

#include <stdio.h>

#include "core/collector.h"
#include "core/model/ledger.h"

struct farewell {
	struct ledger_sums sums;
	bool closed;
};

/* Keeps the books when the collector has closed them. */
struct listener farewell_listener(struct farewell *farewell);

/* Prints them; nothing where no probe was traced and nothing was lost. */
void farewell_print(const struct farewell *farewell, FILE *to);

#endif
