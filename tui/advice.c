/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/advice.h"

#include <string.h>

static const struct {
	const char *reason;
	const char *advice;
} advices[] = {
	{ "NO_SOCKET", "nobody listens on that port; see ss -lnptu" },
	{ "SOCKET_RCVBUFF", "the reader is too slow: its receive buffer is full (rmem_max)" },
	{ "SOCKET_FILTER", "a socket filter (SO_ATTACH_FILTER, tcpdump) refused it" },
	{ "NETFILTER_DROP", "a firewall rule dropped it; see nft list ruleset" },
	{ "UDP_CSUM", "bad UDP checksum: broken offload or path" },
	{ "TCP_CSUM", "bad TCP checksum: broken offload or path" },
	{ "IP_CSUM", "bad IP header checksum" },
	{ "IP_INHDR", "malformed IP header" },
	{ "IP_RPFILTER", "reverse path filter: came in on the wrong interface (rp_filter)" },
	{ "IP_OUTNOROUTES", "no route to the destination; see ip route get" },
	{ "IP_INNOROUTES", "no route for what came in; see ip route get" },
	{ "UNICAST_IN_L2_MULTICAST", "unicast IP in a multicast frame" },
	{ "OTHERHOST", "for another host: bridge or promiscuous port, often harmless" },
	{ "PROTO_MEM", "protocol memory is at its limit (tcp_mem, udp_mem)" },
	{ "SOCKET_BACKLOG", "the socket was busy and its backlog is full" },
	{ "CPU_BACKLOG", "the CPU's backlog is full (netdev_max_backlog): spread the load (RPS)" },
	{ "QDISC_DROP", "the queueing discipline is full; see tc -s qdisc" },
	{ "FULL_RING", "a ring of tun, tap or a driver is full: the reader is too slow" },
	{ "NOMEM", "no memory for it" },
	{ "TCP_OLD_DATA", "old data: retransmission of what had arrived, mostly harmless" },
	{ "TCP_LISTEN_OVERFLOW", "the accept queue is full: accept(2) is too slow (somaxconn)" },
	{ "TCP_FLAGS", "flags make no sense in this state" },
	{ "TCP_ZEROWINDOW", "sent into a closed window: the reader does not read" },
	{ "TCP_RETRANSMIT", "retransmissions go nowhere" },
	{ "TCP_OFOMERGE", "out-of-order data that another segment covers" },
	{ "TCP_OVERWINDOW", "beyond the receive window" },
	{ "TCP_INVALID_SEQUENCE", "sequence number out of the window" },
	{ "TCP_ABORT_ON_CLOSE", "closed with data unread" },
	{ "NEIGH_FAILED", "the neighbour does not answer ARP or ND; see ip neigh" },
	{ "NEIGH_QUEUEFULL", "too many packets wait for ARP or ND" },
	{ "NEIGH_DEAD", "the neighbour entry is gone" },
	{ "XDP", "an XDP program dropped it; see bpftool net" },
	{ "TC_INGRESS", "a tc ingress filter dropped it; see tc filter show" },
	{ "TC_EGRESS", "a tc egress filter dropped it; see tc filter show" },
	{ "BPF_CGROUP_EGRESS", "a cgroup BPF program dropped it; see bpftool cgroup tree" },
	{ "IPV6DISABLED", "IPv6 is off on that interface" },
	{ "UNHANDLED_PROTO", "nothing handles this protocol" },
	{ "PKT_TOO_BIG", "larger than the path takes; see MTU" },
	{ "DEV_READY", "the device was not ready" },
	{ "TAP_TXFILTER", "the tap's filter refused it" },
	{ "dropped", "the CPU's backlog was full (netdev_max_backlog): spread the load (RPS)" },
	{ "time_squeeze", "NET_RX gave up its turn with work left (netdev_budget); no loss yet" },
	{ "flow_limit_count", "a large flow was cut back in the backlog (flow_limit_cpu_bitmap)" },
	{ "rx_missed", "the NIC had no room: its ring is full (ethtool -G), the CPU too slow" },
	{ "rx_over", "the NIC's receive ring is full; see ethtool -G" },
	{ "rx_fifo", "the NIC's own buffer is full; see ethtool -S, and pause frames" },
	{ "rx_dropped", "the driver or the stack took it and dropped it; see ethtool -S" },
	{ "rx_nohandler", "came on a device that is inactive, as a bond's backup" },
	{ "rx_errors", "received damaged, or not at all; see ip -s -s link" },
	{ "rx_crc_errors", "damaged on the wire: cable, optics, port" },
	{ "rx_frame_errors", "damaged on the wire: cable, optics, port" },
	{ "rx_length_errors", "longer or shorter than may be; see MTU" },
	{ "tx_dropped", "not sent: no room, or nobody at the other end; see ethtool -S" },
	{ "tx_fifo", "the NIC's own buffer ran empty or over while sending" },
	{ "tx_errors", "could not be sent; see ip -s -s link" },
	{ "tx_carrier_errors", "no carrier while sending: cable, other end" },
	{ "NOT_SPECIFIED", "the kernel does not say why; the place tells more" },
};

const char *drop_advice(const char *reason)
{
	for (unsigned i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(reason, advices[i].reason) == 0)
			return advices[i].advice;
	return 0;
}
