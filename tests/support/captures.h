/* SPDX-License-Identifier: GPL-2.0-only */
/* Capture files as other tools write them, built byte by byte. */
#ifndef SKEWTOP_TEST_CAPTURES_H
#define SKEWTOP_TEST_CAPTURES_H

#include "core/base/bytes.h"

struct made_capture {
	struct bytes bytes;
	bool big;	  /* big-endian, whatever this machine is */
	bool nanoseconds; /* pcap only */
};

void capture_u16(struct made_capture *capture, uint16_t value);
void capture_u32(struct made_capture *capture, uint32_t value);

/* The head of a pcap file. */
void capture_pcap(struct made_capture *capture, uint16_t link_type);
void capture_pcap_packet(struct made_capture *capture, uint64_t time_ns, const void *data, size_t n,
	uint32_t original);

/* The head of a pcapng file; an interface (microseconds, no name); packets, the second without a time. */
void capture_section(struct made_capture *capture);
void capture_interface(struct made_capture *capture, uint16_t link_type);
void capture_packet(struct made_capture *capture, uint32_t interface, uint64_t time_ns,
	const void *data, size_t n);
void capture_simple_packet(struct made_capture *capture, const void *data, size_t n);

/* 10.1.2.3:1000 > 10.1.2.4:53, UDP: an IPv4 packet of 32 bytes. */
extern const uint8_t capture_ipv4[32];

#endif
