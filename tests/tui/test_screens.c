/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What keys do, on the screen over a scripted source: what must stand there after each is said here, and
 * the whole screens are golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/inside.h"
#include "core/model/ledger.h"
#include "tests/support/golden.h"
#include "tests/support/screen.h"

/* CPU 5 takes the packets, CPU 2 goes away, CPU 5 loses 37 lines, softirq time becomes unknown. */
static const struct script_line story[] = {
	{ 0, SCRIPT_RAMP, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 0, 8000 },
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 2, SYSCALL_CALLS, 5, 50000 },
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 3, SYSCALL_CALLS, 1, 700 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, SCRIPT_ALL_CPUS, 100 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, 5, 12000 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_BYTES, 5, 9600000 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 3, COUNT_PACKETS, 5, 70 },
	{ 0, SCRIPT_GROW, TABLE_DROPS, 0, COUNT_PACKETS, 5, 70 },
	{ 0, SCRIPT_GROW, TABLE_SOFTIRQ, 2, SOFTIRQ_TIME_NS, 5, 500000000 },
	{ 0, SCRIPT_TRACE, TABLE_PROBES, 0, 0, 5, 8 },
	{ 3, SCRIPT_OFFLINE, TABLE_SYSCALLS, 0, 0, 2, 0 },
	{ 4, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 5, 37 },
	{ 6, SCRIPT_UNKNOWN, TABLE_SOFTIRQ, 0, SOFTIRQ_TIME_NS, 0, 0 },
};

static struct script make_story(void)
{
	struct script script = script_machine(8, 2);

	script.lines = story;
	script.n_lines = sizeof(story) / sizeof(story[0]);
	script.trace_all = true;
	return script;
}

static const struct size {
	const char *name;
	int cols, rows;
} sizes[] = { { "80x24", 80, 24 }, { "200x50", 200, 50 } };

/* A screen over the story, stopped after snapshot 7 (14:02:18). */
struct play {
	struct script script;
	struct screen_options options;
	struct screen *screen;
	struct vt *vt;
	struct golden *golden;
};

static void play_script(
	struct play *play, const struct script *script, const struct size *size, const char *name)
{
	char session[64];

	play->script = *script;
	play->options = (struct screen_options){
		.terminal = { .rows = size->rows, .cols = size->cols, .keep_bytes = true },
		.script = &play->script,
		.upto = 8,
	};
	play->screen = screen_start(&play->options);
	play->vt = screen_vt(play->screen);
	vt_expect(play->vt, "14:02:18");
	vt_settle(play->vt);
	snprintf(session, sizeof(session), "script-%s-%s", size->name, name);
	play->golden = golden_begin(play->vt, session);
}

static void play_start(struct play *play, const struct size *size, const char *name)
{
	const struct script script = make_story();

	play_script(play, &script, size, name);
}

static void play_end(struct play *play)
{
	vt_keys(play->vt, "Q");
	assert_int_equal(vt_end(play->vt, VT_WAIT_MS), 0);
	golden_end(play->golden);
	screen_end(play->screen);
}

/* Presses keys; then all texts stand on the screen, but for those that begin with '!'. */
static void press(struct play *play, const char *keys, const char *const *texts)
{
	screen_press(play->screen, keys);
	for (; *texts; texts++) {
		bool there = vt_find(play->vt, **texts == '!' ? *texts + 1 : *texts) >= 0;

		if (there == (**texts == '!')) {
			char *screen = vt_text(play->vt);

			fputs(screen, stderr); /* cmocka's own cut long texts */
			free(screen);
			fail_msg("after %s, '%s' is%s there", keys, *texts + (**texts == '!'),
				there ? "" : " not");
		}
	}
}

#define PRESS(play, keys, ...) press(play, keys, (const char *const[]){ __VA_ARGS__, NULL })

