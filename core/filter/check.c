/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/filter/filter.h"
#include "core/filter/trial.h"

enum {
	TAG_LEN = 4,
	TAG_AT = 2 * ETH_ALEN
};

struct packet {
	enum classic_link link;
	unsigned char *bytes;
	uint32_t caplen, wirelen;
	uint64_t at;	   /* in kernel memory */
	uint64_t untagged; /* the same without its outer VLAN tag, 0: it has none */
	uint32_t tag;
};

struct filter_check {
	struct filter_trial *trial;
	struct packet *packets;
	size_t n, room;
};

/* One expression, as libpcap runs it and as the kernel does. */
struct contest {
	struct classic_prog ethernet, ip; /* ip without instructions: never matches */
	int fd;
	uint64_t runs;
};

int filter_check_open(size_t size, struct filter_check **out, struct error *err)
{
	struct filter_check *check = calloc(1, sizeof(*check));
	char why[FILTER_ERR_SIZE];
	int ret;

	if (!check)
		return error_set(err, -ENOMEM, "out of memory");
	ret = filter_trial_open(size, &check->trial, why, sizeof(why));
	if (ret) {
		free(check);
		return error_set(err, ret, "%s", why);
	}
	*out = check;
	return 0;
}

void filter_check_close(struct filter_check *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < check->n; i++)
		free(check->packets[i].bytes);
	free(check->packets);
	filter_trial_close(check->trial);
	free(check);
}

/* ---- packets ---- */

static bool has_tag(const struct packet *packet)
{
	const unsigned char *type = packet->bytes + TAG_AT;

	return packet->link == CLASSIC_ETHERNET && packet->caplen >= ETH_HLEN + TAG_LEN &&
	       ((type[0] == 0x81 && type[1] == 0x00) || (type[0] == 0x88 && type[1] == 0xa8));
}

static int put_untagged(struct filter_check *check, struct packet *packet)
{
	unsigned char *bytes = malloc(packet->caplen);
	const unsigned char *tag = packet->bytes + TAG_AT;

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, packet->bytes, TAG_AT);
	memcpy(bytes + TAG_AT, tag + TAG_LEN, packet->caplen - TAG_AT - TAG_LEN);
	packet->untagged = filter_trial_put(check->trial, bytes, packet->caplen - TAG_LEN);
	packet->tag = (uint32_t)tag[0] << 24 | tag[1] << 16 | tag[2] << 8 | tag[3];
	free(bytes);
	return packet->untagged ? 0 : -ENOSPC;
}

