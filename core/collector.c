/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/collector.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/filter/log.h"
#include "core/model/ledger.h"

/* How often the ring is drained: often enough for 16 MiB at a million records a second, rarely enough
 * that a wake-up costs nothing. */
enum { DRAIN_EVERY_NS = 25 * 1000 * 1000 };

/* A source's drain gives way after some time; one that took this long has left something behind. */
enum { DRAIN_LONG_NS = 10 * 1000 * 1000 };

/* How long the end may take: what is still in the ring is read, and the books must balance. */
enum { CLOSING_ROUNDS = 400 };

enum { REQUESTS_MAX = 256 };

struct request {
	enum { REQUEST_SELECT, REQUEST_ERRORS, REQUEST_DETAILS, REQUEST_INSIDE, REQUEST_PROGRAMS } kind;
	enum table_id table;
	int row; /* or the bits of details */
	bool on;
};

struct collector {
	struct source *source;
	struct collector_options options;
	struct history *history;
	struct trace_log *log;
	pthread_t thread;
	bool joined;
	int event_fd;

	/* Only the collector's thread. */
	struct snapshot *previous;
	uint64_t *overwritten; /* per slot, and one for CPUs that cannot be */
	uint64_t taken;	       /* snapshots so far */
	uint64_t next_sample_ns;
	uint64_t filter_begun; /* the wish that the source is working on, 0: none */

	struct function_choice functions; /* guarded by the lock, as what follows */
	bool functions_asked;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct request request[REQUESTS_MAX];
	int n_requests;
	struct filter_state filter; /* without the expressions in force */
	char filter_outer[OPTIONS_FILTER_MAX]; /* the wish that is pending */
	char filter_inner[OPTIONS_FILTER_MAX];
	uint64_t interval_ns;
	bool nudged; /* something to look at that is no request: a wish, another interval */
	bool stop;
	bool ended;
	struct error error;
};

