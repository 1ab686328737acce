/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that would take over a terminal: real interfaces and a real thread are called so, with every byte
 * that the kernel lets into a name. Whatever skewtop writes draws and does nothing else: on screen, as
 * JSON, as an export.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/clean.h"
#include "tests/support/process.h"
#include "tests/support/vt.h"

enum { NAME_BYTES = 14, NAMES_MAX = 64, ROUND_US = 20000 };

/* For both: no '/', ':', '%' and blanks, which no interface may have in its name. */
static const char *const wicked[] = {
	"\033]8;;x\033\\L",
	"\033]52;c;aGk=\a",
	"\033[2J\033[31mX",
	"\033P1$r\033\\",
	"\033c",
	"\x9b"
	"31mC1",
	"\xc2\x9b"
	"31mC1",
	"\xc2\x9d"
	"52;c;eA==",
	"\xe2\x80\xae"
	"bidi",
	"a\xe2\x81\xa6"
	"b\xe2\x81\xa9",
	"\xff\xfe\xc0\xaf\xed\xa1\x80",
	"\xf4\x90\x80\x80\xe2\x82",
	"\xef\xbb\xbf\xe2\x80\x8b"
	"hid",
	"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
};

struct names {
	char name[NAMES_MAX][16];
	int n;
};

static bool fits_interface(int byte)
{
	return byte > ' ' ? byte != '/' && byte != ':' && byte != '%' && byte != 0xa0 :
			    byte > 0 && !(byte >= '\t' && byte <= '\r') && byte != ' ';
}

/* The wicked ones, then every byte there is (or that an interface may have). */
static struct names make_names(bool interfaces)
{
	struct names names = { .n = 0 };
	size_t used = 0;

	for (size_t i = 0; i < sizeof(wicked) / sizeof(wicked[0]); i++)
		snprintf(names.name[names.n++], 16, "%s", wicked[i]);
	for (int byte = 1; byte < 256; byte++) {
		if (interfaces && !fits_interface(byte))
			continue;
		names.name[names.n][used++] = (char)byte;
		if (used == NAME_BYTES) {
			names.n++;
			used = 0;
		}
	}
	if (used)
		names.n++;
	return names;
}

static void add_pair(const char *name, int number)
{
	char peer[16];
	struct program_result result;

	snprintf(peer, sizeof(peer), "peer%d", number);
	result = program_run((const char *[]){ "ip", "link", "add", "name", name, "up", "type", "veth",
				     "peer", "name", peer, NULL }, 20);
	if (result.status)
		fail_msg("interface %d: %s", number, result.err);
	program_result_free(&result);
	result = program_run((const char *[]){ "ip", "link", "set", peer, "up", NULL }, 20);
	assert_int_equal(result.status, 0);
	program_result_free(&result);
}

static int make_interfaces(void **state)
{
	static struct names names;

	if (unshare(CLONE_NEWNET))
		return -1;
	names = make_names(true);
	for (int i = 0; i < names.n; i++)
		add_pair(names.name[i], i);
	*state = &names;
	return 0;
}

/* ---- packets of a thread that is called so ---- */

static int send_packets(void *context)
{
	const struct names *interfaces = context;
	struct names names = make_names(false);
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	unsigned char frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };

	for (unsigned turn = 0;; turn++) {
		struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };

		prctl(PR_SET_NAME, names.name[turn % names.n]);
		to.sll_ifindex = (int)if_nametoindex(interfaces->name[turn % interfaces->n]);
		sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to));
		usleep(ROUND_US);
	}
	return 0;
}

/* ---- what comes out ---- */

static void assert_clean_screen(struct vt *vt)
{
	size_t n, at = 0;
	const char *bytes = vt_bytes(vt, &n), *why = clean_screen(bytes, n, &at);

	assert_true(n > 10000);
	if (why)
		fail_msg("at %zu of %zu bytes: %s", at, n, why);
}

static void press(struct vt *vt, const char *keys)
{
	char word[64];
	int used;

	while (sscanf(keys, " %63s%n", word, &used) == 1) {
		vt_keys(vt, word);
		usleep(150000);
		while (vt_pump(vt, 10))
			;
		keys += used;
	}
}

static char export_path[64];

