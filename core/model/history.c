/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/history.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/model/snapcode.h"

/*
 * A key frame every so many: to unpack any snapshot takes at most this many steps, and what is dropped at
 * the old end is dropped by such groups.
 */
enum { GROUP_FRAMES = 16, CACHE_SNAPSHOTS = 2 * GROUP_FRAMES };

/* One packed snapshot. A reader holds references to those it unpacks, so the writer may drop them. */
struct frame {
	atomic_int references;
	bool key;
	uint64_t mono_ns;
	uint64_t real_ns;
	size_t length;
	uint8_t data[];
};

/* What is kept, guarded by a lock that nobody holds while packing or unpacking. */
struct store {
	pthread_mutex_t lock;
	struct frame **ring; /* of `room` places, a power of two; sequence & (room - 1) is the place */
	size_t room;
	uint64_t first_frame; /* a key frame, if there is any */
	uint64_t first;	      /* first_frame or later in its group: what time still allows */
	uint64_t end;
	size_t bytes;
	struct snapshot *newest[2]; /* newest first */
};

/* Snapshots unpacked lately, so that the one beside them is one step away. Readers take turns. */
struct unpacked {
	pthread_mutex_t lock;
	struct snapshot *snapshot[CACHE_SNAPSHOTS]; /* most recently used first */
	int n;
	size_t max_bytes;
};

struct history {
	uint64_t max_ns;
	size_t max_bytes;
	struct bytes packing;	  /* the writer's, reused */
	int group_length;	  /* the writer's: frames since the last key frame */
	size_t group_bytes;
	struct store *store;	  /* behind pointers, since reading a const history locks and caches */
	struct unpacked *unpacked;
};

static void frame_unref(struct frame *frame)
{
	if (frame &&
		atomic_fetch_sub_explicit(&frame->references, 1, memory_order_acq_rel) == 1)
		free(frame);
}

static struct frame **frame_place(const struct store *store, uint64_t sequence)
{
	return &store->ring[sequence & (store->room - 1)];
}

struct history *history_new(uint64_t max_ns, size_t max_bytes)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->max_ns = max_ns ? max_ns : UINT64_C(1000000000) * HISTORY_SECONDS;
	history->max_bytes = max_bytes ? max_bytes : HISTORY_BYTES;
	history->store = calloc(1, sizeof(*history->store));
	history->unpacked = calloc(1, sizeof(*history->unpacked));
	if (!history->store || !history->unpacked) {
		free(history->store);
		free(history->unpacked);
		free(history);
		return NULL;
	}
	history->unpacked->max_bytes = history->max_bytes / 4;
	pthread_mutex_init(&history->store->lock, NULL);
	pthread_mutex_init(&history->unpacked->lock, NULL);
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	for (uint64_t i = history->store->first_frame; i < history->store->end; i++)
		frame_unref(*frame_place(history->store, i));
	free(history->store->ring);
	for (int i = 0; i < 2; i++)
		snapshot_unref(history->store->newest[i]);
	for (int i = 0; i < history->unpacked->n; i++)
		snapshot_unref(history->unpacked->snapshot[i]);
	pthread_mutex_destroy(&history->store->lock);
	pthread_mutex_destroy(&history->unpacked->lock);
	free(history->store);
	free(history->unpacked);
	bytes_free(&history->packing);
	free(history);
}

/* ---- writing ---- */

static int store_make_room(struct store *store)
{
	struct store wider = { .room = store->room ? store->room * 2 : 64 };

	if (store->end - store->first_frame < store->room)
		return 0;
	wider.ring = calloc(wider.room, sizeof(*wider.ring));
	if (!wider.ring)
		return -ENOMEM;
	for (uint64_t i = store->first_frame; i < store->end; i++)
		*frame_place(&wider, i) = *frame_place(store, i);
	free(store->ring);
	store->ring = wider.ring;
	store->room = wider.room;
	return 0;
}

static void store_drop_oldest(struct store *store)
{
	struct frame **place = frame_place(store, store->first_frame);

	store->bytes -= (*place)->length + sizeof(**place);
	frame_unref(*place);
	*place = NULL;
	store->first_frame++;
}

/* Drops the oldest group: a key frame and what depends on it. */
static void store_drop_group(struct store *store)
{
	do
		store_drop_oldest(store);
	while (store->first_frame < store->end && !(*frame_place(store, store->first_frame))->key);
	if (store->first < store->first_frame)
		store->first = store->first_frame;
}

/* Where the group after the oldest one starts; `end` if there is only one. */
static uint64_t second_group(const struct store *store)
{
	uint64_t i = store->first_frame + 1;

	while (i < store->end && !(*frame_place(store, i))->key)
		i++;
	return i;
}

