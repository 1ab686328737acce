/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tui/config_text.h"

#define SECOND UINT64_C(1000000000)

static struct config config, again, before;
static struct bytes out;

static void read_text(const char *text)
{
	config_init(&config);
	assert_int_equal(config_text_read(&config, text, strlen(text)), 0);
}

/* Writes the config over `old`, and expects exactly this text. */
static void assert_written(const char *old, const char *expected)
{
	bytes_free(&out);
	assert_int_equal(config_text_write(&config, old, strlen(old), &out), 0);
	bytes_put(&out, "", 1);
	assert_string_equal((char *)out.data, expected);
}

static void assert_note(int i, const char *expected)
{
	assert_true(i < config.n_notes);
	assert_string_equal(config.note[i].text, expected);
}

static void assert_list(enum config_section section, const char *name, const char *expected)
{
	const struct config_list *list = config_list(&config, section, name);
	char text[CONFIG_WORDS_MAX * CONFIG_WORD_MAX] = "";

	if (!list)
		fail_msg("no list %s", name);
	for (int i = 0; i < list->n; i++) {
		strcat(text, i ? " " : "");
		strcat(text, list->word[i]);
	}
	assert_string_equal(text, expected);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void without_a_file_the_defaults_hold(void **state)
{
	(void)state;
	read_text("");
	assert_int_equal(config.delay_ns, SECOND);
	assert_int_equal(config.history_ns, 600 * SECOND);
	assert_int_equal(config.units, CONFIG_RATE);
	assert_int_equal(config.group, CONFIG_BY_CPU);
	assert_string_equal(config.theme, "default");
	assert_string_equal(config.view, "cpus");
	assert_false(config.hide_idle || config.ascii || config.braille || config.plain);
	assert_true(config.mouse);
	assert_int_equal(config.n_lists, 0);
	assert_int_equal(config.n_notes, 0);
	assert_null(config_list(&config, CONFIG_KEYS, "quit"));
}

static void every_value_is_read(void **state)
{
	(void)state;
	read_text("delay = 0.25\nhistory=1800s\nunits = Share\ngroup : node\ntheme = /tmp/a b.theme ; mine\n"
		  "view = drops\nhide_idle = yes\nascii = yes\nbraille = yes\nplain = on\nmouse = off\n"
		  "[columns]\ncpus = cpu node\n  pkts\n\txavg ; wrapped\ntrace = time cpu\n"
		  "[keys]\nquit = q F10 semicolon #\nfind=/\n");
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.delay_ns, SECOND / 4);
	assert_int_equal(config.history_ns, 1800 * SECOND);
	assert_int_equal(config.units, CONFIG_SHARE);
	assert_int_equal(config.group, CONFIG_BY_NODE);
	assert_string_equal(config.theme, "/tmp/a b.theme");
	assert_string_equal(config.view, "drops");
	assert_true(config.hide_idle && config.ascii && config.braille && config.plain && !config.mouse);
	assert_list(CONFIG_COLUMNS, "cpus", "cpu node pkts xavg");
	assert_list(CONFIG_COLUMNS, "trace", "time cpu");
	assert_list(CONFIG_KEYS, "quit", "q F10 ; #");
	assert_list(CONFIG_KEYS, "find", "/");
	assert_null(config_list(&config, CONFIG_COLUMNS, "quit"));
}

static void times_are_exact_and_bounded(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "0.1", SECOND / 10 }, { "60", 60 * SECOND }, { "1.000000001", SECOND + 1 },
		{ ".5", SECOND / 2 },	{ "2.", 2 * SECOND },  { "0.3s", 3 * SECOND / 10 },
		{ "1.0000000009", SECOND },
	};
	static const char *const bad[] = {
		"0", "0.0999", "60.001", "99999999999999999999999", "1,5", "1e1", "-1", "+1", "1 s", "s", ".",
		"1.2.3", "nan", "inf", "0x10", "",
	};
	int delay = config_key_find("delay");
	char text[CONFIG_TEXT_MAX];

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(config_key_parse(&config, delay, good[i].text));
		assert_int_equal(config.delay_ns, good[i].ns);
		config_key_format(&config, delay, text, sizeof(text));
		config.delay_ns = 0;
		assert_true(config_key_parse(&config, delay, text));
		assert_int_equal(config.delay_ns, good[i].ns);
	}
	config.delay_ns = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (config_key_parse(&config, delay, bad[i]))
			fail_msg("\"%s\" passes", bad[i]);
		assert_int_equal(config.delay_ns, 7);
	}
}

