/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/pcapng.h"

#include <byteswap.h>
#include <errno.h>

#include "core/base/sanitize.h"

enum {
	HEAD = 8,     /* type and total length */
	FRAME = 12,   /* with the length repeated at the end */
	SECTION_BODY = 16,
	INTERFACE_BODY = 8,
	PACKET_BODY = 20,
	OPTION_HEAD = 4,
};

static const uint64_t NS_PER_S = 1000000000;

static size_t padding(size_t n)
{
	return -n & 3;
}

/* ---- writing ---- */

size_t pcapng_begin(struct bytes *out, uint32_t type)
{
	const uint32_t head[2] = { type, 0 };
	size_t start = out->length;

	bytes_put(out, head, sizeof(head));
	return start;
}

void pcapng_end(struct bytes *out, size_t start)
{
	uint32_t total = out->length + sizeof(total) - start;

	bytes_put(out, &total, sizeof(total));
	if (!out->failed)
		memcpy(out->data + start + sizeof(total), &total, sizeof(total));
}

void pcapng_put_padded(struct bytes *out, const void *data, size_t n)
{
	static const uint8_t zeros[4];

	bytes_put(out, data, n);
	bytes_put(out, zeros, padding(n));
}

void pcapng_put_option(struct bytes *out, uint16_t code, const void *data, size_t n)
{
	uint16_t head[2] = { code, (uint16_t)n };

	bytes_put(out, head, sizeof(head));
	pcapng_put_padded(out, data, n);
}

void pcapng_put_text_option(struct bytes *out, uint16_t code, const char *text)
{
	size_t n = strlen(text);

	pcapng_put_option(out, code, text, n > UINT16_MAX ? UINT16_MAX : n);
}

void pcapng_put_end_of_options(struct bytes *out)
{
	pcapng_put_option(out, OPTION_END, NULL, 0);
}

size_t pcapng_whole_blocks(const uint8_t *data, size_t n)
{
	size_t done = 0;

	while (n - done >= FRAME) {
		uint32_t total = pcapng_u32(data + done + 4, false);

		if (total < FRAME || total > n - done)
			break;
		done += total;
	}
	return done;
}

/* ---- reading ---- */

uint16_t pcapng_u16(const uint8_t *at, bool swapped)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return swapped ? bswap_16(value) : value;
}

uint32_t pcapng_u32(const uint8_t *at, bool swapped)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return swapped ? bswap_32(value) : value;
}

uint64_t pcapng_u64(const uint8_t *at, bool swapped)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return swapped ? bswap_64(value) : value;
}

/* The type of a section block reads the same both ways; what follows its length tells the order. */
static int section_order(const uint8_t *data, size_t n, bool *swapped)
{
	uint32_t order;

	if (n < HEAD + sizeof(order))
		return -EAGAIN;
	order = pcapng_u32(data + HEAD, false);
	if (order != PCAPNG_BYTE_ORDER && order != bswap_32(PCAPNG_BYTE_ORDER))
		return -EBADMSG;
	*swapped = order != PCAPNG_BYTE_ORDER;
	return 0;
}

int pcapng_block_at(const uint8_t *data, size_t n, bool *swapped, struct pcapng_block *block)
{
	uint32_t total;
	int err;

	*block = (struct pcapng_block){ 0 };
	if (n < HEAD)
		return -EAGAIN;
	block->type = pcapng_u32(data, *swapped);
	if (block->type == PCAPNG_SECTION) {
		err = section_order(data, n, swapped);
		if (err)
			return err;
	}
	total = pcapng_u32(data + 4, *swapped);
	/* Some writers give the length without the padding. */
	if (total <= PCAPNG_BLOCK_MAX)
		total += padding(total);
	if (total < FRAME || total > PCAPNG_BLOCK_MAX ||
		(block->type == PCAPNG_SECTION && total < FRAME + SECTION_BODY))
		return -EBADMSG;
	block->total = total;
	if (n < total)
		return -EAGAIN;
	if (pcapng_u32(data + total - 4, *swapped) != pcapng_u32(data + 4, *swapped))
		return -EBADMSG;
	block->body = data + HEAD;
	block->length = total - FRAME;
	return 0;
}

struct pcapng_options pcapng_options(const struct pcapng_block *block, size_t offset, bool swapped)
{
	const uint8_t *end = block->body + block->length;

	return (struct pcapng_options){
		.at = offset < block->length ? block->body + offset : end,
		.end = end,
		.swapped = swapped,
	};
}

bool pcapng_next_option(struct pcapng_options *options)
{
	size_t left = options->end - options->at, padded;

	if (left < OPTION_HEAD)
		return false;
	options->code = pcapng_u16(options->at, options->swapped);
	options->length = pcapng_u16(options->at + 2, options->swapped);
	options->value = options->at + OPTION_HEAD;
	padded = options->length + padding(options->length);
	if (options->code == OPTION_END || padded > left - OPTION_HEAD) {
		options->at = options->end;
		return false;
	}
	options->at += OPTION_HEAD + padded;
	return true;
}

int pcapng_read_interface(
	const struct pcapng_block *block, bool swapped, struct pcapng_interface *interface)
{
	struct pcapng_options options = pcapng_options(block, INTERFACE_BODY, swapped);

	*interface = (struct pcapng_interface){ .resolution = 6 };
	if (block->length < INTERFACE_BODY)
		return -EBADMSG;
	interface->link_type = pcapng_u16(block->body, swapped);
	while (pcapng_next_option(&options)) {
		if (options.code == OPTION_INTERFACE_NAME)
			sanitize(interface->name, sizeof(interface->name),
				(const char *)options.value, options.length);
		else if (options.code == OPTION_INTERFACE_TSRESOL && options.length == 1)
			interface->resolution = options.value[0];
		else if (options.code == OPTION_INTERFACE_TSOFFSET && options.length == 8)
			interface->offset_s = (int64_t)pcapng_u64(options.value, swapped);
	}
	return 0;
}

int pcapng_read_packet(const struct pcapng_block *block, bool swapped, struct pcapng_packet *packet)
{
	const uint8_t *body = block->body;

	if (block->length < PACKET_BODY)
		return -EBADMSG;
	packet->interface = pcapng_u32(body, swapped);
	packet->timestamp = (uint64_t)pcapng_u32(body + 4, swapped) << 32 |
			    pcapng_u32(body + 8, swapped);
	packet->length = pcapng_u32(body + 12, swapped);
	packet->original = pcapng_u32(body + 16, swapped);
	packet->data = body + PACKET_BODY;
	if (packet->length > block->length - PACKET_BODY)
		return -EBADMSG;
	packet->options = PACKET_BODY + packet->length + padding(packet->length);
	return 0;
}

uint64_t pcapng_time_ns(const struct pcapng_interface *interface, uint64_t timestamp)
{
	uint8_t digits = interface->resolution & 0x7f;
	unsigned __int128 ns;

	if (interface->resolution & 0x80) {
		/* Binary fractions of a second. */
		ns = digits < 64 ? (unsigned __int128)timestamp * NS_PER_S >> digits : 0;
	} else {
		ns = timestamp;
		for (int i = digits; i < 9; i++)
			ns *= 10;
		for (int i = 9; i < digits && ns; i++)
			ns /= 10;
	}
	return (uint64_t)ns + (uint64_t)interface->offset_s * NS_PER_S;
}
