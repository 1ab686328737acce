/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/trace/packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_TEB = 0x6558, /* an Ethernet frame inside GRE or Geneve */
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
};

enum { MAC_HEADER = 14, VLAN_TAG = 4, IPV4_HEADER = 20, IPV6_HEADER = 40, EXTENSIONS_MAX = 8 };

/* UDP ports: VXLAN has its own from IANA and the one that Linux used before. */
enum { PORT_VXLAN = 4789, PORT_VXLAN_LINUX = 8472, PORT_GENEVE = 6081 };

/* The captured bytes; nothing is read but through bytes_at(). */
struct capture {
	const uint8_t *data;
	size_t length;
};

static const uint8_t *bytes_at(const struct capture *capture, size_t offset, size_t n)
{
	if (offset > capture->length || n > capture->length - offset)
		return NULL;
	return capture->data + offset;
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* ---- transport ---- */

static void decode_tcp(struct packet_layer *layer, const struct capture *capture, size_t offset)
{
	const uint8_t *tcp = bytes_at(capture, offset, 16);

	if (!tcp)
		return;
	layer->has_tcp = true;
	layer->tcp_seq = be32(tcp + 4);
	layer->tcp_ack = be32(tcp + 8);
	layer->tcp_flags = be16(tcp + 12) & 0x1ff;
	layer->tcp_window = be16(tcp + 14);
}

static void decode_transport(struct packet_layer *layer, const struct capture *capture, size_t offset)
{
	const uint8_t *p = bytes_at(capture, offset, 4);

	if (!p)
		return;
	switch (layer->protocol) {
	case IPPROTO_TCP:
		decode_tcp(layer, capture, offset);
		/* fall through */
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		layer->has_ports = true;
		layer->sport = be16(p);
		layer->dport = be16(p + 2);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		layer->has_icmp = true;
		layer->icmp_type = p[0];
		layer->icmp_code = p[1];
		break;
	}
}

/* ---- network; each returns where the transport header starts, 0 if there is none to read ---- */

static size_t decode_ipv4(struct packet_layer *layer, const struct capture *capture, size_t offset)
{
	const uint8_t *ip = bytes_at(capture, offset, IPV4_HEADER);
	uint16_t fragment;

	if (!ip || ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return 0;
	fragment = be16(ip + 6);
	layer->version = 4;
	layer->has_protocol = true;
	layer->protocol = ip[9];
	layer->ttl = ip[8];
	layer->fragment = fragment & 0x3fff; /* more to come, or an offset */
	layer->fragment_off = (fragment & 0x1fff) * 8;
	memcpy(layer->saddr, ip + 12, 4);
	memcpy(layer->daddr, ip + 16, 4);
	return layer->fragment_off ? 0 : offset + (ip[0] & 15) * 4;
}

/* Steps over one IPv6 extension header (RFC 8200). 0 if `type` is none, or is cut off, or the last. */
static size_t extension_length(
	struct packet_layer *layer, const struct capture *capture, size_t offset, uint8_t type)
{
	const uint8_t *p = bytes_at(capture, offset, 8);

	if (!p)
		return 0;
	switch (type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
	case IPPROTO_MH:
		return (p[1] + 1) * 8;
	case IPPROTO_AH:
		return (p[1] + 2) * 4;
	case IPPROTO_FRAGMENT:
		layer->fragment = be16(p + 2) & 0xfff9;
		layer->fragment_off = be16(p + 2) & 0xfff8;
		return 8;
	}
	return 0;
}

static size_t decode_ipv6(struct packet_layer *layer, const struct capture *capture, size_t offset)
{
	const uint8_t *ip = bytes_at(capture, offset, IPV6_HEADER);

	if (!ip || ip[0] >> 4 != 6)
		return 0;
	layer->version = 6;
	layer->has_protocol = true;
	layer->protocol = ip[6];
	layer->ttl = ip[7];
	memcpy(layer->saddr, ip + 8, 16);
	memcpy(layer->daddr, ip + 24, 16);
	offset += IPV6_HEADER;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		size_t length = extension_length(layer, capture, offset, layer->protocol);

		if (!length)
			break;
		layer->protocol = capture->data[offset];
		offset += length;
		if (layer->fragment_off)
			return 0;
	}
	return offset;
}

static void decode_arp(struct packet_layer *layer, const struct capture *capture, size_t offset)
{
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };
	const uint8_t *arp = bytes_at(capture, offset, 28);

	if (!arp || memcmp(arp, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0)
		return;
	layer->version = 4;
	layer->arp_op = be16(arp + 6);
	memcpy(layer->saddr, arp + 14, 4);
	memcpy(layer->daddr, arp + 24, 4);
}

/* What `ethertype` says is at `offset`. Returns where the transport header starts, or 0. */
static size_t decode_network(
	struct packet_layer *layer, const struct capture *capture, size_t offset, uint16_t ethertype)
{
	size_t transport = 0;

	layer->ethertype = ethertype;
	if (ethertype == ETHERTYPE_IPV4)
		transport = decode_ipv4(layer, capture, offset);
	else if (ethertype == ETHERTYPE_IPV6)
		transport = decode_ipv6(layer, capture, offset);
	else if (ethertype == ETHERTYPE_ARP)
		decode_arp(layer, capture, offset);
	if (transport)
		decode_transport(layer, capture, transport);
	return transport;
}

/* ---- tunnels ---- */

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ ||
	       ethertype == ETHERTYPE_QINQ_OLD;
}

