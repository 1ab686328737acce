/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording as a source: what a collector makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/recording/pcapng.h"
#include "tests/support/captures.h"
#include "tests/support/recorded.h"
#include "tests/support/walk.h"

static char path[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(path, "/tmp/skewtop-test-XXXXXX");
	close(mkstemp(path));
	unlink(path);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

/* Replays a file to its end. */
static struct collector *replay(struct keeper *heard, struct error *err)
{
	struct collector_options options = { .n_listeners = heard ? 1 : 0 };
	struct source *source = source_replay_open(path, false, err);
	struct collector *collector;

	assert_non_null(source);
	assert_string_equal(source->ops->name, "REPLAY");
	source_replay_keep(source, &options);
	if (heard)
		options.listener[0] = keeper_listener(heard);
	collector = collector_start(source, &options, err);
	assert_non_null(collector);
	while (!collector_ended(collector, err))
		usleep(1000);
	collector_stop(collector);
	return collector;
}

static void a_replay_is_what_was_recorded(void **state)
{
	struct keeper live = { 0 }, heard = { 0 };
	struct error err = { "" };
	struct collector *collector;
	struct history_range range;
	struct snapshot *first;

	(void)state;
	recorded_script(path, &live);
	collector = replay(&heard, &err);
	assert_string_equal(err.text, "");
	assert_same_kept(&live, &heard);
	range = history_range(collector_history(collector));
	assert_int_equal(range.end - range.first, live.n_snapshots);
	first = history_get(collector_history(collector), range.first);
	assert_same_snapshot(first, live.snapshot[0]);
	snapshot_unref(first);
	assert_int_equal(trace_log_range(collector_log(collector)).end, live.n_records);
	assert_string_equal(collector_host(collector)->name, "edge-07");
	collector_free(collector);
	keeper_free(&live);
	keeper_free(&heard);
}

static void a_cut_replay_ends_with_a_sentence(void **state)
{
	struct keeper live = { 0 }, heard = { 0 };
	struct error err = { "" };
	size_t n;
	uint8_t *bytes;

	(void)state;
	recorded_script(path, &live);
	bytes = file_bytes(path, &n);
	free(bytes);
	assert_int_equal(truncate(path, n * 3 / 4), 0);
	collector_free(replay(&heard, &err));
	assert_non_null(strstr(err.text, "was cut off"));
	assert_begins(&live, &heard);
	assert_true(heard.n_snapshots > 3);
	/* The end is told all the same: with the last books there are. */
	assert_same_snapshot(heard.last, heard.snapshot[heard.n_snapshots - 1]);
	keeper_free(&live);
	keeper_free(&heard);
}

/* A recording that does not say where it ends, of a collector that is stopped in its midst. */
static void a_replay_can_be_left(void **state)
{
	struct keeper live = { 0 };
	struct collector_options options = { 0 };
	struct error err = { "" };
	struct source *source;
	int fds[2];
	char name[32];
	size_t n;
	uint8_t *bytes;

	(void)state;
	recorded_script(path, &live);
	bytes = file_bytes(path, &n);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, n / 2), n / 2);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	source = source_replay_open(name, true, &err);
	assert_non_null(source);
	collector_free(collector_start(source, &options, &err));
	close(fds[0]);
	close(fds[1]);
	free(bytes);
	keeper_free(&live);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct error err = { "" }, err2 = { "" };

	(void)state;
	assert_null(source_replay_open("/nowhere/at/all", true, &err));
	assert_non_null(strstr(err.text, "/nowhere/at/all cannot be opened"));
	assert_null(source_replay_open("/tmp", true, &err2));
	assert_non_null(strstr(err2.text, "is a directory"));
}

/* ---- memory ---- */

/* A sanitizer keeps memory of its own, for each byte and for a while after it was freed. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* kB of memory that this process has had at most. */
static long peak_kb(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long kb = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		(void)!sscanf(line, "VmHWM: %ld", &kb);
	fclose(file);
	return kb;
}

/* Small packets: each takes 304 bytes of the log and 76 of the file, so not all can be kept. */
static size_t write_large_capture(void)
{
	enum { PACKETS = 500000 };
	struct made_capture c = { 0 };
	uint8_t packet[60] = { 0 };
	FILE *file = fopen(path, "we");
	size_t n;

	assert_non_null(file);
	memcpy(packet, capture_ipv4, sizeof(capture_ipv4));
	capture_pcap(&c, LINK_RAW);
	for (int i = 0; i < PACKETS; i++)
		capture_pcap_packet(&c, UINT64_C(1700000000000000000) + i * UINT64_C(1000000), packet,
			sizeof(packet), sizeof(packet));
	n = c.bytes.length;
	assert_int_equal(fwrite(c.bytes.data, 1, n, file), n);
	fclose(file);
	bytes_free(&c.bytes);
	return n;
}

static int grows_beyond(size_t limit)
{
	struct error err = { "" };
	long before = peak_kb();
	struct collector *collector = replay(NULL, &err);
	size_t grown = (size_t)(peak_kb() - before) * 1024;
	struct trace_range range = trace_log_range(collector_log(collector));

	if (err.text[0] || range.end != 500000 || range.end - range.first < 200000)
		return 2;
	return grown > limit;
}

static void memory_is_bounded_by_the_size_of_the_file(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	/* In a process of its own, whose peak nothing else has raised. */
	if (!child) {
		pid_t writer = fork();
		size_t n = 500000 * 76 + 24;

		if (!writer)
			_exit(write_large_capture() != n);
		if (waitpid(writer, &status, 0) != writer || status)
			_exit(3);
		_exit(grows_beyond(4 * n));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#endif

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		IN_PLACE(memory_is_bounded_by_the_size_of_the_file),
#endif
		IN_PLACE(a_replay_is_what_was_recorded),
		IN_PLACE(a_cut_replay_ends_with_a_sentence),
		IN_PLACE(a_replay_can_be_left),
		IN_PLACE(what_cannot_be_opened_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
