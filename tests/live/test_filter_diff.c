/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The expressions of filters.txt over the packets of tests/support/frames.def: libpcap's
 * interpreter and our eBPF in the kernel agree on every packet, in every way that a probe can meet
 * it. Together the expressions use every instruction that libpcap's compiler emits. Then the tool
 * that users run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/filter/check.h"
#include "tests/support/frames.h"
#include "tests/support/process.h"

#define FILTERS "tests/live/filters.txt"

enum {
	EXPRESSIONS_MIN = 300,
	LINE_MAX_BYTES = 4096,
	OPCODES = 256
};

/*
 * What libpcap's gencode.c and optimize.c (1.10) can emit. Not among them, and left to the random
 * programs: JSET against X, LDX LEN, RET A, and LDX IMM, which the optimiser folds into whatever uses it.
 */
static const struct opcode {
	uint16_t code;
	const char *name;
} emitted[] = {
	{BPF_LD | BPF_W | BPF_ABS, "ld [k]"},
	{BPF_LD | BPF_H | BPF_ABS, "ldh [k]"},
	{BPF_LD | BPF_B | BPF_ABS, "ldb [k]"},
	{BPF_LD | BPF_W | BPF_IND, "ld [x + k]"},
	{BPF_LD | BPF_H | BPF_IND, "ldh [x + k]"},
	{BPF_LD | BPF_B | BPF_IND, "ldb [x + k]"},
	{BPF_LD | BPF_W | BPF_LEN, "ld #pktlen"},
	{BPF_LD | BPF_IMM, "ld #k"},
	{BPF_LD | BPF_MEM, "ld M[k]"},
	{BPF_LDX | BPF_MEM, "ldx M[k]"},
	{BPF_LDX | BPF_B | BPF_MSH, "ldxb 4*([k]&0xf)"},
	{BPF_ST, "st M[k]"},
	{BPF_STX, "stx M[k]"},
	{BPF_ALU | BPF_ADD | BPF_K, "add #k"},
	{BPF_ALU | BPF_ADD | BPF_X, "add x"},
	{BPF_ALU | BPF_SUB | BPF_K, "sub #k"},
	{BPF_ALU | BPF_SUB | BPF_X, "sub x"},
	{BPF_ALU | BPF_MUL | BPF_K, "mul #k"},
	{BPF_ALU | BPF_MUL | BPF_X, "mul x"},
	{BPF_ALU | BPF_DIV | BPF_K, "div #k"},
	{BPF_ALU | BPF_DIV | BPF_X, "div x"},
	{BPF_ALU | BPF_MOD | BPF_K, "mod #k"},
	{BPF_ALU | BPF_MOD | BPF_X, "mod x"},
	{BPF_ALU | BPF_AND | BPF_K, "and #k"},
	{BPF_ALU | BPF_AND | BPF_X, "and x"},
	{BPF_ALU | BPF_OR | BPF_K, "or #k"},
	{BPF_ALU | BPF_OR | BPF_X, "or x"},
	{BPF_ALU | BPF_XOR | BPF_K, "xor #k"},
	{BPF_ALU | BPF_XOR | BPF_X, "xor x"},
	{BPF_ALU | BPF_LSH | BPF_K, "lsh #k"},
	{BPF_ALU | BPF_LSH | BPF_X, "lsh x"},
	{BPF_ALU | BPF_RSH | BPF_K, "rsh #k"},
	{BPF_ALU | BPF_RSH | BPF_X, "rsh x"},
	{BPF_ALU | BPF_NEG, "neg"},
	{BPF_JMP | BPF_JA, "ja"},
	{BPF_JMP | BPF_JEQ | BPF_K, "jeq #k"},
	{BPF_JMP | BPF_JEQ | BPF_X, "jeq x"},
	{BPF_JMP | BPF_JGT | BPF_K, "jgt #k"},
	{BPF_JMP | BPF_JGT | BPF_X, "jgt x"},
	{BPF_JMP | BPF_JGE | BPF_K, "jge #k"},
	{BPF_JMP | BPF_JGE | BPF_X, "jge x"},
	{BPF_JMP | BPF_JSET | BPF_K, "jset #k"},
	{BPF_MISC | BPF_TAX, "tax"},
	{BPF_MISC | BPF_TXA, "txa"},
	{BPF_RET | BPF_K, "ret #k"},
};

struct diff {
	struct filter_check *check;
	struct frame *frames;
	size_t n_frames;
	uint64_t seen[OPCODES]; /* how often libpcap emitted each opcode */
	uint64_t expressions, without_match, runs, mismatches;
};