/* Moves *offset from the MAC header to what it carries, past VLAN tags, which `packet` (if any) gets.
 * Returns its ethertype, 0 if the header is cut off. */
static uint16_t skip_mac(struct packet *packet, const struct capture *capture, size_t *offset)
{
	const uint8_t *p = bytes_at(capture, *offset, MAC_HEADER);
	uint16_t ethertype;

	if (!p)
		return 0;
	ethertype = be16(p + 12);
	*offset += MAC_HEADER;
	for (int i = 0; i < PACKET_VLANS_MAX && is_vlan(ethertype); i++) {
		p = bytes_at(capture, *offset, VLAN_TAG);
		if (!p)
			break;
		if (packet)
			packet->vlan[packet->n_vlans++] = be16(p) & 0xfff;
		ethertype = be16(p + 2);
		*offset += VLAN_TAG;
	}
	return ethertype;
}

/* The inner packet, given what the tunnel's header says of it. */
static void decode_inner(
	struct packet *packet, const struct capture *capture, size_t offset, uint16_t ethertype)
{
	if (ethertype == ETHERTYPE_TEB)
		ethertype = skip_mac(NULL, capture, &offset);
	decode_network(&packet->inner, capture, offset, ethertype);
}

/* RFC 7348: flags, reserved, 24 bits of VNI, reserved. */
static void decode_vxlan(struct packet *packet, const struct capture *capture, size_t offset)
{
	const uint8_t *p = bytes_at(capture, offset, 8);

	if (!p || !(p[0] & 0x08))
		return;
	packet->tunnel = TUNNEL_VXLAN;
	packet->tunnel_id = be32(p + 4) >> 8;
	decode_inner(packet, capture, offset + 8, ETHERTYPE_TEB);
}

/* RFC 8926: version and length of options, flags, ethertype, VNI, options. */
static void decode_geneve(struct packet *packet, const struct capture *capture, size_t offset)
{
	const uint8_t *p = bytes_at(capture, offset, 8);

	if (!p || p[0] >> 6)
		return;
	packet->tunnel = TUNNEL_GENEVE;
	packet->tunnel_id = be32(p + 4) >> 8;
	decode_inner(packet, capture, offset + 8 + (p[0] & 0x3f) * 4, be16(p + 2));
}

/* RFC 2784 and 2890: optional checksum, key and sequence number of 4 bytes each. */
static void decode_gre(struct packet *packet, const struct capture *capture, size_t offset)
{
	enum { CHECKSUM = 0x80, KEY = 0x20, SEQUENCE = 0x10, VERSION = 0x07 };
	const uint8_t *p = bytes_at(capture, offset, 4);
	uint8_t flags;
	uint16_t ethertype;

	if (!p || p[1] & VERSION)
		return;
	flags = p[0];
	ethertype = be16(p + 2);
	packet->tunnel = TUNNEL_GRE;
	offset += flags & CHECKSUM ? 8 : 4;
	if (flags & KEY) {
		p = bytes_at(capture, offset, 4);
		packet->tunnel_id = p ? be32(p) : 0;
		offset += 4;
	}
	offset += flags & SEQUENCE ? 4 : 0;
	decode_inner(packet, capture, offset, ethertype);
}