static void test_on_screen(void **state)
{
	/* So large that all interfaces and all columns are there. */
	const struct vt_options options = { .rows = 200, .cols = 260, .keep_bytes = true };
	char netns[64];
	pid_t sender = process_spawn(-1, send_packets, *state);
	struct vt *vt;

	snprintf(netns, sizeof(netns), "/proc/%d/ns/net", getpid());
	vt = vt_start(&options, (const char *[]){ program_skewtop(), "--netns", netns, "--delay", "0.2",
					"--trace", "netif_*", "--trace", "net_dev*", NULL });
	vt_expect(vt, "LIVE 0.2s");
	vt_keys(vt, "6");
	/* What they became. */
	vt_expect(vt, "?]52;c;aGk=?");
	vt_expect(vt, "?]8;;x?");
	vt_expect(vt, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
	vt_expect(vt, "bidi");
	press(vt, "End Home Enter Esc");
	vt_keys(vt, "5");
	vt_expect(vt, "?]52;c;aGk=?");
	press(vt, "Up Up Enter Esc 1 Enter Esc 3 Enter Esc 4 Enter Esc ? Esc F2 Esc");
	/* Typed, pasted. */
	vt_keys(vt, "6 /");
	vt_type(vt, "\033]52;c;aGk=\a\x9b" "31m\xff\xc2\x9b\xe2\x80\xae");
	press(vt, "Enter Esc f");
	vt_type(vt, "\xc2\x9d" "0;t\x01\x02\x7f\xf0\x9f");
	press(vt, "Enter Esc");
	press(vt, "5 y");
	vt_expect(vt, "any key goes back");
	press(vt, "Space");
	assert_clean_screen(vt);
	vt_keys(vt, "Q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	assert_clean_screen(vt);
	vt_free(vt);
	kill(sender, SIGKILL);
	process_wait(sender);
}

static void test_json(void **state)
{
	pid_t sender = process_spawn(-1, send_packets, *state);
	struct program_result result;
	const char *why;
	char netns[64];
	size_t at = 0;

	snprintf(netns, sizeof(netns), "/proc/%d/ns/net", getpid());
	result = program_run((const char *[]){ program_skewtop(), "--json", "--netns", netns, "--delay",
				     "1", "--iterations", "2", "--trace", "net_dev_queue", NULL }, 60);
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "?]52;c;aGk=?"));
	why = clean_text(result.out, strlen(result.out), &at);
	if (why)
		fail_msg("at %zu: %s", at, why);
	assert_string_equal(result.err, "");
	program_result_free(&result);
	kill(sender, SIGKILL);
	process_wait(sender);
}

static void test_export(void **state)
{
	const struct vt_options options = { .rows = 200, .cols = 200 };
	pid_t sender = process_spawn(-1, send_packets, *state);
	char netns[64], *text = calloc(1, 1 << 20);
	const char *why;
	struct vt *vt;
	size_t n, at = 0;
	FILE *file;

	assert_non_null(text);
	snprintf(netns, sizeof(netns), "/proc/%d/ns/net", getpid());
	snprintf(export_path, sizeof(export_path), "/tmp/skewtop-hostile-%d.csv", getpid());
	vt = vt_start(&options, (const char *[]){ program_skewtop(), "--netns", netns, "--delay", "0.2",
					NULL });
	vt_expect(vt, "LIVE 0.2s");
	vt_keys(vt, "6");
	vt_expect(vt, "?]52;c;aGk=?");
	press(vt, "p e");
	for (int i = 0; i < 80; i++)
		vt_keys(vt, "Backspace");
	vt_type(vt, export_path);
	vt_keys(vt, "Enter");
	press(vt, "Q");
	assert_int_equal(vt_end(vt, VT_WAIT_MS), 0);
	vt_free(vt);
	file = fopen(export_path, "re");
	if (!file)
		fail_msg("no %s: %s", export_path, strerror(errno));
	n = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	unlink(export_path);
	assert_non_null(strstr(text, "?]52;c;aGk=?"));
	why = clean_text(text, n, &at);
	if (why)
		fail_msg("at %zu: %s", at, why);
	free(text);
	kill(sender, SIGKILL);
	process_wait(sender);
}

/* The judge itself: what it must refuse. */
static void test_judge(void **state)
{
	static const char *const bad[] = { "a\033]52;c;x\a", "\033]8;;x\033\\", "\x9b" "1m", "\xc2\x9b",
		"\xe2\x80\xae", "\xff", "\033P", "\033[6n", "\033[c", "\033[21t", "\a", "\t", "\033c",
		"\xed\xa0\x80", "\xc0\xaf", "\x7f" };
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!clean_screen(bad[i], strlen(bad[i]), &at))
			fail_msg("number %zu passes", i);
	assert_null(clean_screen("\033[1;2H\033[?25lx\xe2\x96\x88\r\n\033(B\033[m", 24, &at));
	assert_non_null(clean_text("\033[m", 3, &at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_on_screen),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_export),
	};

	return cmocka_run_group_tests(tests, make_interfaces, NULL);
}
