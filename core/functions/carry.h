/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the function probes of the live source: functions.c (the thread, what it is asked,
 * what others read) and carry.c (what the thread does: find, attach, hand over, let go).
 */
#ifndef SKEWTOP_FUNCTIONS_CARRY_H
#define SKEWTOP_FUNCTIONS_CARRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/functions/attach.h"
#include "core/functions/choice.h"
#include "core/functions/find.h"
#include "core/functions/inside.h"
#include "core/functions/programs.h"
#include "core/source.h"

/* A function that was chosen once: its index in counters, states, TABLE_FUNCTIONS. Never reused. */
struct slot {
	int function;	/* in the list */
	uint32_t owner; /* id of the group it is attached by, 0: none */
};

/* Functions that were attached together. */
struct group {
	uint32_t id;
	struct attach_links
		links; /* one for each target, or one or a few for all together */
	int *slot;
	int n;
};

struct live_functions {
	struct live_options options;
	pthread_t thread;
	bool started;

	/* The thread's own; others read `list`, `slots` up to n_slots, under the lock. */
	struct function_list list;
	bool found;
	int *slot_of; /* by function; -1 */
	struct slot *slots;
	struct group *groups;
	int n_groups;
	uint32_t last_group;
	bool tried; /* the means */
	struct attach_progress progress;

	pthread_mutex_t programs_lock; /* held while programs are loaded or replaced */
	struct function_programs programs;
	struct function_outlet outlet;
	struct function_outlet next; /* prepared, and its body if programs were open then */
	struct function_object *next_body;

	pthread_mutex_t lock; /* guards what follows; never held for long */
	pthread_cond_t wake;  /* the thread */
	pthread_cond_t done;  /* whoever waits for it */
	struct function_choice choice;
	bool explore;
	uint64_t asked, answered;
	bool quit;
	bool silent;
	bool ever_chosen;
	int n_slots;
	int rows; /* of them in the catalog */
	int n_traced; /* of them that emit lines */
	struct functions_status status;
	int result;		/* of the last request: 0 or negative errno, */
	struct error error;	/* and its sentence */
	uint64_t missed_closed; /* of links that are gone */
	bool misses_known;
	bool changed;		/* what is attached, since others asked */
	bool reach_tried;	/* to measure status.reach_ns, which counts */
	uint64_t reach_from;	/* from this run on */
	struct inside inside; /* what is set before the thread looks is under the lock */
};

/*
 * Makes the choice what is attached; with `explore` the functions are found and the means tried
 * even if it is none. In the thread, without the lock. Negative errno with a sentence.
 */
int functions_carry_out(struct live_functions *functions, const struct function_choice *choice,
	bool explore, struct error *err);

/*
 * Measures once, when something is attached, what each run costs beside its own time (reach.h). In the thread,
 * without the lock; apart, since what is asked for comes first.
 */
void functions_measure_reach(struct live_functions *functions);

#endif
