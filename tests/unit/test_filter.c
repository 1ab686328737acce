/* SPDX-License-Identifier: GPL-2.0-only */
/* What a filter refuses, in which words; what it makes of what it accepts; the log of filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter/ebpf.h"
#include "core/filter/filter.h"
#include "core/filter/log.h"
#include "tests/bpf/filter.skel.h"

/* ---- expressions ---- */

static void assert_refused(const char *outer, const char *inner, int code, const char *words)
{
	struct filter *filter = (void *)-1;
	char why[FILTER_ERR_SIZE];

	assert_int_equal(filter_compile(outer, inner, &filter, why, sizeof(why)), code);
	assert_null(filter);
	if (!strstr(why, words))
		fail_msg("'%s' says '%s', not '%s'", outer ? outer : inner, why, words);
	assert_null(strchr(why, '\n'));
}

static void test_libpcap_refuses(void **state)
{
	(void)state;
	assert_refused("udp prot 53", NULL, -EINVAL, "syntax error");
	assert_refused(NULL, "udp prot 53", -EINVAL, "syntax error");
	assert_refused("port 70000", NULL, -EINVAL, "70000");
	assert_refused("host 10.0.0.1/24", NULL, -EINVAL, "");
	assert_refused("net 10.0.0.1/24", NULL, -EINVAL, "non-network bits set");
	assert_refused("tcp and udp", NULL, -EINVAL, "rejects all packets");
	assert_refused("icmp[1000000000000] = 1", NULL, -EINVAL, "");
	assert_refused("vlan 5000", NULL, -EINVAL, "5000");
	assert_refused("udp )", NULL, -EINVAL, "syntax error");
}

static void test_translator_refuses(void **state)
{
	(void)state;
	assert_refused("ip6 protochain 17", NULL, -EINVAL, "protochain");
	assert_refused("protochain \\udp", NULL, -EINVAL, "protochain");
	assert_refused("udp", "ip6 protochain 17", -EINVAL, "protochain");
	assert_refused("ether[0xfffff004] = 1", NULL, -EINVAL, "metadata");
}

/* Without a live capture libpcap cannot know a packet's direction: the words are its own or ours.
 */
static void test_direction(void **state)
{
	(void)state;
	assert_refused("inbound", NULL, -EINVAL, "direction");
	assert_refused("outbound", NULL, -EINVAL, "direction");
	assert_refused("inbound and udp", NULL, -EINVAL, "direction");
}

static void test_too_long(void **state)
{
	size_t room = 1 << 18, n;
	char *expr = malloc(room);

	(void)state;
	n = (size_t)snprintf(expr, room, "ip[0] = 1");
	for (int i = 1; i < 700; i++)
		n += (size_t)snprintf(
			expr + n, room - n, " or ip[%d:4] + ip[%d] = %d", i % 50, i % 49, i);
	assert_refused(expr, NULL, -E2BIG, "instructions");
	free(expr);
}

static unsigned int set_of(const char *outer, const char *inner, size_t *n)
{
	struct filter *filter;
	char why[FILTER_ERR_SIZE];
	unsigned int set;

	if (filter_compile(outer, inner, &filter, why, sizeof(why)))
		fail_msg("%s", why);
	assert_string_equal(why, "");
	set = filter_set(filter);
	assert_non_null(filter_insns(filter, n));
	filter_free(filter);
	return set;
}

static void test_accepted(void **state)
{
	size_t n, more;

	(void)state;
	assert_int_equal(filter_set(NULL), 0);
	assert_int_equal(set_of(NULL, NULL, &n), 0);
	assert_int_equal(set_of("  \t\n", "", &n), 0);
	assert_int_equal(set_of("udp", NULL, &n), FILTER_SET_OUTER);
	assert_int_equal(set_of("", "udp", &n), FILTER_SET_INNER);
	assert_int_equal(set_of("udp", "tcp", &more), FILTER_SET_OUTER | FILTER_SET_INNER);
	assert_true(more > n);
	/* Refused for bare IP only. */
	assert_int_equal(set_of("ether host 02:00:00:00:77:01", NULL, &n), FILTER_SET_OUTER);
	assert_int_equal(set_of("vlan 5 and udp", NULL, &n), FILTER_SET_OUTER);
	filter_free(NULL);
}

/* ---- classic programs that no expression makes ---- */

static void assert_program(const struct classic_insn *insns, size_t n, const char *words)
{
	struct bpf_insn room[64];
	struct ebpf_code code = {.insns = room, .max = 64};
	const struct ebpf_part part = {.prog = {insns, n}};
	char why[256] = "";
	int ret = ebpf_build(&code, &part, 1, why, sizeof(why));

	assert_int_equal(ret, words ? -EINVAL : 0);
	if (words && !strstr(why, words))
		fail_msg("'%s', not '%s'", why, words);
}

#define PROGRAM(words, ...)                                                                        \
	do {                                                                                       \
		static const struct classic_insn insns[] = {__VA_ARGS__};                          \
                                                                                                   \
		assert_program(insns, sizeof(insns) / sizeof(insns[0]), words);                    \
	} while (0)

