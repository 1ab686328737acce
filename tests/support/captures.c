/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/captures.h"

#include "core/recording/pcapng.h"

const uint8_t capture_ipv4[32] = { 0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 1, 2, 3, 10, 1, 2, 4,
	0x03, 0xe8, 0, 53, 0, 12, 0, 0, 'd', 'a', 't', 'a' };

static void put_number(struct made_capture *c, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = value >> 8 * (c->big ? n - 1 - i : i);

		bytes_put(&c->bytes, &byte, 1);
	}
}

void capture_u16(struct made_capture *c, uint16_t value)
{
	put_number(c, value, 2);
}

void capture_u32(struct made_capture *c, uint32_t value)
{
	put_number(c, value, 4);
}

void capture_pcap(struct made_capture *c, uint16_t link_type)
{
	capture_u32(c, c->nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	capture_u16(c, 2);
	capture_u16(c, 4);
	capture_u32(c, 0);
	capture_u32(c, 0);
	capture_u32(c, 65535);
	capture_u32(c, link_type);
}

void capture_pcap_packet(struct made_capture *c, uint64_t time_ns, const void *data, size_t n,
	uint32_t original)
{
	capture_u32(c, time_ns / 1000000000);
	capture_u32(c, time_ns % 1000000000 / (c->nanoseconds ? 1 : 1000));
	capture_u32(c, n);
	capture_u32(c, original);
	bytes_put(&c->bytes, data, n);
}

void capture_section(struct made_capture *c)
{
	capture_u32(c, PCAPNG_SECTION);
	capture_u32(c, 28);
	capture_u32(c, PCAPNG_BYTE_ORDER);
	capture_u16(c, 1);
	capture_u16(c, 0);
	put_number(c, UINT64_MAX, 8);
	capture_u32(c, 28);
}

void capture_interface(struct made_capture *c, uint16_t link_type)
{
	capture_u32(c, PCAPNG_INTERFACE);
	capture_u32(c, 20);
	capture_u16(c, link_type);
	capture_u16(c, 0);
	capture_u32(c, 0);
	capture_u32(c, 20);
}

static void put_padded(struct made_capture *c, const void *data, size_t n)
{
	bytes_put(&c->bytes, data, n);
	bytes_put(&c->bytes, "\0\0\0", -n & 3);
}

void capture_packet(struct made_capture *c, uint32_t interface, uint64_t time_ns, const void *data,
	size_t n)
{
	uint32_t total = 32 + n + (-n & 3);

	capture_u32(c, PCAPNG_PACKET);
	capture_u32(c, total);
	capture_u32(c, interface);
	capture_u32(c, time_ns / 1000 >> 32);
	capture_u32(c, (uint32_t)(time_ns / 1000));
	capture_u32(c, n);
	capture_u32(c, n);
	put_padded(c, data, n);
	capture_u32(c, total);
}

void capture_simple_packet(struct made_capture *c, const void *data, size_t n)
{
	uint32_t total = 16 + n + (-n & 3);

	capture_u32(c, PCAPNG_SIMPLE_PACKET);
	capture_u32(c, total);
	capture_u32(c, n);
	put_padded(c, data, n);
	capture_u32(c, total);
}
