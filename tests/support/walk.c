/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t walk_random(struct walk *walk)
{
	/* xorshift64* */
	walk->state ^= walk->state >> 12;
	walk->state ^= walk->state << 25;
	walk->state ^= walk->state >> 27;
	return walk->state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t length_of(const struct table *t)
{
	return (size_t)t->n_rows * t->n_columns * t->n_slots;
}

struct walk walk_start(uint64_t seed, int n_cpus, int n_rows)
{
	struct walk walk = { .state = seed * 2 + 1, .moving = 0.05 };
	struct snapshot *s = snapshot_new(n_cpus);

	assert_non_null(s);
	s->mono_ns = 5000 * NS_PER_S;
	s->real_ns = UINT64_C(1700000000) * NS_PER_S;
	for (int i = 0; i < n_cpus; i++)
		cpus_add(&s->online, i);
	for (int t = 0; t < TABLE_COUNT; t++) {
		assert_int_equal(snapshot_grow(s, t, n_rows), 0);
		s->table[t].known = (1u << s->table[t].n_columns) - 1;
		for (size_t i = 0; i < length_of(&s->table[t]); i++)
			if (walk_random(&walk) % 4 == 0)
				s->table[t].values[i] = walk_random(&walk) >> walk_random(&walk) % 64;
	}
	walk.now = s;
	return walk;
}

struct snapshot *walk_step(struct walk *walk, int more_rows)
{
	struct snapshot *before = walk->now, *s = snapshot_new(before->n_cpus);

	assert_non_null(s);
	s->sequence = before->sequence + 1;
	s->mono_ns = before->mono_ns + NS_PER_S + walk_random(walk) % 100000;
	s->real_ns = before->real_ns + NS_PER_S;
	s->own_cpu_ns = before->own_cpu_ns + walk_random(walk) % 1000000;
	s->bpf_ns = before->bpf_ns + walk_random(walk) % 1000000;
	s->online = before->online;
	s->online.word[0] ^= walk_random(walk) % 4 == 0 ? 2 : 0;
	for (int t = 0; t < TABLE_COUNT; t++) {
		const struct table *old = &before->table[t];
		struct table *new = &s->table[t];
		int grown = more_rows ? (int)(walk_random(walk) % (more_rows + 1)) : 0;

		assert_int_equal(snapshot_grow(s, t, old->n_rows + grown), 0);
		new->known = old->known;
		if (old->n_rows)
			memcpy(new->values, old->values, length_of(old) * sizeof(uint64_t));
		for (size_t i = 0; i < length_of(new); i++)
			if (walk_random(walk) % 1000 < (uint64_t)(walk->moving * 1000))
				new->values[i] += walk_random(walk) >> (24 + walk_random(walk) % 40);
	}
	snapshot_unref(before);
	walk->now = s;
	return s;
}

void walk_end(struct walk *walk)
{
	snapshot_unref(walk->now);
	walk->now = NULL;
}

void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
	assert_true(a->sequence == b->sequence);
	assert_true(a->mono_ns == b->mono_ns);
	assert_true(a->real_ns == b->real_ns);
	assert_true(a->own_cpu_ns == b->own_cpu_ns);
	assert_true(a->bpf_ns == b->bpf_ns);
	assert_int_equal(a->n_cpus, b->n_cpus);
	assert_memory_equal(&a->online, &b->online, sizeof(a->online));
	for (int t = 0; t < TABLE_COUNT; t++) {
		assert_int_equal(a->table[t].n_rows, b->table[t].n_rows);
		assert_int_equal(a->table[t].n_columns, b->table[t].n_columns);
		assert_int_equal(a->table[t].n_slots, b->table[t].n_slots);
		assert_int_equal(a->table[t].known, b->table[t].known);
		if (length_of(&a->table[t]))
			assert_memory_equal(a->table[t].values, b->table[t].values,
				length_of(&a->table[t]) * sizeof(uint64_t));
	}
}