/* How often a text stands on the screen. */
static int times_there(struct play *play, const char *text)
{
	char *screen = vt_text(play->vt);
	int n = 0;

	for (const char *at = screen; (at = strstr(at, text)); at += strlen(text))
		n++;
	free(screen);
	return n;
}

static void test_cpus(void **state)
{
	struct play play;

	play_start(&play, *state, "cpus");
	PRESS(&play, "1", "LIVE 1.0s", "lost 37", "cpu5:  95% of packets", "> 5  ");
	golden_screen(play.golden, "first");
	/* The one that went away is marked, and its rate is not a number. */
	PRESS(&play, "s cpu Enter Home", "> 0  ", "2 off");
	golden_screen(play.golden, "offline");
	PRESS(&play, "c 1,2,5 Enter", "cpu:1-2,5", "!cpu0 ", "cpu5 ");
	PRESS(&play, "c node1 Enter", "cpu:4-7", "!cpu1 ");
	PRESS(&play, "c hot Enter", "cpu:5", "!cpu4 ");
	PRESS(&play, "c 99 Enter", "there is no CPU 99", "cpu:5");
	PRESS(&play, "c all Enter", "cpu0 ", "!cpu:5");
	/* What is typed stays whole as long as it takes less than half of the line: the label is cut instead. */
	PRESS(&play, "s a-column-with-a-name-as-long-as-this", "sort by (",
		" a-column-with-a-name-as-long-as-this");
	PRESS(&play, "Esc", "!sort by");
	PRESS(&play, "b", "by core");
	PRESS(&play, "b", "by llc", "llc0", "llc4", "!2 off");
	PRESS(&play, "b", "by node", "node0", "node1");
	golden_screen(play.golden, "nodes");
	PRESS(&play, "b", "by all");
	PRESS(&play, "b", "by cpu", "  0  ");
	play_end(&play);
}

static void test_syscalls(void **state)
{
	struct play play;

	play_start(&play, *state, "syscalls");
	PRESS(&play, "2", "> recvmsg", "50.0k", "SUM/s v");
	PRESS(&play, "u", "showing the total", "TOTAL v", "350.0k");
	/* The column that is always there shows what has a column of its own as well: one of them stays. */
	assert_int_equal(times_there(&play, "TOTAL"), 1);
	PRESS(&play, "7", "TOTAL v");
	assert_int_equal(times_there(&play, "TOTAL"), 1);
	PRESS(&play, "> <", "TOTAL v");
	PRESS(&play, "6", "TOTAL v");
	assert_int_equal(times_there(&play, "TOTAL"), 1);
	PRESS(&play, "2 u", "showing the share", "SHARE% v", "!   %  ");
	golden_screen(play.golden, "share");
	/* The sign of sorting needs a cell more than the column has here. */
	PRESS(&play, "4", "SHARE% v");
	PRESS(&play, "2 u", "showing the rate", "SUM/s v");
	PRESS(&play, "j m", "* read");
	PRESS(&play, "Home Space j", "* recvmsg", "* read");
	PRESS(&play, "U", "!* recvmsg", "!* read");
	PRESS(&play, "/ epoll Enter", "> epoll_wait");
	PRESS(&play, "/ nothing Enter", "'nothing' is not here");
	PRESS(&play, "f !read Enter", "filtered by '!read'", "!  read ", "recvmsg");
	golden_screen(play.golden, "filtered");
	PRESS(&play, "f Backspace Backspace Backspace Backspace Backspace Enter", "  read ",
		"!filtered by");
	PRESS(&play, "s sys Enter", "SYSCALL v");
	PRESS(&play, "I", "SYSCALL ^");
	if ((*(const struct size **)state)->cols >= 200)
		PRESS(&play, ">", "ABI v");
	PRESS(&play, ">", "SUM/s v");
	if ((*(const struct size **)state)->cols >= 200)
		PRESS(&play, "<", "ABI v");
	PRESS(&play, "<", "SYSCALL v");
	PRESS(&play, "i", "!futex");
	PRESS(&play, "i", "futex");
	golden_screen(play.golden, "sorted");
	play_end(&play);
}

