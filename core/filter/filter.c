// SPDX-License-Identifier: GPL-2.0-only
#include "core/filter/filter.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter/classic.h"
#include "core/filter/ebpf.h"

struct filter {
	unsigned int set;
	struct ebpf_code code;
};

static bool is_blank(const char *expr)
{
	return !expr || !expr[strspn(expr, " \t\r\n")];
}

/* Classic programs of one expression; a kind without instructions returns its verdict. */
struct programs {
	struct classic_prog ethernet, ip;
};

static int compile_expr(const char *expr, struct programs *out, char *err, size_t err_size)
{
	char ignored[FILTER_ERR_SIZE];
	int result;

	*out = (struct programs){0};
	if (is_blank(expr))
		return 0;
	result = classic_compile(expr, CLASSIC_ETHERNET, &out->ethernet, err, err_size);
	if (result)
		return result;
	/* Refused here only: it asks for something that bare IP does not have. No match, then. */
	result = classic_compile(expr, CLASSIC_IP, &out->ip, ignored, sizeof(ignored));
	return result == -EINVAL ? 0 : result;
}

static void free_programs(struct programs *progs)
{
	classic_free(&progs->ethernet);
	classic_free(&progs->ip);
}

static int build(struct filter *filter, const struct programs *outer, const struct programs *inner,
	char *err, size_t err_size)
{
	bool any_outer = !outer->ethernet.n, any_inner = !inner->ethernet.n;
	const struct ebpf_part parts[] = {
		{.kind = FILTER_ETHERNET,
			.prog = outer->ethernet,
			.verdict = any_outer,
			.aligned_at = ETH_HLEN},
		{.kind = FILTER_ETHERNET_TAG,
			.prog = outer->ethernet,
			.verdict = any_outer,
			.aligned_at = ETH_HLEN,
			.tag_aside = true},
		{.kind = FILTER_IP, .prog = outer->ip, .verdict = any_outer},
		{.kind = FILTER_INNER_ETHERNET,
			.prog = inner->ethernet,
			.verdict = any_inner,
			.aligned_at = ETH_HLEN},
		{.kind = FILTER_INNER_IP, .prog = inner->ip, .verdict = any_inner},
	};

	return ebpf_build(&filter->code, parts, sizeof(parts) / sizeof(parts[0]), err, err_size);
}

int filter_compile(
	const char *outer, const char *inner, struct filter **out, char *err, size_t err_size)
{
	struct programs progs[2] = {0};
	struct filter *filter;
	int result = -ENOMEM;

	*out = NULL;
	snprintf(err, err_size, "out of memory");
	filter = calloc(1, sizeof(*filter));
	if (!filter)
		return result;
	filter->code.max = FILTER_ROOM;
	filter->code.insns = calloc(FILTER_ROOM, sizeof(*filter->code.insns));
	if (!filter->code.insns)
		goto out;
	result = compile_expr(outer, &progs[0], err, err_size);
	if (result)
		goto out;
	result = compile_expr(inner, &progs[1], err, err_size);
	if (result)
		goto out;
	result = build(filter, &progs[0], &progs[1], err, err_size);
	if (result)
		goto out;
	filter->set =
		(is_blank(outer) ? 0 : FILTER_SET_OUTER) | (is_blank(inner) ? 0 : FILTER_SET_INNER);
	*out = filter;
	filter = NULL;
	*err = '\0';
out:
	free_programs(&progs[0]);
	free_programs(&progs[1]);
	filter_free(filter);
	return result;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	free(filter->code.insns);
	free(filter);
}

unsigned int filter_set(const struct filter *filter)
{
	return filter ? filter->set : 0;
}

const struct bpf_insn *filter_insns(const struct filter *filter, size_t *n)
{
	*n = filter->code.n;
	return filter->code.insns;
}
