/* SPDX-License-Identifier: GPL-2.0-only */
/* Interfaces' own counts become totals that never fall and never tell of losses that were before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/machine/nic_counters.h"
#include "core/model/snapshot.h"

enum {
	NETNS = 77,
	ALL = sizeof(struct rtnl_link_stats64)
};

static int set_up(void **state)
{
	*state = nic_counters_new(NETNS);
	return !*state;
}

static int tear_down(void **state)
{
	nic_counters_close(*state);
	return 0;
}

static void add(
	struct nic_counters *nics, uint32_t ifindex, uint64_t rx_missed, uint64_t tx_dropped)
{
	const struct rtnl_link_stats64 stats = {.rx_packets = 1000 * rx_missed,
		.rx_missed_errors = rx_missed,
		.tx_dropped = tx_dropped};

	assert_int_equal(nic_counters_add(nics, ifindex, &stats, ALL), 0);
}

static void settle(struct nic_counters *nics)
{
	assert_int_equal(nic_counters_settle(nics, true), 0);
}

static const struct nic_row *row(
	const struct nic_counters *nics, const char *name, const char *where)
{
	for (int i = 0; i < nic_counters_count(nics); i++) {
		const struct nic_row *r = nic_counters_row(nics, i);

		if (!strcmp(r->name, name) && !strcmp(r->where, where))
			return r;
	}
	return NULL;
}

static void assert_total(
	const struct nic_counters *nics, const char *name, const char *where, uint64_t total)
{
	const struct nic_row *r = row(nics, name, where);

	if (!r)
		fail_msg("no row %s of %s", name, where);
	if (r->total != total)
		fail_msg("%s of %s is %llu, not %llu", name, where, (unsigned long long)r->total,
			(unsigned long long)total);
}

static void test_counts_from_the_first_reading(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 500, 7);
	nic_counters_name(nics, 2, "eth0", false);
	settle(nics);
	assert_int_equal(nic_counters_count(nics), 0);
	add(nics, 2, 503, 7);
	settle(nics);
	assert_int_equal(nic_counters_count(nics), 1);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 3);
	add(nics, 2, 503, 9);
	settle(nics);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 3);
	assert_total(nics, "tx_dropped", "eth0 (NIC counter)", 2);
	assert_int_equal(row(nics, "tx_dropped", "eth0 (NIC counter)")->flags, NIC_LOSS);
	assert_int_equal(
		row(nics, "tx_dropped", "eth0 (NIC counter)")->key[0], (uint64_t)NETNS << 32 | 2);
}

/* Of hardware it is said, too, that nothing was missed. */
static void test_hardware_has_a_row_at_once(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 500, 7);
	add(nics, 3, 0, 0);
	nic_counters_name(nics, 2, "eth0", true);
	nic_counters_name(nics, 3, "veth0", false);
	settle(nics);
	assert_int_equal(nic_counters_count(nics), 1);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 0);
}

static void test_a_count_that_falls(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 500, 0);
	nic_counters_name(nics, 2, "eth0", false);
	add(nics, 2, 510, 0);
	settle(nics);
	add(nics, 2, 400, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 10);
	add(nics, 2, 405, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 15);
}

static void test_a_new_name(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 0, 0);
	nic_counters_name(nics, 2, "eth0", false);
	add(nics, 2, 1, 0);
	settle(nics);
	nic_counters_name(nics, 2, "lan", false);
	add(nics, 2, 3, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 1);
	assert_total(nics, "rx_missed", "lan (NIC counter)", 2);
	/* Back: the row that there was. */
	nic_counters_name(nics, 2, "eth0", false);
	add(nics, 2, 7, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "eth0 (NIC counter)", 5);
	assert_int_equal(nic_counters_count(nics), 2);
}

