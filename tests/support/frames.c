/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/frames.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* A frame being built, layer by layer. Lengths of IP and UDP are filled in at the end. */
struct maker {
	struct frame *frame;
	uint32_t ipv4[4], ipv6[4], udp[4];
	int n_ipv4, n_ipv6, n_udp;
};

static void put(struct maker *m, const void *bytes, size_t n)
{
	memcpy(m->frame->bytes + m->frame->caplen, bytes, n);
	m->frame->caplen += n;
}

static void u8(struct maker *m, unsigned int value)
{
	m->frame->bytes[m->frame->caplen++] = value;
}

static void u16(struct maker *m, unsigned int value)
{
	u8(m, value >> 8);
	u8(m, value & 0xff);
}

static void u32(struct maker *m, uint32_t value)
{
	u16(m, value >> 16);
	u16(m, value & 0xffff);
}

static void zeros(struct maker *m, size_t n)
{
	while (n--)
		u8(m, 0);
}

static void payload(struct maker *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		u8(m, 'a' + i % 26);
}

/* ---- layers ---- */

static const uint8_t mac_a[6] = {0x02, 0, 0, 0, 0x77, 0x01};
static const uint8_t mac_b[6] = {0x02, 0, 0, 0, 0x77, 0x64};
static const uint8_t mac_all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t mac_group[6] = {0x01, 0, 0x5e, 0, 0, 0xfb};

static void eth_to(struct maker *m, const uint8_t *to, unsigned int type)
{
	put(m, to, 6);
	put(m, mac_a, 6);
	u16(m, type);
}

static void eth(struct maker *m, unsigned int type)
{
	eth_to(m, mac_b, type);
}

/* What follows an ethertype of 0x8100, 0x88a8 or 0x9100. */
static void tag(struct maker *m, unsigned int tci, unsigned int type)
{
	u16(m, tci);
	u16(m, type);
}

struct ipv4 {
	uint8_t proto;
	uint8_t tos;
	uint8_t options; /* words */
	uint8_t ttl;
	uint16_t fragment; /* flags and offset */
	uint32_t from, to; /* 0: 10.77.0.1, 10.77.0.100 */
};

static void ipv4(struct maker *m, struct ipv4 h)
{
	m->ipv4[m->n_ipv4++] = m->frame->caplen;
	u8(m, 0x45 + h.options);
	u8(m, h.tos);
	u16(m, 0);
	u16(m, 0x1234);
	u16(m, h.fragment);
	u8(m, h.ttl ? h.ttl : 64);
	u8(m, h.proto);
	u16(m, 0);
	u32(m, h.from ? h.from : 0x0a4d0001);
	u32(m, h.to ? h.to : 0x0a4d0064);
	for (int i = 0; i < h.options; i++)
		u32(m, 0x94040000); /* router alert */
}

static void ipv4_plain(struct maker *m, unsigned int proto)
{
	ipv4(m, (struct ipv4){.proto = proto});
}

static void ipv6_to(struct maker *m, unsigned int next, unsigned int first_of_destination)
{
	m->ipv6[m->n_ipv6++] = m->frame->caplen;
	u32(m, 0x60012345);
	u16(m, 0);
	u8(m, next);
	u8(m, 64);
	u32(m, 0x20010db8);
	zeros(m, 11);
	u8(m, 1);
	u16(m, first_of_destination);
	u16(m, 0x0db8);
	zeros(m, 11);
	u8(m, 0x64);
}

static void ipv6(struct maker *m, unsigned int next)
{
	ipv6_to(m, next, 0x2001);
}

/* Hop-by-hop, routing or destination options: `words` of 8 bytes beyond the first. */
static void extension(struct maker *m, unsigned int next, unsigned int words)
{
	u8(m, next);
	u8(m, words);
	u8(m, 1);
	u8(m, 4);
	zeros(m, 4 + 8 * words);
}

static void fragment6(struct maker *m, unsigned int next, unsigned int offset_and_more)
{
	u8(m, next);
	u8(m, 0);
	u16(m, offset_and_more);
	u32(m, 0xabcd);
}

static void udp(struct maker *m, unsigned int from, unsigned int to)
{
	m->udp[m->n_udp++] = m->frame->caplen;
	u16(m, from);
	u16(m, to);
	u16(m, 0);
	u16(m, 0);
}

static void tcp(struct maker *m, unsigned int from, unsigned int to, unsigned int flags)
{
	u16(m, from);
	u16(m, to);
	u32(m, 1000);
	u32(m, flags & 0x10 ? 2000 : 0);
	u16(m, 0x8000 | flags); /* 12 bytes of options */
	u16(m, 512);
	u16(m, 0);
	u16(m, 0);
	u32(m, 0x020405b4);
	u32(m, 0x01030307);
	u32(m, 0x01010402);
}

static void icmp(struct maker *m, unsigned int type, unsigned int code)
{
	u8(m, type);
	u8(m, code);
	u16(m, 0);
	u32(m, 0x00010002);
}