static void a_bad_value_is_told_and_the_default_holds(void **state)
{
	(void)state;
	read_text("delay = soon\nunits = furlongs\n\ngroup = cluster\nascii = perhaps\ntheme =\n"
		  "history = 5\nmouse = no\n");
	assert_int_equal(config.n_notes, 6);
	assert_note(0, "config line 1: delay takes seconds from 0.1 to 60");
	assert_note(1, "config line 2: units takes rate, total or share");
	assert_note(2, "config line 4: group takes cpu, core, llc, node or all");
	assert_note(3, "config line 5: ascii takes yes or no");
	assert_note(4, "config line 6: theme takes the name or the file of a theme");
	assert_note(5, "config line 7: history takes seconds from 10 to 86400");
	assert_int_equal(config.n_unknown, 0);
	assert_int_equal(config.delay_ns, SECOND);
	assert_false(config.mouse);
}

static void unknown_keys_are_reported(void **state)
{
	(void)state;
	read_text("colour = blue\n[columns]\ncpus = a\n[network]\ndelay = 5\nname\x1b[2J = x\n");
	assert_int_equal(config.n_unknown, 3);
	assert_string_equal(config.unknown[0].name, "colour");
	assert_string_equal(config.unknown[0].section, "");
	assert_int_equal(config.unknown[0].line, 1);
	assert_string_equal(config.unknown[1].name, "delay");
	assert_string_equal(config.unknown[1].section, "network");
	assert_int_equal(config.unknown[1].line, 5);
	assert_string_equal(config.unknown[2].name, "name?[2J");
	assert_int_equal(config.n_notes, 3);
	assert_note(0, "config line 1: \"colour\" is no key that skewtop knows; it is kept");
	assert_note(2, "config line 6: \"name?[2J\" is no key that skewtop knows; it is kept");
	assert_int_equal(config.delay_ns, SECOND);
}

static void lines_that_are_nothing_are_told(void **state)
{
	char text[1024] = "delay = 2\nwhat is this\nview = ";

	(void)state;
	read_text(text);
	assert_note(0, "config line 3: view takes the name of a view");
	assert_note(1, "config line 2: is neither \"key = value\" nor [section]");
	memset(text + strlen(text), 'v', 300);
	strcat(text, "\nmouse = no\n");
	read_text(text);
	assert_note(0, "config line 3: is too long");
	assert_string_equal(config.view, "cpus");
	assert_false(config.mouse);
	config_init(&config);
	assert_int_equal(config_text_read(&config, "delay\0 = 5\nascii = 1\n", 21), 0);
	assert_note(0, "config line 1: holds a NUL");
	assert_true(config.ascii);
	read_text("delay = 2\n  3\nascii = yes\n");
	assert_note(0, "config line 2: delay takes one line");
	assert_int_equal(config.delay_ns, 2 * SECOND);
}

static void files_of_other_systems_are_read(void **state)
{
	(void)state;
	read_text("\xef\xbb\xbf" "delay = 2\r\n\r\n[keys]\r\nquit = q\r\n   Q\r\n");
	assert_int_equal(config.n_notes, 0);
	assert_int_equal(config.delay_ns, 2 * SECOND);
	assert_list(CONFIG_KEYS, "quit", "q Q");
}

static void the_last_line_of_a_key_holds(void **state)
{
	(void)state;
	read_text("delay = 2\ndelay = 3\n[keys]\nquit = a b\nquit = c\n[columns]\n[keys]\nfind = f\n");
	assert_int_equal(config.delay_ns, 3 * SECOND);
	assert_list(CONFIG_KEYS, "quit", "c");
	assert_list(CONFIG_KEYS, "find", "f");
}