static void announce(struct collector *c)
{
	const uint64_t one = 1;

	/* Fails only if nobody has looked 2^64 times. */
	if (write(c->event_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- records ---- */

static void take_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct collector *c = context;
	const struct topology *topology = &c->source->host->topology;
	int gone = trace_log_append(c->log, record, real_ns);

	if (gone >= 0) {
		int slot = topology_slot(topology, gone);

		c->overwritten[slot >= 0 ? slot : topology->n_cpus]++;
	}
	for (int i = 0; i < c->options.n_listeners; i++) {
		const struct listener *l = &c->options.listener[i];

		if (l->record)
			l->record(l->context, record, real_ns);
	}
}

static int drain(struct collector *c)
{
	int n = c->source->ops->drain ? c->source->ops->drain(c->source, take_record, c) : 0;

	if (n > 0)
		announce(c);
	return n;
}

/* ---- snapshots ---- */

/* The log is the collector's, so it is the one to enter what fell out of it; so are listeners with what
 * they lose. A replay brings the books of the machine that recorded. */
static void enter_losses(struct collector *c, struct snapshot *snapshot)
{
	struct table *t = &snapshot->table[TABLE_LOSS];

	if (!c->source->ops->paced)
		return;
	if (t->n_rows > LOSS_OVERWRITTEN)
		memcpy(table_values(t, LOSS_OVERWRITTEN, 0), c->overwritten,
			t->n_slots * sizeof(*c->overwritten));
	for (int i = 0; i < c->options.n_listeners; i++) {
		const struct listener *l = &c->options.listener[i];

		if (l->books)
			l->books(l->context, snapshot);
	}
}

/* Takes over the caller's reference. */
static int keep_snapshot(struct collector *c, struct snapshot *snapshot, struct error *err)
{
	int ret = history_append(c->history, snapshot);

	if (ret) {
		snapshot_unref(snapshot);
		return error_set(err, ret, "cannot keep a snapshot: %s", strerror(-ret));
	}
	for (int i = 0; i < c->options.n_listeners; i++) {
		const struct listener *l = &c->options.listener[i];

		if (l->snapshot)
			l->snapshot(l->context, c->previous, snapshot);
	}
	snapshot_unref(c->previous);
	c->previous = snapshot;
	c->taken++;
	announce(c);
	return 0;
}

static int sample(struct collector *c, struct error *err)
{
	struct snapshot *snapshot = NULL;
	int ret = c->source->ops->sample(c->source, &snapshot, err);

	if (ret)
		return ret;
	enter_losses(c, snapshot);
	return keep_snapshot(c, snapshot, err);
}

/* ---- requests ---- */

static void carry_out(struct collector *c, const struct request *request)
{
	const struct source_ops *ops = c->source->ops;

	if (request->kind == REQUEST_SELECT && ops->select)
		ops->select(c->source, request->table, request->row, request->on);
	else if (request->kind == REQUEST_DETAILS && ops->details)
		ops->details(c->source, request->row);
	else if (request->kind == REQUEST_PROGRAMS && ops->programs)
		ops->programs(c->source, false, NULL);
	else if (request->kind == REQUEST_INSIDE && ops->inside)
		ops->inside(c->source, request->row);
	else if (request->kind == REQUEST_ERRORS && ops->want_errors)
		ops->want_errors(c->source, request->on);
}

/* ---- the filter ---- */

/* Notes what came of a wish, unless another has taken its place. */
static void settle_filter(struct collector *c, uint64_t wish, int ret, const struct error *why)
{
	pthread_mutex_lock(&c->lock);
	if (c->filter.n_asked == wish) {
		c->filter.outcome = ret ? FILTER_REFUSED : FILTER_APPLIED;
		c->filter.why = *why;
	}
	pthread_mutex_unlock(&c->lock);
	announce(c);
}

/* The wish to begin with: its number, or 0 if there is none that has not been seen to. */
static uint64_t next_wish(struct collector *c, char *outer, char *inner)
{
	uint64_t wish = 0;

	pthread_mutex_lock(&c->lock);
	if (c->filter.outcome == FILTER_PENDING) {
		wish = c->filter.n_asked;
		memcpy(outer, c->filter_outer, sizeof(c->filter_outer));
		memcpy(inner, c->filter_inner, sizeof(c->filter_inner));
	}
	pthread_mutex_unlock(&c->lock);
	return wish;
}

/* Called between drains: asks how the change under way does, then begins the next. */
static void tend_filter(struct collector *c)
{
	char outer[OPTIONS_FILTER_MAX], inner[OPTIONS_FILTER_MAX];
	const struct source_ops *ops = c->source->ops;
	struct error why = {};
	uint64_t wish;
	int ret;

	if (c->filter_begun) {
		ret = ops->filter_outcome(c->source, &why);
		if (ret == -EINPROGRESS)
			return;
		settle_filter(c, c->filter_begun, ret, &why);
		c->filter_begun = 0;
	}
	wish = next_wish(c, outer, inner);
	if (!wish)
		return;
	memset(&why, 0, sizeof(why));
	ret = ops->set_filter ? ops->set_filter(c->source, outer, inner, &why) :
				error_set(&why, -EOPNOTSUPP, "a recording's filter cannot be changed");
	if (!ret)
		c->filter_begun = wish;
	else if (ret != -EBUSY)
		settle_filter(c, wish, ret, &why);
}

/* Only the last choice matters, so it has no place in the queue. */
static void carry_out_functions(struct collector *c)
{
	struct function_choice choice;
	bool asked;

	pthread_mutex_lock(&c->lock);
	asked = c->functions_asked;
	choice = c->functions;
	c->functions_asked = false;
	pthread_mutex_unlock(&c->lock);
	if (asked && c->source->ops->functions)
		c->source->ops->functions(c->source, &choice);
}

/* Waits until `until_ns`, a request or the order to stop; carries requests out. False: stop. */
static bool wait_for_work(struct collector *c, uint64_t until_ns)
{
	struct request todo[REQUESTS_MAX];
	struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };
	int n;
	bool stop;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && !c->n_requests && !c->functions_asked && !c->nudged &&
		pthread_cond_timedwait(&c->wake, &c->lock, &until) != ETIMEDOUT)
		;
	n = c->n_requests;
	memcpy(todo, c->request, n * sizeof(todo[0]));
	c->n_requests = 0;
	c->nudged = false;
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < n; i++)
		carry_out(c, &todo[i]);
	carry_out_functions(c);
	return !stop;
}

static uint64_t interval_ns(struct collector *c)
{
	uint64_t interval;

	pthread_mutex_lock(&c->lock);
	interval = c->interval_ns;
	pthread_mutex_unlock(&c->lock);
	return interval;
}

/* ---- the loop ---- */

/* Neither records nor a new filter are on their way: until the next sample there is nothing to do. */
static bool nothing_to_tend(struct collector *c)
{
	const struct source_ops *ops = c->source->ops;

	return ops->quiet && ops->quiet(c->source) && !c->filter_begun;
}

