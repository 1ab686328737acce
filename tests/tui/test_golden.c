/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every view, as it shall look: recordings of machines with 2, 64, 256 and 512 CPUs, paused at one moment, on
 * terminals of three sizes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/golden.h"
#include "tests/support/process.h"

struct machine {
	int cpus;
	const char *loaded; /* stands on the screen when the whole recording is read */
	const char *moment; /* to look at: packets drop, and lines are kept */
};

static const struct machine machines[] = {
	{ 2, "of 61", "@1795615330" },
	{ 64, "of 61", "@1795615330" },
	{ 256, "of 61", "@1795615330" },
	{ 512, "of 13", "@1795615283" },
};

static const struct size {
	int cols, rows;
} sizes[] = { { 80, 24 }, { 120, 40 }, { 200, 50 } };

/* Keys lead from each screen to the next. */
static const struct step {
	const char *screen;
	const char *keys[5];
} steps[] = {
	{ "cpus", { NULL } },
	{ "cpu", { "Enter" } },
	{ "syscalls", { "2" } },
	{ "syscall", { "Enter" } },
	{ "functions", { "3" } },
	{ "function", { "/", "napi_gro_rec", "Enter", "Enter" } },
	{ "packet", { "Enter" } },
	{ "drops", { "4" } },
	{ "drop", { "/", "RCVBUFF", "Enter", "Enter" } },
	{ "trace", { "5" } },
	{ "interfaces", { "6" } },
	{ "losses", { "7" } },
	{ "help", { "?" } },
	{ "setup", { "Backspace", "F2" } },
	{ "braille", { "Down Down Down Down Down Down Down Down Down Right", "Backspace", "1" } },
};

struct session {
	const struct machine *machine;
	const struct size *size;
	char name[64];
};

static void press(struct vt *vt, const char *const *keys)
{
	for (; *keys; keys++) {
		vt_keys(vt, *keys);
		vt_settle(vt);
	}
}

static void test_screens(void **state)
{
	const struct session *session = *state;
	const struct vt_options options = {
		.rows = session->size->rows,
		.cols = session->size->cols,
		.keep_bytes = true,
	};
	struct golden *golden;
	char path[128];
	struct vt *vt;

	snprintf(path, sizeof(path), "tests/tui/recordings/edge-%d.pcapng.gz", session->machine->cpus);
	vt = vt_start(&options, (const char *[]){ program_skewtop(), "--replay", path, NULL });
	vt_keys(vt, "p");
	vt_expect(vt, session->machine->loaded);
	vt_answer(vt, ":", session->machine->moment);
	vt_settle(vt);
	golden = golden_begin(vt, session->name);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		press(vt, steps[i].keys);
		golden_screen(golden, steps[i].screen);
	}
	vt_keys(vt, "Q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	golden_end(golden);
	vt_free(vt);
}

int main(void)
{
	enum {
		MACHINES = sizeof(machines) / sizeof(machines[0]),
		SIZES = sizeof(sizes) / sizeof(sizes[0]),
	};
	static struct session sessions[MACHINES * SIZES];
	struct CMUnitTest tests[MACHINES * SIZES];

	for (int i = 0; i < MACHINES * SIZES; i++) {
		struct session *s = &sessions[i];

		s->machine = &machines[i / SIZES];
		s->size = &sizes[i % SIZES];
		snprintf(s->name, sizeof(s->name), "edge-%d-%dx%d", s->machine->cpus, s->size->cols,
			s->size->rows);
		tests[i] = (struct CMUnitTest){ .name = s->name, .test_func = test_screens,
			.initial_state = s };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