/* ---- writing -------------------------------------------------------------------------------- */

static void a_new_file_has_what_differs(void **state)
{
	static const char *const columns[] = { "cpu", "pkts" };
	static const char *const keys[] = { ";", "#", "F10", "=" };

	(void)state;
	config_init(&config);
	assert_written("", "");
	config.delay_ns = SECOND / 2;
	config.mouse = false;
	strcpy(config.theme, "harbour");
	assert_int_equal(config_set_list(&config, CONFIG_COLUMNS, "cpus", columns, 2), 0);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "quit", keys, 4), 0);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "find", NULL, 0), 0);
	assert_written("", "delay = 0.5\ntheme = harbour\nmouse = no\n\n"
			   "[columns]\ncpus = cpu pkts\n\n[keys]\nquit = semicolon # F10 =\n");
	read_text((char *)out.data);
	assert_int_equal(config.n_notes, 0);
	assert_list(CONFIG_KEYS, "quit", "; # F10 =");
}

static void only_lines_that_changed_are_touched(void **state)
{
	static const char old[] = "# my set-up\n; since 2024\n\n  \ncolour = blue\ndelay=2 ; slow link\n"
				  "mouse   =   no\n\n# end\n[other]\ndelay = 7\n";

	(void)state;
	read_text(old);
	assert_written(old, old);
	config.delay_ns = 3 * SECOND;
	config.ascii = true;
	assert_written(old, "# my set-up\n; since 2024\n\n  \ncolour = blue\ndelay = 3 ; slow link\n"
			    "mouse   =   no\nascii = yes\n\n# end\n[other]\ndelay = 7\n");
	/* Back to a default is a change, too. */
	config.ascii = false;
	config.mouse = true;
	assert_written(old, "# my set-up\n; since 2024\n\n  \ncolour = blue\ndelay = 3 ; slow link\n"
			    "mouse = yes\n\n# end\n[other]\ndelay = 7\n");
}

static void values_are_added_before_any_section(void **state)
{
	(void)state;
	read_text("");
	config.delay_ns = 2 * SECOND;
	assert_written("# words\n[other]\nx = 1\n", "# words\ndelay = 2\n[other]\nx = 1\n");
	assert_written("[other]\nx = 1", "delay = 2\n[other]\nx = 1\n");
	assert_written("ascii = no\n[other]\n", "ascii = no\ndelay = 2\n[other]\n");
	/* A line that made no sense stays, and the value that holds is written after it. */
	assert_written("delay = soon\n", "delay = 2\ndelay = soon\n");
}

static void lists_change_in_place(void **state)
{
	static const char old[] = "[keys]\n# leave\nquit = q\n\tF10 ; both\nfind = /\nhelp = h\n\n"
				  "[columns]\ncpus = a b\n\n[keys]\nhome = g\n[x]\ny = 1\n";
	static const char *const quit[] = { "Q" };
	static const char *const sort[] = { "s", "F6" };

	(void)state;
	read_text(old);
	assert_written(old, old);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "quit", quit, 1), 0);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "find", NULL, 0), 0);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "sort", sort, 2), 0);
	assert_int_equal(config_set_list(&config, CONFIG_COLUMNS, "drops", sort, 2), 0);
	assert_written(old, "[keys]\n# leave\nquit = Q\nhelp = h\n\n[columns]\ncpus = a b\ndrops = s F6\n\n"
			    "[keys]\nhome = g\nsort = s F6\n[x]\ny = 1\n");
}

static void what_another_wrote_meanwhile_is_kept(void **state)
{
	(void)state;
	read_text("delay = 2\n");
	config.delay_ns = 4 * SECOND;
	assert_written("delay = 3\nview = drops\n[keys]\nquit = q\n",
		"delay = 4\nview = cpus\n[keys]\nquit = q\n");
}

