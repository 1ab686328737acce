/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking into one function at a time: its return is probed too (bpf/inside.h). Part of functions.c. */
#ifndef SKEWTOP_FUNCTIONS_INSIDE_H
#define SKEWTOP_FUNCTIONS_INSIDE_H

#include "core/model/inside.h"

struct host;
struct live_functions;
struct snapshot;

/* Names of an enum's values, as the kernel's BTF has them. */
struct value_names {
	int n;
	struct value_name {
		uint64_t value;
		char *name;
	} *entry;
};

struct inside {
	int wanted; /* row, -1: none */
	bool asked; /* `wanted` was set and not looked at since */
	bool busy;  /* it is being carried out */
	int on;	    /* row that is looked into, -1 */
	int link;   /* descriptor of its return probe, -1 */
	int n_slots;
	int row[INSIDE_SLOTS]; /* by slot: rows that were ever looked into */
	struct value_names names[INSIDE_SLOTS];
	char text[160]; /* why it cannot be, "" */
};

void functions_inside_init(struct inside *inside);

/* In the thread of functions.c, without its lock: makes what is wanted what is on. */
void functions_inside_carry_out(struct live_functions *functions);

/* Ends it; for the last time. Without the lock, when the thread has ended. */
void functions_inside_close(struct live_functions *functions);

/* The collector's thread: rows and values of TABLE_INSIDE. Negative errno. */
int functions_inside_read(
	struct live_functions *functions, const struct host *host, struct snapshot *snapshot);

#endif
