/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/functions.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/functions/carry.h"
#include "core/model/host.h"

/* ---- status ---- */

static int count_apart(const struct live_functions *f)
{
	int n = 0;

	for (int g = 0; g < f->n_groups; g++)
		for (int i = 0; i < f->groups[g].links.n && !f->groups[g].links.together; i++)
			n += f->groups[g].links.fd[i] >= 0;
	return n;
}

/* Also under the lock of the caller. */
static void describe(struct live_functions *f, struct functions_status *s)
{
	const char *means = functions_means_name(s->means);

	s->done = atomic_load(&f->progress.done);
	s->pending = f->started && f->asked != f->answered;
	s->apart = count_apart(f);
	switch (s->state) {
	case FUNCTIONS_OFF:
		snprintf(s->text, sizeof(s->text), "no function is counted");
		break;
	case FUNCTIONS_FINDING:
		snprintf(s->text, sizeof(s->text), "looking for functions that take an skb");
		break;
	case FUNCTIONS_ATTACHING:
		snprintf(s->text, sizeof(s->text), "attaching %d of %d functions by %s", s->done,
			s->total, means);
		break;
	case FUNCTIONS_ON:
		snprintf(s->text, sizeof(s->text), "%d of %d functions counted, by %s", s->attached,
			s->found, means);
		break;
	case FUNCTIONS_DETACHING:
		if (s->total)
			snprintf(s->text, sizeof(s->text), "letting go of %d of %d functions", s->done, s->total);
		else
			snprintf(s->text, sizeof(s->text), "letting go of functions");
		break;
	case FUNCTIONS_FAILED:
		snprintf(s->text, sizeof(s->text), "%.159s", f->error.text);
		break;
	}
}

void live_functions_status(struct live_functions *f, struct functions_status *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->status;
	describe(f, out);
	out->inside = f->inside.on;
	out->inside_pending = f->inside.asked || f->inside.busy;
	snprintf(out->inside_text, sizeof(out->inside_text), "%s", f->inside.text);
	pthread_mutex_unlock(&f->lock);
}

/* ---- the thread ---- */

static void answer(
	struct live_functions *f, uint64_t asked, int ret, const struct error *err, uint64_t since)
{
	pthread_mutex_lock(&f->lock);
	f->answered = asked;
	f->error = *err;
	f->result = ret;
	f->status.took_ns = monotonic_ns() - since;
	f->changed = true;
	if (ret)
		f->status.state = FUNCTIONS_FAILED;
	else
		f->status.state = f->status.attached ? FUNCTIONS_ON : FUNCTIONS_OFF;
	pthread_cond_broadcast(&f->done);
	pthread_mutex_unlock(&f->lock);
}

static void *work(void *context)
{
	struct live_functions *f = context;

	for (;;) {
		struct function_choice choice;
		struct error err = {};
		uint64_t asked, since;
		bool quit, explore, chosen;
		int ret;

		pthread_mutex_lock(&f->lock);
		while (f->asked == f->answered && !f->inside.asked && !f->quit)
			pthread_cond_wait(&f->wake, &f->lock);
		quit = f->quit;
		chosen = f->asked != f->answered;
		f->inside.busy = f->inside.asked;
		f->inside.asked = false;
		asked = f->asked;
		choice = f->choice;
		explore = f->explore;
		f->explore = false;
		atomic_store(&f->progress.stop, false);
		pthread_mutex_unlock(&f->lock);
		if (quit)
			return NULL;
		since = monotonic_ns();
		if (chosen) {
			ret = functions_carry_out(f, &choice, explore, &err);
			answer(f, asked, ret, &err, since);
			functions_measure_reach(f);
		}
		functions_inside_carry_out(f);
		pthread_mutex_lock(&f->lock);
		f->inside.busy = false;
		pthread_mutex_unlock(&f->lock);
	}
}

/* ---- requests ---- */

/* It and what it starts hear no signals: those are for the threads that end the program. */
static bool start_thread(struct live_functions *f)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&f->thread, NULL, work, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !ret;
}

