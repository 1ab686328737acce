/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes being written (a buffer that grows) and bytes being read (a view that never leaves its bounds).
 * Both remember that something went wrong instead of reporting it call by call: check `failed` once.
 * Integers are LEB128 varints, signed ones zigzag first, so neither depends on a byte order.
 */
#ifndef SKEWTOP_BYTES_H
#define SKEWTOP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { VARINT_MAX = 10 }; /* bytes of the longest varint */

struct bytes {
	uint8_t *data;
	size_t length;
	size_t room;
	bool failed; /* out of memory: what was put since is lost */
};

void bytes_free(struct bytes *bytes); /* leaves it empty and usable */

/* Makes room for n more bytes. False, and failed from then on, when there is no memory. */
bool bytes_grow(struct bytes *bytes, size_t n);

static inline bool bytes_reserve(struct bytes *bytes, size_t n)
{
	return !bytes->failed && (bytes->room - bytes->length >= n || bytes_grow(bytes, n));
}

static inline void bytes_put(struct bytes *bytes, const void *data, size_t n)
{
	if (!n || !bytes_reserve(bytes, n))
		return;
	memcpy(bytes->data + bytes->length, data, n);
	bytes->length += n;
}

/* Writes a varint where at least VARINT_MAX bytes are free; returns the place after it. */
static inline uint8_t *varint_write(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)value | 0x80;
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

static inline void bytes_put_u64(struct bytes *bytes, uint64_t value)
{
	if (bytes_reserve(bytes, VARINT_MAX))
		bytes->length = varint_write(bytes->data + bytes->length, value) - bytes->data;
}

/* Maps differences, which may be negative, to small numbers: 0, -1, 1, -2 ... -> 0, 1, 2, 3 ... */
static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (difference >> 63 ? UINT64_MAX : 0);
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
}

/* A length and that many bytes. */
void bytes_put_string(struct bytes *bytes, const char *text);

struct view {
	const uint8_t *at;
	const uint8_t *end;
	bool failed; /* the bytes ended too early or made no sense; every read is 0 from then on */
};

static inline struct view view_of(const void *data, size_t length)
{
	return (struct view){ .at = data, .end = (const uint8_t *)data + length };
}

static inline size_t view_left(const struct view *view)
{
	return view->end - view->at;
}

uint64_t view_u64(struct view *view);

/* The next n bytes, or NULL (and failed) if there are fewer. */
const uint8_t *view_bytes(struct view *view, size_t n);

/*
 * A string written by bytes_put_string, NUL-terminated into text[size]. One that does not fit, or holds
 * a NUL, is a failure: the writer's limits are the reader's.
 */
void view_string(struct view *view, char *text, size_t size);

#endif
