/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the packet inside a tunnel and runs the filter for inner packets over it: VXLAN (ports
 * 4789 and 8472), Geneve (port 6081), GRE (version 0, with Ethernet or IP inside), IPv4 or IPv6
 * in IPv4 or IPv6. One level deep. Included by filter.h. */
#ifndef FILTER_TUNNEL_H
#define FILTER_TUNNEL_H

enum {
	FILTER_ETHERTYPE_IPV4 = 0x0800,
	FILTER_ETHERTYPE_IPV6 = 0x86dd,
	FILTER_ETHERTYPE_VLAN = 0x8100,
	FILTER_ETHERTYPE_QINQ = 0x88a8,
	FILTER_ETHERTYPE_BRIDGE = 0x6558, /* Ethernet in GRE and Geneve */
	FILTER_PROTO_HOPOPTS = 0,
	FILTER_PROTO_IPV4 = 4,
	FILTER_PROTO_UDP = 17,
	FILTER_PROTO_IPV6 = 41,
	FILTER_PROTO_ROUTING = 43,
	FILTER_PROTO_FRAGMENT = 44,
	FILTER_PROTO_GRE = 47,
	FILTER_PROTO_DSTOPTS = 60,
	FILTER_PORT_VXLAN = 4789,
	FILTER_PORT_VXLAN_LINUX = 8472,
	FILTER_PORT_GENEVE = 6081,
};

/* Extension headers of IPv6 that are stepped over. */
#define FILTER_IPV6_EXTENSIONS 4

/* The functions below step over one header each: they return what follows it (an ethertype, or an
 * IP protocol), or this if nothing does that a filter could look at. */
#define FILTER_NOTHING (-1)

/* A place in a packet's linear part. */
struct filter_cursor {
	__u64 start;
	__u32 headlen;
	__u32 at; /* offset of the header to look at next */
};

/* Copies the next header; false if it is cut off. */
static __always_inline bool filter_peek(const struct filter_cursor *c, __u8 *header, __u32 size)
{
	return c->at + size <= c->headlen &&
	       !bpf_probe_read_kernel(header, size, (const void *)(c->start + c->at));
}

static __always_inline int filter_u16(const __u8 *at)
{
	return at[0] << 8 | at[1];
}

static __always_inline int filter_skip_ethernet(struct filter_cursor *c)
{
	__u8 h[14];
	int type;

	if (!filter_peek(c, h, sizeof(h)))
		return FILTER_NOTHING;
	type = filter_u16(h + 12);
	c->at += sizeof(h);
	for (int i = 0; i < 2; i++) {
		if (type != FILTER_ETHERTYPE_VLAN && type != FILTER_ETHERTYPE_QINQ)
			break;
		if (!filter_peek(c, h, 4))
			return FILTER_NOTHING;
		type = filter_u16(h + 2);
		c->at += 4;
	}
	return type;
}

static __always_inline int filter_skip_ipv4(struct filter_cursor *c)
{
	__u8 h[20];

	/* A fragment that is not the first begins somewhere in the payload. */
	if (!filter_peek(c, h, sizeof(h)) || filter_u16(h + 6) & 0x1fff)
		return FILTER_NOTHING;
	c->at += (h[0] & 0xf) * 4;
	return h[9];
}

static __always_inline bool filter_is_extension(int proto)
{
	return proto == FILTER_PROTO_HOPOPTS || proto == FILTER_PROTO_ROUTING ||
	       proto == FILTER_PROTO_FRAGMENT || proto == FILTER_PROTO_DSTOPTS;
}

static __always_inline int filter_skip_ipv6(struct filter_cursor *c)
{
	__u8 h[8];
	int proto;

	if (!filter_peek(c, h, sizeof(h)))
		return FILTER_NOTHING;
	proto = h[6];
	c->at += 40;
	for (int i = 0; i < FILTER_IPV6_EXTENSIONS; i++) {
		if (!filter_is_extension(proto))
			break;
		if (!filter_peek(c, h, 4))
			return FILTER_NOTHING;
		if (proto != FILTER_PROTO_FRAGMENT)
			c->at += (h[1] + 1) * 8;
		else if (filter_u16(h + 2) & 0xfff8)
			return FILTER_NOTHING;
		else
			c->at += 8;
		proto = h[0];
	}
	return proto;
}