static void ask(struct live_functions *f, const struct function_choice *choice)
{
	pthread_mutex_lock(&f->lock);
	if (choice) {
		f->choice = *choice;
		f->ever_chosen |= choice->set != FUNCTIONS_NONE;
	} else {
		f->explore = true;
	}
	f->asked++;
	/* What is under way for an older wish ends early. */
	atomic_store(&f->progress.stop, true);
	if (!f->started)
		f->started = start_thread(f);
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

void live_functions_choose(struct live_functions *f, const struct function_choice *choice)
{
	ask(f, choice);
}

void live_functions_explore(struct live_functions *f)
{
	ask(f, NULL);
}

int live_functions_wait(struct live_functions *f, struct error *err)
{
	int ret = 0;

	pthread_mutex_lock(&f->lock);
	while (f->started && f->answered != f->asked)
		pthread_cond_wait(&f->done, &f->lock);
	if (!f->started && f->asked)
		ret = error_set(err, -EAGAIN, "cannot start a thread");
	else if (f->status.state == FUNCTIONS_FAILED)
		ret = error_set(err, f->result, "%s", f->error.text);
	pthread_mutex_unlock(&f->lock);
	return ret;
}

int live_functions_prepare(struct live_functions *f, const struct trace_maps *maps,
	const struct filter *filter, struct error *err)
{
	struct function_outlet outlet;
	struct function_object *body = NULL;
	int ret = function_outlet_init(&outlet, maps, filter);

	if (ret)
		error_set(err, ret, "cannot prepare the function programs: %s", strerror(-ret));
	pthread_mutex_lock(&f->programs_lock);
	if (!ret && f->programs.entry)
		ret = functions_programs_load(&f->programs, &f->options, &outlet, &body, err);
	if (!ret) {
		function_object_free(f->next_body);
		function_outlet_free(&f->next);
		f->next = outlet;
		f->next_body = body;
	} else {
		function_outlet_free(&outlet);
	}
	pthread_mutex_unlock(&f->programs_lock);
	return ret;
}

void live_functions_switch(struct live_functions *f)
{
	pthread_mutex_lock(&f->programs_lock);
	/* Programs that were opened since: with the old outlet. If the kernel, which took the same
	 * bytes a moment ago, refuses them now, the old outlet stays. */
	if (f->programs.entry && !f->next_body)
		functions_programs_load(&f->programs, &f->options, &f->next, &f->next_body, NULL);
	if (!f->programs.entry ||
		(f->next_body && !functions_programs_jump(&f->programs, f->next_body))) {
		function_outlet_free(&f->outlet);
		f->outlet = f->next;
		f->next = (struct function_outlet)FUNCTION_OUTLET_NONE;
		f->next_body = NULL;
	}
	pthread_mutex_unlock(&f->programs_lock);
}

/* ---- what others read ---- */

static void describe_function(const struct function *function, struct function_entry *out)
{
	snprintf(out->name, sizeof(out->name), "%s", function->name);
	snprintf(out->module, sizeof(out->module), "%s", function->module);
	out->argument = function->argument;
	snprintf(out->reason, sizeof(out->reason), "%s", function->left_out ?: "");
}

bool live_functions_refusal(struct live_functions *f, int index, struct function_entry *out)
{
	bool found = false;

	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < f->list.n && !found; i++) {
		if (!f->list.function[i].left_out || index--)
			continue;
		describe_function(&f->list.function[i], out);
		found = true;
	}
	pthread_mutex_unlock(&f->lock);
	return found;
}

bool live_functions_entry(struct live_functions *f, int index, struct function_entry *out)
{
	bool found;

	pthread_mutex_lock(&f->lock);
	found = index >= 0 && index < f->list.n;
	if (found)
		describe_function(&f->list.function[index], out);
	pthread_mutex_unlock(&f->lock);
	return found;
}

int live_functions_add_rows(struct live_functions *f, struct catalog *catalog)
{
	int ret = 0;

	pthread_mutex_lock(&f->lock);
	for (; f->rows < f->n_slots && ret >= 0; f->rows++) {
		const struct function *function = &f->list.function[f->slots[f->rows].function];
		const struct row row = {
			.key = {function->address, function->argument},
			.name = function->name,
			.where = function->module,
		};

		ret = catalog_add(catalog, TABLE_FUNCTIONS, &row);
	}
	pthread_mutex_unlock(&f->lock);
	return ret < 0 ? ret : 0;
}

void live_functions_read(
	struct live_functions *f, const struct topology *topology, struct snapshot *snapshot)
{
	struct table *t = &snapshot->table[TABLE_FUNCTIONS];
	const struct function_programs *p = &f->programs;

