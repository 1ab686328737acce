/* SPDX-License-Identifier: GPL-2.0-only */
/* What is recorded comes back the same; what cannot be recorded is counted and told. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/filter/log.h"
#include "core/model/ledger.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/recording/decode.h"
#include "core/recording/format.h"
#include "core/recording/pcapng.h"
#include "core/recording/write.h"
#include "core/trace/skb_text.h"
#include "tests/support/keeper.h"
#include "tests/support/made_details.h"
#include "tests/support/recorded.h"
#include "tests/support/scripted.h"
#include "tests/support/walk.h"

/* A directory of the test's own, for as long as one test runs. */
struct place {
	char dir[64];
	char path[128];
};

static struct place place;

static int set_up(void **state)
{
	(void)state;
	strcpy(place.dir, "/tmp/skewtop-test-XXXXXX");
	assert_non_null(mkdtemp(place.dir));
	snprintf(place.path, sizeof(place.path), "%s/a.pcapng", place.dir);
	return 0;
}

static int tear_down(void **state)
{
	char command[160];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", place.dir);
	return system(command);
}

static void assert_round_trip(const char *path)
{
	struct keeper heard = { 0 }, read = { 0 };

	recorded_script(path, &heard);
	assert_true(heard.n_records > 40);
	assert_int_equal(heard.n_snapshots, 9);
	assert_non_null(heard.last);
	keeper_read_file(&read, path);
	assert_string_equal(read.error.text, "");
	assert_same_kept(&heard, &read);
	keeper_free(&heard);
	keeper_free(&read);
}

static void a_recording_comes_back(void **state)
{
	(void)state;
	assert_round_trip(place.path);
}

static void a_packed_recording_comes_back(void **state)
{
	size_t n;
	uint8_t *bytes;

	(void)state;
	strcat(place.path, ".gz");
	assert_round_trip(place.path);
	bytes = file_bytes(place.path, &n);
	assert_int_equal(bytes[0], 0x1f);
	assert_int_equal(bytes[1], 0x8b);
	free(bytes);
}

static void assert_same_rows(const struct catalog *a, const struct catalog *b)
{
	for (int t = 0; t < TABLE_COUNT; t++) {
		assert_int_equal(catalog_count(a, t), catalog_count(b, t));
		for (int i = 0; i < catalog_count(a, t); i++) {
			const struct row *x = catalog_row(a, t, i), *y = catalog_row(b, t, i);

			assert_memory_equal(x->key, y->key, sizeof(x->key));
			assert_int_equal(x->flags, y->flags);
			assert_string_equal(x->name, y->name);
			assert_string_equal(x->where, y->where);
		}
	}
}

static void the_host_comes_back(void **state)
{
	struct keeper heard = { 0 }, read = { 0 };
	struct script script = recorded_machine();
	struct source *source = scripted_open(&script);
	const struct host *host = source->host, *replayed;
	char text[SYMBOL_TEXT_MAX];
	struct error err = { "" };
	struct reader *reader;

	(void)state;
	recorded_script(place.path, &heard);
	while (true) {
		struct snapshot *s = scripted_next(source);

		if (!s)
			break;
		snapshot_unref(s);
	}
	reader = reader_open(input_open(place.path, false, &err), &err);
	assert_non_null(reader);
	keeper_read(&read, reader);
	replayed = reader_host(reader);
	assert_string_equal(replayed->name, host->name);
	assert_string_equal(replayed->release, host->release);
	assert_string_equal(replayed->functions_note, host->functions_note);
	assert_string_equal(replayed->narrowed, host->narrowed);
	assert_int_equal(replayed->topology.n_cpus, host->topology.n_cpus);
	assert_int_equal(replayed->topology.n_nodes, host->topology.n_nodes);
	assert_memory_equal(replayed->topology.cpu, host->topology.cpu,
		host->topology.n_cpus * sizeof(host->topology.cpu[0]));
	assert_same_rows(host->catalog, replayed->catalog);
	for (size_t i = 0; i < heard.n_records; i++) {
		const struct trace_record *record = &heard.record[i].record;
		char recorded[SYMBOL_TEXT_MAX];

		if (!(record->flags & RECORD_HAS_LOCATION))
			continue;
		symbols_format(host->symbols, record->location, text, sizeof(text));
		symbols_format(replayed->symbols, record->location, recorded, sizeof(recorded));
		assert_string_equal(text, recorded);
		reasons_format(host->reasons, record->reason, text, sizeof(text));
		reasons_format(replayed->reasons, record->reason, recorded, sizeof(recorded));
		assert_string_equal(text, recorded);
	}
	reader_close(reader);
	source_close(source);
	keeper_free(&heard);
	keeper_free(&read);
}

