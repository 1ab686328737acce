/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct filter_log {
	pthread_mutex_t lock;
	size_t n;
	struct filter_entry **entry; /* each in memory of its own, strings included */
};

struct filter_log *filter_log_new(void)
{
	struct filter_log *log = calloc(1, sizeof(*log));

	if (log)
		pthread_mutex_init(&log->lock, NULL);
	return log;
}

void filter_log_free(struct filter_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->n; i++)
		free(log->entry[i]);
	free(log->entry);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

static struct filter_entry *entry_new(uint64_t mono_ns, const char *outer, const char *inner)
{
	size_t outer_size = strlen(outer) + 1, inner_size = strlen(inner) + 1;
	struct filter_entry *entry = malloc(sizeof(*entry) + outer_size + inner_size);
	char *text = (char *)(entry + 1);

	if (!entry)
		return NULL;
	entry->mono_ns = mono_ns;
	entry->outer = memcpy(text, outer, outer_size);
	entry->inner = memcpy(text + outer_size, inner, inner_size);
	return entry;
}

int filter_log_add(struct filter_log *log, uint64_t mono_ns, const char *outer, const char *inner)
{
	struct filter_entry *entry = entry_new(mono_ns, outer ? outer : "", inner ? inner : "");
	struct filter_entry **more;

	if (!entry)
		return -ENOMEM;
	pthread_mutex_lock(&log->lock);
	more = realloc(log->entry, (log->n + 1) * sizeof(*more));
	if (more) {
		log->entry = more;
		log->entry[log->n++] = entry;
	}
	pthread_mutex_unlock(&log->lock);
	if (!more)
		free(entry);
	return more ? 0 : -ENOMEM;
}

const struct filter_entry *filter_log_at(struct filter_log *log, uint64_t mono_ns)
{
	const struct filter_entry *found = NULL;

	pthread_mutex_lock(&log->lock);
	for (size_t i = log->n; i-- > 0 && !found;)
		if (log->entry[i]->mono_ns <= mono_ns)
			found = log->entry[i];
	pthread_mutex_unlock(&log->lock);
	return found;
}

size_t filter_log_count(struct filter_log *log)
{
	size_t n;

	pthread_mutex_lock(&log->lock);
	n = log->n;
	pthread_mutex_unlock(&log->lock);
	return n;
}

const struct filter_entry *filter_log_entry(struct filter_log *log, size_t i)
{
	const struct filter_entry *entry;

	pthread_mutex_lock(&log->lock);
	entry = i < log->n ? log->entry[i] : NULL;
	pthread_mutex_unlock(&log->lock);
	return entry;
}
