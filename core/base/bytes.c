/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/bytes.h"

#include <stdlib.h>

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}

bool bytes_grow(struct bytes *bytes, size_t n)
{
	size_t need = bytes->length + n;
	size_t room = bytes->room ? bytes->room : 256;
	uint8_t *data;

	while (room < need)
		room *= 2;
	data = realloc(bytes->data, room);
	if (!data) {
		bytes->failed = true;
		return false;
	}
	bytes->data = data;
	bytes->room = room;
	return true;
}

void bytes_put_string(struct bytes *bytes, const char *text)
{
	size_t length = strlen(text);

	bytes_put_u64(bytes, length);
	bytes_put(bytes, text, length);
}

static uint64_t view_fail(struct view *view)
{
	view->failed = true;
	view->at = view->end;
	return 0;
}

uint64_t view_u64(struct view *view)
{
	uint64_t value = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		uint8_t byte;

		if (view->at == view->end)
			return view_fail(view);
		byte = *view->at++;
		/* The tenth byte has room for one bit: more would be lost unseen. */
		if (shift == 63 && byte > 1)
			return view_fail(view);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	return view_fail(view);
}

const uint8_t *view_bytes(struct view *view, size_t n)
{
	const uint8_t *at = view->at;

	if (view->failed || view_left(view) < n) {
		view_fail(view);
		return NULL;
	}
	view->at += n;
	return at;
}

void view_string(struct view *view, char *text, size_t size)
{
	uint64_t length = view_u64(view);
	const uint8_t *bytes = length < size ? view_bytes(view, length) : NULL;

	text[0] = '\0';
	if (!bytes || memchr(bytes, 0, length)) {
		view_fail(view);
		return;
	}
	memcpy(text, bytes, length);
	text[length] = '\0';
}
