/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet filter: a pcap-filter expression made into instructions that run in the kernel.
 *
 *	expression --libpcap--> classic BPF --filter_ebpf--> eBPF --filter_inject--> object
 *
 * The probes call one function, filter_run() of bpf/filter.h. filter_inject() puts a filter in its
 * place, in a private copy of the compiled object's bytes, before libbpf opens them. So an instance
 * with a filter is opened like any other, whatever its program types; every program is exactly as
 * long as its filter needs; nothing is global, nothing is to be relocated, and any number of
 * threads can do it at once:
 *
 *	elf = packets_bpf__elf_bytes(&size);
 *	copy = malloc(size); memcpy(copy, elf, size);
 *	err = filter_inject(filter, copy, size);
 *	skel = calloc(1, sizeof(*skel)); packets_bpf__create_skeleton(skel);
 *	skel->skeleton->data = copy; skel->skeleton->data_sz = size;
 *	err = bpf_object__open_skeleton(skel->skeleton, &opts); free(copy);
 *	skel->rodata->filter_set = filter_set(filter);
 *
 * (bpf_program__set_insns from a program handler would do too, but handlers are process-wide,
 * replace libbpf's own for their sections and are not told which instance asks, and what they
 * insert must be padded to a length fixed at compile time.) */
#ifndef SKEWTOP_FILTER_H
#define SKEWTOP_FILTER_H

#include <stddef.h>

#include "bpf/filter_abi.h"

struct bpf_insn;
struct filter;

/* Longest message that filter_compile() writes, with its final NUL; libpcap's fit. */
#define FILTER_ERR_SIZE 512

/* Compiles `outer`, which a packet must match, and `inner`, which the packet inside a VXLAN,
 * Geneve, GRE or IP-in-IP tunnel must match; NULL, or nothing but blanks: any packet will do.
 * Every expression is compiled for Ethernet and for bare IP. A packet without an Ethernet header
 * never matches an expression that libpcap refuses for bare IP ("ether host ..."); any other
 * refusal is an error.
 *
 * The packet that an expression sees is what lies in the linear part of the skb (all headers, as
 * a rule); a load behind it is no match, as in the kernel. A VLAN tag that the kernel holds beside
 * the packet is seen where it was on the wire.
 *
 * Returns 0 and *out, to be freed with filter_free(); -EINVAL or -E2BIG with one sentence in err
 * (libpcap's own where libpcap refuses); -ENOMEM. Thread-safe. */
int filter_compile(
	const char *outer, const char *inner, struct filter **out, char *err, size_t err_size);
void filter_free(struct filter *filter);

/* FILTER_SET_ bits of the expressions there are; 0 for NULL. Goes into the object's read-only
 * variable of the same name, so that without a filter the kernel drops the code that would ask. */
unsigned int filter_set(const struct filter *filter);

/* The filter as the body of filter_run(), *n instructions; belongs to the filter. */
const struct bpf_insn *filter_insns(const struct filter *filter, size_t *n);

/* Makes filter_run() of `elf` what the filter says, NULL: a function that accepts every packet.
 * `elf` is a writable copy of a compiled object, 8-byte aligned as malloc returns it. To be done
 * without a filter too: it takes away the unused room, which costs 1 ms for each program loaded.
 * Returns 0; -ENOENT if the object has no such function, -EINVAL if it is no BPF object. */
int filter_inject(const struct filter *filter, void *elf, size_t size);

#endif