static void arp(struct maker *m, unsigned int operation)
{
	u16(m, 1);
	u16(m, 0x0800);
	u8(m, 6);
	u8(m, 4);
	u16(m, operation);
	put(m, mac_a, 6);
	u32(m, 0x0a4d0001);
	zeros(m, 6);
	u32(m, 0x0a4d0064);
}

static void mpls(struct maker *m, uint32_t label, unsigned int bottom)
{
	u32(m, label << 12 | bottom << 8 | 64);
}

static void pppoe(struct maker *m, unsigned int code, unsigned int session)
{
	u8(m, 0x11);
	u8(m, code);
	u16(m, session);
	u16(m, 40);
}

static void vxlan(struct maker *m, unsigned int port, uint32_t vni)
{
	udp(m, 40000, port);
	u32(m, 0x08000000);
	u32(m, vni << 8);
}

static void geneve(struct maker *m, uint32_t vni, unsigned int option_words, unsigned int type)
{
	udp(m, 40001, 6081);
	u8(m, option_words);
	u8(m, 0);
	u16(m, type);
	u32(m, vni << 8);
	zeros(m, 4 * option_words);
}

/* Checksum, key and sequence number as the flags ask. */
static void gre(struct maker *m, unsigned int flags, unsigned int type)
{
	u16(m, flags);
	u16(m, type);
	if (flags & 0x8000)
		u32(m, 0);
	if (flags & 0x2000)
		u32(m, 77);
	if (flags & 0x1000)
		u32(m, 5);
}

/* IPv4 and UDP, the usual inside of a tunnel. */
static void inner(struct maker *m, unsigned int port)
{
	ipv4(m, (struct ipv4){.proto = 17, .from = 0xc0a80001, .to = 0xc0a80002});
	udp(m, 5000, port);
	payload(m, 20);
}

/* ---- the list ---- */

typedef void (*recipe)(struct maker *m);

#define FRAME(name, ...)                                                                           \
	static void name(struct maker *m)                                                          \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#include "tests/support/frames.def"
#undef FRAME

#define FRAME(name, ...) {#name, name},
static const struct {
	const char *name;
	recipe make;
} recipes[] = {
#include "tests/support/frames.def"
};

enum {
	N_RECIPES = sizeof(recipes) / sizeof(recipes[0])
};

static void patch(struct maker *m, uint32_t at, uint32_t value)
{
	m->frame->bytes[at] = value >> 8;
	m->frame->bytes[at + 1] = value & 0xff;
}

static void make(struct frame *out, int i)
{
	struct maker m = {.frame = out};

	memset(out, 0, sizeof(*out));
	out->name = recipes[i].name;
	recipes[i].make(&m);
	for (int j = 0; j < m.n_ipv4; j++)
		patch(&m, m.ipv4[j] + 2, out->caplen - m.ipv4[j]);
	for (int j = 0; j < m.n_ipv6; j++)
		patch(&m, m.ipv6[j] + 4, out->caplen - m.ipv6[j] - 40);
	for (int j = 0; j < m.n_udp; j++)
		patch(&m, m.udp[j] + 4, out->caplen - m.udp[j]);
	out->wirelen = out->caplen;
}

size_t frames_whole(struct frame *out, size_t max)
{
	size_t n = max < N_RECIPES ? max : N_RECIPES;

	for (size_t i = 0; i < n; i++)
		make(&out[i], (int)i);
	return n;
}

size_t frames_all(struct frame *out, size_t max)
{
	/* At the edges of headers and just beside them. */
	static const uint32_t cuts[] = {1, 12, 13, 14, 15, 16, 17, 18, 20, 22, 23, 24, 30, 33, 34,
		35, 37, 38, 41, 42, 46, 50, 54, 58, 62, 66, 90, 96, 97, 110};
	size_t whole = frames_whole(out, max), n = whole;

	for (size_t i = 0; i < whole; i++) {
		for (size_t c = i % 3; c < sizeof(cuts) / sizeof(cuts[0]); c += 3) {
			if (cuts[c] >= out[i].caplen || n == max)
				continue;
			out[n] = out[i];
			out[n].caplen = cuts[c];
			if (c % 2)
				out[n].wirelen = cuts[c];
			n++;
		}
	}
	return n;
}

int frames_write(const char *path, const struct frame *frames, size_t n)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	pcap_dumper_t *dumper = pcap ? pcap_dump_open(pcap, path) : NULL;
	int ret = dumper ? 0 : -1;

	for (size_t i = 0; i < n && dumper; i++) {
		struct pcap_pkthdr head = {.caplen = frames[i].caplen, .len = frames[i].wirelen};

		head.ts.tv_sec = (time_t)i;
		pcap_dump((unsigned char *)dumper, &head, frames[i].bytes);
	}
	if (dumper && pcap_dump_flush(dumper))
		ret = -1;
	if (dumper)
		pcap_dump_close(dumper);
	if (pcap)
		pcap_close(pcap);
	return ret;
}