static bool has_line(const struct text_lines *lines, const char *text)
{
	for (int i = 0; i < lines->n; i++)
		if (strstr(lines->line[i], text))
			return true;
	return false;
}

static void assert_texts(const struct host *host, const struct stack_record *stack, const struct skb_record *skb)
{
	struct text_lines lines;
	struct error err = { "" };
	char frame[32];
	uint32_t len;

	snprintf(frame, sizeof(frame), "0x%llx", (unsigned long long)stack->frame[2]);
	assert_int_equal(stack_text(host->symbols, stack, &lines), 0);
	assert_int_equal(lines.n, 3);
	assert_string_equal(lines.line[0], "made_inner+0x10");
	assert_string_equal(lines.line[2], frame);
	text_lines_free(&lines);

	memcpy(&len, skb->bytes + 8, sizeof(len));
	snprintf(frame, sizeof(frame), ".len = (unsigned int)%u,", len);
	assert_int_equal(skb_text(host->skb_layout, skb, &lines, &err), 0);
	assert_true(has_line(&lines, frame));
	assert_true(has_line(&lines, ".dev = (struct net_device *)0xffff8881"));
	assert_true(has_line(&lines, ".pkt_type = (unsigned int)0x5"));
	assert_true(has_line(&lines, "'s'"));
	assert_true(has_line(&lines, ".mode = (skb_mode_t)SKB_FAST"));
	assert_true(has_line(&lines, ".offset = 286331153"));
	for (int i = 0; i < lines.n; i++)
		assert_true(!strstr(lines.line[i], "],") || !strcmp(lines.line[i], "  ],"));
	/* One fragment; what the second one has is what memory held before. */
	assert_int_equal(lines.n, 31);
	text_lines_free(&lines);
}

/* Stacks with their names, sk_buffs with their layout: to be read where that kernel does not run. */
static void details_come_back(void **state)
{
	struct keeper heard = { 0 }, read = { 0 };
	struct error err = { "" };
	struct reader *reader;

	(void)state;
	recorded_script(place.path, &heard);
	reader = reader_open(input_open(place.path, false, &err), &err);
	assert_non_null(reader);
	keeper_read(&read, reader);
	for (size_t i = 0; i < heard.n_records; i++) {
		const struct trace_record *line = &heard.record[i].record;
		struct trace_details *details = reader_host(reader)->details;
		struct stack_record stack, made;
		struct skb_record skb, made_too;

		made_stack(line, &made);
		made_skb(line, &made_too);
		assert_true(trace_details_stack(details, line, &stack));
		assert_memory_equal(&stack, &made, sizeof(made));
		assert_true(trace_details_skb(details, line, &skb));
		assert_memory_equal(&skb, &made_too, sizeof(made_too));
		assert_texts(reader_host(reader), &stack, &skb);
	}
	reader_close(reader);
	keeper_free(&heard);
	keeper_free(&read);
}

/* Names are told anew with every key frame: hours of that are no more names. */
static void names_are_counted_once(void **state)
{
	struct host *host = host_new();
	struct bytes payload = { 0 };
	int n = 0;

	(void)state;
	assert_non_null(host);
	bytes_put_u64(&payload, 1000);
	for (int i = 0; i < 1000; i++) {
		bytes_put_u64(&payload, 0x1000 + i);
		bytes_put_string(&payload, "name");
	}
	for (int round = 0; round < 50; round++)
		assert_int_equal(
			recording_decode_symbols(view_of(payload.data, payload.length), host, &n), 0);
	assert_int_equal(n, 1000);
	bytes_free(&payload);
	host_free(host);
}

