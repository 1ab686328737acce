/* SPDX-License-Identifier: GPL-2.0-only */
/* However skewtop ends, none of its programs, links and maps stays in the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/live.h"

enum {
	IDS_MAX = 256,
	WAIT_MS = 10000 /* the kernel frees maps and programs in its own time */
};

/* One kind of kernel object, by the ids that a process holds. */
struct kind {
	const char *field; /* in /proc/PID/fdinfo/N */
	int (*open)(uint32_t id);
	int at_least;
	int n;
	uint32_t id[IDS_MAX];
};

static void note_descriptor(struct kind *kind, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	uint32_t id;

	while (file && fgets(line, sizeof(line), file)) {
		size_t length = strlen(kind->field);

		if (strncmp(line, kind->field, length) != 0 ||
			sscanf(line + length, ":%u", &id) != 1)
			continue;
		assert_true(kind->n < IDS_MAX);
		kind->id[kind->n++] = id;
	}
	if (file)
		fclose(file);
}

/* What the process holds: nobody else's objects are looked at. */
static void note_ids(struct kind *kind, pid_t pid)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		if (entry->d_name[0] != '.')
			note_descriptor(kind, path);
	}
	closedir(dir);
	if (kind->n < kind->at_least)
		fail_msg("only %d of %s", kind->n, kind->field);
}

static bool is_there(const struct kind *kind, uint32_t id)
{
	int fd = kind->open(id);

	if (fd < 0 && errno != ENOENT)
		fail_msg("%s %u: %s", kind->field, id, strerror(errno));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void assert_all_there(const struct kind *kind)
{
	for (int i = 0; i < kind->n; i++)
		assert_true(is_there(kind, kind->id[i]));
}

static void assert_all_gone(const struct kind *kind)
{
	for (int i = 0; i < kind->n; i++) {
		int ms = 0;

		while (is_there(kind, kind->id[i])) {
			if (ms++ == WAIT_MS)
				fail_msg("%s %u stays", kind->field, kind->id[i]);
			usleep(1000);
		}
	}
}

/* Ends a running skewtop in some way; its exit status. */
static void assert_ends_clean(void (*end)(struct stream *stream), int status)
{
	struct kind kinds[] = {
		{.field = "prog_id", .open = bpf_prog_get_fd_by_id, .at_least = 20},
		{.field = "link_id", .open = bpf_link_get_fd_by_id, .at_least = 20},
		{.field = "map_id", .open = bpf_map_get_fd_by_id, .at_least = 5},
	};
	struct stream stream;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	stream = stream_start((const char *[]){
		"--pid", pid, "--delay", "0.1", "--errors", "--trace", "netif_receive_skb", NULL});
	json_decref(stream_find(&stream, "sample"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		note_ids(&kinds[i], stream.program.pid);
		assert_all_there(&kinds[i]);
	}
	end(&stream);
	stream_end(&stream);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_all_gone(&kinds[i]);
	assert_int_equal(stream.status, status);
	stream_free(&stream);
}

static void interrupt(struct stream *stream)
{
	kill(stream->program.pid, SIGINT);
	json_decref(stream_find(stream, "end"));
}

static void terminate(struct stream *stream)
{
	kill(stream->program.pid, SIGTERM);
	json_decref(stream_find(stream, "end"));
}

static void hang_up(struct stream *stream)
{
	kill(stream->program.pid, SIGHUP);
}

static void kill_hard(struct stream *stream)
{
	kill(stream->program.pid, SIGKILL);
}

static void crash(struct stream *stream)
{
	kill(stream->program.pid, SIGSEGV);
}

/* The reader goes away: writing fails, and that ends it. */
static void close_pipe(struct stream *stream)
{
	close(stream->program.out_fd);
	stream->program.out_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void test_sigint(void **state)
{
	(void)state;
	assert_ends_clean(interrupt, 0);
}

static void test_sigterm(void **state)
{
	(void)state;
	assert_ends_clean(terminate, 0);
}

static void test_sighup(void **state)
{
	(void)state;
	assert_ends_clean(hang_up, 0);
}

static void test_sigkill(void **state)
{
	(void)state;
	assert_ends_clean(kill_hard, 128 + SIGKILL);
}

static void test_crash(void **state)
{
	(void)state;
	assert_ends_clean(crash, 128 + SIGSEGV);
}

static void test_closed_pipe(void **state)
{
	(void)state;
	assert_ends_clean(close_pipe, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigint),
		cmocka_unit_test(test_sigterm),
		cmocka_unit_test(test_sighup),
		cmocka_unit_test(test_sigkill),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_closed_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