static void test_bad_programs(void **state)
{
	(void)state;
	PROGRAM(NULL, {BPF_RET | BPF_K, 0, 0, 1});
	PROGRAM("does not end", {BPF_LD | BPF_IMM, 0, 0, 1});
	PROGRAM("unknown instruction, 0xff", {0xff, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1});
	PROGRAM("unknown instruction", {BPF_LD | BPF_B | BPF_LEN, 0, 0, 0}, {BPF_RET, 0, 0, 1});
	PROGRAM("unknown instruction", {BPF_LDX | BPF_W | BPF_MSH, 0, 0, 0}, {BPF_RET, 0, 0, 1});
	PROGRAM("unknown instruction", {BPF_RET | BPF_X, 0, 0, 0}, {BPF_RET, 0, 0, 1});
	PROGRAM("memory that does not exist", {BPF_ST, 0, 0, 16}, {BPF_RET, 0, 0, 1});
	PROGRAM("memory that does not exist", {BPF_LDX | BPF_MEM, 0, 0, 99}, {BPF_RET, 0, 0, 1});
	PROGRAM("divides by zero", {BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET, 0, 0, 1});
	PROGRAM("divides by zero", {BPF_ALU | BPF_MOD | BPF_K, 0, 0, 0}, {BPF_RET, 0, 0, 1});
	PROGRAM("more than 31", {BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32}, {BPF_RET, 0, 0, 1});
	PROGRAM("past its end", {BPF_JMP | BPF_JA, 0, 0, 1}, {BPF_RET, 0, 0, 1});
	PROGRAM("past its end", {BPF_JMP | BPF_JEQ, 1, 0, 1}, {BPF_RET, 0, 0, 1});
	PROGRAM("past its end", {BPF_JMP | BPF_JEQ, 0, 200, 1}, {BPF_RET, 0, 0, 1});
	PROGRAM("protochain", {BPF_LD | BPF_IMM, 0, 0, 1}, {BPF_JMP | BPF_JA, 0, 0, -2u},
		{BPF_RET, 0, 0, 1});
	PROGRAM("metadata", {BPF_LD | BPF_B | BPF_ABS, 0, 0, SKF_AD_OFF}, {BPF_RET, 0, 0, 1});
}

static void test_no_room(void **state)
{
	static const struct classic_insn insns[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, 12},
		{BPF_JMP | BPF_JEQ, 0, 1, 8},
		{BPF_RET, 0, 0, 1},
		{BPF_RET, 0, 0, 0},
	};
	const struct ebpf_part part = {.prog = {insns, 4}};
	struct bpf_insn room[64];
	char why[256];

	(void)state;
	for (size_t max = 0; max < 64; max++) {
		struct ebpf_code code = {.insns = room, .max = max};
		int ret = ebpf_build(&code, &part, 1, why, sizeof(why));

		assert_int_equal(ret, code.n > max ? -E2BIG : 0);
		if (ret)
			assert_non_null(strstr(why, "room for"));
	}
}

/* ---- injection ---- */

static void test_inject(void **state)
{
	size_t size;
	const void *elf = filter_bpf__elf_bytes(&size);
	unsigned char *copy = malloc(size);
	struct filter *filter;
	char why[FILTER_ERR_SIZE];

	(void)state;
	assert_int_equal(filter_compile("udp", NULL, &filter, why, sizeof(why)), 0);
	memcpy(copy, elf, size);
	assert_int_equal(filter_inject(filter, copy, size), 0);
	assert_memory_not_equal(copy, elf, size);
	memcpy(copy, elf, size);
	assert_int_equal(filter_inject(NULL, copy, size), 0);
	/* What is cut off or no BPF object is refused, not read beyond. */
	for (size_t cut = 0; cut < size; cut += 97) {
		unsigned char *part = malloc(cut ? cut : 1);

		memcpy(part, elf, cut);
		assert_true(filter_inject(filter, part, cut) <= 0);
		free(part);
	}
	memset(copy, 0, size);
	assert_int_equal(filter_inject(filter, copy, size), -EINVAL);
	filter_free(filter);
	free(copy);
}

/* ---- the log ---- */

static void test_log(void **state)
{
	struct filter_log *log = filter_log_new();

	(void)state;
	assert_null(filter_log_at(log, UINT64_MAX));
	assert_int_equal(filter_log_count(log), 0);
	assert_int_equal(filter_log_add(log, 100, "udp", NULL), 0);
	assert_int_equal(filter_log_add(log, 200, "", "tcp"), 0);
	assert_int_equal(filter_log_count(log), 2);
	assert_null(filter_log_at(log, 99));
	assert_string_equal(filter_log_at(log, 100)->outer, "udp");
	assert_string_equal(filter_log_at(log, 199)->inner, "");
	assert_string_equal(filter_log_at(log, 200)->inner, "tcp");
	assert_string_equal(filter_log_at(log, UINT64_MAX)->outer, "");
	assert_int_equal(filter_log_entry(log, 1)->mono_ns, 200);
	assert_null(filter_log_entry(log, 2));
	filter_log_free(log);
	filter_log_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libpcap_refuses),
		cmocka_unit_test(test_translator_refuses),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_bad_programs),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_inject),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
