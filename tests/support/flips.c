/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/flips.h"

#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/output/json_objects.h"
#include "core/trace/skb_text.h"
#include "tests/support/keeper.h"

enum { FLIPS_MAX = 8 };

struct flips flips_start(uint64_t seed, const uint8_t *bytes, size_t n)
{
	return (struct flips){
		.state = seed * 2 + 1, .bytes = bytes, .n = n, .fd = bytes_fd(bytes, n) };
}

void flips_end(struct flips *f)
{
	close(f->fd);
}

static uint64_t next_random(struct flips *f)
{
	/* xorshift64* */
	f->state ^= f->state >> 12;
	f->state ^= f->state << 25;
	f->state ^= f->state >> 27;
	return f->state * UINT64_C(0x2545f4914f6cdd1d);
}

static void put(struct flips *f, size_t at, uint8_t byte)
{
	assert_int_equal(pwrite(f->fd, &byte, 1, at), 1);
}

/* They come behind their line. */
static void show_details(const struct host *host, const struct trace_record *line)
{
	struct error err = { "" };
	struct text_lines lines;
	struct stack_record stack;
	struct skb_record skb;

	if (trace_details_stack(host->details, line, &stack) &&
		!stack_text(host->symbols, &stack, &lines))
		text_lines_free(&lines);
	if (trace_details_skb(host->details, line, &skb) &&
		!skb_text(host->skb_layout, &skb, &lines, &err))
		text_lines_free(&lines);
}

/* What screens and streams make of it. */
static void show(struct flips *f, const struct host *host, struct read_event *event, int what,
	struct snapshot **older)
{
	if (what == READ_RECORD) {
		f->n_records++;
		if (f->n_records % 16 == 1)
			show_details(host, &f->line);
		f->line = event->record;
		if (f->n_records % 16 == 0)
			json_decref(json_trace(host, &event->record, event->real_ns));
	} else if (what == READ_SNAPSHOT) {
		f->n_snapshots++;
		json_decref(json_sample(host, *older, event->snapshot));
		snapshot_unref(*older);
		*older = event->snapshot;
	} else if (event->snapshot) {
		json_decref(json_end(host, event->snapshot, 1));
		snapshot_unref(event->snapshot);
	}
}

static void read_file(struct flips *f)
{
	struct error err = { "" };
	struct reader *reader;
	struct read_event event;
	struct snapshot *older = NULL;
	int fd = dup(f->fd), what;

	assert_true(fd >= 0);
	lseek(fd, 0, SEEK_SET);
	reader = reader_open(input_of(fd, "damaged", false), &err);
	if (!reader) {
		assert_true(err.text[0] != '\0');
		f->n_faults++;
		return;
	}
	while ((what = reader_next(reader, &event, &err)) > READ_WAIT && what != READ_OVER)
		show(f, reader_host(reader), &event, what, &older);
	assert_true(what == READ_OVER || err.text[0] != '\0');
	f->n_faults += what != READ_OVER;
	snapshot_unref(older);
	reader_close(reader);
}

void flips_read_next(struct flips *f)
{
	size_t at[FLIPS_MAX];
	int n = 1 + (int)(next_random(f) % FLIPS_MAX);

	for (int i = 0; i < n; i++) {
		at[i] = next_random(f) % f->n;
		put(f, at[i], (uint8_t)(next_random(f) >> 32));
	}
	read_file(f);
	for (int i = 0; i < n; i++)
		put(f, at[i], f->bytes[at[i]]);
}
