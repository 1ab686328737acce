/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/sanitize.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first;
	uint32_t last;
};

/* Unicode 15: general category Cc, Cf, Zl, Zp and Cs, the property Default_Ignorable_Code_Point, the
 * blocks of combining diacritics, noncharacters. In order, for a binary search. */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f },   /* C0 */
	{ 0x007f, 0x009f },   /* DEL, C1 */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x0300, 0x036f },   /* combining diacritics, the grapheme joiner among them */
	{ 0x0600, 0x0605 },   /* Arabic number signs */
	{ 0x061c, 0x061c },   /* Arabic letter mark: bidi */
	{ 0x06dd, 0x06dd },
	{ 0x070f, 0x070f },
	{ 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   /* Mongolian selectors */
	{ 0x1ab0, 0x1aff },   /* combining, extended */
	{ 0x1dc0, 0x1dff },   /* combining, supplement */
	{ 0x200b, 0x200f },   /* zero width, LRM, RLM */
	{ 0x2028, 0x202e },   /* separators, bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, invisible operators, bidi isolates */
	{ 0x20d0, 0x20ff },   /* combining, for symbols */
	{ 0x3164, 0x3164 },
	{ 0xd800, 0xdfff },   /* surrogates */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfe00, 0xfe0f },   /* variation selectors */
	{ 0xfe20, 0xfe2f },   /* combining half marks */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, /* Egyptian format controls */
	{ 0x1bca0, 0x1bca3 }, /* shorthand controls */
	{ 0x1d173, 0x1d17a }, /* musical controls */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};

static bool is_unsafe(uint32_t c)
{
	size_t low = 0, high = sizeof(unsafe) / sizeof(unsafe[0]);

	/* The last two of every plane are noncharacters. */
	if ((c & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > unsafe[middle].last)
			low = middle + 1;
		else if (c < unsafe[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

/* The length of the UTF-8 character that `text` starts with, 0 if it starts with none. */
static int decode(const unsigned char *text, size_t max, uint32_t *c)
{
	static const uint32_t shortest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int length;

	if (text[0] < 0x80) {
		*c = text[0];
		return 1;
	}
	if (text[0] >= 0xf0 && text[0] <= 0xf4)
		length = 4;
	else if (text[0] >= 0xe0 && text[0] < 0xf0)
		length = 3;
	else if (text[0] >= 0xc2 && text[0] < 0xe0)
		length = 2;
	else
		return 0;
	if ((size_t)length > max)
		return 0;
	*c = text[0] & (0x7f >> length);
	for (int i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (text[i] & 0x3f);
	}
	return *c >= shortest[length] && *c <= 0x10ffff ? length : 0;
}

size_t sanitize(char *out, size_t size, const char *in, size_t max)
{
	size_t length = 0;

	if (!size)
		return 0;
	max = strnlen(in, max);
	for (size_t i = 0; i < max;) {
		uint32_t c;
		int n = decode((const unsigned char *)in + i, max - i, &c);

		if (n && !is_unsafe(c)) {
			if (length + n >= size)
				break;
			memmove(out + length, in + i, n);
			length += n;
		} else {
			if (length + 1 >= size)
				break;
			out[length++] = '?';
		}
		i += n ? n : 1;
	}
	out[length] = '\0';
	return length;
}
