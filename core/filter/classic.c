// SPDX-License-Identifier: GPL-2.0-only
#include "core/filter/classic.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The two types are one in memory, which lets a program cross over by a copy or a cast. */
_Static_assert(sizeof(struct classic_insn) == sizeof(struct bpf_insn), "size");
_Static_assert(offsetof(struct classic_insn, jt) == offsetof(struct bpf_insn, jt), "jt");
_Static_assert(offsetof(struct classic_insn, jf) == offsetof(struct bpf_insn, jf), "jf");
_Static_assert(offsetof(struct classic_insn, k) == offsetof(struct bpf_insn, k), "k");

/* What libpcap's programs return for a match, where any number but 0 would do. */
#define SNAPLEN 262144

static int copy_program(const struct bpf_program *from, struct classic_prog *to)
{
	size_t bytes = from->bf_len * sizeof(*from->bf_insns);
	void *insns = malloc(bytes);

	if (!insns)
		return -ENOMEM;
	to->insns = memcpy(insns, from->bf_insns, bytes);
	to->n = from->bf_len;
	return 0;
}

int classic_compile(const char *expr, enum classic_link link, struct classic_prog *out, char *err,
	size_t err_size)
{
	struct bpf_program prog;
	pcap_t *pcap;
	int ret;

	*out = (struct classic_prog){0};
	pcap = pcap_open_dead(link == CLASSIC_ETHERNET ? DLT_EN10MB : DLT_RAW, SNAPLEN);
	if (!pcap) {
		snprintf(err, err_size, "out of memory");
		return -ENOMEM;
	}
	if (pcap_compile(pcap, &prog, expr, 1, PCAP_NETMASK_UNKNOWN)) {
		snprintf(err, err_size, "%s", pcap_geterr(pcap));
		ret = -EINVAL;
		goto out;
	}
	ret = copy_program(&prog, out);
	if (ret)
		snprintf(err, err_size, "out of memory");
	pcap_freecode(&prog);
out:
	pcap_close(pcap);
	return ret;
}

void classic_free(struct classic_prog *prog)
{
	free((void *)prog->insns);
	*prog = (struct classic_prog){0};
}

uint32_t classic_run(
	const struct classic_prog *prog, const void *packet, uint32_t wirelen, uint32_t caplen)
{
	return bpf_filter((const struct bpf_insn *)prog->insns, packet, wirelen, caplen);
}

int classic_valid(const struct classic_prog *prog)
{
	return bpf_validate((const struct bpf_insn *)prog->insns, (int)prog->n);
}