static void store_trim(struct store *store, uint64_t oldest_ns, size_t max_bytes)
{
	while (store->first + 1 < store->end &&
		(*frame_place(store, store->first))->mono_ns < oldest_ns)
		store->first++;
	while (store->first_frame < store->end && second_group(store) <= store->first)
		store_drop_group(store);
	while (store->bytes > max_bytes && store->first_frame < store->end)
		store_drop_group(store);
}

/* Packs a snapshot against the newest one, or by itself if it cannot be or a new group is due. */
static int pack(struct history *history, const struct snapshot *snapshot, bool *key)
{
	const struct snapshot *before = history->store->newest[0];
	int result = -EINVAL;

	if (before && before->sequence + 1 != snapshot->sequence)
		before = NULL; /* one is missing: all begins anew */

	history->packing.length = 0;
	if (before && history->group_length < GROUP_FRAMES &&
		history->group_bytes < history->max_bytes / 4)
		result = snapcode_encode(before, snapshot, &history->packing);
	*key = result == -EINVAL;
	if (*key) {
		history->packing.length = 0;
		result = snapcode_encode(NULL, snapshot, &history->packing);
	}
	/* The buffer may be tried again when there is memory again. */
	history->packing.failed = false;
	return result;
}

static struct frame *frame_new(const struct bytes *packed, const struct snapshot *snapshot, bool key)
{
	struct frame *frame = malloc(sizeof(*frame) + packed->length);

	if (!frame)
		return NULL;
	atomic_init(&frame->references, 1);
	frame->key = key;
	frame->mono_ns = snapshot->mono_ns;
	frame->real_ns = snapshot->real_ns;
	frame->length = packed->length;
	memcpy(frame->data, packed->data, packed->length);
	return frame;
}

/* Forgets everything; the lock is held. */
static void store_clear(struct store *store)
{
	while (store->first_frame < store->end)
		store_drop_oldest(store);
	for (int i = 0; i < 2; i++) {
		snapshot_unref(store->newest[i]);
		store->newest[i] = NULL;
	}
}

/* Puts a frame at the new end; the lock is held. */
static int store_append(struct store *store, struct frame *frame, struct snapshot *snapshot)
{
	if (!store->newest[0])
		store->first_frame = store->first = store->end = snapshot->sequence;
	if (store_make_room(store))
		return -ENOMEM;
	*frame_place(store, store->end) = frame;
	store->end++;
	store->bytes += frame->length + sizeof(*frame);
	snapshot_unref(store->newest[1]);
	store->newest[1] = store->newest[0];
	store->newest[0] = snapshot_ref(snapshot);
	return 0;
}

int history_append(struct history *history, struct snapshot *snapshot)
{
	struct store *store = history->store;
	struct frame *frame;
	size_t packed;
	bool key;
	int result;

	/* Only this thread changes `end` and `newest`, so it may read them without the lock. */
	if (store->newest[0] && snapshot->sequence < store->end)
		return -EINVAL;
	result = pack(history, snapshot, &key);
	if (result)
		return result;
	frame = frame_new(&history->packing, snapshot, key);
	if (!frame)
		return -ENOMEM;
	packed = frame->length;

	pthread_mutex_lock(&store->lock);
	if (snapshot->sequence != store->end)
		store_clear(store);
	result = store_append(store, frame, snapshot);
	if (!result)
		store_trim(store,
			snapshot->mono_ns > history->max_ns ? snapshot->mono_ns - history->max_ns : 0,
			history->max_bytes);
	pthread_mutex_unlock(&store->lock);
	if (result) {
		frame_unref(frame);
		return result;
	}
	history->group_length = key ? 1 : history->group_length + 1;
	history->group_bytes = (key ? 0 : history->group_bytes) + packed;
	return 0;
}

/* ---- reading ---- */

struct history_range history_range(const struct history *history)
{
	struct store *store = history->store;
	struct history_range range;

	pthread_mutex_lock(&store->lock);
	range = (struct history_range){ .first = store->first, .end = store->end };
	/* The newest two are there even where they are more bytes, or older, than may be kept. */
	for (int i = 0; i < 2; i++)
		if (store->newest[i] && store->newest[i]->sequence < range.first)
			range.first = store->newest[i]->sequence;
	pthread_mutex_unlock(&store->lock);
	return range;
}

/* The newest two as they are. */
static struct snapshot *get_newest(struct store *store, uint64_t sequence)
{
	struct snapshot *found = NULL;

	pthread_mutex_lock(&store->lock);
	for (int i = 0; i < 2 && !found; i++)
		if (store->newest[i] && store->newest[i]->sequence == sequence)
			found = snapshot_ref(store->newest[i]);
	pthread_mutex_unlock(&store->lock);
	return found;
}

