/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/log.h"

#include <pthread.h>
#include <stdlib.h>

/* A search holds the lock for this many records at a time, so that the writer is never kept waiting. */
enum { SELECT_BATCH = 1024 };

struct entry {
	uint64_t real_ns;
	struct trace_record record;
};

struct trace_log {
	pthread_mutex_t lock;
	uint64_t end; /* sequence number of the next record */
	size_t capacity;
	struct entry entry[]; /* record n is in entry[n % capacity] */
};

struct trace_log *trace_log_new(size_t capacity)
{
	struct trace_log *log;

	if (!capacity || capacity > (SIZE_MAX - sizeof(*log)) / sizeof(struct entry))
		return NULL;
	/* calloc leaves pages of this size untouched until a record is stored there. */
	log = calloc(1, sizeof(*log) + capacity * sizeof(struct entry));
	if (!log)
		return NULL;
	if (pthread_mutex_init(&log->lock, NULL)) {
		free(log);
		return NULL;
	}
	log->capacity = capacity;
	return log;
}

void trace_log_free(struct trace_log *log)
{
	if (!log)
		return;
	pthread_mutex_destroy(&log->lock);
	free(log);
}

static struct entry *entry_of(struct trace_log *log, uint64_t sequence)
{
	return &log->entry[sequence % log->capacity];
}

static uint64_t first_kept(const struct trace_log *log)
{
	return log->end > log->capacity ? log->end - log->capacity : 0;
}

int trace_log_append(struct trace_log *log, const struct trace_record *record, uint64_t real_ns)
{
	struct entry *entry;
	int overwritten_cpu = -1;

	pthread_mutex_lock(&log->lock);
	entry = entry_of(log, log->end);
	if (log->end >= log->capacity)
		overwritten_cpu = (int)entry->record.cpu;
	entry->real_ns = real_ns;
	entry->record = *record;
	log->end++;
	pthread_mutex_unlock(&log->lock);
	return overwritten_cpu;
}

struct trace_range trace_log_range(struct trace_log *log)
{
	struct trace_range range;

	pthread_mutex_lock(&log->lock);
	range = (struct trace_range){ .first = first_kept(log), .end = log->end };
	pthread_mutex_unlock(&log->lock);
	return range;
}

bool trace_log_read(struct trace_log *log, uint64_t sequence, struct trace_line *line)
{
	bool kept;

	pthread_mutex_lock(&log->lock);
	kept = sequence >= first_kept(log) && sequence < log->end;
	if (kept) {
		const struct entry *entry = entry_of(log, sequence);

		line->sequence = sequence;
		line->real_ns = entry->real_ns;
		line->record = entry->record;
	}
	pthread_mutex_unlock(&log->lock);
	return kept;
}

struct search {
	uint64_t from; /* where it ends, going down */
	uint64_t next; /* one past the record to look at next */
	trace_match match;
	void *context;
	uint64_t *out;
	size_t found;
	size_t max;
};

/* Looks at one batch of records, newest first. False once there are no more, or enough were found. */
static bool search_batch(struct trace_log *log, struct search *search)
{
	uint64_t first, bottom;

	pthread_mutex_lock(&log->lock);
	first = first_kept(log) > search->from ? first_kept(log) : search->from;
	if (search->next > log->end)
		search->next = log->end;
	bottom = search->next > first + SELECT_BATCH ? search->next - SELECT_BATCH : first;
	while (search->next > bottom && search->found < search->max) {
		search->next--;
		if (!search->match ||
			search->match(search->context, &entry_of(log, search->next)->record))
			search->out[search->found++] = search->next;
	}
	pthread_mutex_unlock(&log->lock);
	return search->next > first && search->found < search->max;
}

size_t trace_log_select(struct trace_log *log, uint64_t from, uint64_t upto, trace_match match,
	void *context, uint64_t *out, size_t max)
{
	struct search search = {
		.from = from,
		.next = upto == UINT64_MAX ? upto : upto + 1,
		.match = match,
		.context = context,
		.out = out,
		.max = max,
	};

	while (search_batch(log, &search))
		;
	for (size_t i = 0; i < search.found / 2; i++) {
		uint64_t swapped = out[i];

		out[i] = out[search.found - 1 - i];
		out[search.found - 1 - i] = swapped;
	}
	return search.found;
}

size_t trace_log_select_oldest(struct trace_log *log, uint64_t from, uint64_t upto, trace_match match,
	void *context, uint64_t *out, size_t max)
{
	uint64_t next = from, end;
	size_t found = 0;
	bool more;

	do {
		pthread_mutex_lock(&log->lock);
		if (next < first_kept(log))
			next = first_kept(log);
		end = upto < log->end ? upto + 1 : log->end;
		for (int i = 0; i < SELECT_BATCH && next < end && found < max; i++, next++)
			if (!match || match(context, &entry_of(log, next)->record))
				out[found++] = next;
		more = next < end && found < max;
		pthread_mutex_unlock(&log->lock);
	} while (more);
	return found;
}
