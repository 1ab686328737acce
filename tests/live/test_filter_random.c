/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random classic programs: our eBPF, in the kernel, returns what libpcap's interpreter returns, for
 * packets as they are and for packets whose VLAN tag is held beside them.
 * SKEWTOP_RANDOM_PROGRAMS: how many (`make fuzz` runs 100,000), SKEWTOP_RANDOM_SEED: which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/filter/ebpf.h"
#include "core/filter/trial.h"
#include "tests/support/random_classic.h"

enum {
	PROGRAMS = 6000,
	TOGETHER = 16, /* in one load: a function runs the one whose kind is asked for */
	PACKETS = 12,
	PACKET_MAX = 160,
	TAG_AT = 12,
	TAG_LEN = 4,
	ROOM = 1 << 16,
	TAG_ASIDE = 1000, /* added to the kind of a program */
};

struct packet {
	uint8_t bytes[PACKET_MAX];
	uint32_t caplen, wirelen, tag;
	uint64_t at, untagged; /* 0: too short for a tag */
};

struct batch {
	struct classic_insn insns[TOGETHER][RANDOM_CLASSIC_MAX];
	struct classic_prog prog[TOGETHER];
	struct ebpf_part parts[2 * TOGETHER];
	struct packet packets[PACKETS];
	struct bpf_insn code[ROOM];
};

static void make_programs(struct batch *batch, uint64_t *seed)
{
	for (int i = 0; i < TOGETHER; i++) {
		struct classic_prog *prog = &batch->prog[i];

		prog->insns = batch->insns[i];
		prog->n = random_classic(seed, batch->insns[i]);
		if (!classic_valid(prog))
			fail_msg("libpcap calls a program invalid");
		batch->parts[i] = (struct ebpf_part){
			.kind = i, .prog = *prog, .aligned_at = random_next(seed) % 4};
		batch->parts[TOGETHER + i] = (struct ebpf_part){
			.kind = TAG_ASIDE + i, .prog = *prog, .tag_aside = true, .aligned_at = 14};
	}
}

static void make_packet(struct packet *packet, struct filter_trial *trial, uint64_t *seed)
{
	uint8_t untagged[PACKET_MAX];
	const uint8_t *tag = packet->bytes + TAG_AT;

	packet->caplen = random_next(seed) % (PACKET_MAX + 1);
	packet->wirelen = packet->caplen + (random_next(seed) % 3 ? 0 : random_next(seed) % 100);
	for (int i = 0; i < PACKET_MAX; i++)
		packet->bytes[i] =
			random_next(seed) % 2 ? random_next(seed) % 8 : random_next(seed);
	packet->at = filter_trial_put(trial, packet->bytes, packet->caplen);
	packet->untagged = 0;
	if (packet->caplen < TAG_AT + TAG_LEN)
		return;
	memcpy(untagged, packet->bytes, TAG_AT);
	memcpy(untagged + TAG_AT, tag + TAG_LEN, packet->caplen - TAG_AT - TAG_LEN);
	packet->untagged = filter_trial_put(trial, untagged, packet->caplen - TAG_LEN);
	packet->tag = (uint32_t)tag[0] << 24 | tag[1] << 16 | tag[2] << 8 | tag[3];
}

static int load(struct batch *batch)
{
	struct ebpf_code code = {.insns = batch->code, .max = ROOM};
	char why[512];
	int fd;

	if (ebpf_build(&code, batch->parts, 2 * TOGETHER, why, sizeof(why)))
		fail_msg("the translator refuses a program: %s", why);
	fd = filter_trial_load(batch->code, code.n, why, sizeof(why));
	if (fd < 0)
		fail_msg("%s", why);
	return fd;
}

static void show(const struct classic_prog *prog, const struct packet *packet)
{
	for (size_t i = 0; i < prog->n; i++)
		print_message("# { 0x%02x, %u, %u, 0x%x }\n", prog->insns[i].code,
			prog->insns[i].jt, prog->insns[i].jf, prog->insns[i].k);
	for (uint32_t i = 0; i < packet->caplen; i++)
		print_message("%s%02x", i ? " " : "# ", packet->bytes[i]);
	print_message(" wirelen %u\n", packet->wirelen);
}

static void compare(const struct batch *batch, int i, const struct packet *packet, int fd)
{
	uint32_t right =
		classic_run(&batch->prog[i], packet->bytes, packet->wirelen, packet->caplen);
	struct filter_call call = {.data = packet->at,
		.headlen = packet->caplen,
		.wirelen = packet->wirelen,
		.kind = i};
	uint32_t plain, aside = right;

	assert_int_equal(filter_trial_run(fd, &call, &plain), 0);
	if (packet->untagged) {
		call.kind = TAG_ASIDE + i;
		call.data = packet->untagged;
		call.headlen -= TAG_LEN;
		call.tag = packet->tag;
		assert_int_equal(filter_trial_run(fd, &call, &aside), 0);
	}
	if (plain == right && aside == right)
		return;
	show(&batch->prog[i], packet);
	fail_msg("%u, with the tag aside %u, instead of %u", plain, aside, right);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_random_programs(void **state)
{
	uint64_t n = from_environment("SKEWTOP_RANDOM_PROGRAMS", PROGRAMS);
	uint64_t seed = from_environment("SKEWTOP_RANDOM_SEED", 20251125), runs = 0, matches = 0;
	struct batch *batch = calloc(1, sizeof(*batch));
	struct filter_trial *trial;
	char why[512];

	(void)state;
	if (filter_trial_open(PACKETS * 2 * PACKET_MAX, &trial, why, sizeof(why)))
		fail_msg("%s", why);
	for (uint64_t done = 0; done < n; done += TOGETHER) {
		int fd;

		make_programs(batch, &seed);
		filter_trial_reset(trial);
		for (int i = 0; i < PACKETS; i++)
			make_packet(&batch->packets[i], trial, &seed);
		fd = load(batch);
		for (int i = 0; i < TOGETHER; i++)
			for (int j = 0; j < PACKETS; j++) {
				compare(batch, i, &batch->packets[j], fd);
				runs++;
				matches += classic_run(&batch->prog[i], batch->packets[j].bytes,
						   batch->packets[j].wirelen,
						   batch->packets[j].caplen) != 0;
			}
		close(fd);
	}
	print_message("# %ju programs, %ju comparisons, %ju matches, 0 mismatches\n", (uintmax_t)n,
		(uintmax_t)runs, (uintmax_t)matches);
	/* Programs that all say no would show little. */
	assert_true(matches > runs / 10);
	filter_trial_close(trial);
	free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
