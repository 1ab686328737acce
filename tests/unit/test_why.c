/* SPDX-License-Identifier: GPL-2.0-only */
/* The overview says which interrupt brings the packets to a CPU: where one does, and only there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tui/why.h"

enum {
	CPUS = 4
};

struct fixture {
	struct host *host;
	struct frame frame;
	struct cpu_groups groups;
	int of_slot[CPUS];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->host = host_new();
	if (topology_flat(&f->host->topology, CPUS))
		return -1;
	f->frame.host = f->host;
	f->frame.older = snapshot_new(CPUS);
	f->frame.newer = snapshot_new(CPUS);
	f->frame.older->table[TABLE_INTERRUPTS].known = 1;
	f->frame.newer->table[TABLE_INTERRUPTS].known = 1;
	f->groups = (struct cpu_groups){.n = CPUS, .n_slots = CPUS, .of_slot = f->of_slot};
	for (int i = 0; i < CPUS; i++)
		f->of_slot[i] = i;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	snapshot_unref(f->frame.older);
	snapshot_unref(f->frame.newer);
	host_free(f->host);
	free(f);
	return 0;
}

/* An interrupt that has come n[i] times to CPU i, of which `before` in the older snapshot. */
static void add(struct fixture *f, uint32_t flags, const char *name, const char *where,
	const uint64_t n[CPUS], uint64_t before)
{
	static uint64_t key;
	struct row row = {.key = {++key}, .flags = flags, .name = name, .where = where};
	int index = catalog_add(f->host->catalog, TABLE_INTERRUPTS, &row);

	assert_true(index >= 0);
	assert_int_equal(snapshot_grow(f->frame.older, TABLE_INTERRUPTS, index + 1), 0);
	assert_int_equal(snapshot_grow(f->frame.newer, TABLE_INTERRUPTS, index + 1), 0);
	for (int i = 0; i < CPUS; i++) {
		table_values(&f->frame.older->table[TABLE_INTERRUPTS], index, 0)[i] = before;
		table_values(&f->frame.newer->table[TABLE_INTERRUPTS], index, 0)[i] = before + n[i];
	}
}

static void assert_why(struct fixture *f, int group, const char *interface, const char *expected)
{
	const struct row row = {.name = interface};
	char buf[WHY_MAX];

	assert_string_equal(
		why_interrupt(&f->frame, &f->groups, group, interface ? &row : NULL, buf),
		expected);
}

#define ALL (IRQ_NETWORK | IRQ_ONE_CPU | IRQ_BOUND)
#define ON(a, b, c, d)                                                                             \
	(const uint64_t[CPUS])                                                                     \
	{                                                                                          \
		a, b, c, d                                                                         \
	}

static void test_bound(void **state)
{
	struct fixture *f = *state;

	add(f, ALL, "eth0-rx-0", "cpu 0, rps off", ON(10, 0, 0, 0), 7);
	add(f, ALL, "eth0-rx-2", "cpu 2, rps off", ON(0, 0, 900, 0), 100);
	add(f, ALL, "eth0-rx-3", "cpu 2, rps 0-3", ON(0, 0, 1000, 0), 100);
	assert_why(f, 0, "eth0", "irq eth0-rx-0 is bound there, rps off");
	assert_why(f, 2, "eth0", "irq eth0-rx-3 is bound there");
	assert_why(f, 1, "eth0", "");
	assert_why(f, 3, "eth0", "");
	/* Of another interface, or none. */
	assert_why(f, 2, "eth", "");
	assert_why(f, 2, "eth01", "");
	assert_why(f, 2, "lo", "");
	assert_why(f, 2, NULL, "");
}

static void test_comes_there_but_may_go_elsewhere(void **state)
{
	struct fixture *f = *state;

	add(f, IRQ_NETWORK | IRQ_ONE_CPU, "virtio2-input.0", "eth0 cpu 1 of 0-3, rps off",
		ON(0, 50, 0, 0), 0);
	assert_why(f, 1, "eth0", "irq virtio2-input.0 comes there, rps off");
}

/* One that goes to several CPUs, or has grown elsewhere too, is not why this one is hot. */
static void test_not_why(void **state)
{
	struct fixture *f = *state;

	add(f, IRQ_NETWORK, "eth0-rx-0", "cpus 0-3", ON(0, 100, 0, 0), 0);
	add(f, ALL, "eth1-rx-0", "cpu 1", ON(30, 100, 0, 0), 0);
	add(f, IRQ_ONE_CPU | IRQ_BOUND, "eth2-not", "cpu 1", ON(0, 100, 0, 0), 0);
	assert_why(f, 1, "eth0", "");
	assert_why(f, 1, "eth1", "");
	assert_why(f, 1, "eth2", "");
}

/* The one that comes most is asked, not another that would explain it nicely. */
static void test_the_busiest_counts(void **state)
{
	struct fixture *f = *state;

	add(f, ALL, "eth0-rx-0", "cpu 1", ON(0, 10, 0, 0), 0);
	add(f, IRQ_NETWORK, "eth0-rx-1", "cpus 0-3", ON(0, 100, 0, 0), 0);
	assert_why(f, 1, "eth0", "");
}

static void test_what_is_not_known(void **state)
{
	struct fixture *f = *state;
	struct snapshot *older = f->frame.older;

	add(f, ALL, "eth0-rx-0", "cpu 1", ON(0, 10, 0, 0), 0);
	older->table[TABLE_INTERRUPTS].known = 0;
	assert_why(f, 1, "eth0", "");
	older->table[TABLE_INTERRUPTS].known = 1;
	f->frame.newer->table[TABLE_INTERRUPTS].known = 0;
	assert_why(f, 1, "eth0", "");
	f->frame.newer->table[TABLE_INTERRUPTS].known = 1;
	f->frame.older = NULL;
	assert_why(f, 1, "eth0", "");
	f->frame.older = older;
	assert_why(f, 1, "eth0", "irq eth0-rx-0 is bound there");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bound),
		TEST(test_comes_there_but_may_go_elsewhere),
		TEST(test_not_why),
		TEST(test_the_busiest_counts),
		TEST(test_what_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