static void test_pane(void **state)
{
	struct play play;

	play_start(&play, *state, "pane");
	PRESS(&play, "5", "FOLLOW on", "17.888888", "lost 37");
	golden_screen(play.golden, "follow");
	PRESS(&play, "Up", "standing still");
	screen_go(play.screen, 10);
	vt_expect(play.vt, "14:02:20");
	vt_settle(play.vt);
	PRESS(&play, "Space", "standing still", "16 newer", "!18.888888");
	golden_screen(play.golden, "still");
	PRESS(&play, "G", "FOLLOW on", "19.888888");
	PRESS(&play, "/ 51514 Enter", "51514");
	golden_screen(play.golden, "found");
	PRESS(&play, "F", "FOLLOW on");
	PRESS(&play, "f nothing-has-this Enter", "!17.888888");
	PRESS(&play, "f Backspace", "");
	for (int i = 0; i < 15; i++)
		vt_keys(play.vt, "Backspace");
	PRESS(&play, "Enter", "19.888888");
	PRESS(&play, "Up Enter", "> skb 0x");
	golden_screen(play.golden, "packet");
	PRESS(&play, "Backspace", "standing still");
	play_end(&play);
}

/* A function that is looked into: 900 of 1000 calls a second take 80 to 160 ns, 100 from 2 us on. */
static void test_inside(void **state)
{
	static const struct script_row rows[] = {
		{ TABLE_PROBES, 0, 0, PROBE_RX, "netif_receive_skb", "", 0 },
		{ TABLE_FUNCTIONS, 0x1000, 0, 0, "ip_rcv", "", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_CALLS), 0, 0, "calls", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_RETURNED), 0, 0, "returned", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_TIME_NS), 0, 0, "time_ns", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_LONGEST_NS), 0, 0, "longest_ns", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_BUCKET), 2, 0, "80 ns", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_BUCKET), 4, 0, "112 ns", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_BUCKET), 21, 0, "2048 ns", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_VALUE), 0, 0, "0", "ip_rcv", 0 },
		{ TABLE_INSIDE, INSIDE_KEY(0, INSIDE_VALUE), 0xffffff97, 0, "-ENOBUFS", "ip_rcv", 0 },
	};
	static const struct script_line lines[] = {
		{ 0, SCRIPT_GROW, TABLE_FUNCTIONS, 0, COUNT_PACKETS, 1, 1000 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 0, 0, 1, 1000 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 1, 0, 1, 1000 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 2, 0, 1, 50000000 },
		{ 0, SCRIPT_ADD, TABLE_INSIDE, 3, 0, 1, 2400 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 4, 0, 1, 600 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 5, 0, 1, 300 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 6, 0, 0, 100 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 7, 0, 1, 950 },
		{ 0, SCRIPT_GROW, TABLE_INSIDE, 8, 0, 0, 50 },
	};
	struct script script = script_machine(2, 1);
	struct play play;

	script.rows = rows;
	script.n_rows = sizeof(rows) / sizeof(rows[0]);
	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	play_script(&play, &script, *state, "inside");
	PRESS(&play, "3 Enter", "inside 1000/s", "p50 93ns", "p90 128ns", "longest 2.4us", "5.0% of a cpu",
		"times  80ns", "returned  0 95.0%  -ENOBUFS 5.0%");
	golden_screen(play.golden, "function");
	PRESS(&play, "Backspace r", "Functions > left out");
	play_end(&play);
}