/* ---- straight into a recording, without a collector ---- */

static struct host *make_host(int n_cpus, int n_rows)
{
	struct host *host = host_new();

	assert_non_null(host);
	assert_int_equal(topology_flat(&host->topology, n_cpus), 0);
	for (int t = 0; t < TABLE_COUNT; t++) {
		for (int i = 0; i < n_rows; i++) {
			const struct row row = { .key = { i }, .name = "row", .where = "" };

			assert_int_equal(catalog_add(host->catalog, t, &row), i);
		}
	}
	return host;
}

static struct recording *start(const struct recording_options *options, struct host *host,
	bool patient)
{
	struct error err = { "" };
	struct recording *r;
	int status;

	r = recording_create(options, &err, &status);
	assert_non_null(r);
	assert_int_equal(recording_start(r, host, patient, &err), 0);
	return r;
}

static void record_one(struct recording *r, uint64_t n)
{
	struct listener to = recording_listener(r);
	struct trace_record record;

	scripted_record(&record, n % 2, 0, n);
	record.ktime_ns = n * 1000;
	to.record(to.context, &record, UINT64_C(1700000000000000000) + n * 1000);
}

/* More snapshots than lie between two key frames, with rows that come and filters that change. */
static void key_frames_and_filters_come_back(void **state)
{
	const struct recording_options options = { .path = place.path };
	struct host *host = make_host(5, 12);
	struct recording *r = start(&options, host, true);
	struct listener to = recording_listener(r);
	struct walk walk = walk_start(3, 5, 12);
	struct keeper heard = { 0 }, read = { 0 };
	struct listener keep = keeper_listener(&heard);
	const struct filter_entry *entry;
	struct reader *reader;
	struct error err = { "" };

	(void)state;
	for (int i = 0; i < 150; i++) {
		struct snapshot *s = i ? walk_step(&walk, 0) : walk.now;

		if (i % 50 == 7)
			filter_log_add(host->filters, s->mono_ns, i > 50 ? "tcp" : "udp", "");
		to.snapshot(to.context, NULL, s);
		keep.snapshot(keep.context, NULL, s);
	}
	to.end(to.context, walk.now);
	keep.end(keep.context, walk.now);
	assert_int_equal(recording_finish(r, &err), 0);
	reader = reader_open(input_open(place.path, false, &err), &err);
	assert_non_null(reader);
	keeper_read(&read, reader);
	assert_string_equal(read.error.text, "");
	assert_same_kept(&heard, &read);
	assert_int_equal(filter_log_count(reader_host(reader)->filters), 3);
	for (size_t i = 0; i < 3; i++) {
		entry = filter_log_entry(reader_host(reader)->filters, i);
		assert_string_equal(entry->outer, i ? "tcp" : "udp");
		assert_true(entry->mono_ns == filter_log_entry(host->filters, i)->mono_ns);
	}
	reader_close(reader);
	recording_free(r);
	walk_end(&walk);
	host_free(host);
	keeper_free(&heard);
	keeper_free(&read);
}

/* A function that was attached between two snapshots has its name with its first line. */
static void a_row_is_told_before_the_line_that_names_it(void **state)
{
	const struct recording_options options = { .path = place.path };
	const struct row added = { .key = { 0xffffffff81000000, 1 }, .name = "ip_rcv", .where = "" };
	struct host *host = make_host(2, 0);
	struct recording *r = start(&options, host, true);
	struct listener to = recording_listener(r);
	struct trace_record record;
	struct read_event event;
	struct reader *reader;
	struct error err = { "" };

	(void)state;
	assert_int_equal(catalog_add(host->catalog, TABLE_FUNCTIONS, &added), 0);
	scripted_record(&record, 0, PROBE_MAX, 0);
	to.record(to.context, &record, 1);
	assert_int_equal(recording_finish(r, &err), 0);
	reader = reader_open(input_open(place.path, false, &err), &err);
	assert_non_null(reader);
	assert_int_equal(reader_next(reader, &event, &err), READ_RECORD);
	assert_string_equal(
		catalog_traced(reader_host(reader)->catalog, event.record.probe)->name, "ip_rcv");
	reader_close(reader);
	recording_free(r);
	host_free(host);
}

