/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to a terminal while a program draws on it: other sizes, ^Z, garbage, a reader that stops. */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/screen.h"

#define RECORDING "tests/tui/recordings/edge-64.pcapng.gz"

static struct vt *start_paused_on(const struct vt_options *options)
{
	struct vt *vt = vt_start(options,
		(const char *[]){ program_skewtop(), "--replay", RECORDING, NULL });

	vt_keys(vt, "p");
	vt_expect(vt, "of 61");
	vt_answer(vt, ":", "@1795615330");
	vt_settle(vt);
	return vt;
}

static struct vt *start_paused(int cols, int rows)
{
	return start_paused_on(&(const struct vt_options){ .rows = rows, .cols = cols });
}

static void press(struct vt *vt, const char *const *keys)
{
	for (; *keys; keys++) {
		vt_keys(vt, *keys);
		vt_settle(vt);
	}
}

static void quit(struct vt *vt)
{
	vt_keys(vt, "Q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	assert_false(vt_alternate(vt));
	assert_true(vt_cursor_visible(vt));
	vt_free(vt);
}

static bool same_cell(const struct vt_cell *a, const struct vt_cell *b)
{
	return !strcmp(a->text, b->text) && a->fg == b->fg && a->bg == b->bg &&
	       a->bold == b->bold && a->underline == b->underline && a->reverse == b->reverse;
}

static void assert_same_screen(const struct vt *a, const struct vt *b, const char *what)
{
	for (int row = 0; row < vt_rows(a); row++) {
		for (int col = 0; col < vt_cols(a); col++) {
			struct vt_cell x = vt_cell(a, row, col), y = vt_cell(b, row, col);

			if (same_cell(&x, &y))
				continue;
			fprintf(stderr, "a: %s\n", vt_line(a, row));
			fprintf(stderr, "b: %s\n", vt_line(b, row));
			fail_msg("%s: row %d column %d differs", what, row, col);
		}
	}
}

static bool same_screen(struct vt *a, const void *b)
{
	for (int row = 0; row < vt_rows(a); row++) {
		for (int col = 0; col < vt_cols(a); col++) {
			struct vt_cell x = vt_cell(a, row, col), y = vt_cell(b, row, col);

			if (!same_cell(&x, &y))
				return false;
		}
	}
	return true;
}

/* From the first view to each of the others. */
static const struct place {
	const char *name;
	const char *keys[6];
} places[] = {
	{ "cpus", { "1" } },
	{ "cpu", { "1", "Enter" } },
	{ "syscalls", { "2" } },
	{ "functions", { "3" } },
	{ "packets", { "3", "/", "napi_gro_rec", "Enter", "Enter" } },
	{ "packet", { "Enter" } },
	{ "drops", { "4" } },
	{ "trace", { "5" } },
	{ "interfaces", { "6" } },
	{ "losses", { "7" } },
	{ "help", { "?" } },
	{ "setup", { "Backspace", "F2" } },
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* From 1x1 up, in every view: no end, and back at 80x24 each screen is what it was. */
static void test_sizes(void **state)
{
	static const int widths[] = { 1, 2, 23, 24, 61, 300 };
	static const int heights[] = { 1, 5, 6, 13, 100 };
	struct vt *fresh = start_paused(80, 24), *vt = start_paused(80, 24);

	(void)state;
	for (int p = 0; p < PLACES; p++) {
		press(fresh, places[p].keys);
		press(vt, places[p].keys);
		assert_same_screen(fresh, vt, places[p].name);
		for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
			for (size_t h = 0; h < sizeof(heights) / sizeof(heights[0]); h++) {
				vt_resize(vt, heights[h], widths[w]);
				vt_settle(vt);
				if (vt_end(vt, 0) >= 0)
					fail_msg("%s ended at %dx%d", places[p].name, widths[w],
						heights[h]);
				if (widths[w] < 24 || heights[h] < 6)
					assert_int_equal(strncmp(vt_line(vt, 0), "too small", widths[w] < 9 ? widths[w] : 9), 0);
				else
					assert_int_equal(vt_find(vt, "too small"), -1);
			}
		}
		vt_resize(vt, 24, 80);
		vt_settle(vt);
		assert_same_screen(fresh, vt, places[p].name);
	}
	quit(fresh);
	quit(vt);
}

static void test_starts_small(void **state)
{
	static const struct {
		int cols, rows;
	} sizes[] = { { 1, 1 }, { 3, 1 }, { 1, 3 }, { 23, 6 }, { 24, 5 }, { 300, 100 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct vt_options options = { .rows = sizes[i].rows, .cols = sizes[i].cols };
		struct vt *vt = vt_start(&options,
			(const char *[]){ program_skewtop(), "--replay", RECORDING, NULL });

		vt_expect(vt, sizes[i].cols == 300 ? "[1 CPUs]" : sizes[i].cols < 3 ? "t" : "too");
		quit(vt);
	}
}

static void test_resize_storm(void **state)
{
	enum { RESIZES = 10000 };
	struct vt *vt = start_paused(80, 24), *fresh = start_paused(101, 33);
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < RESIZES; i++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		vt_resize(vt, 1 + (random >> 33) % 40, 1 + (random >> 45) % 120);
		vt_pump(vt, 0);
	}
	vt_resize(vt, 33, 101);
	vt_settle(vt);
	assert_int_equal(vt_end(vt, 0), -1);
	assert_same_screen(vt, fresh, "after 10000 resizes");
	quit(vt);
	quit(fresh);
}

/* Both: what a program left on the screen is gone, what skewtop shows is back. */
static void test_redraw(void **state)
{
	struct vt *vt = start_paused(80, 24), *fresh = start_paused(80, 24);
	int tty = open(vt_tty(vt), O_WRONLY | O_NOCTTY | O_CLOEXEC);
	static const char garbage[] = "\033[5;5H\033[41mGARBAGE\033[2Jgarbage\r\n\n\nand more\033[0m";

	(void)state;
	assert_true(tty >= 0);
	assert_int_equal(write(tty, garbage, sizeof(garbage) - 1), sizeof(garbage) - 1);
	close(tty);
	vt_expect(vt, "and more");
	vt_keys(vt, "^L");
	vt_expect_not(vt, "and more");
	vt_settle(vt);
	assert_same_screen(vt, fresh, "after ^L");
	quit(vt);
	quit(fresh);
}

/* Histories that move on are moved by the terminal, and what is on screen is what a drawing anew shows. */
static void test_moves_on(void **state)
{
	static const char *const views[] = { "1", "2", "3", "6" };
	struct vt *vt = start_paused_on(
		&(const struct vt_options){ .rows = 50, .cols = 200, .keep_bytes = true });
	struct vt *fresh = start_paused(200, 50);
	size_t n;

	(void)state;
	for (size_t v = 0; v < sizeof(views) / sizeof(views[0]); v++) {
		press(fresh, (const char *const[]){ views[v], NULL });
		press(vt, (const char *const[]){ views[v], NULL });
		for (int i = 0; i < 5; i++) {
			press(fresh, (const char *const[]){ "]", "^L", NULL });
			press(vt, (const char *const[]){ "]", NULL });
			assert_same_screen(vt, fresh, views[v]);
		}
	}
	assert_non_null(memmem(vt_bytes(vt, &n), n, "\033[1P", 4));
	quit(vt);
	quit(fresh);
}

static void assert_same_modes(const struct termios *a, const struct termios *b)
{
	assert_int_equal(a->c_iflag, b->c_iflag);
	assert_int_equal(a->c_oflag, b->c_oflag);
	assert_int_equal(a->c_cflag, b->c_cflag);
	assert_int_equal(a->c_lflag, b->c_lflag);
	assert_memory_equal(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

/* The shell has said `n` times that it stopped, and waits for a command. */
static bool stopped_times(struct vt *vt, const void *n)
{
	int times = 0, last = 0;

	for (int row = 0; row < vt_rows(vt); row++) {
		times += strstr(vt_line(vt, row), "Stopped") != NULL;
		if (vt_line(vt, row)[0])
			last = row;
	}
	return times == *(const int *)n && !strcmp(vt_line(vt, last), "shell>");
}

/* In a real shell: ^Z gives the main screen and the terminal's modes back, fg the screen. */
static void test_suspend(void **state)
{
	static const char *const env[] = { "PS1=shell> ", NULL };
	const struct vt_options options = { .rows = 24, .cols = 80, .env = env };
	struct vt *vt = vt_start(&options, (const char *[]){ "/bin/dash", "-i", NULL });
	struct vt *fresh = start_paused(80, 24);
	struct termios before, stopped;
	char command[512];

	(void)state;
	vt_expect(vt, "shell>");
	before = vt_termios(vt);
	snprintf(command, sizeof(command), "%s --replay %s\r", program_skewtop(), RECORDING);
	vt_type(vt, command);
	vt_expect(vt, "[1 CPUs]");
	vt_keys(vt, "p");
	vt_expect(vt, "of 61");
	vt_answer(vt, ":", "@1795615330");
	vt_expect(vt, "14:02:09");
	for (int i = 0; i < 3; i++) {
		int times = i + 1;

		vt_keys(vt, "^Z");
		if (!vt_wait(vt, stopped_times, &times, VT_WAIT_MS))
			vt_expect(vt, "stopped once more");
		stopped = vt_termios(vt);
		assert_same_modes(&before, &stopped);
		assert_false(vt_alternate(vt));
		assert_true(vt_cursor_visible(vt));
		assert_false(vt_mouse(vt));
		vt_resize(vt, i == 1 ? 30 : 24, i == 1 ? 100 : 80);
		vt_type(vt, "fg\r");
		vt_expect(vt, "[1 CPUs]");
		vt_expect(vt, "eExport");
		assert_true(vt_alternate(vt));
		assert_true(vt_mouse(vt));
	}
	vt_expect_not(vt, "shell>");
	vt_keys(vt, "2");
	press(fresh, (const char *const[]){ "2", NULL });
	/* The shell is the child that could come to rest; skewtop is its child. */
	vt_wait(vt, same_screen, fresh, VT_WAIT_MS);
	assert_same_screen(vt, fresh, "after fg");
	vt_keys(vt, "Q");
	/* Old prompts are there as soon as the main screen is; the new one comes when all is done. */
	assert_true(vt_wait(vt, stopped_times, &(int){ 3 }, VT_WAIT_MS));
	stopped = vt_termios(vt);
	assert_same_modes(&before, &stopped);
	assert_false(vt_alternate(vt));
	vt_type(vt, "exit\r");
	assert_true(vt_end(vt, VT_WAIT_MS) >= 0);
	vt_free(vt);
	quit(fresh);
}

/* ---- a terminal that takes nothing ---- */

static const struct script_line ticking[] = {
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 0, 1 },
};

static struct screen *start_ticking(struct script *script, struct screen_options *options)
{
	*script = script_machine(2, 1);
	script->lines = ticking;
	script->n_lines = 1;
	script->paced = script->own_clock = true;
	*options = (struct screen_options){
		.terminal = { .rows = 50, .cols = 200 },
		.script = script,
		.interval_ns = 100000000,
		.view = "syscalls",
	};
	return screen_start(options);
}

/* The row's total: one more each interval. */
static long ticks(struct vt *vt)
{
	int row, value;

	vt_pump(vt, 200);
	row = vt_find(vt, "> read");
	if (row < 0 || sscanf(vt_line(vt, row), "> read x86_64 %d", &value) != 1)
		return -1;
	return value;
}

static bool has_ticks(struct vt *vt, const void *wanted)
{
	return ticks(vt) >= *(const long *)wanted;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* It counts on while the terminal stands still: as fast as before. */
static void counts_on(void (*stop)(struct vt *vt), void (*go)(struct vt *vt))
{
	struct script script;
	struct screen_options options;
	struct screen *screen = start_ticking(&script, &options);
	struct vt *vt = screen_vt(screen);
	long start, before, after, wanted = 10;
	int64_t began, before_ms, after_ms;

	vt_keys(vt, "u");
	vt_expect(vt, "TOTAL v");
	assert_true(vt_wait(vt, has_ticks, &wanted, VT_WAIT_MS));
	start = ticks(vt);
	began = now_ms();
	wanted = start + 10;
	assert_true(vt_wait(vt, has_ticks, &wanted, VT_WAIT_MS));
	before = ticks(vt) - start;
	before_ms = now_ms() - began;
	start = ticks(vt);
	began = now_ms();
	stop(vt);
	usleep(before_ms * 1000);
	go(vt);
	/*
	 * What was on its way comes first. Had it stood still, it could not make up for that in this time:
	 * 1.5 of 2.5 parts are less than three quarters.
	 */
	do {
		after = ticks(vt) - start;
		after_ms = now_ms() - began;
	} while (after * before_ms < before * after_ms * 3 / 4 && after_ms * 2 < before_ms * 5);
	if (after * before_ms < before * after_ms * 3 / 4)
		fail_msg("%ld samples in %ld ms, then without a reader %ld in %ld ms", before,
			(long)before_ms, after, (long)after_ms);
	vt_keys(vt, "Q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	screen_end(screen);
}

/* Does not read, and makes it draw more than the kernel holds. */
static void stop_reading(struct vt *vt)
{
	for (int hangs = 0; hangs < 3; hangs = vt_hangs(vt) ? hangs + 1 : 0) {
		vt_type(vt, "\f");
		usleep(60000);
	}
}

/* All that was held back; less than the interval without any is its end. */
static void read_again(struct vt *vt)
{
	while (vt_pump(vt, 30))
		;
}

static void send_xoff(struct vt *vt)
{
	vt_keys(vt, "^S");
}

static void send_xon(struct vt *vt)
{
	vt_keys(vt, "^Q");
}

static void test_no_reader(void **state)
{
	(void)state;
	counts_on(stop_reading, read_again);
}

static void test_xoff(void **state)
{
	(void)state;
	counts_on(send_xoff, send_xon);
}

/* SIGTERM ends it all the same, and the modes are back. */
static void ends_stalled(void (*stop)(struct vt *vt))
{
	struct script script;
	struct screen_options options;
	struct screen *screen = start_ticking(&script, &options);
	struct vt *vt = screen_vt(screen);
	struct termios modes;
	int64_t began;
	int status;

	vt_expect(vt, "[2 Syscalls]");
	assert_false(vt_termios(vt).c_lflag & ICANON);
	stop(vt);
	while (!vt_hangs(vt))
		usleep(10000);
	began = now_ms();
	kill(vt_pid(vt), SIGTERM);
	/* Nobody reads: not vt_end(), which would. */
	while (kill(vt_pid(vt), 0) == 0 && now_ms() - began < VT_WAIT_MS) {
		siginfo_t info = { 0 };

		if (!waitid(P_PID, vt_pid(vt), &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
			break;
		usleep(5000);
	}
	print_message("# gone %ld ms after SIGTERM\n", (long)(now_ms() - began));
	status = vt_end(vt, VT_WAIT_MS);
	assert_true(status >= 0 && status < 128);
	modes = vt_termios(vt);
	assert_true(modes.c_lflag & ICANON);
	assert_true(modes.c_lflag & ECHO);
	screen_end(screen);
}

static void test_no_reader_sigterm(void **state)
{
	(void)state;
	ends_stalled(stop_reading);
}

static void test_xoff_sigterm(void **state)
{
	(void)state;
	ends_stalled(send_xoff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_starts_small),
		cmocka_unit_test(test_resize_storm),
		cmocka_unit_test(test_redraw),
		cmocka_unit_test(test_moves_on),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_no_reader),
		cmocka_unit_test(test_xoff),
		cmocka_unit_test(test_no_reader_sigterm),
		cmocka_unit_test(test_xoff_sigterm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
