/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/machine/netns.h"
#include "core/options.h"

enum { WORDS_MAX = 16 };

static struct options options;
static struct error err;
static char words[1024];
static char program[] = "skewtop";

/* Splits a line at blanks and parses it. */
static int parse(const char *line)
{
	char *argv[WORDS_MAX + 1] = { program };
	char *rest = words;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	for (char *word; argc < WORDS_MAX && (word = strsep(&rest, " "));)
		if (*word)
			argv[argc++] = word;
	memset(&err, 0, sizeof(err));
	return options_parse(&options, argc, argv, &err);
}

static void assert_good(const char *line)
{
	if (parse(line))
		fail_msg("'%s': %s", line, err.text);
	assert_string_equal(err.text, "");
}

/* The sentence must be one line, and hold what the user needs. */
static void assert_bad(const char *line, const char *says)
{
	assert_int_equal(parse(line), -EINVAL);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, says))
		fail_msg("'%s' answers: %s", line, err.text);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_good("");
	assert_int_equal(options.action, OPTIONS_RUN);
	assert_int_equal(options.delay_ns, 1000000000);
	assert_int_equal(options.trace_rate, OPTIONS_TRACE_RATE);
	assert_int_equal(options.ring_bytes, 0);
	assert_false(options.use_cpus);
	assert_true(options_screen(&options));
}

static void test_every_option(void **state)
{
	(void)state;
	assert_good("--view drops -d 0.25 --netns blue --ifname eth0 -p 7 --comm nginx");
	assert_string_equal(options.view, "drops");
	assert_int_equal(options.delay_ns, 250000000);
	assert_string_equal(options.netns, "blue");
	assert_string_equal(options.ifname, "eth0");
	assert_int_equal(options.pid, 7);
	assert_string_equal(options.comm, "nginx");

	assert_good("--cpus=0-1,3 --trace net_* --trace=kfree_skb --trace-rate 0 --ring-size 64K");
	assert_int_equal(cpus_count(&options.cpus), 3);
	assert_true(options.use_cpus);
	assert_int_equal(options.trace.n, 2);
	assert_string_equal(options.trace.word[1], "kfree_skb");
	assert_int_equal(options.trace_rate, 0);
	assert_int_equal(options.ring_bytes, 65536);

	assert_int_equal(options.details, DETAIL_DROP_STACK);
	assert_good("--details skbs");
	assert_int_equal(options.details, DETAIL_STACK | DETAIL_SKB);
	assert_good("--text --replay x.pcapng --details stacks");
	assert_false(options_screen(&options));
	assert_good("--json --record x.pcapng --details none");
	assert_int_equal(options.details, 0);

	assert_good("--attach fentry");
	assert_int_equal(options.attach, MEANS_FENTRY);
	assert_good("--attach kprobe.multi --attach auto");
	assert_int_equal(options.attach, MEANS_NONE);
	assert_good("--json --iterations 3 --errors --track --filter-mark 0x10/0xff -f tcp_*");
	assert_true(options.json && options.errors && options.track);
	assert_false(options_screen(&options));
	assert_int_equal(options.iterations, 3);
	assert_int_equal(options.mark_value, 0x10);
	assert_int_equal(options.mark_mask, 0xff);
	assert_string_equal(options.functions.word[0], "tcp_*");

	assert_good("--theme nord --ascii --plain --no-mouse --history 60");
	assert_string_equal(options.theme, "nord");
	assert_true(options.ascii && options.plain && options.no_mouse);
	assert_int_equal(options.history_ns, UINT64_C(60000000000));

	assert_good("--record a.pcapng --force --no-screen");
	assert_true(options.force && options.no_screen);
	assert_good("-r a.pcapng --replay b.pcapng");
	assert_int_equal(options.replay.n, 2);
	assert_good("--list-probes");
	assert_int_equal(options.action, OPTIONS_LIST_PROBES);
	assert_good("-V");
	assert_int_equal(options.action, OPTIONS_VERSION);
}

static void test_filter_words(void **state)
{
	(void)state;
	assert_good("udp -d 2 and port 53");
	assert_string_equal(options.filter, "udp and port 53");
	assert_int_equal(options.delay_ns, 2000000000);
	assert_good("-d 2 -- ip[2:2] - 20 > 100");
	assert_string_equal(options.filter, "ip[2:2] - 20 > 100");
}

static void test_filter_is_bounded(void **state)
{
	static char word[OPTIONS_FILTER_MAX + 1];
	char *argv[] = { program, word, NULL };

	(void)state;
	memset(word, 'x', OPTIONS_FILTER_MAX - 1);
	memset(&err, 0, sizeof(err));
	assert_int_equal(options_parse(&options, 2, argv, &err), 0);
	word[OPTIONS_FILTER_MAX - 1] = 'x';
	assert_int_equal(options_parse(&options, 2, argv, &err), -EINVAL);
}