/* What is kept in the tree stays readable. */
/* More places than a reader takes names of: the rest are numbers, and nothing is damaged. */
static void more_places_than_names_are_no_damage(void **state)
{
	enum { LINES = RECORDING_SYMBOLS_MAX / ABI_STACK_MAX + 10 };
	const struct recording_options options = { .path = place.path };
	struct host *host = make_host(1, 1);
	struct recording *r = start(&options, host, true);
	struct listener to = recording_listener(r);
	struct keeper read = { 0 };
	struct error err = { "" };

	(void)state;
	for (int i = 0; i < LINES; i++) {
		struct stack_record stack = { .head = { .type = RECORD_STACK, .size = sizeof(stack), .ktime_ns = i },
			.n_frames = ABI_STACK_MAX };

		for (int f = 0; f < ABI_STACK_MAX; f++)
			stack.frame[f] = 0x10000 + i * ABI_STACK_MAX + f;
		record_one(r, i);
		assert_true(trace_details_add(host->details, &stack, sizeof(stack)));
	}
	to.end(to.context, NULL);
	assert_int_equal(recording_finish(r, &err), 0);
	keeper_read_file(&read, place.path);
	assert_string_equal(read.error.text, "");
	assert_int_equal(read.n_records, LINES);
	keeper_free(&read);
	recording_free(r);
	host_free(host);
}

static void recordings_of_today_are_read_tomorrow(void **state)
{
	static const char *const names[] = { "2", "64", "256", "512" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct keeper read = { 0 };
		char path[64];

		snprintf(path, sizeof(path), "tests/tui/recordings/edge-%s.pcapng.gz", names[i]);
		keeper_read_file(&read, path);
		assert_string_equal(read.error.text, "");
		assert_true(read.n_snapshots == 61 || read.n_snapshots == 13);
		assert_true(read.n_records > 100);
		assert_true(ledger_sum(read.last).balanced);
		keeper_free(&read);
	}
}

/* Every block of a file, called with where it starts. */
static void each_block(uint8_t *bytes, size_t n, void (*see)(uint8_t *block, size_t total, void *),
	void *context)
{
	for (size_t at = 0; at < n;) {
		uint32_t total;

		memcpy(&total, bytes + at + 4, 4);
		assert_true(total >= 12 && total <= n - at);
		see(bytes + at, total, context);
		at += total;
	}
}

static bool is_own(const uint8_t *block, enum recording_kind kind)
{
	uint32_t type;

	memcpy(&type, block, 4);
	return type == RECORDING_BLOCK && block[16] == kind;
}

/* Spoils the 10th snapshot. */
static void spoil(uint8_t *block, size_t total, void *context)
{
	int *seen = context;

	if (is_own(block, RECORDING_SNAPSHOT) && ++*seen == 10)
		memset(block + 20, 0xff, total - 24);
}

static void a_damaged_snapshot_costs_no_more_than_those_that_rest_on_it(void **state)
{
	const struct recording_options options = { .path = place.path };
	struct host *host = make_host(5, 12);
	struct recording *r = start(&options, host, true);
	struct listener to = recording_listener(r);
	struct walk walk = walk_start(3, 5, 12);
	struct keeper read = { 0 };
	struct error err = { "" };
	size_t n;
	uint8_t *bytes;
	int seen = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		to.snapshot(to.context, NULL, i ? walk_step(&walk, 0) : walk.now);
	to.end(to.context, walk.now);
	assert_int_equal(recording_finish(r, &err), 0);
	bytes = file_bytes(place.path, &n);
	each_block(bytes, n, spoil, &seen);
	keeper_read_bytes(&read, bytes, n);
	assert_int_equal(read.n_snapshots, 9 + 40);
	assert_non_null(strstr(read.error.text, "1 damaged block passed over, the first at byte "));
	assert_true(read.snapshot[48]->mono_ns == walk.now->mono_ns);
	free(bytes);
	recording_free(r);
	walk_end(&walk);
	host_free(host);
	keeper_free(&read);
}

