/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/names/symbols.h"

/* A kallsyms file of its own, opened and already unlinked. */
static struct symbols *symbols_of(const char *text)
{
	char path[] = "/tmp/test_symbols.XXXXXX";
	struct symbols *symbols = symbols_new();
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(symbols_open(symbols, path, NULL), 0);
	unlink(path);
	return symbols;
}

static void assert_named(struct symbols *symbols, uint64_t address, const char *expected)
{
	char text[128];
	size_t length = symbols_format(symbols, address, text, sizeof(text));

	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
}

static void assert_function(struct symbols *symbols, uint64_t address, const char *expected)
{
	char text[128];

	symbols_function(symbols, address, text, sizeof(text));
	assert_string_equal(text, expected);
}

static const char kallsyms[] = "0000000000000000 A fixed_percpu_data\n"
			       "ffffffff81000000 T _text\n"
			       "ffffffff81000000 T startup_64\n"
			       "ffffffff810001f0 t __pfx_ip_rcv\n"
			       "ffffffff81000200 T ip_rcv\n"
			       "ffffffff81000300 D jiffies\n"
			       "ffffffff81000400 W weak_one\n"
			       "ffffffff81000500 t $x\n"
			       "ffffffffc0300000 t nf_hook\t[nf_tables]\n"
			       "ffffffffc0200000 t b_one\t[beta]\n"
			       "ffffffffc0200100 t b_two\t[beta]\n"
			       "ffffffffc0100000 t a_one\t[alpha]\n";

static void addresses_get_function_and_offset(void **state)
{
	struct symbols *symbols = symbols_of(kallsyms);

	(void)state;
	assert_named(symbols, 0xffffffff81000200, "ip_rcv+0x0");
	assert_named(symbols, 0xffffffff810003f2, "ip_rcv+0x1f2");
	assert_named(symbols, 0xffffffff81000000, "_text+0x0");
	assert_named(symbols, 0xffffffff810001ff, "_text+0x1ff");
	assert_named(symbols, 0xffffffff81000501, "weak_one+0x101");
	assert_named(symbols, 0xffffffffc0100004, "a_one+0x4 [alpha]");
	assert_named(symbols, 0xffffffffc02000ff, "b_one+0xff [beta]");
	assert_named(symbols, 0xffffffffc0200100, "b_two+0x0 [beta]");
	assert_named(symbols, 0xffffffffc0300010, "nf_hook+0x10 [nf_tables]");
	assert_function(symbols, 0xffffffff810003f2, "ip_rcv");
	assert_function(symbols, 0xffffffffc0200101, "b_two");
	assert_int_equal(symbols_count(symbols), 8);
	assert_false(symbols_hidden(symbols));
	symbols_free(symbols);
}

static void addresses_of_no_function_stay_numbers(void **state)
{
	struct symbols *symbols = symbols_of(kallsyms);

	(void)state;
	assert_named(symbols, 0, "unknown");
	assert_named(symbols, 0x1234, "0x1234");
	assert_named(symbols, 0xffffffff80ffffff, "0xffffffff80ffffff");
	assert_named(symbols, 0xffffffff82000000, "0xffffffff82000000");
	assert_named(symbols, UINT64_MAX, "0xffffffffffffffff");
	assert_function(symbols, 0x1234, "0x1234");
	symbols_free(symbols);
}

static void added_names_come_first(void **state)
{
	struct symbols *symbols = symbols_of(kallsyms);

	(void)state;
	assert_int_equal(symbols_add(symbols, 0xffffffff81000210, "other_name+0x10 [mod]"), 1);
	assert_int_equal(symbols_add(symbols, 0xffffffff81000210, "too late"), 0);
	assert_int_equal(symbols_add(symbols, 0x10, "evil\033[31m\u202e"), 1);
	for (int i = 1000; i > 0; i--)
		assert_int_equal(symbols_add(symbols, 0x100000 + i * 7 % 1000, "many"), 1);
	assert_named(symbols, 0xffffffff81000210, "other_name+0x10 [mod]");
	assert_function(symbols, 0xffffffff81000210, "other_name");
	assert_named(symbols, 0xffffffff81000211, "ip_rcv+0x11");
	assert_named(symbols, 0x10, "evil?[31m?");
	assert_named(symbols, 0x100000 + 999, "many");
	assert_named(symbols, 0x100000 + 1000, "0x1003e8");
	symbols_free(symbols);

	symbols = symbols_new();
	symbols_add(symbols, 5, "five");
	assert_named(symbols, 5, "five");
	assert_named(symbols, 6, "0x6");
	assert_false(symbols_hidden(symbols));
	symbols_free(symbols);
}

