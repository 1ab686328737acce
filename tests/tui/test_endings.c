/* SPDX-License-Identifier: GPL-2.0-only */
/* However it ends, the terminal is as it was; and on what terminals it starts at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/vt.h"

#define RECORDING "tests/tui/recordings/edge-2.pcapng.gz"

static struct vt *start(const struct vt_options *options)
{
	return vt_start(options,
		(const char *[]){ program_skewtop(), "--replay", RECORDING, NULL });
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* ---- signals ---- */

static const struct ending {
	const char *name;
	int number;
	int status; /* 128 + n: dies of it, as it should */
} endings[] = {
	{ "SIGHUP", SIGHUP, 0 },
	{ "SIGTERM", SIGTERM, 0 },
	{ "SIGINT", SIGINT, 0 },
	{ "SIGQUIT", SIGQUIT, 0 },
	{ "SIGSEGV", SIGSEGV, 128 + SIGSEGV },
	{ "SIGABRT", SIGABRT, 128 + SIGABRT },
	{ "SIGBUS", SIGBUS, 128 + SIGBUS },
	{ "SIGFPE", SIGFPE, 128 + SIGFPE },
};

static void assert_same_modes(const struct termios *a, const struct termios *b)
{
	assert_int_equal(a->c_iflag, b->c_iflag);
	assert_int_equal(a->c_oflag, b->c_oflag);
	assert_int_equal(a->c_cflag, b->c_cflag);
	assert_int_equal(a->c_lflag, b->c_lflag);
	assert_memory_equal(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void test_signal(void **state)
{
	const struct ending *ending = *state;
	const struct vt_options options = { .rows = 24, .cols = 80 };
	struct vt *vt = start(&options);
	struct termios modes, now;
	int64_t began;
	int status;

	/* As the pty was made: nobody changed it before the program did. */
	modes = vt_termios(vt);
	assert_true(modes.c_lflag & ICANON);
	vt_expect(vt, "eExport");
	now = vt_termios(vt);
	assert_false(now.c_lflag & ICANON);
	assert_true(vt_alternate(vt));
	assert_false(vt_cursor_visible(vt));
	assert_true(vt_mouse(vt));
	began = now_ms();
	kill(vt_pid(vt), ending->number);
	status = vt_end(vt, VT_WAIT_MS);
	print_message("# gone %ld ms after %s\n", (long)(now_ms() - began), ending->name);
	assert_int_equal(status, ending->status);
	assert_false(vt_alternate(vt));
	assert_true(vt_cursor_visible(vt));
	assert_false(vt_mouse(vt));
	now = vt_termios(vt);
	assert_same_modes(&modes, &now);
	vt_free(vt);
}

/* ---- the terminal goes away ---- */

static void ignore_hangups(void *context)
{
	(void)context;
	signal(SIGHUP, SIG_IGN);
}

static void hang_up(void (*prepare)(void *context))
{
	const struct vt_options options = { .rows = 24, .cols = 80, .prepare = prepare };
	struct vt *vt = start(&options);
	int64_t began;
	int status;

	vt_expect(vt, "eExport");
	began = now_ms();
	vt_hang_up(vt);
	status = vt_end(vt, VT_WAIT_MS);
	print_message("# gone %ld ms after the terminal\n", (long)(now_ms() - began));
	assert_true(status >= 0 && status < 128);
	vt_free(vt);
}

static void test_closed_terminal(void **state)
{
	(void)state;
	hang_up(NULL);
}

/* As nohup leaves it: the end of the terminal is seen by reading. */
static void test_closed_terminal_nohup(void **state)
{
	(void)state;
	hang_up(ignore_hangups);
}

/* ---- kinds of terminals ---- */

static const char *const kinds[] = { "xterm-256color", "xterm", "xterm-direct", "tmux-256color",
	"screen", "screen-256color", "linux", "vt100", "vt220" };

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* Each shows the same text, but for the Linux console, whose fonts have not all the glyphs. */
static void test_kinds(void **state)
{
	char *first = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct vt_options options = { .rows = 24, .cols = 80, .term = kinds[i] };
		struct vt *vt = start(&options);
		bool alike;
		char *text;

		vt_keys(vt, "p");
		vt_expect(vt, "of 61");
		vt_answer(vt, ":", "@1795615330");
		vt_settle(vt);
		vt_keys(vt, "3");
		vt_settle(vt);
		text = vt_text(vt);
		alike = !strcmp(kinds[i], "linux") ? is_ascii(text) : !first || !strcmp(first, text);
		if (vt_find(vt, "[3 Functions]") < 0 || !alike)
			fail_msg("%s shows this instead:\n%.900s", kinds[i], text);
		if (first)
			free(text);
		else
			first = text;
		vt_keys(vt, "Q");
		assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
		/* Where the prompt stands next. */
		assert_string_equal(vt_line(vt, 23), "");
		vt_free(vt);
	}
	free(first);
}

/* NO_COLOR: not one cell has a colour. */
static void test_no_colour(void **state)
{
	static const char *const env[] = { "NO_COLOR=1", NULL };
	const struct vt_options options = { .rows = 24, .cols = 80, .env = env };
	struct vt *vt = start(&options);

	(void)state;
	vt_expect(vt, "eExport");
	vt_keys(vt, "p");
	vt_settle(vt);
	for (int row = 0; row < 24; row++) {
		for (int col = 0; col < 80; col++) {
			struct vt_cell cell = vt_cell(vt, row, col);

			assert_int_equal(cell.fg, -1);
			assert_int_equal(cell.bg, -1);
		}
	}
	vt_free(vt);
}

static int lines_on(const struct vt *vt)
{
	int n = 0;

	for (int row = 0; row < vt_rows(vt); row++)
		n += vt_line(vt, row)[0] != '\0';
	return n;
}

static void test_refused(void **state)
{
	static const char *const refused[] = { "dumb", "", "no-such-terminal", "unknown" };

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		/* Wide: one line is one row. */
		const struct vt_options options = { .rows = 10, .cols = 300, .term = refused[i] };
		struct vt *vt = start(&options);

		if (vt_end(vt, VT_WAIT_MS) != 2)
			fail_msg("TERM='%s' is taken", refused[i]);
		assert_int_equal(lines_on(vt), 1);
		assert_true(vt_find(vt, "--json") >= 0);
		assert_false(vt_alternate(vt));
		vt_free(vt);
	}
}

