/* SPDX-License-Identifier: GPL-2.0-only */
/* make fuzz: 100 000 damaged recordings (FLIPS=n: so many), under the address sanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/recording/pcapng.h"
#include "tests/support/captures.h"
#include "tests/support/flips.h"
#include "tests/support/recorded.h"

static long rounds(void)
{
	const char *text = getenv("FLIPS");

	return text ? atol(text) : 100000;
}

static void flip(const uint8_t *bytes, size_t n, long times)
{
	struct flips flips = flips_start(time(NULL), bytes, n);

	print_message("# seed %ld, %zu bytes, %ld times\n", (long)time(NULL), n, times);
	for (long i = 0; i < times; i++)
		flips_read_next(&flips);
	print_message("# %ju records, %ju snapshots, %ju faults told\n", (uintmax_t)flips.n_records,
		(uintmax_t)flips.n_snapshots, (uintmax_t)flips.n_faults);
	assert_true(flips.n_records > 0);
	flips_end(&flips);
}

static void flip_recording(const char *suffix, long times)
{
	char path[64] = "/tmp/skewtop-test-XXXXXX", name[80];
	struct keeper heard = { 0 };
	uint8_t *bytes;
	size_t n;

	close(mkstemp(path));
	unlink(path);
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	recorded_script(name, &heard);
	bytes = file_bytes(name, &n);
	unlink(name);
	keeper_free(&heard);
	flip(bytes, n, times);
	free(bytes);
}

static void recordings(void **state)
{
	(void)state;
	flip_recording(".pcapng", rounds() / 2);
}

static void packed_recordings(void **state)
{
	(void)state;
	flip_recording(".pcapng.gz", rounds() / 4);
}

static void captures(void **state)
{
	struct made_capture c = { 0 };

	(void)state;
	capture_section(&c);
	for (int i = 0; i < 8; i++)
		capture_interface(&c, i % 2 ? LINK_RAW : LINK_LINUX_SLL2);
	for (int i = 0; i < 100; i++)
		capture_packet(&c, i % 8, UINT64_C(1700000000000000000) + i * UINT64_C(100000000),
			capture_ipv4, 32);
	flip(c.bytes.data, c.bytes.length, rounds() / 8);
	bytes_free(&c.bytes);
}

static void pcap_captures(void **state)
{
	struct made_capture c = { .big = true };

	(void)state;
	capture_pcap(&c, LINK_ETHERNET);
	for (int i = 0; i < 100; i++)
		capture_pcap_packet(&c,
			UINT64_C(1700000000000000000) + i * UINT64_C(100000000), capture_ipv4, 32, 99);
	flip(c.bytes.data, c.bytes.length, rounds() / 8);
	bytes_free(&c.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recordings),
		cmocka_unit_test(packed_recordings),
		cmocka_unit_test(captures),
		cmocka_unit_test(pcap_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
