/* SPDX-License-Identifier: GPL-2.0-only */
/* The one table of keys: no key twice, all of it in the help, and nothing in it crashes any view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/ledger.h"
#include "tests/support/screen.h"
#include "tui/keys.h"

static const struct binding {
	enum action action;
	const char *keys;
} bindings[] = {
#define ACTION(id, name, keys, group, help, rank, label) { ACTION_##id, keys },
#include "tui/keys.def"
#undef ACTION
};

enum { BINDINGS = sizeof(bindings) / sizeof(bindings[0]), KEYS_MAX = 256, WORD_MAX = 16 };

struct words {
	char word[KEYS_MAX][WORD_MAX];
	enum action action[KEYS_MAX];
	int n;
};

static struct words all_keys(void)
{
	struct words words = { .n = 0 };

	for (int i = 0; i < BINDINGS; i++) {
		const char *keys = bindings[i].keys;
		int used;

		while (sscanf(keys, " %15s%n", words.word[words.n], &used) == 1) {
			words.action[words.n++] = bindings[i].action;
			keys += used;
		}
	}
	return words;
}

static void test_no_conflict(void **state)
{
	struct words words = all_keys();
	struct keymap *keymap = keymap_new();

	(void)state;
	assert_non_null(keymap);
	assert_true(words.n > 60);
	for (int i = 0; i < words.n; i++) {
		int key = key_number(words.word[i]);

		if (key < 0)
			fail_msg("there is no key '%s'", words.word[i]);
		for (int j = 0; j < i; j++)
			if (key == key_number(words.word[j]))
				fail_msg("%s starts %s and %s", words.word[i],
					action_name(words.action[i]), action_name(words.action[j]));
		assert_int_equal(keymap_action(keymap, key), words.action[i]);
	}
	keymap_free(keymap);
}

static const struct script_line story[] = {
	{ 0, SCRIPT_RAMP, TABLE_SYSCALLS, 0, SYSCALL_CALLS, 0, 8000 },
	{ 0, SCRIPT_GROW, TABLE_SYSCALLS, 2, SYSCALL_CALLS, 5, 50000 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 0, COUNT_PACKETS, SCRIPT_ALL_CPUS, 100 },
	{ 0, SCRIPT_GROW, TABLE_PROBES, 3, COUNT_PACKETS, 5, 70 },
	{ 0, SCRIPT_GROW, TABLE_INTERFACES, 1, COUNT_PACKETS, 5, 70 },
	{ 0, SCRIPT_GROW, TABLE_DROPS, 0, COUNT_PACKETS, 5, 70 },
	{ 0, SCRIPT_TRACE, TABLE_PROBES, 0, 0, 5, 40 },
	{ 0, SCRIPT_TRACE, TABLE_PROBES, 3, 0, 5, 5 },
	{ 4, SCRIPT_ADD, TABLE_LOSS, LOSS_RING_FULL, 0, 5, 37 },
};

static struct script make_story(void)
{
	struct script script = script_machine(8, 2);

	script.lines = story;
	script.n_lines = sizeof(story) / sizeof(story[0]);
	script.trace_all = true;
	return script;
}

/* On a screen with room for it: every action's text and first key. */
static void test_help(void **state)
{
	struct script script = make_story();
	const struct screen_options options = {
		.terminal = { .rows = 60, .cols = 120 },
		.script = &script,
		.upto = 8,
	};
	struct screen *screen = screen_start(&options);
	struct vt *vt = screen_vt(screen);
	struct keymap *keymap = keymap_new();

	(void)state;
	vt_expect(vt, "14:02:18");
	screen_press(screen, "?");
	for (int a = ACTION_NONE + 1; a < ACTIONS; a++) {
		char key[KEY_NAME_MAX];

		if (action_help(a)[0] && vt_find(vt, action_help(a)) < 0)
			fail_msg("%s is not in the help", action_name(a));
		keymap_key(keymap, a, key, sizeof(key));
		/* 1-7 stand as such. */
		if ((key[0] < '2' || key[0] > '6') && vt_find(vt, key) < 0)
			fail_msg("%s of %s is not in the help", key, action_name(a));
	}
	vt_keys(vt, "q");
	vt_settle(vt);
	assert_true(vt_find(vt, "[1 CPUs]") >= 0);
	keymap_free(keymap);
	screen_end(screen);
}