/* A program with verdicts, and one of which only runs are known. */
static void test_programs(void **state)
{
	static const struct script_row rows[] = {
		{ TABLE_PROBES, 0, 0, PROBE_RX, "netif_receive_skb", "", 0 },
		{ TABLE_PROGRAMS, 41, 2, 0, "xdp_firewall", "xdp on eth0", 0 },
		{ TABLE_PROGRAMS, 42, 2, PROGRAM_RUNS_ONLY, "from_container",
			"tc ingress on eth0 (runs only: it has no BTF)", 0 },
	};
	static const struct script_line lines[] = {
		{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, 1, 800 },
		{ 0, SCRIPT_GROW, TABLE_PROGRAMS, 0, PROGRAM_PACKETS, 1, 1000 },
		{ 0, SCRIPT_GROW, TABLE_PROGRAMS, 0, PROGRAM_BYTES, 1, 64000 },
		{ 0, SCRIPT_GROW, TABLE_PROGRAMS, 0, PROGRAM_VERDICTS + VERDICT_PASS, 1, 793 },
		{ 0, SCRIPT_GROW, TABLE_PROGRAMS, 0, PROGRAM_VERDICTS + VERDICT_DROP, 1, 207 },
		{ 0, SCRIPT_GROW, TABLE_PROGRAMS, 1, PROGRAM_PACKETS, SCRIPT_NO_CPU, 793 },
	};
	struct script script = script_machine(2, 1);
	struct play play;

	script.rows = rows;
	script.n_rows = sizeof(rows) / sizeof(rows[0]);
	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	play_script(&play, &script, *state, "programs");
	PRESS(&play, "8", "xdp_firewall", "793", "207", "from_container");
	golden_screen(play.golden, "table");
	PRESS(&play, "Down", "only runs are known: tc ingress on eth0 (runs only: it has no BTF)");
	PRESS(&play, "Up Enter", "BPF > xdp_firewall");
	play_end(&play);
}

/* Text is found where it can be seen: the ABI has room in 200 columns and none in 80, like a line's interface. */
static void test_hidden_columns(void **state)
{
	const struct size *size = *state;
	bool wide = size->cols >= 200;
	struct play play;

	play_start(&play, size, "hidden");
	PRESS(&play, "2 / i386 Enter", wide ? "> read " : "'i386' is not here");
	PRESS(&play, "f i386 Enter", wide ? "... 5 filtered by 'i386'" : "... 6 filtered by 'i386'");
	vt_resize(play.vt, size->rows, wide ? 80 : 200);
	vt_expect(play.vt, wide ? "... 6 filtered by 'i386'" : "... 5 filtered by 'i386'");
	vt_resize(play.vt, size->rows, size->cols);
	vt_expect(play.vt, wide ? "... 5 filtered by 'i386'" : "... 6 filtered by 'i386'");
	/* Of a cell that is cut, what is cut off counts, too. */
	PRESS(&play, "5 / netif_receive_skb Enter", "standing still", "!is not here");
	PRESS(&play, "f eth0 Enter", wide ? "17.888888" : "no line has that in a column on screen");
	vt_resize(play.vt, size->rows, wide ? 80 : 200);
	vt_expect(play.vt, wide ? "no line has that in a column on screen" : "17.888888");
	vt_resize(play.vt, size->rows, size->cols);
	vt_expect(play.vt, wide ? "17.888888" : "no line has that in a column on screen");
	/* No time is 00:00:00, as a record's alone would be. */
	PRESS(&play, "f Backspace Backspace Backspace Backspace 00:00 Enter",
		"no line has that in a column on screen");
	play_end(&play);
}

