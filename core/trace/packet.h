/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the first bytes of a packet say, decoded from a trace record when its line is shown. Nothing in
 * a record is trusted: whatever its lengths and offsets claim, only its own bytes are read.
 */
#ifndef SKEWTOP_PACKET_H
#define SKEWTOP_PACKET_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"

/* The IP packet at one depth: the outer one, or the one inside a tunnel. Numbers in host order. */
struct packet_layer {
	uint16_t ethertype;   /* behind VLAN tags; 0: not known */
	uint8_t version;      /* of both addresses: 4, 6, or 0 if there are none */
	uint8_t protocol;     /* IPPROTO_*, if has_protocol */
	uint8_t ttl;	      /* or hop limit, of IP only */
	uint8_t saddr[16];    /* IPv4 in the first 4 bytes; for ARP the sender's and the target's */
	uint8_t daddr[16];
	uint16_t sport;	      /* if has_ports */
	uint16_t dport;
	uint16_t tcp_flags;   /* if has_tcp: bits of RFC 9293, FIN = 1 ... CWR = 128, AE = 256 */
	uint16_t tcp_window;
	uint32_t tcp_seq;
	uint32_t tcp_ack;
	uint8_t icmp_type;    /* if has_icmp */
	uint8_t icmp_code;
	uint16_t arp_op;      /* 1 request, 2 reply; 0: no ARP */
	uint16_t fragment_off; /* in bytes; above 0 the transport header is in another fragment */
	bool fragment;	      /* one of several */
	bool has_protocol;
	bool has_ports;
	bool has_tcp;
	bool has_icmp;
};

enum packet_tunnel {
	TUNNEL_NONE,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_GRE,
	TUNNEL_IPIP, /* any IP directly in IP */
};

enum { PACKET_VLANS_MAX = 2 };

struct packet {
	struct packet_layer outer;
	struct packet_layer inner; /* all 0 unless `tunnel` says what it is in and it was readable */
	enum packet_tunnel tunnel;
	uint32_t tunnel_id;	   /* VNI, or GRE key; 0 if none */
	bool has_mac;
	uint8_t smac[6];
	uint8_t dmac[6];
	int n_vlans;
	uint16_t vlan[PACKET_VLANS_MAX]; /* VLAN ids, outermost first */
};

void packet_decode(struct packet *packet, const struct trace_record *record);

/* Room for the longest text that each of the following writes; all return the length, below size. */
enum { PACKET_FLOW_MAX = 112, PACKET_PROTOCOL_MAX = 12, PACKET_FLAGS_MAX = 12, PACKET_ADDRESS_MAX = 46 };

/*
 * "10.0.3.7:51514 > 10.0.9.2:443", "[2001:db8::1]:443 > ...", without ports "10.0.0.1 > 10.0.0.2";
 * the hardware addresses of what is no IP; "-" if nothing is known.
 */
size_t packet_flow(const struct packet *packet, char *buf, size_t size);

/* The same of one layer; "-" without addresses. */
size_t packet_layer_flow(const struct packet_layer *layer, char *buf, size_t size);

/* "TCP", "UDP", "ICMP", "ICMP6", "ARP", "ip 253" for a protocol, "0x88cc" for an ethertype, "-". */
size_t packet_protocol(const struct packet_layer *layer, char *buf, size_t size);

/* The TCP flags that are set as letters, "S", "SA", "PA", "FA", "R"; empty if this is no TCP. */
size_t packet_tcp_flags(const struct packet_layer *layer, char *buf, size_t size);

/* One address: 4 or 6 for `version`. */
size_t packet_address(int version, const uint8_t *address, char *buf, size_t size);

/* "VXLAN" and so on; "" for TUNNEL_NONE. */
const char *packet_tunnel_name(enum packet_tunnel tunnel);

#endif