static void hidden_addresses_are_said(void **state)
{
	struct symbols *symbols = symbols_of("0000000000000000 T _text\n0000000000000000 T ip_rcv\n");

	(void)state;
	assert_true(symbols_hidden(symbols));
	assert_int_equal(symbols_count(symbols), 0);
	assert_named(symbols, 0xffffffff81000000, "0xffffffff81000000");
	symbols_free(symbols);
}

static void damaged_files_do_no_harm(void **state)
{
	static const char *const damaged[] = { "", "\n\n\n", "ffffffff81000000", "ffffffff81000000 ",
		"ffffffff81000000 T", "ffffffff81000000 T ", "zz T x\n", " T x\n", "1 T a\t[", "1 T a\t[b",
		"1 T a\t[]\n1 T b\t[]", "11111111111111111111111111 T long_address\n",
		"1 T \t[m]\n", "1 \n T\n" };
	struct symbols *symbols;

	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		char text[64];

		symbols = symbols_of(damaged[i]);
		symbols_format(symbols, 0xffffffff81000001, text, sizeof(text));
		symbols_format(symbols, 1, text, sizeof(text));
		symbols_free(symbols);
	}
	symbols = symbols_of("1000 T a\033]0;x\n2000 t b\xff\t[m\xc2\x9b]");
	assert_named(symbols, 0x1000, "a?]0;x+0x0");
	assert_named(symbols, 0x2000, "b?+0x0 [m??]");
	symbols_free(symbols);
}

static void short_buffers_are_kept_to(void **state)
{
	struct symbols *symbols = symbols_of(kallsyms);
	char text[32];

	(void)state;
	for (size_t size = 0; size < 20; size++) {
		size_t length;

		memset(text, 0x55, sizeof(text));
		length = symbols_format(symbols, 0xffffffffc0100004, text, size);
		assert_int_equal(length, size > 17 ? 17 : size ? size - 1 : 0);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], 0x55);
	}
	symbols_free(symbols);
}

static void a_missing_file_is_an_error(void **state)
{
	struct symbols *symbols = symbols_new();
	struct error err = { 0 };

	(void)state;
	assert_int_equal(symbols_open(symbols, "/nonexistent/kallsyms", &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/kallsyms"));
	symbols_free(symbols);
	symbols_free(NULL);
}

static void *look_up(void *context)
{
	struct symbols *symbols = context;
	char text[64];

	for (int i = 0; i < 2000; i++) {
		symbols_add(symbols, 0x5000 + i, "added");
		symbols_format(symbols, 0xffffffff810003f2, text, sizeof(text));
		if (strcmp(text, "ip_rcv+0x1f2") != 0)
			return symbols;
	}
	return NULL;
}

static void threads_may_race_for_the_first_lookup(void **state)
{
	struct symbols *symbols = symbols_of(kallsyms);
	pthread_t thread[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, look_up, symbols), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(thread[i], &failed);
		assert_null(failed);
	}
	symbols_free(symbols);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* The budget is 30 ms beyond what the kernel takes to write the file; sanitizers get more. */
static void two_hundred_thousand_lines_load_quickly(void **state)
{
	enum { LINES = 200000 };
	char *text = malloc(LINES * 64), *p = text;
	struct symbols *symbols;
	double start, took;

	(void)state;
	for (int i = 0; i < LINES; i++) {
		int module = i >= LINES - 40000 ? (i - (LINES - 40000)) / 1000 + 1 : 0;
		uint64_t address = 0xffffffff81000000 + (uint64_t)i * 0x40;

		if (module)
			address = 0xffffffffc0000000 + (uint64_t)(100 - module) * 0x100000 + i % 1000 * 16;
		p += sprintf(p, "%016llx t some_function_name_%d", (unsigned long long)address, i);
		p += module ? sprintf(p, "\t[module_%d]\n", module) : sprintf(p, "\n");
	}
	symbols = symbols_of(text);
	start = now_ms();
	assert_int_equal(symbols_count(symbols), LINES);
	took = now_ms() - start;
	print_message("# %d lines: %.1f ms\n", LINES, took);
	assert_true(took < 300);
	assert_named(symbols, 0xffffffff81000000 + 150000 * 0x40 + 0x3f, "some_function_name_150000+0x3f");
	assert_named(symbols, 0xffffffffc0000000 + 99 * 0x100000 + 16,
		"some_function_name_160001+0x0 [module_1]");
	symbols_free(symbols);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_get_function_and_offset),
		cmocka_unit_test(addresses_of_no_function_stay_numbers),
		cmocka_unit_test(added_names_come_first),
		cmocka_unit_test(hidden_addresses_are_said),
		cmocka_unit_test(damaged_files_do_no_harm),
		cmocka_unit_test(short_buffers_are_kept_to),
		cmocka_unit_test(a_missing_file_is_an_error),
		cmocka_unit_test(threads_may_race_for_the_first_lookup),
		cmocka_unit_test(two_hundred_thousand_lines_load_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
