/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of functions that the config names: on the command line and as typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/config_text.h"
#include "tui/settings.h"

static struct config *config_of(const char *text)
{
	struct config *config = malloc(sizeof(*config));

	assert_non_null(config);
	config_init(config);
	assert_int_equal(config_text_read(config, text, strlen(text)), 0);
	assert_int_equal(config->n_notes, 0);
	return config;
}

static const char file[] = "[functions]\nmine = ip_rcv udp_*\nways =\n\ttcp_v4_rcv\n\ttcp_rcv_*\n";

static void test_command_line(void **state)
{
	static const char *const wanted[] = { "core", "ip_rcv", "udp_*", "tcp_v4_rcv", "tcp_rcv_*" };
	struct config *config = config_of(file);
	static struct options options = { .functions = { { "core", "@mine", "@ways" }, 3 } };
	struct error err = { "" };

	(void)state;
	assert_true(settings_wants_sets(&options));
	assert_int_equal(settings_sets(&options, config, &err), 0);
	assert_int_equal(options.functions.n, 5);
	for (int i = 0; i < 5; i++)
		assert_string_equal(options.functions.word[i], wanted[i]);
	assert_false(settings_wants_sets(&options));
	free(config);
}

static void test_command_line_refused(void **state)
{
	struct config *config = config_of(file);
	static struct options options = { .functions = { { "@nine" }, 1 } };
	struct error err = { "" };

	(void)state;
	assert_int_equal(settings_sets(&options, config, &err), -EINVAL);
	assert_string_equal(err.text, "the config has no set of functions '@nine'; there are @mine @ways");
	err = (struct error){ "" };
	options = (struct options){ .functions = { .n = OPTIONS_LIST_MAX } };
	for (int i = 0; i < OPTIONS_LIST_MAX; i++)
		options.functions.word[i] = "@mine";
	assert_int_equal(settings_sets(&options, config, &err), -EINVAL);
	assert_non_null(strstr(err.text, "up to 32 words"));
	free(config);
}

static void test_typed(void **state)
{
	struct config *config = config_of(file);
	struct function_choice choice;
	struct error err = { "" };

	(void)state;
	assert_int_equal(settings_choice(config, "core, @mine", &choice, &err), 0);
	assert_int_equal(choice.n_globs, 3);
	assert_string_equal(choice.glob[2], "udp_*");
	assert_int_equal(settings_choice(config, "none", &choice, &err), 0);
	assert_int_equal(choice.n_globs, 0);
	assert_int_equal(choice.set, FUNCTIONS_NONE);
	assert_int_equal(settings_choice(config, "@other", &choice, &err), -EINVAL);
	free(config);
}

/* What is typed so is in the file when it is written, with the words of the sets that it was made of. */
static void test_defined(void **state)
{
	struct config *config = config_of(file);
	struct function_choice choice;
	struct error err = { "" };
	struct bytes out = { 0 };

	(void)state;
	assert_int_equal(settings_choice(config, "@new = @mine arp_rcv", &choice, &err), 0);
	assert_int_equal(choice.n_globs, 3);
	assert_true(function_choice_has(&choice, "arp_rcv"));
	assert_int_equal(config_text_write(config, file, strlen(file), &out), 0);
	bytes_put(&out, "", 1);
	assert_non_null(strstr((char *)out.data, "new = ip_rcv udp_* arp_rcv\n"));
	assert_non_null(strstr((char *)out.data, "mine = ip_rcv udp_*\n"));
	bytes_free(&out);
	free(config);
}

static void test_not_defined(void **state)
{
	static const char *const bad[] = { "@x =", "x = ip_rcv", "= ip_rcv", "@a:b = ip_rcv",
		"@x = @nine" };
	struct config *config = config_of(file);
	struct function_choice choice;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { "" };

		if (!settings_choice(config, bad[i], &choice, &err) || !err.text[0])
			fail_msg("'%s' was taken", bad[i]);
	}
	assert_int_equal(config->n_lists, 2);
	free(config);
}

static void test_keys(void **state)
{
	struct config *config = config_of("[keys]\nquit = Q F10\npause = p Z\nnothing = k\nhelp = NoKey\n");
	struct keymap *keymap = keymap_new();

	(void)state;
	assert_non_null(keymap);
	settings_keys(keymap, config);
	assert_int_equal(config->n_notes, 2);
	assert_string_equal(config->note[0].text, "config: there is no action called 'nothing' to bind a key to");
	assert_non_null(strstr(config->note[1].text, "'NoKey' is no key for 'help'"));
	keymap_free(keymap);
	free(config);
}

/* An action that no key starts any more is told of, unless that is what its own line says, or it has another. */
static void test_keys_taken(void **state)
{
	struct config *config = config_of("[keys]\nleave = \npause = x p\nfind = F3 u\nunits = =\nsort = t F6\n"
					  "theme = ^T\nfollow = F8\ngroup = F5 F\nfilter = :\n"
					  "go-to-time = J\ncpus = J\nmark = Space\n");
	struct keymap *keymap = keymap_new();

	(void)state;
	assert_non_null(keymap);
	settings_keys(keymap, config);
	assert_int_equal(config->n_notes, 2);
	assert_string_equal(
		config->note[0].text, "config: 'go-to-time' has no key any more: 'cpus' took J");
	assert_string_equal(
		config->note[1].text, "config: 'packet-filter' has no key any more: 'pause' took x");
	keymap_free(keymap);
	free(config);
}

static void test_columns(void **state)
{
	static const struct column columns[] = { { .id = "cpu" }, { .id = "pkts" } };
	struct config *config = config_of("[columns]\ncpus = cpu packets pkts\n");

	(void)state;
	settings_check_columns(config, "cpus", columns, 2);
	settings_check_columns(config, "drops", columns, 2);
	assert_int_equal(config->n_notes, 1);
	assert_string_equal(config->note[0].text, "config: 'packets' is no column of cpus");
	free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_command_line_refused),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_defined),
		cmocka_unit_test(test_not_defined),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_keys_taken),
		cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