static void decode_tunnel(struct packet *packet, const struct capture *capture, size_t offset)
{
	const struct packet_layer *outer = &packet->outer;

	switch (outer->protocol) {
	case IPPROTO_UDP:
		if (outer->dport == PORT_VXLAN || outer->dport == PORT_VXLAN_LINUX)
			decode_vxlan(packet, capture, offset + 8);
		else if (outer->dport == PORT_GENEVE)
			decode_geneve(packet, capture, offset + 8);
		break;
	case IPPROTO_GRE:
		decode_gre(packet, capture, offset);
		break;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		packet->tunnel = TUNNEL_IPIP;
		decode_inner(packet, capture, offset,
			outer->protocol == IPPROTO_IPIP ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
		break;
	}
}

/* ---- a record ---- */

/* The socket's addresses. Its packet may have a transport header already: where the ports agree. */
static void take_tuple(
	struct packet_layer *layer, const struct trace_record *record, const struct capture *capture)
{
	const struct sock_tuple *sock = &record->sock;
	const uint8_t *ports = bytes_at(capture, record->l4_off, 4);

	layer->version = sock->family == AF_INET ? 4 : sock->family == AF_INET6 ? 6 : 0;
	layer->ethertype = layer->version == 4 ? ETHERTYPE_IPV4 :
			   layer->version == 6 ? ETHERTYPE_IPV6 :
						 record->protocol;
	if (!layer->version)
		return;
	memcpy(layer->saddr, sock->saddr, sizeof(layer->saddr));
	memcpy(layer->daddr, sock->daddr, sizeof(layer->daddr));
	layer->protocol = sock->protocol;
	layer->has_protocol = true;
	layer->has_ports = sock->sport || sock->dport;
	layer->sport = sock->sport;
	layer->dport = sock->dport;
	if (layer->protocol == IPPROTO_TCP && record->l4_off && ports && be16(ports) == sock->sport &&
		be16(ports + 2) == sock->dport)
		decode_tcp(layer, capture, record->l4_off);
}

/* Only what lies there tells whether an offset of the kernel's was already, or still, the right one. */
static bool holds_network_header(const struct capture *capture, size_t offset, uint16_t ethertype)
{
	const uint8_t *p = bytes_at(capture, offset, 1);

	if (!p)
		return false;
	return (ethertype == ETHERTYPE_IPV4 && *p >> 4 == 4) ||
	       (ethertype == ETHERTYPE_IPV6 && *p >> 4 == 6) || ethertype == ETHERTYPE_ARP;
}

/* skb->protocol is set late on the way out; until then the first byte of the header has to do. */
static uint16_t guess_ethertype(const struct capture *capture, size_t offset)
{
	const uint8_t *p = bytes_at(capture, offset, IPV4_HEADER);

	if (p && p[0] >> 4 == 4 && (p[0] & 15) >= 5)
		return ETHERTYPE_IPV4;
	return p && p[0] >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

static void decode_bytes(
	struct packet *packet, const struct trace_record *record, const struct capture *capture)
{
	uint16_t ethertype = record->protocol;
	size_t offset = 0, transport;

	if (record->flags & RECORD_L2) {
		const uint8_t *mac = bytes_at(capture, 0, MAC_HEADER);

		if (mac) {
			packet->has_mac = true;
			memcpy(packet->dmac, mac, 6);
			memcpy(packet->smac, mac + 6, 6);
		}
		ethertype = skip_mac(packet, capture, &offset);
	} else if (!ethertype) {
		ethertype = guess_ethertype(capture, offset);
	}
	/* A link layer that is not Ethernet: go by what the kernel says. */
	if (!holds_network_header(capture, offset, ethertype) &&
		holds_network_header(capture, record->l3_off, record->protocol)) {
		ethertype = record->protocol;
		offset = record->l3_off;
	}
	transport = decode_network(&packet->outer, capture, offset, ethertype);
	if (transport)
		decode_tunnel(packet, capture, transport);
}

void packet_decode(struct packet *packet, const struct trace_record *record)
{
	struct capture capture = { .data = record->data, .length = record->snap_len };

	memset(packet, 0, sizeof(*packet));
	if (capture.length > sizeof(record->data))
		capture.length = sizeof(record->data);
	if (record->flags & RECORD_NO_BYTES)
		capture.length = 0;
	if (record->flags & RECORD_SOCK_TUPLE)
		take_tuple(&packet->outer, record, &capture);
	else if (capture.length)
		decode_bytes(packet, record, &capture);
	else
		packet->outer.ethertype = record->protocol;
}
