/* SPDX-License-Identifier: GPL-2.0-only */
/* However skewtop ends, none of its programs, links and maps stays in the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/in_kernel.h"
#include "tests/support/live.h"

/* Ends a running skewtop in some way; its exit status. */
static void assert_ends_clean(void (*end)(struct stream *stream), int status)
{
	struct in_kernel *held;
	struct stream stream;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	stream = stream_start((const char *[]){
		"--pid", pid, "--delay", "0.1", "--errors", "--trace", "netif_receive_skb", NULL});
	json_decref(stream_find(&stream, "sample"));
	held = in_kernel_note(stream.program.pid);
	end(&stream);
	stream_end(&stream);
	in_kernel_assert_gone(held);
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
