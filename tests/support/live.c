/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct source *live_open(const struct live_options *options)
{
	struct error err = {""};
	int status;
	struct source *source = source_live_open(options, &err, &status);

	if (!source)
		fail_msg("the live source does not open: %s", err.text);
	return source;
}

struct snapshot *live_take(struct source *source)
{
	struct snapshot *snapshot = NULL;
	struct error err = {""};

	if (source->ops->sample(source, &snapshot, &err))
		fail_msg("no sample: %s", err.text);
	return snapshot;
}

int live_probe(const struct source *source, const char *name)
{
	const struct catalog *catalog = source->host->catalog;

	for (int row = 0; row < catalog_count(catalog, TABLE_PROBES); row++) {
		const struct row *probe = catalog_row(catalog, TABLE_PROBES, row);

		if (strcmp(probe->name, name) != 0)
			continue;
		if (probe->flags & PROBE_ABSENT)
			fail_msg("%s is absent: %s", name, probe->where);
		return row;
	}
	fail_msg("there is no probe %s", name);
	return -1;
}

void live_trace(struct source *source, const char *probe)
{
	assert_int_equal(
		source->ops->select(source, TABLE_PROBES, live_probe(source, probe), true), 0);
}

int live_slot(const struct source *source, int cpu)
{
	int slot = topology_slot(&source->host->topology, cpu);

	assert_true(slot >= 0);
	return slot;
}

uint64_t live_growth(const struct snapshot *older, const struct snapshot *newer,
	enum table_id table, int row, int column, int slot)
{
	if (row < 0)
		return 0;
	return table_at(&newer->table[table], row, column, slot) -
	       (older ? table_at(&older->table[table], row, column, slot) : 0);
}

void live_assert_growth(const char *what, const struct snapshot *older,
	const struct snapshot *newer, enum table_id table, int row, int column,
	const uint64_t *expected)
{
	uint64_t sum = 0, expected_sum = 0;

	for (int slot = 0; slot < newer->n_cpus; slot++) {
		uint64_t grown = live_growth(older, newer, table, row, column, slot);

		if (grown != expected[slot])
			fail_msg("%s: %ju instead of %ju in slot %d", what, (uintmax_t)grown,
				(uintmax_t)expected[slot], slot);
		expected_sum += expected[slot];
	}
	if (row >= 0)
		sum = table_sum(&newer->table[table], row, column) -
		      (older ? table_sum(&older->table[table], row, column) : 0);
	if (sum != expected_sum)
		fail_msg("%s: %ju instead of %ju in sum", what, (uintmax_t)sum,
			(uintmax_t)expected_sum);
}

/* ---- build/skewtop --json ---- */

enum {
	WORDS_MAX = 30,
	CHUNK = 1 << 16,
	PATIENCE_MS = 60 * 1000
};

struct stream stream_start(const char *const *words)
{
	const char *argv[WORDS_MAX + 3] = {program_skewtop(), "--json"};
	int n = 2;

	while (*words) {
		assert_true(n < WORDS_MAX);
		argv[n++] = *words++;
	}
	return (struct stream){.program = program_start(argv), .status = -1};
}

/* Drops the line that was handed out before. */
static void drop_line(struct stream *stream)
{
	if (!stream->length)
		return;
	stream->used -= stream->length + 1;
	memmove(stream->line, stream->line + stream->length + 1, stream->used);
	stream->length = 0;
}

/* Reads until there is a whole line; false at the end. */
static bool read_line(struct stream *stream)
{
	size_t looked = 0;
	char *end;

	drop_line(stream);
	while (!stream->used ||
		!(end = memchr(stream->line + looked, '\n', stream->used - looked))) {
		struct pollfd ready = {.fd = stream->program.out_fd, .events = POLLIN};
		ssize_t n;

		looked = stream->used;
		if (stream->room < stream->used + CHUNK) {
			stream->room = stream->room * 2 + CHUNK;
			stream->line = realloc(stream->line, stream->room);
			assert_non_null(stream->line);
		}
		if (!poll(&ready, 1, PATIENCE_MS))
			fail_msg("skewtop says nothing for %d s", PATIENCE_MS / 1000);
		n = read(stream->program.out_fd, stream->line + stream->used, CHUNK);
		if (n > 0)
			stream->used += n;
		else if (stream->used)
			fail_msg("the last line has no end");
		else
			return false;
	}
	*end = '\0';
	stream->length = end - stream->line;
	return true;
}

json_t *stream_next(struct stream *stream)
{
	json_error_t error;
	json_t *object;

	if (!read_line(stream))
		return NULL;
	object = json_loads(stream->line, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object))
		fail_msg("no JSON object: %s in '%.200s'", error.text, stream->line);
	return object;
}

json_t *stream_find(struct stream *stream, const char *type)
{
	json_t *object;

	while ((object = stream_next(stream))) {
		const char *is = json_string_value(json_object_get(object, "type"));

		assert_non_null(is);
		if (!strcmp(is, type))
			return object;
		json_decref(object);
	}
	fail_msg("the stream has ended without a '%s'", type);
	return NULL;
}

uint64_t stream_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

json_t *stream_find_since(struct stream *stream, const char *type, uint64_t real_ns)
{
	json_t *object = stream_find(stream, type);

	while (json_count(object, "ts_ns") < real_ns) {
		json_decref(object);
		object = stream_find(stream, type);
	}
	return object;
}

void stream_end(struct stream *stream)
{
	struct program_result result = program_finish(&stream->program, PATIENCE_MS / 1000);

	stream->status = result.status;
	stream->err = strdup(result.err);
	program_result_free(&result);
}

void stream_free(struct stream *stream)
{
	free(stream->line);
	free(stream->err);
}

json_t *json_with(const json_t *array, const char *key, const char *value)
{
	size_t i;
	json_t *element;

	json_array_foreach(array, i, element)
	{
		const char *is = json_string_value(json_object_get(element, key));

		if (is && !strcmp(is, value))
			return element;
	}
	return NULL;
}

uint64_t json_count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		fail_msg("'%s' is no whole number", key);
	return json_integer_value(value);
}

uint64_t json_on_cpu(const json_t *per_cpu, int cpu)
{
	char key[16];

	snprintf(key, sizeof(key), "%d", cpu);
	return json_count(per_cpu, key);
}
