/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/cpus.h"

static struct cpus parsed(const char *text)
{
	struct cpus set;

	memset(&set, 0xff, sizeof(set));
	assert_int_equal(cpus_parse(&set, text), 0);
	return set;
}

static void lists_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
		int count;
	} lists[] = {
		{ "", "", 0 },
		{ "\n", "", 0 },
		{ "0", "0", 1 },
		{ "0\n", "0", 1 },
		{ "0-3,8", "0-3,8", 5 },
		{ "0,2-3,7,64-127\n", "0,2-3,7,64-127", 68 },
		{ "8,0-3,2", "0-3,8", 5 },
		{ "62-65", "62-65", 4 },
		{ "0-30:2/4", "0-1,4-5,8-9,12-13,16-17,20-21,24-25,28-29", 16 },
		{ "5-5", "5", 1 },
		{ "0-4095", "0-4095", 4096 },
		{ "4095", "4095", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct cpus set = parsed(lists[i].text);
		char text[128];
		int length = cpus_format(&set, text, sizeof(text));

		assert_string_equal(text, lists[i].canonical);
		assert_int_equal(length, strlen(text));
		assert_int_equal(cpus_count(&set), lists[i].count);
	}
}

static void malformed_lists_are_refused(void **state)
{
	static const char *const invalid[] = { ",", "0,", ",0", "0,,1", "a", "0-", "-3", "3-1", "0-3-5",
		" 0", "0 ", "0\n\n", "0\n1", "0x1", "+1", "0-7:", "0-7:2", "0-7:2/", "0-7:0/2",
		"0-7:3/2", "0:1/2", "0-7:1/0", "0,\n", "1-2x" };
	static const char *const too_large[] = { "4096", "0-4096", "99999999999999999999",
		"18446744073709551616", "0-7:1/4096" };
	struct cpus before = parsed("1,3"), set = before;

	(void)state;
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_int_equal(cpus_parse(&set, invalid[i]), -EINVAL);
	for (size_t i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++)
		assert_int_equal(cpus_parse(&set, too_large[i]), -ERANGE);
	assert_memory_equal(&set, &before, sizeof(set));
}

static void iteration_visits_each_member_once(void **state)
{
	struct cpus set = parsed("0,63-64,100,4095"), empty = { 0 };
	static const int expected[] = { 0, 63, 64, 100, 4095 };
	int n = 0;

	(void)state;
	cpus_for_each(id, &set)
		assert_int_equal(id, expected[n++]);
	assert_int_equal(n, 5);
	assert_int_equal(cpus_next(&set, 101), 4095);
	assert_int_equal(cpus_next(&set, 4096), -1);
	assert_int_equal(cpus_next(&set, -5), 0);
	assert_int_equal(cpus_next(&empty, 0), -1);
	assert_false(cpus_has(&set, -1));
	assert_false(cpus_has(&set, 4096));
	assert_true(cpus_has(&set, 4095));
}

static void the_longest_list_survives_a_round_trip(void **state)
{
	struct cpus set = { 0 }, again;
	char text[16384];
	int length;

	(void)state;
	for (int id = 0; id < CPU_ID_MAX; id += 2)
		cpus_add(&set, id);
	length = cpus_format(&set, text, sizeof(text));
	assert_true(length < (int)sizeof(text));
	again = parsed(text);
	assert_memory_equal(&again, &set, sizeof(set));
}

static void a_small_buffer_is_never_overrun(void **state)
{
	struct cpus set = parsed("0-3,8,10-4095");
	char whole[64], buf[64];
	int length = cpus_format(&set, whole, sizeof(whole));

	(void)state;
	for (int size = 0; size <= length; size++) {
		memset(buf, 0x55, sizeof(buf));
		assert_int_equal(cpus_format(&set, buf, size), length);
		for (size_t i = size; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0x55);
		if (size)
			assert_memory_equal(buf, whole, strlen(buf));
	}
}

static void files_are_read(void **state)
{
	char path[] = "/tmp/test_cpus.XXXXXX";
	struct cpus set = { 0 };
	FILE *file;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	fputs("0-1,4-5\n", file);
	fflush(file);
	assert_int_equal(cpus_read(&set, path), 0);
	assert_int_equal(cpus_count(&set), 4);
	for (int i = 0; i < 20000; i++)
		fputc('0', file);
	fclose(file);
	assert_int_equal(cpus_read(&set, path), -EFBIG);
	unlink(path);
	assert_int_equal(cpus_read(&set, path), -ENOENT);
	assert_int_equal(cpus_read(&set, "/tmp"), -EISDIR);
	assert_int_equal(cpus_count(&set), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(iteration_visits_each_member_once),
		cmocka_unit_test(the_longest_list_survives_a_round_trip),
		cmocka_unit_test(a_small_buffer_is_never_overrun),
		cmocka_unit_test(files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
