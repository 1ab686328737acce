/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/model/snapcode.h"

#include <errno.h>

/* Frames from before there were more tables do not say how many they have. */
enum frame_kind { FRAME_DELTA, FRAME_KEY, FRAME_DELTA_OF, FRAME_KEY_OF };
enum { FIRST_TABLES = TABLE_LOSS + 1 };

static size_t table_length(const struct table *t)
{
	return (size_t)t->n_rows * t->n_columns * t->n_slots;
}

size_t snapshot_bytes(const struct snapshot *snapshot)
{
	size_t bytes = sizeof(*snapshot);

	for (int t = 0; t < TABLE_COUNT; t++)
		bytes += table_length(&snapshot->table[t]) * sizeof(uint64_t);
	return bytes;
}

/* ---- writing ---- */

/* A stream of numbers in which runs of zeros are held back until something else comes. */
struct run_writer {
	struct bytes *out;
	uint64_t zeros;
};

static uint8_t *run_flush(struct run_writer *w, uint8_t *at)
{
	if (w->zeros) {
		*at++ = 0;
		at = varint_write(at, w->zeros - 1);
		w->zeros = 0;
	}
	return at;
}

static void run_put(struct run_writer *w, uint64_t value)
{
	struct bytes *out = w->out;
	uint8_t *at;

	if (!value) {
		w->zeros++;
		return;
	}
	if (!bytes_reserve(out, 2 * VARINT_MAX + 1))
		return;
	at = run_flush(w, out->data + out->length);
	out->length = varint_write(at, value) - out->data;
}

static void run_end(struct run_writer *w)
{
	if (bytes_reserve(w->out, VARINT_MAX + 1))
		w->out->length = run_flush(w, w->out->data + w->out->length) - w->out->data;
}

static bool extends(const struct snapshot *previous, const struct snapshot *snapshot)
{
	if (previous->n_cpus != snapshot->n_cpus)
		return false;
	for (int t = 0; t < TABLE_COUNT; t++)
		if (previous->table[t].n_rows > snapshot->table[t].n_rows ||
			previous->table[t].n_columns != snapshot->table[t].n_columns)
			return false;
	return true;
}

static void put_table(struct run_writer *w, const struct table *before, const struct table *t)
{
	size_t n_before = before ? table_length(before) : 0;
	size_t n = table_length(t);

	for (size_t i = 0; i < n_before; i++)
		run_put(w, zigzag(t->values[i] - before->values[i]));
	for (size_t i = n_before; i < n; i++)
		run_put(w, zigzag(t->values[i]));
}

int snapcode_encode(const struct snapshot *previous, const struct snapshot *snapshot,
	struct bytes *out)
{
	static const struct snapshot nothing;
	const struct snapshot *before = previous ? previous : &nothing;
	struct run_writer w = { .out = out };

	if (previous && !extends(previous, snapshot))
		return -EINVAL;
	bytes_put_u64(out, previous ? FRAME_DELTA_OF : FRAME_KEY_OF);
	bytes_put_u64(out, snapshot->n_cpus);
	bytes_put_u64(out, TABLE_COUNT);
	bytes_put_u64(out, zigzag(snapshot->sequence - before->sequence));
	bytes_put_u64(out, zigzag(snapshot->mono_ns - before->mono_ns));
	bytes_put_u64(out, zigzag(snapshot->real_ns - before->real_ns));
	bytes_put_u64(out, zigzag(snapshot->own_cpu_ns - before->own_cpu_ns));
	bytes_put_u64(out, zigzag(snapshot->bpf_ns - before->bpf_ns));
	for (int i = 0; i < CPU_SET_WORDS; i++)
		run_put(&w, snapshot->online.word[i] ^ before->online.word[i]);
	run_end(&w);
	for (int t = 0; t < TABLE_COUNT; t++) {
		bytes_put_u64(out, snapshot->table[t].n_rows);
		bytes_put_u64(out, snapshot->table[t].n_columns);
		bytes_put_u64(out, snapshot->table[t].known);
	}
	for (int t = 0; t < TABLE_COUNT; t++)
		put_table(&w, previous ? &previous->table[t] : NULL, &snapshot->table[t]);
	run_end(&w);
	return out->failed ? -ENOMEM : 0;
}

/* ---- reading ---- */

struct run_reader {
	struct view *in;
	uint64_t zeros;
};

/* Adds (or exclusive-ors) the next n numbers of the stream to n values. */
static bool run_apply(struct run_reader *r, uint64_t *values, size_t n, bool differences)
{
	for (size_t i = 0; i < n;) {
		uint64_t token;

		if (r->zeros) {
			size_t skip = r->zeros < n - i ? r->zeros : n - i;

			r->zeros -= skip;
			i += skip;
			continue;
		}
		token = view_u64(r->in);
		if (r->in->failed)
			return false;
		if (!token) {
			r->zeros = view_u64(r->in) + 1;
			if (r->in->failed || !r->zeros)
				return false;
		} else if (differences) {
			values[i++] += unzigzag(token);
		} else {
			values[i++] ^= token;
		}
	}
	return true;
}