	pthread_mutex_lock(&f->lock);
	if (f->ever_chosen)
		t->known = 1u << COUNT_PACKETS | 1u << COUNT_BYTES;
	for (int row = 0; row < t->n_rows && row < f->rows; row++) {
		uint64_t *packets = table_values(t, row, COUNT_PACKETS);
		uint64_t *bytes = table_values(t, row, COUNT_BYTES);

		for (int slot = 0; slot < topology->n_cpus; slot++) {
			const struct packet_count *count =
				&p->counts[(size_t)topology->cpu[slot].id * p->stride + row];

			packets[slot] = __atomic_load_n(&count->packets, __ATOMIC_RELAXED);
			bytes[slot] = __atomic_load_n(&count->bytes, __ATOMIC_RELAXED);
		}
	}
	pthread_mutex_unlock(&f->lock);
}

int live_functions_select(struct live_functions *f, int row, unsigned wish)
{
	int ret = -EINVAL;

	pthread_mutex_lock(&f->lock);
	if (row >= 0 && row < f->rows) {
		struct function_state *state = &f->programs.states[row];

		f->n_traced += !!wish - !!(state->trace & TRACE_LINES);
		__atomic_store_n(
			&state->trace, (state->trace & ~TRACE_LINES) | wish, __ATOMIC_RELAXED);
		ret = 0;
	}
	pthread_mutex_unlock(&f->lock);
	return ret;
}

bool live_functions_traced(struct live_functions *f)
{
	bool any;

	pthread_mutex_lock(&f->lock);
	any = f->n_traced > 0;
	pthread_mutex_unlock(&f->lock);
	return any;
}

void live_functions_silence(struct live_functions *f)
{
	pthread_mutex_lock(&f->lock);
	f->silent = true;
	for (int s = 0; s < f->n_slots; s++)
		__atomic_store_n(&f->programs.states[s].owner, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&f->lock);
}

bool live_functions_missed(struct live_functions *f, uint64_t *missed)
{
	bool known;

	pthread_mutex_lock(&f->lock);
	/* Before there are slots the programs may come and go: means are tried. */
	known = !f->n_slots || f->misses_known;
	if (f->n_slots && known) {
		*missed += f->missed_closed + functions_programs_missed(&f->programs);
		for (int g = 0; g < f->n_groups; g++)
			*missed += attach_links_missed(&f->groups[g].links);
		*missed += attach_link_missed(f->inside.link);
	}
	pthread_mutex_unlock(&f->lock);
	return known;
}

uint64_t live_functions_run_time(struct live_functions *f)
{
	struct program_runs runs;
	uint64_t ns = 0;

	pthread_mutex_lock(&f->lock);
	if (f->n_slots) {
		runs = functions_programs_runs(&f->programs);
		ns = runs.ns + (runs.n - f->reach_from) * f->status.reach_ns;
	}
	pthread_mutex_unlock(&f->lock);
	return ns;
}

bool live_functions_changed(struct live_functions *f)
{
	bool changed;

	pthread_mutex_lock(&f->lock);
	changed = f->changed;
	f->changed = false;
	pthread_mutex_unlock(&f->lock);
	return changed;
}

void live_functions_inside(struct live_functions *f, int row)
{
	pthread_mutex_lock(&f->lock);
	f->inside.wanted = row;
	f->inside.asked = true;
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
}

/* ---- life ---- */

struct live_functions *live_functions_new(const struct live_options *options)
{
	struct live_functions *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->options = *options;
	f->outlet = (struct function_outlet)FUNCTION_OUTLET_NONE;
	f->next = f->outlet;
	functions_inside_init(&f->inside);
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->programs_lock, NULL);
	pthread_cond_init(&f->wake, NULL);
	pthread_cond_init(&f->done, NULL);
	return f;
}

static void stop_thread(struct live_functions *f)
{
	pthread_mutex_lock(&f->lock);
	f->quit = true;
	atomic_store(&f->progress.stop, true);
	pthread_cond_signal(&f->wake);
	pthread_mutex_unlock(&f->lock);
	if (f->started)
		pthread_join(f->thread, NULL);
}

void live_functions_free(struct live_functions *f)
{
	if (!f)
		return;
	stop_thread(f);
	for (int g = 0; g < f->n_groups; g++) {
		attach_links_close(&f->groups[g].links, NULL);
		free(f->groups[g].slot);
	}
	free(f->groups);
	functions_inside_close(f);
	functions_programs_close(&f->programs);
	function_object_free(f->next_body);
	function_outlet_free(&f->next);
	function_outlet_free(&f->outlet);
	function_list_free(&f->list);
	free(f->slot_of);
	free(f->slots);
	pthread_cond_destroy(&f->done);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->programs_lock);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
