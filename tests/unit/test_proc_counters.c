/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit counters of /proc that wrap, vanish and come back become 64-bit totals that never fall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/machine/proc_counters.h"

/* Possible CPUs 0, 1 and 4: slots 0, 1 and 2. */
struct fixture {
	struct topology topology;
	struct proc_counters counters;
};

static int set_up(void **state)
{
	static const struct cpu_place places[] = {{.id = 0}, {.id = 1}, {.id = 4}};
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return topology_set(&f->topology, places, 3) ||
	       proc_counters_init(&f->counters, &f->topology);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	proc_counters_free(&f->counters);
	free(f->topology.cpu);
	free(f);
	return 0;
}

static int row(const struct fixture *f, const char *name)
{
	for (int i = 0; i < f->counters.n_rows; i++)
		if (!strcmp(f->counters.name[i], name))
			return i;
	return -1;
}

static void assert_totals(
	const struct fixture *f, const char *name, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t *total = f->counters.total + (size_t)row(f, name) * 3;

	assert_true(row(f, name) >= 0);
	assert_int_equal(total[0], a);
	assert_int_equal(total[1], b);
	assert_int_equal(total[2], c);
}

/* ---- /proc/softirqs ---- */

static void softirqs(struct fixture *f, const char *text)
{
	assert_int_equal(proc_softirqs_take(&f->counters, &f->topology, text), 0);
}

static void test_softirqs_start_at_zero_and_grow(void **state)
{
	struct fixture *f = *state;

	softirqs(f, "                    CPU0       CPU1       CPU4       \n"
		    "          HI:          1          2          3\n"
		    "      NET_RX:        100        200        300\n");
	assert_totals(f, "HI", 0, 0, 0);
	assert_totals(f, "NET_RX", 0, 0, 0);
	softirqs(f, "                    CPU0       CPU1       CPU4       \n"
		    "          HI:          1          3          5\n"
		    "      NET_RX:        110        200        300\n");
	assert_totals(f, "HI", 0, 1, 2);
	assert_totals(f, "NET_RX", 10, 0, 0);
}

static void test_softirqs_wrap(void **state)
{
	struct fixture *f = *state;

	softirqs(f, "CPU0 CPU1 CPU4\nNET_RX: 4294967290 0 7\n");
	softirqs(f, "CPU0 CPU1 CPU4\nNET_RX: 4 4294967295 7\n");
	assert_totals(f, "NET_RX", 10, UINT32_MAX, 0);
	softirqs(f, "CPU0 CPU1 CPU4\nNET_RX: 3 1 7\n");
	assert_totals(f, "NET_RX", 10 + (uint64_t)UINT32_MAX, UINT32_MAX + UINT64_C(2), 0);
}

/* A column that is missing leaves its total; a CPU that nobody knows is passed over. */
static void test_softirqs_columns(void **state)
{
	struct fixture *f = *state;

	softirqs(f, "CPU0 CPU1 CPU4\nTIMER: 10 20 30\n");
	softirqs(f, "CPU0 CPU4\nTIMER: 11 33\n");
	assert_totals(f, "TIMER", 1, 0, 3);
	softirqs(f, "CPU0 CPU1 CPU4\nTIMER: 12 25 34\n");
	assert_totals(f, "TIMER", 2, 5, 4);
	softirqs(f, "CPU0 CPU3 CPU4\nTIMER: 12 999 35\n");
	assert_totals(f, "TIMER", 2, 5, 5);
	/* A line that ends early. */
	softirqs(f, "CPU0 CPU1 CPU4\nTIMER: 13\n");
	assert_totals(f, "TIMER", 3, 5, 5);
}

static void test_softirqs_of_something_else(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(proc_softirqs_take(&f->counters, &f->topology, ""), -EINVAL);
	assert_int_equal(proc_softirqs_take(&f->counters, &f->topology, "hello\n"), -EINVAL);
	softirqs(f, "CPU0 CPU1 CPU4\n");
	assert_int_equal(f->counters.n_rows, 0);
	/* More rows and longer names than there is room for are left out. */
	for (int i = 0; i < 2 * PROC_ROWS_MAX; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			"CPU0 CPU1 CPU4\nR%d: 1 1 1\nA_NAME_THAT_IS_FAR_TOO_LONG: 1 1 1\n", i);
		softirqs(f, text);
	}
	assert_int_equal(f->counters.n_rows, PROC_ROWS_MAX);
}

/* ---- /proc/net/softnet_stat ---- */

static struct cpus online(const char *list)
{
	struct cpus cpus;

	assert_int_equal(cpus_parse(&cpus, list), 0);
	return cpus;
}

static int take_softnet(struct fixture *f, const char *list, const char *text)
{
	const struct cpus cpus = online(list);

	return proc_softnet_take(&f->counters, &f->topology, &cpus, text);
}

static void softnet(struct fixture *f, const char *list, const char *text)
{
	assert_int_equal(take_softnet(f, list, text), 0);
}

/* processed, dropped, time_squeeze, then zeros up to the CPU in column 13 and what came later. */
#define LINE(processed, dropped, squeezed, cpu)                                                    \
	processed " " dropped " " squeezed " 00000000 00000000 00000000 00000000 00000000 "        \
		  "00000000 0000000a 00000000 00000000 " cpu " 00000000 00000000\n"

