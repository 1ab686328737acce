/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/details.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Stacks are 280 bytes, sk_buffs a thousand: less than 2 MB together. */
enum {
	STACKS_MAX = 2048,
	SKBS_MAX = 1024
};

struct trace_details {
	pthread_mutex_t lock;
	size_t n_stacks, n_skbs; /* ever added */
	struct stack_record stack[STACKS_MAX];
	struct skb_record skb[SKBS_MAX];
};

struct trace_details *trace_details_new(void)
{
	struct trace_details *details = calloc(1, sizeof(*details));

	if (details)
		pthread_mutex_init(&details->lock, NULL);
	return details;
}

void trace_details_free(struct trace_details *details)
{
	if (!details)
		return;
	pthread_mutex_destroy(&details->lock);
	free(details);
}

bool trace_details_add(struct trace_details *details, const void *record, size_t size)
{
	const struct detail_head *head = record;
	const struct stack_record *stack = record;
	const struct skb_record *skb = record;
	bool is_stack = size >= sizeof(*stack) && head->type == RECORD_STACK &&
			head->size == sizeof(*stack) && stack->n_frames <= ABI_STACK_MAX;
	bool is_skb = size >= sizeof(*skb) && head->type == RECORD_SKB &&
		      head->size == sizeof(*skb) && skb->skb_size <= ABI_SKB_MAX &&
		      skb->shared_size <= ABI_SHARED_MAX;

	if (!is_stack && !is_skb)
		return false;
	pthread_mutex_lock(&details->lock);
	if (is_stack)
		details->stack[details->n_stacks++ % STACKS_MAX] = *stack;
	else
		details->skb[details->n_skbs++ % SKBS_MAX] = *skb;
	pthread_mutex_unlock(&details->lock);
	return true;
}

static bool belongs(const struct detail_head *head, const struct trace_record *line)
{
	return head->ktime_ns == line->ktime_ns && head->cpu == line->cpu &&
	       head->skb == line->skb && head->probe == line->probe;
}

bool trace_details_stack(
	struct trace_details *details, const struct trace_record *line, struct stack_record *out)
{
	bool found = false;

	pthread_mutex_lock(&details->lock);
	for (size_t i = details->n_stacks, n = 0; i && n < STACKS_MAX && !found; i--, n++) {
		const struct stack_record *stack = &details->stack[(i - 1) % STACKS_MAX];

		found = belongs(&stack->head, line);
		if (found)
			*out = *stack;
	}
	pthread_mutex_unlock(&details->lock);
	return found;
}

bool trace_details_skb(
	struct trace_details *details, const struct trace_record *line, struct skb_record *out)
{
	bool found = false;

	pthread_mutex_lock(&details->lock);
	for (size_t i = details->n_skbs, n = 0; i && n < SKBS_MAX && !found; i--, n++) {
		const struct skb_record *skb = &details->skb[(i - 1) % SKBS_MAX];

		found = belongs(&skb->head, line);
		if (found)
			*out = *skb;
	}
	pthread_mutex_unlock(&details->lock);
	return found;
}

/* Where in a ring of `max` the one after *n_seen lies, `n` having been added; -1: there is none. */
static int take_next(size_t *n_seen, size_t n, size_t max)
{
	if (*n_seen == n)
		return -1;
	if (n - *n_seen > max)
		*n_seen = n - max;
	return (*n_seen)++ % max;
}

bool trace_details_next_stack(struct trace_details *details, size_t *n_seen, struct stack_record *out)
{
	int at;

	pthread_mutex_lock(&details->lock);
	at = take_next(n_seen, details->n_stacks, STACKS_MAX);
	if (at >= 0)
		*out = details->stack[at];
	pthread_mutex_unlock(&details->lock);
	return at >= 0;
}

bool trace_details_next_skb(struct trace_details *details, size_t *n_seen, struct skb_record *out)
{
	int at;

	pthread_mutex_lock(&details->lock);
	at = take_next(n_seen, details->n_skbs, SKBS_MAX);
	if (at >= 0)
		*out = details->skb[at];
	pthread_mutex_unlock(&details->lock);
	return at >= 0;
}