static int set_up(void **state)
{
	struct diff *diff = calloc(1, sizeof(*diff));
	struct error err = {""};
	size_t size = 0;

	diff->frames = calloc(FRAMES_MAX, sizeof(*diff->frames));
	diff->n_frames = frames_all(diff->frames, FRAMES_MAX);
	assert_true(diff->n_frames < FRAMES_MAX);
	for (size_t i = 0; i < diff->n_frames; i++)
		size += filter_check_room(diff->frames[i].caplen);
	if (filter_check_open(size, &diff->check, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < diff->n_frames; i++) {
		const struct frame *f = &diff->frames[i];

		assert_int_equal(filter_check_add(diff->check, CLASSIC_ETHERNET, f->bytes,
					 f->caplen, f->wirelen),
			0);
	}
	*state = diff;
	return 0;
}

static int tear_down(void **state)
{
	struct diff *diff = *state;

	filter_check_close(diff->check);
	free(diff->frames);
	free(diff);
	return 0;
}

static void note_opcodes(struct diff *diff, const char *expr)
{
	for (int link = CLASSIC_ETHERNET; link <= CLASSIC_IP; link++) {
		struct classic_prog prog;
		char why[512];

		if (classic_compile(expr, link, &prog, why, sizeof(why)))
			continue;
		for (size_t i = 0; i < prog.n; i++) {
			assert_true(prog.insns[i].code < OPCODES);
			diff->seen[prog.insns[i].code]++;
		}
		classic_free(&prog);
	}
}

static void try_expression(struct diff *diff, const char *expr)
{
	struct filter_check_result result;
	struct error err = {""};

	if (filter_check_run(diff->check, expr, &result, &err))
		fail_msg("'%s': %s", expr, err.text);
	if (result.mismatches)
		print_message(
			"# '%s': %ju of %ju packets, the first is number %zu (%s, %u of %u)\n",
			expr, (uintmax_t)result.mismatches, (uintmax_t)result.packets,
			result.first_mismatch, diff->frames[result.first_mismatch].name,
			diff->frames[result.first_mismatch].caplen,
			diff->frames[result.first_mismatch].wirelen);
	diff->expressions++;
	diff->without_match += !result.matches;
	diff->runs += result.runs;
	diff->mismatches += result.mismatches;
	note_opcodes(diff, expr);
}

/* Calls `use` with each expression of the file. */
static void each_expression(struct diff *diff, void (*use)(struct diff *diff, const char *expr))
{
	FILE *file = fopen(FILTERS, "re");
	static char line[LINE_MAX_BYTES];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		assert_non_null(strchr(line, '\n'));
		*strchr(line, '\n') = '\0';
		if (line[0] != '#' && line[0])
			use(diff, line);
	}
	fclose(file);
}

static void test_expressions(void **state)
{
	struct diff *diff = *state;
	int missing = 0;

	each_expression(diff, try_expression);
	print_message("# %ju expressions (%ju match nothing), %zu packets, %ju verdicts, "
		      "%ju mismatches\n",
		(uintmax_t)diff->expressions, (uintmax_t)diff->without_match, diff->n_frames,
		(uintmax_t)diff->runs, (uintmax_t)diff->mismatches);
	assert_int_equal(diff->mismatches, 0);
	assert_true(diff->expressions >= EXPRESSIONS_MIN);
	assert_true(diff->without_match * 5 < diff->expressions);
	for (size_t i = 0; i < sizeof(emitted) / sizeof(emitted[0]); i++) {
		if (diff->seen[emitted[i].code])
			continue;
		print_message("# no expression makes libpcap emit '%s'\n", emitted[i].name);
		missing++;
	}
	assert_int_equal(missing, 0);
}

/* An instruction that is emitted and not in the list would be one that nobody has thought of. */
static void test_no_other_opcode(void **state)
{
	struct diff *diff = *state;

	each_expression(diff, note_opcodes);
	for (size_t i = 0; i < sizeof(emitted) / sizeof(emitted[0]); i++)
		diff->seen[emitted[i].code] = 0;
	for (int code = 0; code < OPCODES; code++)
		if (diff->seen[code])
			fail_msg("libpcap emits 0x%02x, which the list lacks", code);
}

/* ---- build/filter-check ---- */

static struct program_result run_tool(const char *const *words)
{
	const char *build = getenv("BUILD"), *argv[8] = {NULL};
	static char path[512];

	snprintf(path, sizeof(path), "%s/filter-check", build ? build : "build");
	argv[0] = path;
	for (int i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	return program_run(argv, 60);
}

static void test_tool(void **state)
{
	struct diff *diff = *state;
	char path[] = "/tmp/skewtop-frames-XXXXXX", expected[128];
	int fd = mkstemp(path);
	struct program_result result;
	size_t whole = frames_whole(diff->frames, FRAMES_MAX);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(frames_write(path, diff->frames, whole), 0);
	result = run_tool((const char *[]){path, "rarp", "vlan and vlan and vlan", NULL});
	snprintf(expected, sizeof(expected),
		"rarp: packets %zu match 1 mismatches 0\n"
		"vlan and vlan and vlan: packets %zu match 1 mismatches 0\n",
		whole, whole);
	assert_string_equal(result.out, expected);
	assert_string_equal(result.err, "");
	assert_int_equal(result.status, 0);
	program_result_free(&result);

	result = run_tool((const char *[]){path, "udp prot 53", NULL});
	assert_non_null(strstr(result.err, "syntax error"));
	assert_int_equal(result.status, EXIT_BAD_INPUT);
	program_result_free(&result);
	result = run_tool((const char *[]){path, "ip6 protochain 17", NULL});
	assert_non_null(strstr(result.err, "protochain"));
	assert_int_equal(result.status, EXIT_BAD_INPUT);
	program_result_free(&result);
	unlink(path);
	result = run_tool((const char *[]){path, "udp", NULL});
	assert_non_null(strstr(result.err, "No such file"));
	assert_int_equal(result.status, EXIT_BAD_INPUT);
	program_result_free(&result);
	result = run_tool((const char *[]){FILTERS, "udp", NULL});
	assert_int_equal(result.status, EXIT_BAD_INPUT);
	program_result_free(&result);
	result = run_tool((const char *[]){path, NULL});
	assert_int_equal(result.status, EXIT_BAD_INPUT);
	program_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_expressions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_other_opcode, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tool, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
