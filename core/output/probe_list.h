/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet probes of this kernel in words: for --list-probes, and for checking --trace early. */
#ifndef SKEWTOP_PROBE_LIST_H
#define SKEWTOP_PROBE_LIST_H

#include <stdio.h>

#include "core/base/error.h"
#include "core/model/host.h"
#include "core/options.h"

/*
 * Makes sure that every --trace glob names a probe, from the kernel's BTF alone: nothing is loaded or
 * attached. An exit code, with a sentence unless EXIT_OK. Free without --trace.
 */
int probe_list_check(const struct options *options, struct error *err);

/*
 * A line for each row of TABLE_PROBES: what it counts as, how it is attached or why it is not; then one
 * for each function that takes an skb: by what means it can be attached to, or why not.
 */
void probe_list_print(struct source *source, FILE *to);

#endif