static void long_lists_are_wrapped_and_come_back(void **state)
{
	static const char *words[CONFIG_WORDS_MAX];
	static char text[CONFIG_WORDS_MAX][CONFIG_WORD_MAX];

	(void)state;
	for (int i = 0; i < CONFIG_WORDS_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "a-column-with-a-long-name-%05d", i);
		words[i] = i % 4 == 3 ? (i % 8 == 3 ? "#" : ";") : text[i];
	}
	config_init(&config);
	assert_int_equal(config_set_list(&config, CONFIG_COLUMNS, "cpus", words, CONFIG_WORDS_MAX), 0);
	bytes_free(&out);
	assert_int_equal(config_text_write(&config, "", 0, &out), 0);
	config_init(&again);
	assert_int_equal(config_text_read(&again, (char *)out.data, out.length), 0);
	assert_int_equal(again.n_notes, 0);
	assert_memory_equal(&again.list[0], &config.list[0], sizeof(config.list[0]));
}

static void what_a_file_cannot_hold_is_refused(void **state)
{
	static const char *const bad_words[] = {
		"", "a b", "a\n", "\t", ";x", "#x", "\x1b",
		"a-word-that-is-too-long-to-be-one-a-word-that-is-too-long-to-be-1",
	};
	static const char *const bad_names[] = {
		"", "a b", "a=b", "a:b", "[a", "a]", ";a", "#a", "a\n",
		"a-name-that-is-too-long-to-be-one-a-name-that-is-too-long-to-be-1",
	};
	const char *many[CONFIG_WORDS_MAX + 1], *word = "w";
	char name[16];

	(void)state;
	config_init(&config);
	for (size_t i = 0; i < sizeof(bad_words) / sizeof(bad_words[0]); i++)
		assert_int_equal(config_set_list(&config, CONFIG_KEYS, "x", &bad_words[i], 1), -EINVAL);
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++)
		assert_int_equal(config_set_list(&config, CONFIG_KEYS, bad_names[i], &word, 1), -EINVAL);
	for (int i = 0; i <= CONFIG_WORDS_MAX; i++)
		many[i] = "w";
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "x", many, CONFIG_WORDS_MAX + 1), -ENOSPC);
	assert_int_equal(config.n_lists, 0);
	for (int i = 0; i < CONFIG_LISTS_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(config_set_list(&config, CONFIG_KEYS, name, &word, 1), 0);
	}
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "one-more", &word, 1), -ENOSPC);
	assert_int_equal(config_set_list(&config, CONFIG_KEYS, "n5", many, 2), 0);
	assert_list(CONFIG_KEYS, "n5", "w w");
}

/* Whatever the locale, a point is a point. */
static void the_locale_does_not_matter(void **state)
{
	(void)state;
	setlocale(LC_ALL, "");
	read_text("delay = 0.5\n");
	assert_int_equal(config.n_notes, 0);
	config.delay_ns = 3 * SECOND / 2;
	assert_written("", "delay = 1.5\n");
	setlocale(LC_ALL, "C");
}

/* ---- properties ----------------------------------------------------------------------------- */

static bool same_settings(const struct config *a, const struct config *b)
{
	char x[CONFIG_TEXT_MAX], y[CONFIG_TEXT_MAX];

	for (int key = 0; key < config_key_count(); key++) {
		config_key_format(a, key, x, sizeof(x));
		config_key_format(b, key, y, sizeof(y));
		if (strcmp(x, y)) {
			print_error("%s is %s, not %s\n", config_key_name(key), y, x);
			return false;
		}
	}
	for (int i = 0; i < a->n_lists; i++) {
		const struct config_list *l = &a->list[i];
		const struct config_list *other = config_list(b, l->section, l->name);

		if (l->n && (!other || other->n != l->n || memcmp(other->word, l->word, sizeof(l->word)))) {
			print_error("list %s differs\n", l->name);
			return false;
		}
	}
	return true;
}

static void random_setup(unsigned *seed)
{
	static const char *const words[] = { "a", ";", "#", "F10", "=", ":", "[x]", "bc" };
	const char *list[6];
	char name[8];

	config_init(&config);
	config.delay_ns = SECOND / 10 + rand_r(seed) % (50 * SECOND);
	config.units = rand_r(seed) % 3;
	config.group = rand_r(seed) % 5;
	config.ascii = rand_r(seed) % 2;
	config.mouse = rand_r(seed) % 2;
	for (int i = rand_r(seed) % 6; i > 0; i--) {
		int n = rand_r(seed) % 6;

		for (int w = 0; w < n; w++)
			list[w] = words[rand_r(seed) % 8];
		snprintf(name, sizeof(name), "n%d", rand_r(seed) % 5);
		assert_int_equal(config_set_list(&config, rand_r(seed) % 2, name, list, n), 0);
	}
}