/* ---- what the file may be ---- */

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void assert_refused(const struct recording_options *options, const char *word)
{
	struct error err = { "" };
	int status;

	assert_null(recording_create(options, &err, &status));
	assert_int_equal(status, EXIT_BAD_INPUT);
	assert_non_null(strstr(err.text, word));
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_text(const char *path, const char *text)
{
	size_t n;
	uint8_t *bytes = file_bytes(path, &n);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, n);
	free(bytes);
}

static void an_existing_file_is_kept(void **state)
{
	struct recording_options options = { .path = place.path };
	char link[128];
	struct error err = { "" };
	struct recording *r;
	struct host *host;
	int status;

	(void)state;
	write_text(place.path, "precious");
	assert_int_equal(chmod(place.path, 0644), 0);
	assert_refused(&options, "exists; --force overwrites it");
	options.force = true;
	/* Nothing is lost before there is something to put in its place. */
	r = recording_create(&options, &err, &status);
	assert_non_null(r);
	recording_free(r);
	assert_text(place.path, "precious");
	host = make_host(1, 1);
	r = start(&options, host, true);
	assert_int_equal(recording_finish(r, &err), 0);
	recording_free(r);
	host_free(host);
	assert_int_equal(mode_of(place.path), 0600);
	snprintf(link, sizeof(link), "%s/link", place.dir);
	assert_int_equal(symlink(place.path, link), 0);
	options.path = link;
	assert_refused(&options, "symbolic link");
	assert_int_equal(unlink(link), 0);
	snprintf(link, sizeof(link), "%s/second", place.dir);
	assert_int_equal(symlink("/nowhere/at/all", link), 0);
	options.path = link;
	assert_refused(&options, "symbolic link");
	options.path = place.dir;
	assert_refused(&options, "not a file");
}

static void a_recording_that_never_began_leaves_nothing(void **state)
{
	const struct recording_options options = { .path = place.path };
	struct error err = { "" };
	struct recording *r;
	int status;

	(void)state;
	r = recording_create(&options, &err, &status);
	assert_non_null(r);
	assert_int_equal(mode_of(place.path), 0600);
	recording_free(r);
	assert_int_equal(access(place.path, F_OK), -1);
}

/* ---- when writing fails, or is too slow ---- */

static bool told_of_failure(struct recording *r)
{
	struct pollfd poll_fd = { .fd = recording_fd(r), .events = POLLIN };

	return poll(&poll_fd, 1, 5000) == 1;
}

static void a_full_disk_is_told(void **state)
{
	const struct recording_options options = { .path = "/dev/full" };
	struct host *host = make_host(2, LOSS_CAUSES);
	struct recording *r = start(&options, host, false);
	struct recording_state seen;
	struct error err = { "" };

	(void)state;
	assert_true(told_of_failure(r));
	seen = recording_state(r);
	assert_true(seen.failed);
	assert_non_null(strstr(seen.error.text, "No space left on device"));
	assert_non_null(strstr(seen.error.text, "/dev/full"));
	record_one(r, 1);
	assert_int_equal(recording_finish(r, &err), -ENOSPC);
	recording_free(r);
	host_free(host);
}