/* ---- the walk ---- */

static const struct place {
	const char *name;
	const char *keys; /* from anywhere, after two Esc */
	const char *there;
} places[] = {
	{ "cpus", "1", "[1 CPUs]" },
	{ "a cpu", "1 Enter", "CPUs > " },
	{ "syscalls", "2", "[2 Syscalls]" },
	{ "a syscall", "2 Enter", "[2 Syscalls]" },
	{ "functions", "3", "[3 Functions]" },
	{ "a function", "3 Enter", "[3 Functions]" },
	{ "a packet", "5 Up Enter", "> skb" },
	{ "drops", "4", "[4 Drops]" },
	{ "a drop", "4 Enter", "[4 Drops]" },
	{ "trace", "5", "[5 Trace]" },
	{ "interfaces", "6", "[6 Ifaces]" },
	{ "an interface", "6 Enter", "[6 Ifaces]" },
	{ "losses", "7", "[7 Losses]" },
	{ "help", "?", "skewtop > help" },
	{ "setup", "F2", "skewtop > setup" },
};

/* After these the view may be another one, or a prompt waits. */
static bool leads_away(enum action action)
{
	switch (action) {
	case ACTION_ENTER:
	case ACTION_BACK:
	case ACTION_HELP:
	case ACTION_SETUP:
	case ACTION_FIND:
	case ACTION_FILTER:
	case ACTION_PACKET_FILTER:
	case ACTION_SORT:
	case ACTION_CPUS:
	case ACTION_DELAY:
	case ACTION_GO_TO_TIME:
	case ACTION_EXPORT:
	case ACTION_FUNCTIONS:
	case ACTION_PLAIN_TEXT:
	case ACTION_STACK:
		return true;
	default:
		return action <= ACTION_NEXT_HOST;
	}
}

static void go_to(struct vt *vt, const struct place *place)
{
	/* Closes a prompt and two levels; a digit follows, so that no key of several bytes begins. */
	vt_type(vt, "\033\033\033" "1");
	vt_keys(vt, place->keys);
}

/* Time for a drawing, on a machine that has it. */
static void assert_runs(struct vt *vt, const char *key, const struct place *place)
{
	int status;

	vt_pump(vt, 4);
	status = vt_end(vt, 0);
	if (status >= 0)
		fail_msg("it ended with status %d in %s, at %s or just before", status, place->name, key);
}

enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* All places at once: most of the time is waiting. */
static void walk(struct screen *const *screens, const struct words *words)
{
	for (int i = 0; i < words->n; i++) {
		if (words->action[i] == ACTION_QUIT || words->action[i] == ACTION_LEAVE)
			continue;
		for (int p = 0; p < PLACES; p++)
			vt_keys(screen_vt(screens[p]), words->word[i]);
		for (int p = 0; p < PLACES; p++)
			assert_runs(screen_vt(screens[p]), words->word[i], &places[p]);
		for (int p = 0; leads_away(words->action[i]) && p < PLACES; p++)
			go_to(screen_vt(screens[p]), &places[p]);
	}
}

static void test_walk(void **state)
{
	struct script script = make_story();
	const struct screen_options options = {
		.terminal = { .rows = 24, .cols = 80 },
		.script = &script,
		.upto = 8,
	};
	struct words words = all_keys();
	struct screen *screens[PLACES];

	(void)state;
	for (int p = 0; p < PLACES; p++)
		screens[p] = screen_start(&options);
	for (int p = 0; p < PLACES; p++) {
		vt_expect(screen_vt(screens[p]), "14:02:18");
		screen_press(screens[p], places[p].keys);
		vt_expect(screen_vt(screens[p]), places[p].there);
	}
	walk(screens, &words);
	for (int p = 0; p < PLACES; p++) {
		vt_settle(screen_vt(screens[p]));
		assert_runs(screen_vt(screens[p]), "the end", &places[p]);
		vt_type(screen_vt(screens[p]), "\033\033\033" "1Q");
		assert_int_equal(vt_end(screen_vt(screens[p]), VT_WAIT_MS), 0);
		screen_end(screens[p]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_conflict),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