/* An interface's two ways are two rows, each with its own history, and the selection goes through them all. */
static void test_interfaces(void **state)
{
	static const struct script_row rows[] = {
		{ TABLE_INTERFACES, 4026531840, 2, 0, "eth0", "netns 4026531840", 0 },
		{ TABLE_INTERFACES, 4026531840, 3, 0, "eth1", "netns 4026531840", 0 },
	};
	static const struct script_line lines[] = {
		{ 0, SCRIPT_GROW, TABLE_INTERFACES, 0, IF_RX_PACKETS, 1, 1000 },
		{ 0, SCRIPT_GROW, TABLE_INTERFACES, 1, IF_TX_PACKETS, 0, 20 },
		{ 6, SCRIPT_GROW, TABLE_INTERFACES, 0, IF_TX_PACKETS, 1, 500 },
		{ 6, SCRIPT_GROW, TABLE_INTERFACES, 1, IF_RX_PACKETS, 0, 250 },
	};
	struct script script = script_machine(2, 1);
	struct play play;

	script.rows = rows;
	script.n_rows = sizeof(rows) / sizeof(rows[0]);
	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	play_script(&play, &script, *state, "interfaces");
	PRESS(&play, "6", "> eth0              rx");
	golden_screen(play.golden, "table");
	PRESS(&play, "Down", "> eth0              tx", "_\u2584");
	PRESS(&play, "Down", "> eth1              rx", "_\u2582");
	PRESS(&play, "Down", "> eth1              tx");
	PRESS(&play, "Up Up Enter", "_\u2588");
	play_end(&play);
}

static void test_time(void **state)
{
	struct play play;

	play_start(&play, *state, "time");
	PRESS(&play, "p", "PAUSED");
	screen_go(play.screen, 12);
	vt_settle(play.vt);
	PRESS(&play, "[", "14:02:17");
	PRESS(&play, "[ [", "14:02:15", "lost 37");
	PRESS(&play, "[", "14:02:14", "lost 0");
	PRESS(&play, "{", "14:02:11", "avg       -");
	golden_screen(play.golden, "begin");
	PRESS(&play, "]", "14:02:12", "12.7k/s");
	PRESS(&play, ": 14:02:16 Enter", "14:02:16");
	PRESS(&play, ": rubbish Enter", "a time looks like");
	PRESS(&play, "#", "!top1");
	PRESS(&play, "#", "top1");
	PRESS(&play, "?", "pause the screen");
	PRESS(&play, "q", "1 CPUs");
	play_end(&play);
}

/* Live: the clock of the source is the real one. */
static void test_stale(void **state)
{
	static const struct script_line lines[] = {
		{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, SCRIPT_ALL_CPUS, 100 },
		{ 4, SCRIPT_STALL, TABLE_PROBES, 0, 0, 0, 0 },
	};
	struct script script = script_machine(4, 1);
	const struct size *size = *state;
	const struct screen_options options = {
		.terminal = { .rows = size->rows, .cols = size->cols },
		.script = &script,
		.interval_ns = 200000000,
	};
	struct screen *screen;

	script.lines = lines;
	script.n_lines = sizeof(lines) / sizeof(lines[0]);
	script.paced = script.own_clock = true;
	screen = screen_start(&options);
	vt_expect(screen_vt(screen), "LIVE 0.2s");
	vt_expect(screen_vt(screen), "STALE");
	vt_keys(screen_vt(screen), "p");
	vt_expect(screen_vt(screen), "PAUSED");
	vt_expect(screen_vt(screen), "screen of");
	screen_release(screen);
	vt_keys(screen_vt(screen), "p");
	vt_expect(screen_vt(screen), "LIVE 0.2s");
	vt_expect_not(screen_vt(screen), "STALE");
	vt_keys(screen_vt(screen), "-");
	vt_expect(screen_vt(screen), "LIVE 0.1s");
	vt_answer(screen_vt(screen), "d", "0.5");
	vt_expect(screen_vt(screen), "LIVE 0.5s");
	vt_answer(screen_vt(screen), "d", "61");
	vt_expect(screen_vt(screen), "0.1 to 60 seconds");
	screen_end(screen);
}

#define BOTH(test)                                                                                 \
	{ #test " 80x24", test, NULL, NULL, (void *)&sizes[0] },                                   \
	{                                                                                          \
		#test " 200x50", test, NULL, NULL, (void *)&sizes[1]                               \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_cpus),
		BOTH(test_syscalls),
		BOTH(test_pane),
		BOTH(test_inside),
		BOTH(test_programs),
		BOTH(test_interfaces),
		BOTH(test_hidden_columns),
		BOTH(test_time),
		BOTH(test_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
