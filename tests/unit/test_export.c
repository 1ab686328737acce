/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/collector.h"
#include "core/model/snapshot.h"
#include "core/output/json_out.h"
#include "core/recording/export.h"
#include "tests/support/keeper.h"
#include "tests/support/made_details.h"
#include "tests/support/scripted.h"

static char dir[64], path[96];

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/skewtop-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/out", dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static struct csv *table(void)
{
	struct csv *csv = csv_new();

	csv_cell(csv, "NAME");
	csv_cell(csv, "SUM/s");
	csv_end_row(csv);
	csv_cell(csv, "say \"a,b\"");
	csv_cell(csv, "");
	csv_end_row(csv);
	csv_cell(csv, "two\nlines");
	csv_cell(csv, "-");
	csv_end_row(csv);
	return csv;
}

static void assert_holds(const char *text)
{
	size_t n;
	uint8_t *bytes = file_bytes(path, &n);

	assert_int_equal(n, strlen(text));
	assert_memory_equal(bytes, text, n);
	free(bytes);
}

static void a_table_is_quoted_where_it_must_be(void **state)
{
	struct csv *csv = table();
	struct error err = { "" };
	struct stat st;

	(void)state;
	assert_int_equal(csv_write(csv, path, false, &err), 0);
	assert_holds("NAME,SUM/s\r\n\"say \"\"a,b\"\"\",\r\n\"two\nlines\",-\r\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	csv_free(csv);
}

static void a_file_is_not_overwritten_unasked(void **state)
{
	struct csv *csv = table(), *empty = csv_new();
	struct error err = { "" };

	(void)state;
	assert_int_equal(csv_write(csv, path, false, &err), 0);
	assert_int_equal(csv_write(empty, path, false, &err), -EEXIST);
	assert_non_null(strstr(err.text, "/out exists"));
	assert_int_equal(csv_write(empty, path, true, NULL), 0);
	assert_holds("");
	csv_free(csv);
	csv_free(empty);
}

static void what_cannot_be_written_is_said(void **state)
{
	struct csv *csv = table();
	struct error err = { "" }, err2 = { "" };

	(void)state;
	assert_int_equal(csv_write(csv, "/dev/full", false, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	assert_int_equal(csv_write(csv, "/nowhere/at/all", false, &err2), -ENOENT);
	csv_free(csv);
}

static void lines_come_back(void **state)
{
	static const uint64_t marked[] = { 3, 7, 50 };
	struct script script = script_machine(2, 1);
	struct source *source = scripted_open(&script);
	struct trace_log *log = trace_log_new(30);
	struct keeper read = { 0 };
	struct error err = { "" };
	struct trace_record record;

	(void)state;
	for (int i = 0; i < 60; i++) {
		scripted_record(&record, i % 2, 0, i);
		trace_log_append(log, &record, 1000000 + i);
	}
	/* All that are kept; then some, of which one is gone. */
	assert_int_equal(
		export_lines_pcapng(path, false, source->host, log, NULL, 0, &err), 30);
	keeper_read_file(&read, path);
	assert_string_equal(read.error.text, "");
	assert_int_equal(read.n_records, 30);
	assert_int_equal(read.record[0].real_ns, 1000030);
	keeper_free(&read);
	assert_int_equal(
		export_lines_pcapng(path, false, source->host, log, marked, 3, &err), -EEXIST);
	assert_int_equal(export_lines_pcapng(path, true, source->host, log, marked, 3, &err), 1);
	keeper_read_file(&read, path);
	assert_int_equal(read.n_records, 1);
	scripted_record(&record, 0, 0, 50);
	assert_memory_equal(&read.record[0].record, &record, sizeof(record));
	keeper_free(&read);
	trace_log_free(log);
	source_close(source);
}

/* To be looked at elsewhere: see details_come_back in test_recording.c. */
static void details_come_along(void **state)
{
	static const uint64_t marked[] = { 1 };
	struct script script = script_machine(2, 1);
	struct trace_log *log = trace_log_new(30);
	struct trace_record record[3];
	struct stack_record stack;
	struct skb_record skb;
	struct error err = { "" };
	struct source *source;
	struct reader *reader;
	struct keeper read = { 0 };

	(void)state;
	script.details = true;
	source = scripted_open(&script);
	for (int i = 0; i < 3; i++) {
		scripted_record(&record[i], i % 2, 0, i);
		record[i].ktime_ns += i;
		trace_log_append(log, &record[i], 1000000 + i);
		made_details_add(source->host, &record[i]);
	}
	assert_int_equal(export_lines_pcapng(path, false, source->host, log, marked, 1, &err), 1);
	reader = reader_open(input_open(path, false, &err), &err);
	assert_non_null(reader);
	keeper_read(&read, reader);
	assert_int_equal(read.n_records, 1);
	assert_true(trace_details_stack(reader_host(reader)->details, &record[1], &stack));
	assert_true(trace_details_skb(reader_host(reader)->details, &record[1], &skb));
	assert_non_null(reader_host(reader)->skb_layout);
	assert_false(trace_details_stack(reader_host(reader)->details, &record[2], &stack));
	keeper_free(&read);
	reader_close(reader);
	trace_log_free(log);
	source_close(source);
}

/* No snapshot is in it: a replay's stream has every line all the same, and no books. */
static void lines_alone_replay_to_the_end(void **state)
{
	struct script script = script_machine(2, 1);
	struct source *source = scripted_open(&script), *replay;
	struct trace_log *log = trace_log_new(400);
	struct collector_options options = { .n_listeners = 1 };
	struct collector *collector;
	struct out_stream *stream;
	struct json_out *out;
	struct trace_record record;
	struct error err = { "" };
	FILE *file = tmpfile();
	char *line = NULL;
	size_t room = 0;
	int n = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		scripted_record(&record, i % 2, 0, i);
		trace_log_append(log, &record, 1000000 + i);
	}
	assert_int_equal(export_lines_pcapng(path, false, source->host, log, NULL, 0, &err), 300);
	replay = source_replay_open(path, false, &err);
	assert_non_null(replay);
	stream = out_stream_new(fileno(file));
	out = json_out_new(stream, replay->host, 0);
	options.listener[0] = json_out_listener(out);
	collector = collector_start(replay, &options, &err);
	while (!collector_ended(collector, &err))
		usleep(1000);
	collector_free(collector);
	rewind(file);
	for (; getline(&line, &room, file) > 0; n++)
		assert_int_equal(strncmp(line, n < 300 ? "{\"type\":\"trace\"" : "{\"type\":\"end\"", 13), 0);
	assert_int_equal(n, 301);
	assert_string_equal(line, "{\"type\":\"end\",\"samples\":0,\"ledger\":null}\n");
	free(line);
	fclose(file);
	json_out_free(out);
	out_stream_free(stream);
	trace_log_free(log);
	source_close(source);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_PLACE(a_table_is_quoted_where_it_must_be),
		IN_PLACE(a_file_is_not_overwritten_unasked),
		IN_PLACE(what_cannot_be_written_is_said),
		IN_PLACE(lines_come_back),
		IN_PLACE(details_come_along),
		IN_PLACE(lines_alone_replay_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
