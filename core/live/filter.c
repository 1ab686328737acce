/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From one filter to the next. A thread of its own compiles, opens, loads and attaches the new
 * instance, whose gate is shut; the collector's thread then takes it into the list that it reads and
 * drains, and lets the thread go on: take over, detach the old one. When the old ring has been
 * drained to its end, what the old instance counted is added to `closed` and the instance freed. So
 * totals are closed + sum over the list at any time, the collector's thread never waits for the
 * kernel's verifier, and records keep coming from both rings.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/filter/filter.h"
#include "core/filter/log.h"
#include "core/filter/trial.h"
#include "core/functions/functions.h"
#include "core/live/live.h"

enum change_phase {
	CHANGE_COMPILING, /* may take long: names are looked up */
	CHANGE_ABANDONED, /* while compiling; the thread frees everything */
	CHANGE_OPENING,
	CHANGE_READY, /* waits for `go` */
	CHANGE_IN_FORCE,
	CHANGE_DONE, /* the old instance is detached */
	CHANGE_FAILED,
};

struct filter_change {
	pthread_t thread;
	atomic_int phase; /* enum change_phase */
	sem_t go;
	bool adopted;	/* in the list; without it, `go` means to give up */
	bool announced; /* in the filter log */

	/* what the thread works with */
	char *outer, *inner;
	struct live_options options;
	struct packet_probes probes;
	struct packet_instance *before;
	struct live_functions *functions;

	/* what comes of it */
	struct packet_instance *instance;
	uint64_t in_force_ns;
	int result;
	struct error error;
};

static void change_free(struct filter_change *change)
{
	if (!change)
		return;
	if (change->instance && !change->adopted) {
		packets_close(change->instance);
		free(change->instance);
	}
	free(change->outer);
	free(change->inner);
	sem_destroy(&change->go);
	free(change);
}

/* ---- the change's own thread ---- */

/* Moves on unless the change was abandoned meanwhile. */
static bool leave_compiling(struct filter_change *change, enum change_phase to)
{
	int from = CHANGE_COMPILING;

	if (atomic_compare_exchange_strong(&change->phase, &from, to))
		return true;
	change_free(change);
	return false;
}

/* Says what is wrong with a filter before thirty programs are loaded with it. */
static int try_filter(const struct filter *filter, struct error *err)
{
	char why[FILTER_ERR_SIZE];
	const struct bpf_insn *insns;
	size_t n;
	int fd;

	if (!filter_set(filter))
		return 0;
	insns = filter_insns(filter, &n);
	fd = filter_trial_load(insns, n, why, sizeof(why));
	if (fd < 0)
		return error_set(err, fd, "%s", why);
	close(fd);
	return 0;
}

/* Function probes judge by the same filter and write to the same ring as the instance. */
static int prepare_functions(struct live_functions *functions,
	const struct packet_instance *instance, const struct filter *filter, struct error *err)
{
	const struct trace_maps maps = packets_trace_maps(instance);

	return live_functions_prepare(functions, &maps, filter, err);
}

static int open_instance(struct filter_change *change, const struct filter *filter)
{
	int ret = try_filter(filter, &change->error);

	if (ret)
		return ret;
	change->instance = calloc(1, sizeof(*change->instance));
	if (!change->instance)
		return error_set(&change->error, -ENOMEM, "out of memory");
	ret = packets_open(change->instance, &change->probes, &change->options, filter,
		change->before, &change->error);
	return ret ? ret
		   : prepare_functions(change->functions, change->instance, filter,
			     &change->error);
}

static void wait_to_go(struct filter_change *change)
{
	atomic_store(&change->phase, CHANGE_READY);
	while (sem_wait(&change->go) && errno == EINTR)
		;
}

static void *carry_out(void *context)
{
	struct filter_change *change = context;
	char why[FILTER_ERR_SIZE] = "";
	struct filter *filter = NULL;

	change->result = filter_compile(change->outer, change->inner, &filter, why, sizeof(why));
	if (change->result) {
		error_set(&change->error, 0, "%s", why);
		leave_compiling(change, CHANGE_FAILED);
		return NULL;
	}
	if (!leave_compiling(change, CHANGE_OPENING)) {
		filter_free(filter);
		return NULL;
	}
	change->result = open_instance(change, filter);
	filter_free(filter);
	if (!change->result)
		wait_to_go(change);
	if (!change->adopted) {
		atomic_store(&change->phase, CHANGE_FAILED);
		return NULL;
	}
	packets_take_over(change->instance, change->before);
	live_functions_switch(change->functions);
	change->in_force_ns = monotonic_ns();
	atomic_store(&change->phase, CHANGE_IN_FORCE);
	packets_detach(change->before);
	atomic_store(&change->phase, CHANGE_DONE);
	return NULL;
}

/* ---- the collector's thread ---- */

static struct packet_instance *newest(const struct live *live)
{
	struct packet_instance *instance = live->instances;

	while (instance->next)
		instance = instance->next;
	return instance;
}