static __always_inline int filter_skip_gre(struct filter_cursor *c)
{
	__u8 h[4];

	/* With source routing, and in versions other than 0, it is laid out differently. */
	if (!filter_peek(c, h, sizeof(h)) || h[0] & 0x40 || h[1] & 7)
		return FILTER_NOTHING;
	/* Checksum, key and sequence number follow where their bits say so. */
	c->at += 4 + (h[0] >> 7) * 4 + (h[0] >> 5 & 1) * 4 + (h[0] >> 4 & 1) * 4;
	return filter_u16(h + 2);
}

static __always_inline int filter_skip_udp(struct filter_cursor *c)
{
	__u8 h[12]; /* UDP and the first word of what it carries */

	if (!filter_peek(c, h, sizeof(h)))
		return FILTER_NOTHING;
	c->at += 16;
	switch (filter_u16(h + 2)) {
	case FILTER_PORT_GENEVE:
		c->at += (h[8] & 0x3f) * 4;
		return filter_u16(h + 10);
	case FILTER_PORT_VXLAN:
	case FILTER_PORT_VXLAN_LINUX:
		return FILTER_ETHERTYPE_BRIDGE;
	default:
		return FILTER_NOTHING;
	}
}

/* Moves from the outer IP header to the inner packet; returns its ethertype. */
static __always_inline int filter_enter(struct filter_cursor *c, int type)
{
	int proto = FILTER_NOTHING;

	if (type == FILTER_ETHERTYPE_IPV4)
		proto = filter_skip_ipv4(c);
	else if (type == FILTER_ETHERTYPE_IPV6)
		proto = filter_skip_ipv6(c);
	switch (proto) {
	case FILTER_PROTO_IPV4:
		return FILTER_ETHERTYPE_IPV4;
	case FILTER_PROTO_IPV6:
		return FILTER_ETHERTYPE_IPV6;
	case FILTER_PROTO_GRE:
		return filter_skip_gre(c);
	case FILTER_PROTO_UDP:
		return filter_skip_udp(c);
	default:
		return FILTER_NOTHING;
	}
}

/* A packet without Ethernet header: IPv6 says so in its first four bits. */
static __always_inline int filter_ip_type(const struct filter_cursor *c)
{
	__u8 first;

	if (!filter_peek(c, &first, sizeof(first)))
		return FILTER_NOTHING;
	return first >> 4 == 6 ? FILTER_ETHERTYPE_IPV6 : FILTER_ETHERTYPE_IPV4;
}

__u32 filter_tunnel(__u64 start, __u32 headlen, __u32 wirelen, __u32 kind);

/* Whether the packet is a tunnel's and the packet inside matches. Global: verified once. */
__attribute__((noinline)) __u32 filter_tunnel(__u64 start, __u32 headlen, __u32 wirelen, __u32 kind)
{
	struct filter_cursor c = {.start = start, .headlen = headlen};
	int type;

	/* A tag beside the packet counts in its length and has no bytes in it. */
	if (kind == FILTER_ETHERNET_TAG)
		wirelen -= 4;
	type = kind == FILTER_IP ? filter_ip_type(&c) : filter_skip_ethernet(&c);
	switch (filter_enter(&c, type)) {
	case FILTER_ETHERTYPE_BRIDGE:
		kind = FILTER_INNER_ETHERNET;
		break;
	case FILTER_ETHERTYPE_IPV4:
	case FILTER_ETHERTYPE_IPV6:
		kind = FILTER_INNER_IP;
		break;
	default:
		return 0;
	}
	if (c.at > headlen || c.at > wirelen)
		return 0;
	return filter_run(start + c.at, headlen - c.at, wirelen - c.at, kind, 0);
}

#endif