/* A limit in the midst of a block: what is left are whole blocks. */
static void a_cut_write_leaves_whole_blocks(void **state)
{
	const struct recording_options options = { .path = place.path };
	const struct rlimit limit = { 100001, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	struct host *host = make_host(2, LOSS_CAUSES);
	struct recording *r = start(&options, host, false);
	struct keeper read = { 0 };
	struct error err = { "" };
	struct stat st;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 2000; i++)
		record_one(r, i);
	assert_true(told_of_failure(r));
	assert_int_equal(recording_finish(r, &err), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(stat(place.path, &st), 0);
	assert_true(st.st_size > 99000 && st.st_size < 100001);
	assert_true(recording_state(r).bytes == (uint64_t)st.st_size);
	keeper_read_file(&read, place.path);
	assert_true(read.n_records > 200);
	assert_non_null(strstr(read.error.text, "without its end"));
	for (size_t i = 0; i < read.n_records; i++)
		assert_int_equal(read.record[i].record.ktime_ns, i * 1000);
	recording_free(r);
	host_free(host);
	keeper_free(&read);
}

static int open_pipe_end(int flags)
{
	int fd = open(place.path, flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void a_reader_that_goes_away_is_told(void **state)
{
	const struct recording_options options = { .path = place.path };
	struct host *host = make_host(2, LOSS_CAUSES);
	struct error err = { "" };
	struct recording *r;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(place.path, 0600), 0);
	assert_refused(&options, "nobody reads");
	fd = open_pipe_end(O_RDONLY | O_NONBLOCK);
	r = start(&options, host, false);
	close(fd);
	for (int i = 0; i < 1000; i++)
		record_one(r, i);
	assert_true(told_of_failure(r));
	assert_non_null(strstr(recording_state(r).error.text, "went away"));
	assert_int_equal(recording_finish(r, &err), -EPIPE);
	recording_free(r);
	host_free(host);
}

/* A snapshot whose books say what the recording left out. */
static struct snapshot *booked(struct recording *r, uint64_t sequence)
{
	struct listener to = recording_listener(r);
	struct snapshot *s = snapshot_new(2);

	s->sequence = sequence;
	s->mono_ns = s->real_ns = (sequence + 1) * 1000000000;
	assert_int_equal(snapshot_grow(s, TABLE_LOSS, LOSS_CAUSES), 0);
	s->table[TABLE_LOSS].known = 1;
	to.books(to.context, s);
	to.snapshot(to.context, NULL, s);
	return s;
}

/* Reads what comes into memory until the writer has ended. */
static void *read_all(void *context)
{
	struct keeper *read = context;
	struct error err = { "" };
	int fd = open_pipe_end(O_RDONLY);
	struct input *input = input_of(fd, "pipe", true);
	struct bytes all = { 0 };
	int n;

	while ((n = input_read(input, &all, &err)) != 0)
		if (n < 0)
			input_wait(input, 100);
	input_close(input);
	keeper_read_bytes(read, all.data, all.length);
	bytes_free(&all);
	return NULL;
}

static void what_a_slow_reader_misses_is_counted(void **state)
{
	const struct recording_options options = { .path = place.path, .queue_bytes = 300 << 10 };
	enum { SENT = 20000 };
	struct host *host = make_host(2, LOSS_CAUSES);
	struct keeper read = { 0 };
	struct snapshot *s[2];
	struct error err = { "" };
	struct recording *r;
	uint64_t left_out;
	pthread_t thread;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(place.path, 0600), 0);
	fd = open_pipe_end(O_RDONLY | O_NONBLOCK);
	r = start(&options, host, false);
	/* Nobody reads yet: the pipe and the queue fill up, and nothing waits. */
	for (int i = 0; i < SENT; i++)
		record_one(r, i);
	left_out = recording_state(r).not_recorded;
	assert_true(left_out > SENT / 2 && left_out < SENT);
	s[0] = booked(r, 0);
	assert_true(table_sum(&s[0]->table[TABLE_LOSS], LOSS_NOT_RECORDED, 0) == left_out);
	assert_true(table_at(&s[0]->table[TABLE_LOSS], LOSS_NOT_RECORDED, 0, 0) > left_out / 3);
	assert_int_equal(pthread_create(&thread, NULL, read_all, &read), 0);
	usleep(300 * 1000);
	s[1] = booked(r, 1);
	recording_listener(r).end(r, s[1]);
	assert_int_equal(recording_finish(r, &err), 0);
	close(fd);
	pthread_join(thread, NULL);
	assert_string_equal(read.error.text, "");
	assert_int_equal(read.n_records + left_out, SENT);
	assert_int_equal(read.n_snapshots, 2);
	for (int i = 0; i < 2; i++) {
		assert_same_snapshot(read.snapshot[i], s[i]);
		snapshot_unref(s[i]);
	}
	recording_free(r);
	host_free(host);
	keeper_free(&read);
}

/* ---- reading on while it grows ---- */

static void a_growing_file_is_read_as_it_grows(void **state)
{
	const struct recording_options options = { .path = place.path };
	struct host *host = make_host(2, LOSS_CAUSES);
	struct recording *r = start(&options, host, true);
	struct error err = { "" };
	struct keeper read = { 0 };
	struct snapshot *s = booked(r, 0);
	struct reader *reader = reader_open(input_open(place.path, true, &err), &err);

	(void)state;
	assert_non_null(reader);
	for (int i = 0; i < 200 && !read.n_snapshots; i++) {
		keeper_read(&read, reader);
		usleep(10000);
	}
	assert_int_equal(read.n_snapshots, 1);
	snapshot_unref(s);
	s = booked(r, 1);
	for (int i = 0; i < 200 && read.n_snapshots < 2; i++) {
		keeper_read(&read, reader);
		usleep(10000);
	}
	assert_int_equal(read.n_snapshots, 2);
	assert_null(read.last);
	recording_listener(r).end(r, s);
	assert_int_equal(recording_finish(r, &err), 0);
	keeper_read(&read, reader);
	assert_non_null(read.last);
	snapshot_unref(s);
	reader_close(reader);
	recording_free(r);
	host_free(host);
	keeper_free(&read);
}

/* ---- what other tools make of it ---- */

struct seen {
	int packets;
	int commented;
};

static void look_at_packet(uint8_t *bytes, size_t total, void *context)
{
	struct seen *seen = context;
	struct pcapng_block block;
	struct pcapng_packet packet;
	struct pcapng_options options;
	bool swapped = false, has_flags = false, has_drops = false;

	assert_int_equal(pcapng_block_at(bytes, total, &swapped, &block), 0);
	if (block.type != PCAPNG_PACKET)
		return;
	seen->packets++;
	assert_int_equal(pcapng_read_packet(&block, false, &packet), 0);
	options = pcapng_options(&block, packet.options, false);
	while (pcapng_next_option(&options)) {
		has_flags |= options.code == OPTION_PACKET_FLAGS;
		has_drops |= options.code == OPTION_PACKET_DROPCOUNT;
		if (options.code != OPTION_COMMENT)
			continue;
		seen->commented += memmem(options.value, options.length, "kfree_skb cpu=2 ", 16) &&
				   memmem(options.value, options.length, " reason=", 8) &&
				   memmem(options.value, options.length, " location=", 10);
	}
	assert_true(has_flags && has_drops);
}

static void packets_tell_others_where_they_were(void **state)
{
	struct keeper heard = { 0 };
	struct seen seen = { 0 };
	size_t n;
	uint8_t *bytes;

	(void)state;
	recorded_script(place.path, &heard);
	bytes = file_bytes(place.path, &n);
	each_block(bytes, n, look_at_packet, &seen);
	assert_int_equal(seen.packets, heard.n_records);
	assert_int_equal(seen.commented, 2 * 8);
	free(bytes);
	keeper_free(&heard);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_PLACE(a_recording_comes_back),
		IN_PLACE(a_packed_recording_comes_back),
		IN_PLACE(details_come_back),
		cmocka_unit_test(names_are_counted_once),
		IN_PLACE(the_host_comes_back),
		IN_PLACE(key_frames_and_filters_come_back),
		IN_PLACE(a_row_is_told_before_the_line_that_names_it),
		IN_PLACE(more_places_than_names_are_no_damage),
		IN_PLACE(recordings_of_today_are_read_tomorrow),
		IN_PLACE(a_damaged_snapshot_costs_no_more_than_those_that_rest_on_it),
		IN_PLACE(an_existing_file_is_kept),
		IN_PLACE(a_recording_that_never_began_leaves_nothing),
		IN_PLACE(a_full_disk_is_told),
		IN_PLACE(a_cut_write_leaves_whole_blocks),
		IN_PLACE(a_reader_that_goes_away_is_told),
		IN_PLACE(what_a_slow_reader_misses_is_counted),
		IN_PLACE(a_growing_file_is_read_as_it_grows),
		IN_PLACE(packets_tell_others_where_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