static void test_ring_sizes(void **state)
{
	(void)state;
	assert_good("--ring-size 16M");
	assert_int_equal(options.ring_bytes, 16 << 20);
	assert_good("--ring-size 4096");
	assert_good("--ring-size 1G");
	assert_bad("--attach kprobes", "--attach takes auto, kprobe.multi, kprobe, fentry or tracepoints, not 'kprobes'");
	assert_bad("--attach fentry --replay x.pcapng", "belong to the recording");
	assert_bad("--ring-size 100K", "64K and 128K");
	assert_bad("--ring-size 2048", "from 4K to 1G");
	assert_bad("--ring-size 2G", "from 4K to 1G");
	assert_bad("--ring-size 64KB", "from 4K to 1G");
	assert_bad("--ring-size -64K", "from 4K to 1G");
	assert_bad("--ring-size 99999999999999999999", "from 4K to 1G");
	assert_bad("--ring-size 18014398509481985K", "from 4K to 1G");
}

static void test_delays(void **state)
{
	(void)state;
	assert_good("-d 0.1");
	assert_int_equal(options.delay_ns, 100000000);
	assert_good("-d60");
	assert_bad("-d 0.05", "0.1 to 60");
	assert_bad("-d 61", "0.1 to 60");
	assert_bad("-d nan", "0.1 to 60");
	assert_bad("-d 1e1", "0.1 to 60");
	assert_bad("-d 1.2.3", "0.1 to 60");
	assert_bad("--delay=", "0.1 to 60");
}

static void test_unknown_options(void **state)
{
	(void)state;
	assert_bad("--vew cpus", "did you mean --view?");
	assert_bad("--nonsense", "--help lists");
	assert_bad("--json --trase x", "did you mean --trace?");
	assert_bad("--tra x", "could be one of several");
	assert_bad("-Z", "unknown option -Z");
	assert_bad("-VZ", "unknown option -Z");
	assert_bad("-VZ -V", "unknown option -Z");
	assert_bad("--json=yes", "--json takes no value");
	assert_bad("--theme", "--theme needs a value");
	assert_bad("-d 1 -p", "-p needs a value");
	/* An unambiguous beginning is the option itself. */
	assert_good("--iter 4");
	assert_int_equal(options.iterations, 4);
}

static void test_bad_values(void **state)
{
	(void)state;
	assert_bad("--cpus 0-", "such as 0-3,8");
	assert_bad("--cpus 99999", "such as 0-3,8");
	assert_bad("-p 0", "from 1 to");
	assert_bad("-p 12x", "from 1 to");
	assert_bad("-p 99999999999", "from 1 to");
	assert_bad("--iterations 0", "from 1 to");
	assert_bad("--details stack", "none, drops, stacks or skbs, not 'stack'");
	assert_bad("--details drops --replay x.pcapng", "belong to the recording");
	assert_bad("--trace-rate many", "whole number");
	assert_bad("--trace-rate -1", "whole number");
	assert_bad("--comm a-name-of-16-byt", "1 to 15 bytes");
	assert_bad("--ifname an-interface-of-16", "1 to 15 bytes");
	assert_bad("--filter-mark red", "VALUE/MASK");
	assert_bad("--filter-mark 1/0", "VALUE/MASK");
	assert_bad("--filter-mark 0x100/0xff", "outside the mask");
	assert_bad("--history 1", "10 to 86400");
}

static void test_contradictions(void **state)
{
	(void)state;
	assert_bad("-r x --pid 3", "belong to the recording");
	assert_bad("-w - --json", "record to a file");
	assert_bad("-w - --text", "--text and --record - both write");
	assert_bad("--text --json", "choose one");
	assert_bad("-w -", "--no-screen");
	assert_bad("--no-screen", "--record FILE");
	assert_bad("--force", "--record FILE");
	assert_good("-w - --no-screen");
	assert_bad("-r a -r b --json", "--json takes one recording at a time");
	assert_bad("-r a -r b --text", "--text takes one recording at a time");
	assert_bad("-r a -r b -w c", "--record takes one recording at a time");
	assert_bad("-r a --list-probes", "running kernel");
	assert_good("-r a -w c --json");
}

