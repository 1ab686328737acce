/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/walk.h"

void keeper_free(struct keeper *k)
{
	for (size_t i = 0; i < k->n_snapshots; i++)
		snapshot_unref(k->snapshot[i]);
	snapshot_unref(k->last);
	free(k->snapshot);
	free(k->record);
	*k = (struct keeper){ 0 };
}

static void keep_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct keeper *k = context;

	if (!(k->n_records & (k->n_records - 1)))
		k->record = reallocarray(
			k->record, k->n_records ? k->n_records * 2 : 1, sizeof(*k->record));
	assert_non_null(k->record);
	k->record[k->n_records++] = (struct kept_record){
		.real_ns = real_ns, .record = *record, .after = k->n_snapshots };
}

/* Takes the reference over. */
static void keep_owned(struct keeper *k, struct snapshot *snapshot)
{
	k->snapshot = reallocarray(k->snapshot, k->n_snapshots + 1, sizeof(struct snapshot *));
	assert_non_null(k->snapshot);
	k->snapshot[k->n_snapshots++] = snapshot;
}

static void keep_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	(void)older;
	keep_owned(context, snapshot_ref(newer));
}

static void keep_end(void *context, struct snapshot *last)
{
	struct keeper *k = context;

	k->last = last ? snapshot_ref(last) : NULL;
}

struct listener keeper_listener(struct keeper *k)
{
	return (struct listener){
		.record = keep_record,
		.snapshot = keep_snapshot,
		.end = keep_end,
		.context = k,
	};
}

void keeper_read(struct keeper *k, struct reader *reader)
{
	struct read_event event;
	int what;

	while ((what = reader_next(reader, &event, &k->error)) > READ_WAIT && what != READ_OVER) {
		if (what == READ_RECORD)
			keep_record(k, &event.record, event.real_ns);
		else if (what == READ_SNAPSHOT)
			keep_owned(k, event.snapshot);
		else
			k->last = event.snapshot;
	}
	assert_true(what == READ_OVER || what == READ_WAIT || (what < 0 && k->error.text[0]));
}

static void read_input(struct keeper *k, struct input *input)
{
	struct reader *reader = input ? reader_open(input, &k->error) : NULL;

	if (reader)
		keeper_read(k, reader);
	else
		assert_true(k->error.text[0] != '\0');
	reader_close(reader);
}

void keeper_read_file(struct keeper *k, const char *path)
{
	read_input(k, input_open(path, false, &k->error));
}

int bytes_fd(const void *bytes, size_t n)
{
	int fd = memfd_create("bytes", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, 0), n);
	return fd;
}

void keeper_read_bytes(struct keeper *k, const void *bytes, size_t n)
{
	read_input(k, input_of(bytes_fd(bytes, n), "bytes", false));
}

uint8_t *file_bytes(const char *path, size_t *n)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*n = ftell(file);
	rewind(file);
	bytes = malloc(*n + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *n, file), *n);
	fclose(file);
	return bytes;
}

void assert_begins(const struct keeper *whole, const struct keeper *part)
{
	assert_true(part->n_records <= whole->n_records);
	assert_true(part->n_snapshots <= whole->n_snapshots);
	for (size_t i = 0; i < part->n_records; i++) {
		assert_true(part->record[i].real_ns == whole->record[i].real_ns);
		assert_int_equal(part->record[i].after, whole->record[i].after);
		assert_memory_equal(&part->record[i].record, &whole->record[i].record,
			sizeof(struct trace_record));
	}
	for (size_t i = 0; i < part->n_snapshots; i++)
		assert_same_snapshot(part->snapshot[i], whole->snapshot[i]);
}

void assert_same_kept(const struct keeper *a, const struct keeper *b)
{
	assert_int_equal(a->n_records, b->n_records);
	assert_int_equal(a->n_snapshots, b->n_snapshots);
	assert_begins(a, b);
	assert_int_equal(a->last != NULL, b->last != NULL);
	if (a->last) {
		/* A recording numbers what it holds, a source what it took. */
		a->last->sequence = b->last->sequence;
		assert_same_snapshot(a->last, b->last);
	}
}