/* From the planned moment, so that intervals do not drift; after a pause of the whole machine from now. */
static void plan_sample(struct collector *c, uint64_t now)
{
	uint64_t interval = interval_ns(c);

	if (c->taken == 1 && c->options.first_ns && c->options.first_ns < interval)
		interval = c->options.first_ns;
	c->next_sample_ns += interval;
	if (c->next_sample_ns < now)
		c->next_sample_ns = now + interval;
}

/* A source with a clock of ours: drain often, sample every interval. */
static int run_paced(struct collector *c, struct error *err)
{
	c->next_sample_ns = monotonic_ns();
	for (;;) {
		uint64_t now = monotonic_ns(), wake = now + DRAIN_EVERY_NS;
		int ret;

		if (drain(c) > 0 && monotonic_ns() - now > DRAIN_LONG_NS)
			wake = now;
		tend_filter(c);
		if (now >= c->next_sample_ns) {
			ret = sample(c, err);
			if (ret)
				return ret;
			if (c->options.iterations && c->taken > c->options.iterations)
				return 0;
			plan_sample(c, now);
		}
		wake = nothing_to_tend(c) ? c->next_sample_ns : now + DRAIN_EVERY_NS;
		if (!wait_for_work(c, wake < c->next_sample_ns ? wake : c->next_sample_ns))
			return 0;
		/* The interval may have been made shorter meanwhile. */
		if (c->next_sample_ns > now + interval_ns(c))
			c->next_sample_ns = now + interval_ns(c);
	}
}

/* A source that has its own order of records and snapshots. */
static int run_unpaced(struct collector *c, struct error *err)
{
	for (;;) {
		int n = drain(c);
		int ret = sample(c, err);

		tend_filter(c);
		if (ret && ret != -EAGAIN)
			return ret == -ENODATA ? 0 : ret;
		if (!ret && c->options.iterations && c->taken > c->options.iterations)
			return 0;
		if (!wait_for_work(c, ret && n <= 0 ? monotonic_ns() + DRAIN_EVERY_NS : 0))
			return 0;
	}
}

/* A recording has its own closed books, if it was read to its end. */
static struct snapshot *last_of_unpaced(struct collector *c)
{
	struct snapshot *last = NULL;

	if (c->source->ops->sample(c->source, &last, NULL) == 0)
		return last;
	return c->previous ? snapshot_ref(c->previous) : NULL;
}

/* Ends tracing and reads what is left, until everything that was seen is accounted for. */
static struct snapshot *close_books(struct collector *c, struct error *err)
{
	struct snapshot *last = NULL;

	if (c->source->ops->stop)
		c->source->ops->stop(c->source);
	if (!c->source->ops->paced)
		return last_of_unpaced(c);
	for (int i = 0; i < CLOSING_ROUNDS; i++) {
		while (drain(c) > 0)
			;
		snapshot_unref(last);
		last = NULL;
		if (c->source->ops->sample(c->source, &last, err))
			return NULL;
		enter_losses(c, last);
		if (ledger_sum(last).balanced)
			break;
		usleep(5000);
	}
	return last;
}

static void *collect(void *context)
{
	struct collector *c = context;
	struct error err = {};
	struct snapshot *last;

	if (c->source->ops->paced)
		run_paced(c, &err);
	else
		run_unpaced(c, &err);
	last = close_books(c, &err);
	for (int i = 0; i < c->options.n_listeners; i++) {
		const struct listener *l = &c->options.listener[i];

		if (l->end)
			l->end(l->context, last);
	}
	snapshot_unref(last);
	pthread_mutex_lock(&c->lock);
	c->ended = true;
	c->error = err;
	pthread_mutex_unlock(&c->lock);
	announce(c);
	return NULL;
}

/* ---- life ---- */

static int init_parts(struct collector *c)
{
	pthread_condattr_t attributes;

	c->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->history = history_new(c->options.history_ns, c->options.history_bytes);
	c->log = trace_log_new(c->options.log_lines ? c->options.log_lines : TRACE_LOG_LINES);
	c->overwritten = calloc(c->source->host->topology.n_cpus + 1, sizeof(*c->overwritten));
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (c->event_fd < 0)
		return -errno;
	return c->history && c->log && c->overwritten ? 0 : -ENOMEM;
}

static void free_parts(struct collector *c)
{
	snapshot_unref(c->previous);
	history_free(c->history);
	trace_log_free(c->log);
	free(c->overwritten);
	if (c->event_fd >= 0)
		close(c->event_fd);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	source_close(c->source);
	free(c);
}

struct collector *collector_start(
	struct source *source, const struct collector_options *options, struct error *err)
{
	struct collector *c = calloc(1, sizeof(*c));
	int ret;

