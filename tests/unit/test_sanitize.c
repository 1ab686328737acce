/* SPDX-License-Identifier: GPL-2.0-only */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "core/base/sanitize.h"

static void becomes(const char *in, const char *expected)
{
	char out[256];
	size_t length = sanitize(out, sizeof(out), in, SIZE_MAX);

	assert_string_equal(out, expected);
	assert_int_equal(length, strlen(expected));
}

static void ordinary_names_stay(void **state)
{
	(void)state;
	becomes("", "");
	becomes("kworker/0:1-events", "kworker/0:1-events");
	becomes("a b~!", "a b~!");
	becomes("gr\u00fc\u00df \u65e5\u672c\u8a9e \U0001f600", "gr\u00fc\u00df \u65e5\u672c\u8a9e \U0001f600");
}

static void every_single_byte(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		char in[] = { 'a', (char)byte, 'z', '\0' };
		char expected[] = { 'a', byte >= 0x20 && byte < 0x7f ? (char)byte : '?', 'z', '\0' };

		becomes(in, expected);
	}
}

static void escape_sequences_lose_their_escape(void **state)
{
	(void)state;
	becomes("\033]8;;http://x\033\\y\033]8;;\033\\", "?]8;;http://x?\\y?]8;;?\\");
	becomes("\033]52;c;aGk=\a", "?]52;c;aGk=?");
	becomes("\033[2J\r\n\t\b", "?[2J????");
	becomes("\xc2\x9b"
		"31m\xc2\x9dx\xc2\x85",
		"?31m?x?");
	becomes("\x9b"
		"31m",
		"?31m");
}

static void hidden_and_reordering_characters_show(void **state)
{
	(void)state;
	becomes("a\u202eb\u2066c\u2069d\u200fe\u061cf", "a?b?c?d?e?f");
	becomes("a\u200bb\u200dc\ufeffd\u2060e\u00adf", "a?b?c?d?e?f");
	becomes("a\u2028b\u2029c\ufe0fd\U000e0041e\u3164", "a?b?c?d?e?");
	becomes("e\u0301\u20dd", "e??");
	becomes("\U0001fffe\uffff\ufdd0\U0010ffff", "????");
}

static void invalid_utf8_is_counted_by_bytes(void **state)
{
	(void)state;
	becomes("\xc0\xaf", "??");		 /* overlong '/' */
	becomes("\xe0\x80\xaf", "???");
	becomes("\xf0\x80\x80\xaf", "????");
	becomes("\xed\xa0\x80", "?");		 /* a surrogate: one well-formed unit */
	becomes("\xf4\x90\x80\x80", "????");	 /* above U+10FFFF */
	becomes("\xf8\x88\x80\x80\x80", "?????");
	becomes("\xe2\x82", "??");		 /* cut off */
	becomes("\xe2\x82z", "??z");
	becomes("\xc3\xc3\xa4", "?\u00e4");
	becomes("\x80\xbf\xff\xfe", "????");
}

static void fixed_arrays_need_no_terminator(void **state)
{
	const char comm[4] = { 'a', 'b', 'c', 'd' };
	const char cut[3] = { 'a', (char)0xe2, (char)0x82 };
	char out[16];

	(void)state;
	assert_int_equal(sanitize(out, sizeof(out), comm, sizeof(comm)), 4);
	assert_string_equal(out, "abcd");
	sanitize(out, sizeof(out), cut, sizeof(cut));
	assert_string_equal(out, "a??");
	sanitize(out, sizeof(out), "ab\0cd", 5);
	assert_string_equal(out, "ab");
}

static void a_cut_falls_between_characters(void **state)
{
	const char *in = "a\u00e4\u65e5\U0001f600";
	char out[16];

	(void)state;
	for (size_t size = 0; size <= 11; size++) {
		static const char *const expected[] = { "", "", "a", "a", "a\u00e4", "a\u00e4", "a\u00e4",
			"a\u00e4\u65e5", "a\u00e4\u65e5", "a\u00e4\u65e5", "a\u00e4\u65e5",
			"a\u00e4\u65e5\U0001f600" };

		memset(out, 0x55, sizeof(out));
		sanitize(out, size, in, SIZE_MAX);
		if (size)
			assert_string_equal(out, expected[size]);
		for (size_t i = size; i < sizeof(out); i++)
			assert_int_equal(out[i], 0x55);
	}
}

static void in_place_works(void **state)
{
	char text[] = "\033[1m\u202ex\xff";

	(void)state;
	sanitize(text, sizeof(text), text, SIZE_MAX);
	assert_string_equal(text, "?[1m?x?");
}

/* Whatever goes in: what comes out decodes, takes width, and going through again changes nothing. */
static void random_bytes_come_out_printable(void **state)
{
	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	srand(3);
	for (int round = 0; round < 20000; round++) {
		char in[24], out[40], again[40];
		mbstate_t mb = { 0 };
		const char *p = out;

		for (size_t i = 0; i < sizeof(in); i++)
			in[i] = (char)(rand() % 4 ? 0x80 | rand() : rand());
		sanitize(out, 1 + rand() % sizeof(out), in, sizeof(in));
		sanitize(again, sizeof(again), out, SIZE_MAX);
		assert_string_equal(again, out);
		while (*p) {
			wchar_t c;
			size_t n = mbrtowc(&c, p, 4, &mb);

			assert_true(n >= 1 && n <= 4);
			assert_false(c < 0x20 || (c >= 0x7f && c < 0xa0));
			p += n;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_names_stay),
		cmocka_unit_test(every_single_byte),
		cmocka_unit_test(escape_sequences_lose_their_escape),
		cmocka_unit_test(hidden_and_reordering_characters_show),
		cmocka_unit_test(invalid_utf8_is_counted_by_bytes),
		cmocka_unit_test(fixed_arrays_need_no_terminator),
		cmocka_unit_test(a_cut_falls_between_characters),
		cmocka_unit_test(in_place_works),
		cmocka_unit_test(random_bytes_come_out_printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