static size_t random_text(unsigned *seed, char *text)
{
	static const char *const pieces[] = {
		"delay", "=", " = ", "2", "\n", "\n", "\n\t", "\n  ", "[keys]\n", "[columns]\n", "[x]\n", "n1 = a",
		"n2 = b ; c", "mouse = no", "# words", ";", "units = total", "what", "\r\n", "\xff", "[", "]", ":",
		"ascii = maybe", "view = drops\n", "\n\v", "\f;",
	};
	size_t n = 0;

	for (int i = rand_r(seed) % 40; i > 0; i--) {
		const char *piece = pieces[rand_r(seed) % (sizeof(pieces) / sizeof(pieces[0]))];

		if (rand_r(seed) % 50 == 0)
			text[n++] = (char)rand_r(seed);
		memcpy(text + n, piece, strlen(piece));
		n += strlen(piece);
	}
	return n;
}

static void assert_same_unknown(const struct config *a, const struct config *b)
{
	assert_int_equal(a->n_unknown, b->n_unknown);
	for (int i = 0; i < a->n_unknown; i++) {
		assert_string_equal(a->unknown[i].section, b->unknown[i].section);
		assert_string_equal(a->unknown[i].name, b->unknown[i].name);
	}
}

/* Saved over any file, a set-up comes back; saved again, not a byte changes; nothing foreign is lost. */
static void a_set_up_comes_back_from_any_file(void **state)
{
	unsigned seed = 3;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct bytes second = { .data = NULL };
		char text[1024];
		size_t n = random_text(&seed, text);
		char *exact = malloc(n + !n);

		assert_non_null(exact);
		memcpy(exact, text, n);
		random_setup(&seed);
		bytes_free(&out);
		assert_int_equal(config_text_write(&config, exact, n, &out), 0);
		config_init(&again);
		assert_int_equal(config_text_read(&again, (char *)out.data, out.length), 0);
		config_init(&before);
		assert_int_equal(config_text_read(&before, exact, n), 0);
		assert_same_unknown(&before, &again);
		if (!same_settings(&config, &again))
			fail_msg("round %d: from \"%.*s\" to \"%.*s\"", round, (int)n, exact, (int)out.length,
				(char *)out.data);
		assert_int_equal(config_text_write(&config, (char *)out.data, out.length, &second), 0);
		assert_int_equal(second.length, out.length);
		if (out.length)
			assert_memory_equal(second.data, out.data, out.length);
		bytes_free(&second);
		free(exact);
	}
}

static int free_out(void **state)
{
	(void)state;
	bytes_free(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_file_the_defaults_hold),
		cmocka_unit_test(every_value_is_read),
		cmocka_unit_test(times_are_exact_and_bounded),
		cmocka_unit_test(a_bad_value_is_told_and_the_default_holds),
		cmocka_unit_test(unknown_keys_are_reported),
		cmocka_unit_test(lines_that_are_nothing_are_told),
		cmocka_unit_test(files_of_other_systems_are_read),
		cmocka_unit_test(the_last_line_of_a_key_holds),
		cmocka_unit_test(a_new_file_has_what_differs),
		cmocka_unit_test(only_lines_that_changed_are_touched),
		cmocka_unit_test(values_are_added_before_any_section),
		cmocka_unit_test(lists_change_in_place),
		cmocka_unit_test(what_another_wrote_meanwhile_is_kept),
		cmocka_unit_test(long_lists_are_wrapped_and_come_back),
		cmocka_unit_test(what_a_file_cannot_hold_is_refused),
		cmocka_unit_test(the_locale_does_not_matter),
		cmocka_unit_test(a_set_up_comes_back_from_any_file),
	};

	return cmocka_run_group_tests(tests, NULL, free_out);
}
