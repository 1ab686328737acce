/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every view, as it shall look: recordings of machines with 2, 64, 256 and 512 CPUs, and of a router that follows
 * its packets, paused at one moment, on terminals of three sizes, and one of each --plain.
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

/* Keys lead from each screen to the next. */
struct step {
	const char *screen; /* NULL: the end */
	const char *keys[6];
};

static const struct step all_views[] = {
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
	{ NULL, { NULL } },
};

/* A packet from its first hop to its end, behind NAT; and what else only a real machine has. */
static const struct step followed[] = {
	{ "trace", { "5" } },
	{ "followed", { "/", "5301", "Enter", "Enter", "g" } },
	{ "ended", { "G" } },
	{ "inside", { "3", "/", "ip_forward", "Enter", "Enter" } },
	{ "programs", { "8" } },
	{ NULL, { NULL } },
};

static const struct machine {
	const char *recording;
	const char *loaded; /* stands on the screen when the whole recording is read */
	const char *moment; /* to look at: packets drop, and lines are kept */
	const struct step *steps;
	bool plain;
} machines[] = {
	{ "edge-2", "of 61", "@1795615330", all_views, false },
	{ "edge-64", "of 61", "@1795615330", all_views, false },
	{ "edge-256", "of 61", "@1795615330", all_views, false },
	{ "edge-512", "of 13", "@1795615283", all_views, false },
	{ "router", "of 25", "@1795694480", followed, false },
	{ "edge-256", "of 61", "@1795615330", all_views, true },
	{ "router", "of 25", "@1795694480", followed, true },
};

static const struct size {
	int cols, rows;
} sizes[] = { { 80, 24 }, { 120, 40 }, { 200, 50 } };

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
	const struct machine *machine = session->machine;
	const struct vt_options options = {
		.rows = session->size->rows,
		.cols = session->size->cols,
		.keep_bytes = true,
	};
	struct golden *golden;
	char path[128];
	struct vt *vt;

	snprintf(path, sizeof(path), "tests/tui/recordings/%s.pcapng.gz", machine->recording);
	vt = vt_start(&options, (const char *[]){ program_skewtop(), "--replay", path,
					machine->plain ? "--plain" : NULL, NULL });
	vt_keys(vt, "p");
	vt_expect(vt, machine->loaded);
	vt_answer(vt, ":", machine->moment);
	vt_settle(vt);
	golden = golden_begin(vt, session->name);
	for (const struct step *step = machine->steps; step->screen; step++) {
		press(vt, step->keys);
		golden_screen(golden, step->screen);
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
	static struct CMUnitTest tests[MACHINES * SIZES]; /* cmocka passes over those without a function */
	int n = 0;

	for (int i = 0; i < MACHINES * SIZES; i++) {
		struct session *s = &sessions[n];

		s->machine = &machines[i / SIZES];
		s->size = &sizes[i % SIZES];
		if (s->machine->plain && s->size != &sizes[0])
			continue;
		snprintf(s->name, sizeof(s->name), "%s-%dx%d%s", s->machine->recording, s->size->cols,
			s->size->rows, s->machine->plain ? "-plain" : "");
		tests[n++] = (struct CMUnitTest){ .name = s->name, .test_func = test_screens,
			.initial_state = s };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