/* Takes the shape of a table from the frame, if it is one that this table can have. */
static int read_shape(struct view *in, int id, const struct table *before, struct table *t,
	const struct snapcode_limits *limits)
{
	uint64_t n_rows = view_u64(in);
	uint64_t n_columns = view_u64(in);
	uint64_t known = view_u64(in);

	if (in->failed || n_columns != (uint64_t)t->n_columns || known > UINT32_MAX ||
		n_rows > INT32_MAX)
		return -EBADMSG;
	if (limits && n_rows > (uint64_t)limits->n_rows[id])
		return -E2BIG;
	if (before && n_rows < (uint64_t)before->n_rows)
		return -EBADMSG;
	t->known = known;
	return n_rows;
}

static int read_tables(struct view *in, int n_tables, const struct snapshot *previous,
	const struct snapcode_limits *limits, struct snapshot *s)
{
	struct run_reader r = { .in = in };
	int n_rows[TABLE_COUNT];
	size_t bytes = 0;

	for (int t = 0; t < n_tables; t++) {
		struct table *table = &s->table[t];

		n_rows[t] = read_shape(in, t, previous ? &previous->table[t] : NULL, table, limits);
		if (n_rows[t] < 0)
			return n_rows[t];
		bytes += (size_t)n_rows[t] * table->n_columns * table->n_slots * sizeof(uint64_t);
		if (limits && bytes > limits->max_bytes)
			return -E2BIG;
	}
	for (int t = 0; t < n_tables; t++) {
		const struct table *before = previous ? &previous->table[t] : NULL;
		struct table *table = &s->table[t];

		if (snapshot_grow(s, t, n_rows[t]))
			return -ENOMEM;
		if (before && before->n_rows)
			memcpy(table->values, before->values, table_length(before) * sizeof(uint64_t));
		if (!run_apply(&r, table->values, table_length(table), true))
			return -EBADMSG;
	}
	for (int t = n_tables; previous && t < TABLE_COUNT; t++)
		if (previous->table[t].n_rows)
			return -EBADMSG;
	return r.zeros || view_left(in) ? -EBADMSG : 0;
}

bool snapcode_is_key(struct view frame)
{
	uint64_t kind = view_u64(&frame);

	return kind == FRAME_KEY || kind == FRAME_KEY_OF;
}

/* Everything of a frame but its tables. */
static int read_head(struct view *in, const struct snapshot *before, struct snapshot *s)
{
	struct run_reader r = { .in = in };

	s->sequence = before->sequence + unzigzag(view_u64(in));
	s->mono_ns = before->mono_ns + unzigzag(view_u64(in));
	s->real_ns = before->real_ns + unzigzag(view_u64(in));
	s->own_cpu_ns = before->own_cpu_ns + unzigzag(view_u64(in));
	s->bpf_ns = before->bpf_ns + unzigzag(view_u64(in));
	s->online = before->online;
	if (!run_apply(&r, s->online.word, CPU_SET_WORDS, false) || r.zeros)
		return -EBADMSG;
	return 0;
}

int snapcode_decode(struct view frame, const struct snapshot *previous,
	const struct snapcode_limits *limits, struct snapshot **out)
{
	static const struct snapshot nothing;
	uint64_t kind = view_u64(&frame);
	uint64_t n_cpus = view_u64(&frame);
	uint64_t n_tables = kind >= FRAME_DELTA_OF ? view_u64(&frame) : FIRST_TABLES;
	struct snapshot *s;
	int result;

	if (frame.failed || kind > FRAME_KEY_OF || !n_cpus || n_cpus > CPU_ID_MAX || !n_tables)
		return -EBADMSG;
	if (n_tables > TABLE_COUNT)
		return -E2BIG;
	if (limits && n_cpus != (uint64_t)limits->n_cpus)
		return -E2BIG;
	if (kind == FRAME_KEY || kind == FRAME_KEY_OF)
		previous = NULL;
	else if (!previous)
		return -ENODATA;
	else if (n_cpus != (uint64_t)previous->n_cpus)
		return -EBADMSG;
	s = snapshot_new(n_cpus);
	if (!s)
		return -ENOMEM;
	result = read_head(&frame, previous ? previous : &nothing, s);
	if (!result)
		result = read_tables(&frame, n_tables, previous, limits, s);
	if (result) {
		snapshot_unref(s);
		return result;
	}
	*out = s;
	return 0;
}