	if (!c) {
		source_close(source);
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->source = source;
	c->options = *options;
	c->interval_ns = options->interval_ns;
	ret = init_parts(c);
	if (!ret)
		ret = -pthread_create(&c->thread, NULL, collect, c);
	if (ret) {
		error_set(err, ret, "cannot start collecting: %s", strerror(-ret));
		free_parts(c);
		return NULL;
	}
	return c;
}

void collector_stop(struct collector *c)
{
	if (c->joined)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	c->joined = true;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	collector_stop(c);
	free_parts(c);
}

/* ---- what others may ask ---- */

const struct history *collector_history(const struct collector *c)
{
	return c->history;
}

struct trace_log *collector_log(const struct collector *c)
{
	return c->log;
}

const struct host *collector_host(const struct collector *c)
{
	return c->source->host;
}

const struct source_ops *collector_source(const struct collector *c)
{
	return c->source->ops;
}

int collector_fd(const struct collector *c)
{
	return c->event_fd;
}

void collector_seen(struct collector *c)
{
	uint64_t n;

	/* Nothing new is as good as something. */
	if (read(c->event_fd, &n, sizeof(n)) < 0)
		return;
}

bool collector_ended(struct collector *c, struct error *err)
{
	bool ended;

	pthread_mutex_lock(&c->lock);
	ended = c->ended;
	if (ended && err)
		*err = c->error;
	pthread_mutex_unlock(&c->lock);
	return ended;
}

static void ask(struct collector *c, const struct request *request)
{
	pthread_mutex_lock(&c->lock);
	if (c->n_requests < REQUESTS_MAX)
		c->request[c->n_requests++] = *request;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void collector_select(struct collector *c, enum table_id table, int row, bool on)
{
	ask(c, &(struct request){ .kind = REQUEST_SELECT, .table = table, .row = row, .on = on });
}

void collector_details(struct collector *c, unsigned wish)
{
	ask(c, &(struct request){ .kind = REQUEST_DETAILS, .row = (int)wish });
}

void collector_want_errors(struct collector *c, bool on)
{
	ask(c, &(struct request){ .kind = REQUEST_ERRORS, .on = on });
}

void collector_programs(struct collector *c)
{
	ask(c, &(struct request){ .kind = REQUEST_PROGRAMS });
}

void collector_inside(struct collector *c, int row)
{
	ask(c, &(struct request){ .kind = REQUEST_INSIDE, .row = row });
}

void collector_set_filter(struct collector *c, const char *outer, const char *inner)
{
	size_t max = sizeof(c->filter_outer);

	outer = outer ? outer : "";
	inner = inner ? inner : "";
	pthread_mutex_lock(&c->lock);
	c->filter.n_asked++;
	memset(&c->filter.why, 0, sizeof(c->filter.why));
	if (strlen(outer) >= max || strlen(inner) >= max) {
		c->filter.outcome = FILTER_REFUSED;
		error_set(&c->filter.why, 0, "the filter is longer than %zu bytes", max - 1);
	} else {
		c->filter.outcome = FILTER_PENDING;
		strcpy(c->filter_outer, outer);
		strcpy(c->filter_inner, inner);
	}
	c->nudged = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	announce(c);
}

struct filter_state collector_filter(const struct collector *c)
{
	/* The lock is no part of what the caller sees as constant. */
	struct collector *locked = (struct collector *)c;
	const struct filter_entry *entry;
	struct filter_state state;

	pthread_mutex_lock(&locked->lock);
	state = c->filter;
	pthread_mutex_unlock(&locked->lock);
	entry = filter_log_at(c->source->host->filters, UINT64_MAX);
	if (entry) {
		snprintf(state.outer, sizeof(state.outer), "%s", entry->outer);
		snprintf(state.inner, sizeof(state.inner), "%s", entry->inner);
	}
	return state;
}

void collector_functions(struct collector *c, const struct function_choice *choice)
{
	pthread_mutex_lock(&c->lock);
	c->functions = *choice;
	c->functions_asked = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

bool collector_functions_status(const struct collector *c, struct functions_status *out)
{
	if (!c->source->ops->functions_status)
		return false;
	c->source->ops->functions_status(c->source, out);
	return true;
}

bool collector_functions_refusal(
	const struct collector *c, int index, struct function_entry *out)
{
	return c->source->ops->functions_refusal &&
	       c->source->ops->functions_refusal(c->source, index, out);
}

void collector_set_interval(struct collector *c, uint64_t new_interval_ns)
{
	pthread_mutex_lock(&c->lock);
	c->interval_ns = new_interval_ns;
	c->nudged = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}