/* References to the frames from the key frame of `sequence` up to it. Returns how many; 0: not kept. */
static int get_frames(struct store *store, uint64_t sequence, struct frame *frame[GROUP_FRAMES])
{
	uint64_t key = sequence;
	int n = 0;

	pthread_mutex_lock(&store->lock);
	if (sequence >= store->first && sequence < store->end) {
		while (!(*frame_place(store, key))->key)
			key--;
		for (; key <= sequence; key++) {
			frame[n] = *frame_place(store, key);
			atomic_fetch_add_explicit(&frame[n++]->references, 1, memory_order_relaxed);
		}
	}
	pthread_mutex_unlock(&store->lock);
	return n;
}

static void unpacked_move_to_front(struct unpacked *cache, int i)
{
	struct snapshot *moved = cache->snapshot[i];

	memmove(cache->snapshot + 1, cache->snapshot, i * sizeof(moved));
	cache->snapshot[0] = moved;
}

/* Keeps a new snapshot in front, and of the others what the bound allows, but always one. */
static void unpacked_add(struct unpacked *cache, struct snapshot *snapshot)
{
	size_t bytes = 0;
	int keep = 0;

	if (cache->n == CACHE_SNAPSHOTS)
		snapshot_unref(cache->snapshot[--cache->n]);
	cache->snapshot[cache->n++] = snapshot_ref(snapshot);
	unpacked_move_to_front(cache, cache->n - 1);
	while (keep < cache->n) {
		bytes += snapshot_bytes(cache->snapshot[keep]);
		if (keep >= 2 && bytes > cache->max_bytes)
			break;
		keep++;
	}
	while (cache->n > keep)
		snapshot_unref(cache->snapshot[--cache->n]);
}

/* The newest unpacked snapshot from `key` to `sequence`, without a reference; NULL if there is none. */
static struct snapshot *unpacked_nearest(struct unpacked *cache, uint64_t key, uint64_t sequence)
{
	int best = -1;

	for (int i = 0; i < cache->n; i++) {
		uint64_t at = cache->snapshot[i]->sequence;

		if (at >= key && at <= sequence &&
			(best < 0 || at > cache->snapshot[best]->sequence))
			best = i;
	}
	if (best < 0)
		return NULL;
	unpacked_move_to_front(cache, best);
	return cache->snapshot[0];
}

/* Unpacks the last of n frames, the first of which is a key frame; the cache's lock is held. */
static struct snapshot *unpack(struct unpacked *cache, struct frame *const *frame, int n,
	uint64_t sequence)
{
	uint64_t key = sequence - (n - 1);
	struct snapshot *s = unpacked_nearest(cache, key, sequence);
	uint64_t next = s ? s->sequence + 1 : key;

	if (s)
		snapshot_ref(s);
	for (; next <= sequence; next++) {
		const struct frame *f = frame[next - key];
		struct snapshot *before = s;

		s = NULL;
		snapcode_decode(view_of(f->data, f->length), before, NULL, &s);
		snapshot_unref(before);
		if (!s)
			return NULL;
		unpacked_add(cache, s);
	}
	return s;
}

struct snapshot *history_get(const struct history *history, uint64_t sequence)
{
	struct snapshot *s = get_newest(history->store, sequence);
	struct frame *frame[GROUP_FRAMES];
	int n;

	if (s)
		return s;
	n = get_frames(history->store, sequence, frame);
	if (!n)
		return NULL;
	pthread_mutex_lock(&history->unpacked->lock);
	s = unpack(history->unpacked, frame, n, sequence);
	pthread_mutex_unlock(&history->unpacked->lock);
	for (int i = 0; i < n; i++)
		frame_unref(frame[i]);
	return s;
}

/* The moment of a snapshot that is kept; the lock is held. */
static uint64_t store_time(const struct store *store, uint64_t sequence)
{
	for (int i = 0; i < 2; i++)
		if (store->newest[i] && store->newest[i]->sequence == sequence)
			return store->newest[i]->real_ns;
	if (sequence < store->first || sequence >= store->end)
		return 0;
	return (*frame_place(store, sequence))->real_ns;
}

uint64_t history_time(const struct history *history, uint64_t sequence)
{
	uint64_t real_ns;

	pthread_mutex_lock(&history->store->lock);
	real_ns = store_time(history->store, sequence);
	pthread_mutex_unlock(&history->store->lock);
	return real_ns;
}

uint64_t history_at(const struct history *history, uint64_t real_ns)
{
	struct history_range range = history_range(history);
	uint64_t low = range.first, high = range.end;

	/* The writer may drop what is searched; a moment that is gone counts as long ago. */
	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (history_time(history, middle) <= real_ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

size_t history_bytes(const struct history *history)
{
	size_t bytes;

	pthread_mutex_lock(&history->store->lock);
	bytes = history->store->bytes;
	pthread_mutex_unlock(&history->store->lock);
	return bytes;
}