static void test_softnet_by_column_13(void **state)
{
	struct fixture *f = *state;

	softnet(f, "0-1,4",
		LINE("000000ff", "00000001", "00000000", "00000000")
			LINE("00000010", "00000000", "00000000", "00000001")
				LINE("00000020", "00000000", "00000002", "00000004"));
	softnet(f, "0-1,4",
		LINE("00000100", "00000003", "00000000", "00000000")
			LINE("00000010", "00000000", "00000000", "00000001")
				LINE("00000030", "00000000", "00000005", "00000004"));
	assert_totals(f, "processed", 1, 0, 16);
	assert_totals(f, "dropped", 2, 0, 0);
	assert_totals(f, "time_squeeze", 0, 0, 3);
	assert_totals(f, "received_rps", 0, 0, 0);
}

/* The line of an offline CPU is gone, and its counter goes on where it was when it is back. */
static void test_softnet_offline_cpu(void **state)
{
	struct fixture *f = *state;

	softnet(f, "0-1,4",
		LINE("00000000", "00000000", "00000000", "00000000")
			LINE("00000064", "00000000", "00000000", "00000001")
				LINE("00000000", "00000000", "00000000", "00000004"));
	/* CPU 1 has gone, and the list of online CPUs may not know it yet. */
	softnet(f, "0-1,4",
		LINE("00000001", "00000000", "00000000", "00000000")
			LINE("00000002", "00000000", "00000000", "00000004"));
	assert_totals(f, "processed", 1, 0, 2);
	softnet(f, "0,4",
		LINE("00000003", "00000000", "00000000", "00000000")
			LINE("00000002", "00000000", "00000000", "00000004"));
	assert_totals(f, "processed", 3, 0, 2);
	softnet(f, "0-1,4",
		LINE("00000003", "00000000", "00000000", "00000000")
			LINE("00000069", "00000000", "00000000", "00000001")
				LINE("00000002", "00000000", "00000000", "00000004"));
	assert_totals(f, "processed", 3, 5, 2);
}

static void test_softnet_wrap(void **state)
{
	struct fixture *f = *state;

	softnet(f, "0", LINE("fffffffe", "00000000", "00000000", "00000000"));
	softnet(f, "0", LINE("00000003", "00000000", "00000000", "00000000"));
	assert_totals(f, "processed", 5, 0, 0);
}

/* Kernels before 5.10 have no column 13: lines stand in the order of the online CPUs. */
static void test_softnet_in_order(void **state)
{
	struct fixture *f = *state;

	softnet(f, "0,4", "00000001 00000000 00000000\n00000005 00000000 00000000\n");
	softnet(f, "0,4", "00000002 00000000 00000000\n00000009 00000000 00000001\n");
	assert_totals(f, "processed", 1, 0, 4);
	assert_totals(f, "time_squeeze", 0, 0, 1);
	/* A line too many, of a CPU that has just come: it is nobody's rather than the first's. */
	softnet(f, "0,4",
		"00000002 00000000 00000000\n0000000a 00000000 00000001\n"
		"00000077 00000000 00000000\n00000088 00000000 00000000\n");
	assert_totals(f, "processed", 1, 0, 5);
	assert_int_equal(row(f, "received_rps"), -1);
}

static void test_softnet_of_something_else(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(take_softnet(f, "0", "no numbers\n"), -EINVAL);
	assert_int_equal(take_softnet(f, "0", "\n"), -EINVAL);
	softnet(f, "0", "");
	/* A CPU that this machine cannot have. */
	softnet(f, "0", LINE("00000001", "00000000", "00000000", "00000009"));
	assert_int_equal(f->counters.n_rows, 0);
}

static void test_reading_files(void **state)
{
	struct proc_file file;
	const char *text;

	(void)state;
	proc_file_open(&file, "/proc/softirqs");
	/* More than once, through the same descriptor. */
	for (int i = 0; i < 3; i++) {
		text = proc_file_read(&file);
		assert_non_null(text);
		assert_non_null(strstr(text, "CPU0"));
		assert_non_null(strstr(text, "NET_RX:"));
		assert_null(strstr(strstr(text, "CPU0") + 1, "CPU0"));
	}
	proc_file_close(&file);
	proc_file_open(&file, "/proc/no/such/file");
	assert_null(proc_file_read(&file));
	proc_file_close(&file);
}

/* A text much longer than the first buffer comes whole. */
static void test_reading_a_long_file(void **state)
{
	char path[] = "/tmp/proc-counters-XXXXXX";
	int fd = mkstemp(path);
	struct proc_file file;
	const char *text;

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(dprintf(fd, "%9d\n", i), 10);
	proc_file_open(&file, path);
	text = proc_file_read(&file);
	assert_non_null(text);
	assert_int_equal(strlen(text), 200000);
	assert_memory_equal(text + 199990, "    19999\n", 10);
	/* Shorter than before. */
	assert_int_equal(ftruncate(fd, 20), 0);
	assert_string_equal(proc_file_read(&file), "        0\n        1\n");
	proc_file_close(&file);
	close(fd);
	unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_softirqs_start_at_zero_and_grow),
		TEST(test_softirqs_wrap),
		TEST(test_softirqs_columns),
		TEST(test_softirqs_of_something_else),
		TEST(test_softnet_by_column_13),
		TEST(test_softnet_offline_cpu),
		TEST(test_softnet_wrap),
		TEST(test_softnet_in_order),
		TEST(test_softnet_of_something_else),
		TEST(test_reading_files),
		TEST(test_reading_a_long_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