static void test_list_is_bounded(void **state)
{
	char option[] = "--trace", glob[] = "x";
	char *argv[1 + 2 * (OPTIONS_LIST_MAX + 1)];
	int argc = 0;

	(void)state;
	argv[argc++] = program;
	for (int i = 0; i <= OPTIONS_LIST_MAX; i++) {
		argv[argc++] = option;
		argv[argc++] = glob;
	}
	memset(&err, 0, sizeof(err));
	assert_int_equal(options_parse(&options, argc - 2, argv, &err), 0);
	assert_int_equal(options_parse(&options, argc, argv, &err), -EINVAL);
	assert_non_null(strstr(err.text, "at most"));
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "cpus", "syscalls", "functions", "drops", "trace" };

	(void)state;
	assert_string_equal(options_nearest("sys", names, 5), "syscalls");
	assert_string_equal(options_nearest("drop", names, 5), "drops");
	assert_string_equal(options_nearest("tarce", names, 5), "trace");
	assert_null(options_nearest("wireless", names, 5));
	assert_null(options_nearest("", names, 5));
}

/* ---- against the machine the test runs on ---- */

static struct live_options live;

static int resolve(const char *line)
{
	assert_good(line);
	return options_resolve(&options, &live, &err);
}

static void test_resolve(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "--cpus 0 --comm x -p %d --netns %d", getpid(), getpid());
	assert_int_equal(resolve(line), EXIT_OK);
	assert_int_equal(live.narrow.tgid, getpid());
	assert_int_equal(live.narrow.netns, netns_own());
	assert_int_equal(live.narrow.cpus[0], 1);
	assert_int_equal(live.narrow.use_cpus, 1);
	assert_string_equal(live.narrow.comm, "x");

	assert_int_equal(resolve("--netns /proc/self/ns/net --ifname lo"), EXIT_OK);
	assert_string_equal(live.narrow.ifname, "lo");
}

static void assert_refused(const char *line, const char *says)
{
	assert_int_equal(resolve(line), EXIT_BAD_INPUT);
	assert_null(strchr(err.text, '\n'));
	if (!strstr(err.text, says))
		fail_msg("'%s' answers: %s", line, err.text);
}

static void test_refuse(void **state)
{
	(void)state;
	assert_refused("--cpus 4095", "there is no CPU 4095; this machine has 0");
	assert_refused("--pid 2147483647", "no process 2147483647");
	assert_refused("--netns 2147483647", "no process 2147483647");
	assert_refused("--netns no-such-name-9", "no network namespace is called 'no-such-name-9'");
	assert_refused("--netns /etc/passwd", "not a network namespace");
	assert_refused("--netns /proc/self/ns/uts", "not a network namespace");
	assert_refused("--netns /no/where", "cannot be opened");
	assert_refused("--ifname nosuch9", "'nosuch9'; here are ");
	assert_refused("--netns /proc/self/ns/net --ifname nosuch9", "it has ");
}

static void test_probe_globs(void **state)
{
	static const char *const names[] = { "net_dev_queue", "net_dev_xmit", "kfree_skb" };
	struct catalog *catalog = catalog_new();
	bool on[3];

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		struct row row = { .key = { i, 0 }, .name = names[i] };

		assert_int_equal(catalog_add(catalog, TABLE_PROBES, &row), i);
	}
	assert_good("--trace net_* --trace net_dev_xmit");
	assert_int_equal(options_match_probes(&options, catalog, on, 3, &err), 2);
	assert_true(on[0] && on[1] && !on[2]);
	assert_good("--trace kfree_sbk");
	assert_int_equal(options_match_probes(&options, catalog, on, 3, &err), -EINVAL);
	assert_non_null(strstr(err.text, "the nearest is kfree_skb"));
	catalog_free(catalog);
}

static int check_files(const char *format, const char *read, const char *written)
{
	char line[256];

	snprintf(line, sizeof(line), format, read, written);
	assert_good(line);
	return options_check_files(&options, &err);
}

/* --force would empty it, under whatever name. */
static void test_record_what_is_replayed(void **state)
{
	static const char words_of_both[] = "--replay %s --record %s --force --no-screen";
	char file[] = "/tmp/skewtop-options-XXXXXX", other[64];

	(void)state;
	close(mkstemp(file));
	snprintf(other, sizeof(other), "%s-link", file);
	assert_int_equal(link(file, other), 0);
	assert_int_equal(check_files(words_of_both, file, file), EXIT_BAD_INPUT);
	assert_int_equal(check_files(words_of_both, file, other), EXIT_BAD_INPUT);
	assert_non_null(strstr(err.text, "is what --replay reads"));
	assert_int_equal(check_files(words_of_both, file, "/dev/null"), EXIT_OK);
	unlink(other);
	assert_int_equal(check_files(words_of_both, file, other), EXIT_OK);
	unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_every_option),
		cmocka_unit_test(test_filter_words),
		cmocka_unit_test(test_filter_is_bounded),
		cmocka_unit_test(test_ring_sizes),
		cmocka_unit_test(test_delays),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_list_is_bounded),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_probe_globs),
		cmocka_unit_test(test_record_what_is_replayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