/* Two of one name, as a name goes to another interface, are two rows. */
static void test_two_interfaces_of_a_name(void **state)
{
	struct nic_counters *nics = *state;

	for (int i = 0; i < 3; i++) {
		add(nics, 2, i, 0);
		add(nics, 5, 10 * i, 0);
		nic_counters_name(nics, 2, "x", false);
		nic_counters_name(nics, 5, "x", false);
		settle(nics);
	}
	assert_int_equal(nic_counters_count(nics), 2);
	assert_int_equal(nic_counters_row(nics, 0)->total, 2);
	assert_int_equal(nic_counters_row(nics, 1)->total, 20);
}

/* What is gone and comes again begins where it is; an answer with gaps loses nobody. */
static void test_interfaces_that_go(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 0, 0);
	add(nics, 3, 0, 0);
	nic_counters_name(nics, 2, "a", false);
	nic_counters_name(nics, 3, "b", false);
	settle(nics);
	add(nics, 2, 1, 0);
	assert_int_equal(nic_counters_settle(nics, false), 0);
	add(nics, 2, 2, 0);
	add(nics, 3, 30, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "b (NIC counter)", 30);
	add(nics, 2, 2, 0);
	settle(nics);
	add(nics, 2, 2, 0);
	add(nics, 3, 90, 0);
	nic_counters_name(nics, 3, "b", false);
	settle(nics);
	assert_total(nics, "rx_missed", "b (NIC counter)", 30);
	add(nics, 2, 2, 0);
	add(nics, 3, 91, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "b (NIC counter)", 31);
	assert_total(nics, "rx_missed", "a (NIC counter)", 2);
}

/* A kernel from before a member was added gives fewer bytes; what it does not give stays 0. */
static void test_shorter_answers(void **state)
{
	struct nic_counters *nics = *state;
	struct rtnl_link_stats64 stats;

	memset(&stats, 0, sizeof(stats));
	assert_int_equal(nic_counters_add(nics, 2, &stats, 23 * sizeof(uint64_t)), 0);
	nic_counters_name(nics, 2, "eth0", false);
	memset(&stats, 1, sizeof(stats));
	assert_int_equal(nic_counters_add(nics, 2, &stats, 23 * sizeof(uint64_t)), 0);
	settle(nics);
	assert_non_null(row(nics, "rx_missed", "eth0 (NIC counter)"));
	assert_null(row(nics, "rx_nohandler", "eth0 (NIC counter)"));
	assert_null(row(nics, "rx_otherhost", "eth0 (NIC counter)"));
	assert_int_equal(nic_counters_count(nics), nic_counters_known() - 2);
}

static void test_hostile_name(void **state)
{
	struct nic_counters *nics = *state;

	add(nics, 2, 0, 0);
	nic_counters_name(nics, 2, "e\033[2J\x9b", false);
	add(nics, 2, 1, 0);
	settle(nics);
	assert_total(nics, "rx_missed", "e?[2J? (NIC counter)", 1);
}

/* More rows than there may be: what is over goes into one per counter, and none is lost. */
static void test_too_many(void **state)
{
	struct nic_counters *nics = *state;
	enum {
		MANY = NIC_ROWS_MAX + 100
	};
	uint64_t sum = 0;
	char name[16];

	for (int round = 0; round < 2; round++)
		for (int i = 1; i <= MANY; i++)
			add(nics, i, round, 0);
	for (int i = 1; i <= MANY; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		nic_counters_name(nics, i, name, false);
	}
	settle(nics);
	assert_true(nic_counters_count(nics) <= NIC_ROWS_MAX);
	for (int i = 0; i < nic_counters_count(nics); i++)
		sum += nic_counters_row(nics, i)->total;
	assert_int_equal(sum, MANY);
	assert_non_null(row(nics, "rx_missed", "(other interfaces)"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts_from_the_first_reading),
		TEST(test_hardware_has_a_row_at_once),
		TEST(test_a_count_that_falls),
		TEST(test_a_new_name),
		TEST(test_two_interfaces_of_a_name),
		TEST(test_interfaces_that_go),
		TEST(test_shorter_answers),
		TEST(test_hostile_name),
		TEST(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