static void test_no_terminal(void **state)
{
	struct program_result result = program_run(
		(const char *[]){ program_skewtop(), "--replay", RECORDING, NULL }, 20);

	(void)state;
	assert_int_equal(result.status, 2);
	assert_string_equal(result.out, "");
	assert_non_null(strstr(result.err, "--json"));
	/* One line. */
	assert_ptr_equal(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
	program_result_free(&result);
}

/* Standard input a terminal and output not, and the other way round. */
static void test_half_a_terminal(void **state)
{
	static const char *const commands[] = { "'%s' --replay " RECORDING " | cat",
		"'%s' --replay " RECORDING " </dev/null" };

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct vt_options options = { .rows = 10, .cols = 300 };
		char command[512], text[600];
		struct vt *vt;

		snprintf(command, sizeof(command), commands[i], program_skewtop());
		snprintf(text, sizeof(text), "set -o pipefail; %s", command);
		vt = vt_start(&options, (const char *[]){ "/bin/bash", "-c", text, NULL });
		assert_int_equal(vt_end(vt, VT_WAIT_MS), 2);
		assert_int_equal(lines_on(vt), 1);
		assert_true(vt_find(vt, "--json") >= 0);
		vt_free(vt);
	}
}

int main(void)
{
	enum { SIGNALS = sizeof(endings) / sizeof(endings[0]) };
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_closed_terminal),
		cmocka_unit_test(test_closed_terminal_nohup),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_no_colour),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_terminal),
		cmocka_unit_test(test_half_a_terminal),
	};
	enum { OTHERS = sizeof(others) / sizeof(others[0]) };
	struct CMUnitTest tests[SIGNALS + OTHERS];

	for (int i = 0; i < SIGNALS; i++)
		tests[i] = (struct CMUnitTest){ .name = endings[i].name, .test_func = test_signal,
			.initial_state = (void *)&endings[i] };
	memcpy(tests + SIGNALS, others, sizeof(others));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
