/* SPDX-License-Identifier: GPL-2.0-only */
/* A pcap-filter expression as a classic BPF program, by libpcap.
 *
 * libpcap's headers and linux/bpf.h both define `struct bpf_insn`, and differently; the type here
 * belongs to neither, so that only classic.c sees the one and only its users the other. */
#ifndef SKEWTOP_FILTER_CLASSIC_H
#define SKEWTOP_FILTER_CLASSIC_H

#include <stddef.h>
#include <stdint.h>

/* One classic instruction, as in linux/filter.h and pcap/bpf.h. */
struct classic_insn {
	uint16_t code;
	uint8_t jt, jf; /* instructions to skip if the condition holds, if it does not */
	uint32_t k;
};

/* Read-only; `insns` belongs to whoever made it. */
struct classic_prog {
	const struct classic_insn *insns;
	size_t n;
};

/* What the first byte of a packet belongs to. */
enum classic_link {
	CLASSIC_ETHERNET, /* DLT_EN10MB */
	CLASSIC_IP,	  /* DLT_RAW: IPv4 or IPv6, told apart by the version */
};

/* Compiles `expr` (see pcap-filter(7)) and optimises it; an empty expression matches everything.
 * The caller frees *out with classic_free(). Host names are looked up, which can take long.
 * Thread-safe (libpcap 1.8 and newer).
 * Returns 0, -EINVAL with libpcap's own message in err, or -ENOMEM. */
int classic_compile(const char *expr, enum classic_link link, struct classic_prog *out, char *err,
	size_t err_size);

/* Frees what classic_compile() made and empties *prog. */
void classic_free(struct classic_prog *prog);

/* Runs libpcap's interpreter over `caplen` bytes of a packet that was `wirelen` long.
 * Returns the program's verdict: 0 is no match. The program must be valid. */
uint32_t classic_run(
	const struct classic_prog *prog, const void *packet, uint32_t wirelen, uint32_t caplen);

/* Whether libpcap accepts the program as safe to run (bpf_validate). */
int classic_valid(const struct classic_prog *prog);

#endif
