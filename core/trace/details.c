/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/details.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * One kind of detail: a ring of entries, which all begin with a detail_head. They are counted from 1; the one that was
 * added n-th lies at (n - 1) % max. Those of one bucket are chained from the newest back, and a chain ends where it
 * leaves the ring.
 */
struct store {
	size_t size; /* of an entry */
	size_t max;  /* a power of two */
	size_t n;    /* ever added */
	char *entry;
	size_t *before; /* by place: number of the one before it in its bucket, 0: none */
	size_t *bucket; /* number of the newest */
};

struct trace_details {
	pthread_mutex_t lock;
	struct store stacks, skbs;
};

/* ---- one kind ---- */

static int store_init(struct store *s, size_t size, size_t max)
{
	*s = (struct store){
		.size = size,
		.max = max,
		.entry = calloc(max, size),
		.before = calloc(max, sizeof(*s->before)),
		.bucket = calloc(max, sizeof(*s->bucket)),
	};
	return s->entry && s->before && s->bucket ? 0 : -ENOMEM;
}

static void store_free(struct store *s)
{
	free(s->entry);
	free(s->before);
	free(s->bucket);
}

static size_t bucket_of(const struct store *s, const struct detail_head *head)
{
	return (head->ktime_ns ^ head->skb >> 6) * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (s->max - 1);
}

static void store_add(struct store *s, const struct detail_head *entry)
{
	size_t place = s->n++ & (s->max - 1), bucket = bucket_of(s, entry);

	memcpy(s->entry + place * s->size, entry, s->size);
	s->before[place] = s->bucket[bucket];
	s->bucket[bucket] = s->n;
}

static bool store_find(const struct store *s, const struct trace_record *line, void *out)
{
	const struct detail_head wanted = trace_details_head(line);
	size_t n = s->bucket[bucket_of(s, &wanted)];

	while (n && s->n - n < s->max) {
		size_t place = (n - 1) & (s->max - 1);
		const struct detail_head *head = (const void *)(s->entry + place * s->size);

		if (trace_details_same(head, &wanted)) {
			memcpy(out, head, s->size);
			return true;
		}
		n = s->before[place];
	}
	return false;
}

static bool store_next(const struct store *s, size_t *n_seen, void *out)
{
	if (*n_seen == s->n)
		return false;
	if (s->n - *n_seen > s->max)
		*n_seen = s->n - s->max;
	memcpy(out, s->entry + ((*n_seen)++ & (s->max - 1)) * s->size, s->size);
	return true;
}

/* ---- both ---- */

static int init_both(struct trace_details *details, size_t n_stacks)
{
	return store_init(&details->stacks, sizeof(struct stack_record), n_stacks) ?:
		store_init(&details->skbs, sizeof(struct skb_record), n_stacks / 2);
}

struct trace_details *trace_details_new(void)
{
	struct trace_details *details = calloc(1, sizeof(*details));

	if (!details)
		return NULL;
	pthread_mutex_init(&details->lock, NULL);
	if (!init_both(details, TRACE_DETAILS_STACKS))
		return details;
	trace_details_free(details);
	return NULL;
}

void trace_details_free(struct trace_details *details)
{
	if (!details)
		return;
	store_free(&details->stacks);
	store_free(&details->skbs);
	pthread_mutex_destroy(&details->lock);
	free(details);
}

int trace_details_keep(struct trace_details *details, size_t n_stacks)
{
	struct trace_details other = {};
	size_t n = TRACE_DETAILS_STACKS;

	while (n < n_stacks)
		n *= 2;
	if (init_both(&other, n)) {
		store_free(&other.stacks);
		store_free(&other.skbs);
		return -ENOMEM;
	}
	store_free(&details->stacks);
	store_free(&details->skbs);
	details->stacks = other.stacks;
	details->skbs = other.skbs;
	return 0;
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
	store_add(is_stack ? &details->stacks : &details->skbs, head);
	pthread_mutex_unlock(&details->lock);
	return true;
}

static bool find(struct trace_details *details, const struct store *store, const struct trace_record *line, void *out)
{
	bool found;

	pthread_mutex_lock(&details->lock);
	found = store_find(store, line, out);
	pthread_mutex_unlock(&details->lock);
	return found;
}

bool trace_details_stack(
	struct trace_details *details, const struct trace_record *line, struct stack_record *out)
{
	return find(details, &details->stacks, line, out);
}

bool trace_details_skb(
	struct trace_details *details, const struct trace_record *line, struct skb_record *out)
{
	return find(details, &details->skbs, line, out);
}

bool trace_details_next(struct trace_details *details, unsigned wish, struct trace_details_cursor *cursor,
	union line_detail *out)
{
	bool found;

	pthread_mutex_lock(&details->lock);
	found = (wish & (DETAIL_DROP_STACK | DETAIL_STACK) && store_next(&details->stacks, &cursor->stacks, out)) ||
		(wish & DETAIL_SKB && store_next(&details->skbs, &cursor->skbs, out));
	pthread_mutex_unlock(&details->lock);
	return found;
}

struct detail_head trace_details_head(const struct trace_record *line)
{
	return (struct detail_head){
		.cpu = line->cpu, .ktime_ns = line->ktime_ns, .skb = line->skb, .probe = line->probe};
}

bool trace_details_same(const struct detail_head *a, const struct detail_head *b)
{
	return a->ktime_ns == b->ktime_ns && a->cpu == b->cpu && a->skb == b->skb && a->probe == b->probe;
}
