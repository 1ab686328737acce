/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the sequence that begins with ESC, or 0. */
static size_t sequence_length(const char *s, size_t n)
{
	/* Pushing and popping the title is a part of smcup and rmcup, 104 is what ncurses resets colours by. */
	static const char *const whole[] = { "\033(B", "\033(0", "\033)0", "\033=", "\033>", "\0337",
		"\0338", "\033M", "\033[22;0;0t", "\033[23;0;0t", "\033]104\a" };
	size_t i;

	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (n >= strlen(whole[i]) && !memcmp(s, whole[i], strlen(whole[i])))
			return strlen(whole[i]);
	if (n < 3 || s[1] != '[')
		return 0;
	i = s[2] == '?' ? 3 : 2;
	while (i < n && (s[i] == ';' || s[i] == ':' || (s[i] >= '0' && s[i] <= '9')))
		i++;
	/* Moves, erases, inserts, deletes, repeats, scrolls, modes, colours. */
	return i < n && strchr("ABCDGHJKLMPSTXbdhlmr@", s[i]) ? i + 1 : 0;
}

static bool hides_or_reorders(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Bytes of a valid UTF-8 character beyond ASCII that only draws, or 0. */
static size_t character_length(const unsigned char *s, size_t n)
{
	size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s[0] & (0xff >> (length + 1));

	if (s[0] < 0xc2 || s[0] > 0xf4 || length > n)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || hides_or_reorders(c))
		return 0;
	return length;
}

static const char *check(const char *bytes, size_t n, size_t *at, bool screen)
{
	static char why[64];

	for (size_t i = 0; i < n;) {
		unsigned char c = bytes[i];
		size_t length = 1;

		*at = i;
		if (c == 27)
			length = screen ? sequence_length(bytes + i, n - i) : 0;
		else if (c >= 0x80)
			length = character_length((const unsigned char *)bytes + i, n - i);
		else if (c < 0x20 || c == 0x7f)
			length = c == '\n' || (c == '\r' && i + 1 < n && bytes[i + 1] == '\n') ||
				 (screen && (c == '\r' || c == '\b'));
		if (!length) {
			snprintf(why, sizeof(why), "byte 0x%02x followed by 0x%02x 0x%02x", c,
				i + 1 < n ? (unsigned char)bytes[i + 1] : 0,
				i + 2 < n ? (unsigned char)bytes[i + 2] : 0);
			return why;
		}
		i += length;
	}
	return NULL;
}

const char *clean_screen(const char *bytes, size_t n, size_t *at)
{
	return check(bytes, n, at, true);
}

const char *clean_text(const char *bytes, size_t n, size_t *at)
{
	return check(bytes, n, at, false);
}