static int grow(struct filter_check *check)
{
	size_t room = check->room * 2 + 64;
	struct packet *more;

	if (check->n < check->room)
		return 0;
	more = realloc(check->packets, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	check->packets = more;
	check->room = room;
	return 0;
}

int filter_check_add(struct filter_check *check, enum classic_link link, const void *bytes,
	uint32_t caplen, uint32_t wirelen)
{
	struct packet packet = {.link = link, .caplen = caplen, .wirelen = wirelen};
	int ret = grow(check);

	if (ret)
		return ret;
	packet.bytes = malloc(caplen + 1);
	if (!packet.bytes)
		return -ENOMEM;
	memcpy(packet.bytes, bytes, caplen);
	packet.at = filter_trial_put(check->trial, bytes, caplen);
	ret = packet.at ? 0 : -ENOSPC;
	if (!ret && has_tag(&packet))
		ret = put_untagged(check, &packet);
	if (ret) {
		free(packet.bytes);
		return ret;
	}
	check->packets[check->n++] = packet;
	return 0;
}

/* ---- one packet, one way ---- */

/* False if the verdicts differ. A run that fails is a difference too. */
static bool same(struct contest *contest, const struct filter_call *call, uint32_t right)
{
	uint32_t verdict;

	contest->runs++;
	return !filter_trial_run(contest->fd, call, &verdict) && verdict == right;
}

static uint32_t interpret(
	const struct classic_prog *prog, const void *bytes, uint32_t wirelen, uint32_t caplen)
{
	return prog->n ? classic_run(prog, bytes, wirelen, caplen) : 0;
}

static bool same_ip(
	struct contest *contest, uint64_t at, const void *bytes, uint32_t wirelen, uint32_t caplen)
{
	struct filter_call call = {
		.data = at, .headlen = caplen, .wirelen = wirelen, .kind = FILTER_IP};
	uint32_t right = interpret(&contest->ip, bytes, wirelen, caplen);
	bool ok = same(contest, &call, right);

	call.kind = FILTER_INNER_IP;
	return same(contest, &call, right) && ok;
}

static bool same_ethernet(struct contest *contest, const struct packet *packet, uint32_t right)
{
	struct filter_call call = {
		.data = packet->at,
		.headlen = packet->caplen,
		.wirelen = packet->wirelen,
		.kind = FILTER_ETHERNET,
	};
	bool ok = same(contest, &call, right);

	call.kind = FILTER_INNER_ETHERNET;
	ok = same(contest, &call, right) && ok;
	if (!packet->untagged)
		return ok;
	call.kind = FILTER_ETHERNET_TAG;
	call.data = packet->untagged;
	call.headlen -= TAG_LEN;
	call.tag = packet->tag;
	return same(contest, &call, right) && ok;
}

/* Every way in which a probe could meet this packet; *right is libpcap's verdict on all of it. */
static bool same_all(struct contest *contest, const struct packet *packet, uint32_t *right)
{
	bool ok;

	if (packet->link == CLASSIC_IP) {
		*right = interpret(&contest->ip, packet->bytes, packet->wirelen, packet->caplen);
		return same_ip(contest, packet->at, packet->bytes, packet->wirelen, packet->caplen);
	}
	*right = interpret(&contest->ethernet, packet->bytes, packet->wirelen, packet->caplen);
	ok = same_ethernet(contest, packet, *right);
	if (packet->caplen < ETH_HLEN)
		return ok;
	return same_ip(contest, packet->at + ETH_HLEN, packet->bytes + ETH_HLEN,
		       packet->wirelen - ETH_HLEN, packet->caplen - ETH_HLEN) &&
	       ok;
}

/* ---- one expression ---- */

static int load(struct contest *contest, const char *expr, struct error *err)
{
	char why[FILTER_ERR_SIZE], ignored[FILTER_ERR_SIZE];
	const struct bpf_insn *insns;
	struct filter *filter;
	size_t n;
	int ret = classic_compile(expr, CLASSIC_ETHERNET, &contest->ethernet, why, sizeof(why));

	if (!ret)
		ret = filter_compile(expr, expr, &filter, why, sizeof(why));
	if (ret)
		return error_set(err, ret, "%s", why);
	/* Refused for bare IP only: never matches there. */
	ret = classic_compile(expr, CLASSIC_IP, &contest->ip, ignored, sizeof(ignored));
	if (ret && ret != -EINVAL) {
		filter_free(filter);
		return error_set(err, ret, "%s", ignored);
	}
	insns = filter_insns(filter, &n);
	contest->fd = filter_trial_load(insns, n, why, sizeof(why));
	filter_free(filter);
	return contest->fd < 0 ? error_set(err, contest->fd, "%s", why) : 0;
}

int filter_check_run(struct filter_check *check, const char *expr,
	struct filter_check_result *result, struct error *err)
{
	struct contest contest = {.fd = -1};
	int ret = load(&contest, expr, err);

	*result = (struct filter_check_result){.packets = check->n};
	for (size_t i = 0; i < check->n && !ret; i++) {
		uint32_t right;

		if (!same_all(&contest, &check->packets[i], &right) && !result->mismatches++)
			result->first_mismatch = i;
		result->matches += right != 0;
	}
	result->runs = contest.runs;
	classic_free(&contest.ethernet);
	classic_free(&contest.ip);
	if (contest.fd >= 0)
		close(contest.fd);
	return ret;
}
