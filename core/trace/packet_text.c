/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include "core/trace/packet.h"

/* What snprintf says it would have written, as what it has written. */
static size_t written(int length, size_t size)
{
	if (!size || length < 0)
		return 0;
	return (size_t)length < size ? (size_t)length : size - 1;
}

size_t packet_address(int version, const uint8_t *address, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "-";

	if (version == 4)
		inet_ntop(AF_INET, address, text, sizeof(text));
	else if (version == 6)
		inet_ntop(AF_INET6, address, text, sizeof(text));
	return written(snprintf(buf, size, "%s", text), size);
}

static void format_end(const struct packet_layer *layer, const uint8_t *address, uint16_t port,
	char *buf, size_t size)
{
	char text[PACKET_ADDRESS_MAX];

	packet_address(layer->version, address, text, sizeof(text));
	if (!layer->has_ports)
		snprintf(buf, size, "%s", text);
	else if (layer->version == 6)
		snprintf(buf, size, "[%s]:%u", text, port);
	else
		snprintf(buf, size, "%s:%u", text, port);
}

size_t packet_layer_flow(const struct packet_layer *layer, char *buf, size_t size)
{
	char source[PACKET_ADDRESS_MAX + 8], target[PACKET_ADDRESS_MAX + 8];

	if (!layer->version)
		return written(snprintf(buf, size, "-"), size);
	format_end(layer, layer->saddr, layer->sport, source, sizeof(source));
	format_end(layer, layer->daddr, layer->dport, target, sizeof(target));
	return written(snprintf(buf, size, "%s > %s", source, target), size);
}

size_t packet_flow(const struct packet *packet, char *buf, size_t size)
{
	const uint8_t *s = packet->smac, *d = packet->dmac;

	if (packet->outer.version || !packet->has_mac)
		return packet_layer_flow(&packet->outer, buf, size);
	return written(snprintf(buf, size,
			       "%02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x", s[0],
			       s[1], s[2], s[3], s[4], s[5], d[0], d[1], d[2], d[3], d[4], d[5]),
		size);
}

static const char *const ip_protocols[256] = {
	[IPPROTO_ICMP] = "ICMP",
	[IPPROTO_IGMP] = "IGMP",
	[IPPROTO_IPIP] = "IPIP",
	[IPPROTO_TCP] = "TCP",
	[IPPROTO_UDP] = "UDP",
	[IPPROTO_DCCP] = "DCCP",
	[IPPROTO_IPV6] = "IP6IP",
	[IPPROTO_GRE] = "GRE",
	[IPPROTO_ESP] = "ESP",
	[IPPROTO_AH] = "AH",
	[IPPROTO_ICMPV6] = "ICMP6",
	[89] = "OSPF",
	[IPPROTO_PIM] = "PIM",
	[112] = "VRRP",
	[IPPROTO_SCTP] = "SCTP",
	[IPPROTO_UDPLITE] = "UDPLITE",
};

/* Below 0x600 the field is a length (IEEE 802.3) and LLC follows. */
static const char *ethertype_name(uint16_t ethertype)
{
	switch (ethertype) {
	case 0x0800:
		return "IPv4";
	case 0x0806:
		return "ARP";
	case 0x86dd:
		return "IPv6";
	case 0:
		return "-";
	}
	return ethertype < 0x600 ? "LLC" : NULL;
}

size_t packet_protocol(const struct packet_layer *layer, char *buf, size_t size)
{
	const char *name = layer->has_protocol ? ip_protocols[layer->protocol] :
						 ethertype_name(layer->ethertype);

	if (name)
		return written(snprintf(buf, size, "%s", name), size);
	if (layer->has_protocol)
		return written(snprintf(buf, size, "ip %u", layer->protocol), size);
	return written(snprintf(buf, size, "0x%04x", layer->ethertype), size);
}

size_t packet_tcp_flags(const struct packet_layer *layer, char *buf, size_t size)
{
	static const char letters[] = "FSRPAUEWN"; /* by bit; N is AE, once NS */
	size_t length = 0;

	if (!size)
		return 0;
	for (int bit = 0; layer->has_tcp && letters[bit]; bit++) {
		if (layer->tcp_flags >> bit & 1 && length + 1 < size)
			buf[length++] = letters[bit];
	}
	buf[length] = '\0';
	return length;
}

static const char *const tunnel_names[] = {
	[TUNNEL_NONE] = "",
	[TUNNEL_VXLAN] = "VXLAN",
	[TUNNEL_GENEVE] = "GENEVE",
	[TUNNEL_GRE] = "GRE",
	[TUNNEL_IPIP] = "IPIP",
};

const char *packet_tunnel_name(enum packet_tunnel tunnel)
{
	return tunnel_names[tunnel];
}