int live_set_filter(struct source *source, const char *outer, const char *inner, struct error *err)
{
	struct live *live = (struct live *)source;
	struct filter_change *change;
	int ret;

	if (live->change)
		return error_set(err, -EBUSY, "another change of the filter is under way");
	change = calloc(1, sizeof(*change));
	if (!change)
		return error_set(err, -ENOMEM, "out of memory");
	sem_init(&change->go, 0, 0);
	change->outer = strdup(outer ? outer : "");
	change->inner = strdup(inner ? inner : "");
	change->options = live->options;
	change->probes = live->packet_probes;
	change->before = newest(live);
	change->functions = live->functions;
	ret = change->outer && change->inner ? 0 : -ENOMEM;
	if (!ret)
		ret = -pthread_create(&change->thread, NULL, carry_out, change);
	if (ret) {
		change_free(change);
		return error_set(err, ret, "the filter cannot be changed: %s", strerror(-ret));
	}
	live->change = change;
	return 0;
}

/* Takes the new instance among those that are read and drained, then lets the thread go on. */
static int adopt(struct live *live, struct error *err)
{
	struct filter_change *change = live->change;
	int ret = live_ring_open(live, change->instance, err);

	if (!ret) {
		ret = packets_select(change->instance, &live->selection);
		if (ret)
			error_set(err, ret, "the probes cannot be selected: %s", strerror(-ret));
	}
	if (!ret) {
		newest(live)->next = change->instance;
		change->adopted = true;
	}
	sem_post(&change->go);
	return ret;
}

static void end_change(struct live *live)
{
	pthread_join(live->change->thread, NULL);
	change_free(live->change);
	live->change = NULL;
}

int live_filter_outcome(struct source *source, struct error *err)
{
	struct live *live = (struct live *)source;
	struct filter_change *change = live->change;
	int ret = -EINPROGRESS;

	if (!change)
		return 0;
	switch (atomic_load(&change->phase)) {
	case CHANGE_READY:
		if (!change->adopted && adopt(live, err)) {
			end_change(live);
			return -EIO;
		}
		break;
	case CHANGE_IN_FORCE:
	case CHANGE_DONE:
		ret = 0;
		if (!change->announced && filter_log_add(live->host->filters, change->in_force_ns,
						  change->outer, change->inner))
			ret = error_set(err, -ENOMEM, "the filter is in force; out of memory");
		change->announced = true;
		break;
	case CHANGE_FAILED:
		ret = error_set(err, change->result, "%s", change->error.text);
		end_change(live);
		break;
	}
	return ret;
}

/* Adds what an instance has counted to `closed`, all of it or nothing. */
static int keep_counts(struct live *live, const struct packet_instance *instance)
{
	struct snapshot *sum = snapshot_new(live->host->topology.n_cpus);
	int ret = sum ? 0 : -ENOMEM;

	for (int table = 0; table < TABLE_COUNT && !ret; table++)
		ret = snapshot_grow(sum, table, catalog_count(live->host->catalog, table));
	if (!ret)
		ret = live_read_instance(live, instance, sum, NULL);
	if (ret) {
		snapshot_unref(sum);
		return ret;
	}
	if (live->closed)
		live_add_snapshot(sum, live->closed);
	snapshot_unref(live->closed);
	live->closed = sum;
	return 0;
}

void live_instances_retire(struct live *live)
{
	struct packet_instance *oldest = live->instances;

	if (live->change && live->change->announced &&
		atomic_load(&live->change->phase) == CHANGE_DONE) {
		live->change->before->leaving = true;
		end_change(live);
	}
	/* Where memory is short it stays, and is read, until there is some. */
	if (!oldest->leaving || !oldest->empty || keep_counts(live, oldest))
		return;
	live->instances = oldest->next;
	packets_close(oldest);
	free(oldest);
}

int live_instances_open(struct live *live, struct error *err)
{
	int ret = try_filter(live->options.compiled, err);

	if (ret)
		return ret;
	live->instances = calloc(1, sizeof(*live->instances));
	if (!live->instances)
		return error_set(err, -ENOMEM, "out of memory");
	ret = packets_open(live->instances, &live->packet_probes, &live->options,
		live->options.compiled, NULL, err);
	if (!ret)
		ret = live_ring_open(live, live->instances, err);
	if (!ret)
		ret = prepare_functions(
			live->functions, live->instances, live->options.compiled, err);
	if (!ret)
		live_functions_switch(live->functions);
	return ret;
}

static void stop_change(struct live *live)
{
	struct filter_change *change = live->change;
	int compiling = CHANGE_COMPILING;

	if (!change)
		return;
	if (atomic_compare_exchange_strong(&change->phase, &compiling, CHANGE_ABANDONED)) {
		pthread_detach(change->thread);
		live->change = NULL;
		return;
	}
	if (!change->adopted)
		sem_post(&change->go);
	end_change(live);
}

void live_instances_detach(struct live *live)
{
	stop_change(live);
	for (struct packet_instance *i = live->instances; i; i = i->next)
		packets_detach(i);
}

void live_instances_free(struct live *live)
{
	stop_change(live);
	while (live->instances) {
		struct packet_instance *oldest = live->instances;

		live->instances = oldest->next;
		packets_close(oldest);
		free(oldest);
	}
	snapshot_unref(live->closed);
}
