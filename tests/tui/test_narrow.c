/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of lines that are longer than the terminal is wide: whole items, or a mark where text is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "core/model/host.h"
#include "tests/support/screen.h"
#include "tui/header.h"

static const struct script_line load[] = {
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 2, SYSCALL_CALLS, 5, 50000 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, SCRIPT_ALL_CPUS, 100 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, 5, 12000 },
	{ 4, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 5, 37 },
};

static struct script busy_machine(int n_cpus)
{
	struct script script = script_machine(n_cpus, 2);

	script.lines = load;
	script.n_lines = sizeof(load) / sizeof(load[0]);
	return script;
}

/* The first rows of the CPUs screen and its last, at four widths. */
static const struct narrow {
	int cols, rows;
	const char *top, *tabs, *sums, *bar;
} narrow[] = {
	{ 60, 15, "skewtop edge-07       LIVE 1.0s  lost 37  own 1.0%  14:02:18", "[1 CPUs] 2  3  4  5  6  7  8",
		"PKT    12.7k/s  avg    1588  max   12.0k cpu5     7.6x avg",
		" ?Help /Find fFilter sSort bGroup cCPUs pPause FFollow" },
	{ 40, 12, "skewtop ed\u2026 LIVE 1.0s  lost 37  own 1.0%", "[1 CPUs] 2  3  4  5  6  7  8",
		"PKT    12.7k/s  avg    1588  max   12.0k", " ?Help /Find fFilter sSort bGroup cCPUs" },
	{ 30, 12, "skewtop ed\u2026 LIVE 1.0s  lost 37", "[1 CPUs] 2  3  4  5  6  7  8",
		"PKT    12.7k/s  avg    1588", " ?Help /Find fFilter sSort" },
	{ 24, 8, "skew\u2026 LIVE 1.0s  lost 37", "[1 CPUs] 2  3  4  5  6",
		"PKT    12.7k/s   \u2588\u2588\u2588\u2588\u2588\u2588\u2588", " ?Help /Find fFilter" },
};

static void test_whole_items(void **state)
{
	const struct narrow *want = *state;
	const struct script script = busy_machine(8);
	const struct screen_options options = {
		.terminal = { .rows = want->rows, .cols = want->cols },
		.script = &script,
		.upto = 8,
	};
	struct screen *screen = screen_start(&options);
	struct vt *vt = screen_vt(screen);

	vt_expect(vt, "12.7k/s");
	vt_settle(vt);
	assert_string_equal(vt_line(vt, 0), want->top);
	assert_string_equal(vt_line(vt, 1), want->tabs);
	assert_string_equal(vt_line(vt, 3), want->sums);
	assert_string_equal(vt_line(vt, want->rows - 1), want->bar);
	screen_end(screen);
}

/* Every tab can be seen to be the one that is shown, however narrow. */
static void test_own_tab(void **state)
{
	const struct script script = busy_machine(8);
	const struct screen_options options = {
		.terminal = { .rows = 10, .cols = 24 },
		.script = &script,
		.upto = 8,
	};
	struct screen *screen = screen_start(&options);

	(void)state;
	screen_press(screen, "8");
	vt_expect(screen_vt(screen), "[8 BPF]");
	screen_press(screen, "3");
	vt_expect(screen_vt(screen), "[3 Functions]");
	screen_end(screen);
}

/* Inside a CPU rows have two names: both get shorter before their number goes. */
static void test_inside_cpu(void **state)
{
	static const int widths[] = { 80, 60, 40, 24 };
	const struct script script = busy_machine(8);
	const struct screen_options options = {
		.terminal = { .rows = 12, .cols = 100 },
		.script = &script,
		.upto = 8,
	};
	struct screen *screen = screen_start(&options);

	(void)state;
	screen_press(screen, "1 Enter");
	vt_expect(screen_vt(screen), "50.0k");
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		vt_resize(screen_vt(screen), 12, widths[i]);
		vt_settle(screen_vt(screen));
		vt_expect(screen_vt(screen), "SUM/s v");
		vt_expect(screen_vt(screen), "50.0k");
		vt_expect(screen_vt(screen), "> ");
	}
	screen_end(screen);
}

/* ---- the rule ---- */

struct rule {
	const char *filter, *narrowed, *cpus, *shows;
	bool ascii, plain;
};

static const struct rule rules[] = {
	{ .filter = "udp port 53", .shows = "-- filter: udp port 53 -----------------" },
	{ .filter = "host 10.0.3.7 and tcp dst port 443", .shows = "-- filter: host 10.0.3.7 and tcp dst\u2026 --" },
	{ .filter = "host 10.0.3.7 and tcp dst port 443", .ascii = true,
		.shows = "-- filter: host 10.0.3.7 and tcp dst~ --" },
	{ .filter = "host 10.0.3.7 and tcp dst port 443", .plain = true,
		.shows = "filter: host 10.0.3.7 and tcp dst port \u2026" },
	{ .cpus = "0-2,10,12,14,16,100-127,200", .shows = "-- cpu:0-2,10,12,14,16,\u2026 ---------------" },
	{ .cpus = "0-2,10,12,14,16,100-127,200", .ascii = true, .shows = "-- cpu:0-2,10,12,14,16,~ ---------------" },
	{ .narrowed = "netns web", .cpus = "0-2,10", .shows = "-- only netns web  cpu:0-2,10 ----------" },
};

static int draw_rule(void *context)
{
	const struct rule *rule = context;
	struct cpus shown;
	struct host *host = host_new();
	struct frame frame = { .host = host, .filter = rule->filter ? rule->filter : "" };
	struct canvas canvas = { .utf8 = !rule->ascii, .plain = rule->plain };

	setlocale(LC_ALL, "");
	snprintf(host->narrowed, sizeof(host->narrowed), "%s", rule->narrowed ? rule->narrowed : "");
	canvas.window = initscr();
	canvas.colour = colour_new(DEPTH_AUTO);
	if (rule->cpus) {
		cpus_parse(&shown, rule->cpus);
		frame.shown = &shown;
	}
	header_rule(&canvas, &frame, (struct area){ 0, 0, 1, COLS }, "");
	refresh();
	getch();
	endwin();
	return 0;
}

static void test_rule(void **state)
{
	const struct vt_options options = { .rows = 3, .cols = 40 };
	struct vt *vt = vt_spawn(&options, draw_rule, *state);

	vt_settle(vt);
	assert_string_equal(vt_line(vt, 0), ((const struct rule *)*state)->shows);
	vt_keys(vt, "q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	vt_free(vt);
}

int main(void)
{
	enum {
		NARROW = sizeof(narrow) / sizeof(narrow[0]),
		RULES = sizeof(rules) / sizeof(rules[0]),
	};
	static char names[NARROW + RULES][32];
	struct CMUnitTest tests[NARROW + RULES + 2];
	int n = 0;

	for (int i = 0; i < NARROW; i++, n++) {
		snprintf(names[n], sizeof(names[n]), "whole items %d", narrow[i].cols);
		tests[n] = (struct CMUnitTest){ names[n], test_whole_items, NULL, NULL, (void *)&narrow[i] };
	}
	for (int i = 0; i < RULES; i++, n++) {
		snprintf(names[n], sizeof(names[n]), "rule %d", i);
		tests[n] = (struct CMUnitTest){ names[n], test_rule, NULL, NULL, (void *)&rules[i] };
	}
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_own_tab);
	tests[n] = (struct CMUnitTest)cmocka_unit_test(test_inside_cpu);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
