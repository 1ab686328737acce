/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bad words and bad places: one line on standard error that says what and what would do, exit
 * status 2 for what was asked and 1 for what the machine lacks, and nothing attached. The last is
 * sure because the programs run where the kernel kills whoever makes a bpf system call.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/support/live.h"
#include "tests/support/netns.h"

enum {
	WORDS_MAX = 8,
	SECONDS = 20,
	NOBODY = 65534
};

/* One run: its standard error must be one line that holds all of `says`. */
static void assert_says(const char *const *words, void (*prepare)(void *context), void *context,
	int status, const char *const *says)
{
	const char *argv[WORDS_MAX + 2] = {program_skewtop()};
	struct program_result result;
	struct program program;
	const char *end;

	for (int i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	program = program_start_with(argv, prepare, context);
	result = program_finish(&program, SECONDS);
	if (result.status != status)
		fail_msg("%s %s: exit status %d instead of %d: %s", words[0],
			words[0] && words[1] ? words[1] : "", result.status, status, result.err);
	assert_string_equal(result.out, "");
	end = strchr(result.err, '\n');
	if (!end || end[1] || strncmp(result.err, "skewtop: ", 9) != 0)
		fail_msg("%s: not one line: '%s'", words[0], result.err);
	for (const char *c = result.err; c < end; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			fail_msg("%s: a control character in '%s'", words[0], result.err);
	for (int i = 0; says[i]; i++)
		if (!strstr(result.err, says[i]))
			fail_msg("%s: no '%s' in '%s'", words[0], says[i], result.err);
	program_result_free(&result);
}

/* ---- bad words ---- */

static void forbid_bpf(uint32_t action)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter || seccomp_rule_add(filter, action, SCMP_SYS(bpf), 0) || seccomp_load(filter))
		_exit(126);
}

static void kill_at_bpf(void *context)
{
	(void)context;
	forbid_bpf(SCMP_ACT_KILL_PROCESS);
}

static const struct {
	const char *words[WORDS_MAX];
	const char *says[3];
} bad_words[] = {
	{{"--nonsense"}, {"--nonsense", "--help"}},
	{{"--dely", "1"}, {"--dely", "--delay"}},
	{{"-Z"}, {"-Z"}},
	{{"--json=yes"}, {"--json", "no value"}},
	{{"--delay"}, {"--delay", "SECONDS"}},
	{{"--delay", "0"}, {"--delay", "0.1 to 60"}},
	{{"--delay", "61"}, {"0.1 to 60", "61"}},
	{{"-d", "soon"}, {"0.1 to 60", "soon"}},
	{{"-d", "1,5"}, {"1,5"}},
	{{"-d", "nan"}, {"nan"}},
	{{"--iterations", "0"}, {"--iterations", "from 1"}},
	{{"--iterations", "-1"}, {"--iterations", "-1"}},
	{{"--iterations", "99999999999999999999"}, {"--iterations"}},
	{{"--cpus", ""}, {"--cpus", "0-3,8"}},
	{{"--cpus", "3-1"}, {"--cpus", "3-1"}},
	{{"--cpus", "0,x"}, {"--cpus", "0,x"}},
	{{"--cpus", "4095"}, {"no CPU 4095", "this machine has"}},
	{{"--cpus", "4096"}, {"--cpus"}},
	{{"--netns", ""}, {"--netns"}},
	{{"--netns", "no-such-namespace"}, {"--netns", "no-such-namespace"}},
	{{"--netns", "2147483647"}, {"--netns", "2147483647"}},
	{{"--netns", "/etc/passwd"}, {"--netns", "/etc/passwd"}},
	{{"--netns", "/no/such/file"}, {"--netns", "/no/such/file"}},
	{{"--netns", "/proc/self/ns/pid"}, {"--netns", "/proc/self/ns/pid"}},
	{{"--ifname", ""}, {"--ifname"}},
	{{"--ifname", "no-such-if"}, {"--ifname", "no-such-if"}},
	{{"--ifname", "longer-than-15-bytes"}, {"--ifname", "15"}},
	{{"--pid", "0"}, {"--pid", "from 1"}},
	{{"-p", "x"}, {"--pid", "'x'"}},
	{{"-p", "2147483647"}, {"--pid", "no process 2147483647"}},
	{{"-p", "2147483648"}, {"--pid"}},
	{{"--comm", ""}, {"--comm"}},
	{{"--comm", "longer-than-15-bytes"}, {"--comm", "15"}},
	{{"--trace", ""}, {"--trace"}},
	{{"--trace", "netif_recieve_skb"}, {"netif_recieve_skb", "netif_receive_skb"}},
	{{"--trace", "no_such_probe_*"}, {"--trace", "--list-probes"}},
	{{"--ring-size", "0"}, {"--ring-size", "4K"}},
	{{"--ring-size", "5000"}, {"power of two", "4K and 8K"}},
	{{"--ring-size", "2G"}, {"--ring-size", "1G"}},
	{{"--ring-size", "64KB"}, {"--ring-size", "64KB"}},
	{{"--trace-rate", "-5"}, {"--trace-rate", "-5"}},
	{{"--trace-rate", "many"}, {"--trace-rate", "many"}},
	{{"--filter-mark", "0x1/0"}, {"--filter-mark"}},
	{{"--filter-mark", "x"}, {"--filter-mark", "'x'"}},
	{{"--history", "1"}, {"--history"}},
	{{"tcp", "prot", "80"}, {""}},
	{{"udp", "and"}, {""}},
	{{"--json", "--record", "-"}, {"--json", "--record"}},
	{{"--no-screen"}, {"--no-screen", "--json"}},
	{{"--force"}, {"--force", "--record"}},
	{{"--json", "--replay", "/no/such/file"}, {"/no/such/file"}},
	{{"--functions", "@nosuchset"}, {"no set of functions '@nosuchset'"}},
	{{"--json", "--functions", "@nosuchset"}, {"no set of functions '@nosuchset'"}},
	{{"--view", "nonsense"}, {"nonsense", "syscalls"}},
	{{"--theme", "nonsense"}, {"nonsense", "default"}},
	{{"--theme", "/no/such.theme"}, {"/no/such.theme"}},
	{{"--ascii"}, {"no terminal", "--json"}},
	{{"--json", "\033[31mred\n\302\205line"}, {""}},
	{{"--netns", "\033]0;title\007\342\200\256"}, {"--netns"}},
	{{"--\033[2J\nnew"}, {"unknown option"}},
};

static void test_bad_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_words) / sizeof(bad_words[0]); i++)
		assert_says(bad_words[i].words, kill_at_bpf, NULL, 2, bad_words[i].says);
}

/* A thread is not a process, and an interface of another namespace is not of this one. */
static void test_words_about_this_machine(void **state)
{
	struct test_net net;
	char wrong[16];

	(void)state;
	test_net_make(&net);
	assert_says((const char *[]){"--netns", net.sender.path, "--ifname", TEST_NET_RECEIVER_IF,
			    NULL},
		kill_at_bpf, NULL, 2,
		(const char *[]){TEST_NET_RECEIVER_IF, "it has", TEST_NET_SENDER_IF, NULL});
	test_net_remove(&net);
	snprintf(wrong, sizeof(wrong), "%d", getpid());
	assert_says((const char *[]){"--pid", wrong, "--cpus", "4000", NULL}, kill_at_bpf, NULL, 2,
		(const char *[]){"no CPU 4000", NULL});
}

/* The filter itself works: without a bad word the program is killed at its first bpf call. */
static void test_the_trap_is_real(void **state)
{
	const char *const argv[] = {program_skewtop(), "--json", "--iterations", "1", NULL};
	struct program program = program_start_with(argv, kill_at_bpf, NULL);
	struct program_result result = program_finish(&program, SECONDS);

	(void)state;
	assert_int_equal(result.status, 128 + SIGSYS);
	program_result_free(&result);
}

/* ---- bad places ---- */

static const char *const run_once[] = {"--json", "--iterations", "1", "--delay", "0.1", NULL};

/* Takes capabilities away for good; `keep` turns the list around. */
struct capabilities {
	bool keep;
	int n;
	int list[4];
};

static bool listed(const struct capabilities *capabilities, int capability)
{
	for (int i = 0; i < capabilities->n; i++)
		if (capabilities->list[i] == capability)
			return true;
	return false;
}

static void drop(void *context)
{
	const struct capabilities *capabilities = context;

	for (int c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++)
		if (listed(capabilities, c) != capabilities->keep && prctl(PR_CAPBSET_DROP, c))
			_exit(126);
}

static void test_missing_capabilities(void **state)
{
	struct capabilities bpf = {.n = 2, .list = {CAP_BPF, CAP_SYS_ADMIN}};
	struct capabilities perfmon = {.n = 2, .list = {CAP_PERFMON, CAP_SYS_ADMIN}};
	struct capabilities all = {.keep = true};

	(void)state;
	assert_says(run_once, drop, &bpf, 1, (const char *[]){"CAP_BPF is", "setcap", NULL});
	assert_says(run_once, drop, &perfmon, 1, (const char *[]){"CAP_PERFMON is", "sudo", NULL});
	assert_says(run_once, drop, &all, 1,
		(const char *[]){"CAP_BPF and CAP_PERFMON are", "setcap", NULL});
}

static void become_nobody(void *context)
{
	(void)context;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		setresuid(NOBODY, NOBODY, NOBODY))
		_exit(126);
}

/* Nobody may not even reach the build directory: the program is passed as a descriptor. */
static void test_nobody(void **state)
{
	int fd = open(program_skewtop(), O_RDONLY);
	struct program_result result;
	struct program program;
	char path[64];

	(void)state;
	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	program = program_start_with((const char *[]){path, "--json", NULL}, become_nobody, NULL);
	result = program_finish(&program, SECONDS);
	assert_int_equal(result.status, 1);
	assert_non_null(strstr(result.err, "CAP_BPF and CAP_PERFMON are"));
	assert_ptr_equal(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
	program_result_free(&result);
	close(fd);
}

/* What the sentence says would do does. */
static void test_three_capabilities_do(void **state)
{
	struct capabilities enough = {
		.keep = true,
		.n = 3,
		.list = {CAP_BPF, CAP_PERFMON, CAP_SYSLOG},
	};
	const char *argv[WORDS_MAX + 2] = {program_skewtop()};
	struct program_result result;
	struct program program;

	(void)state;
	for (int i = 0; run_once[i]; i++)
		argv[i + 1] = run_once[i];
	program = program_start_with(argv, drop, &enough);
	result = program_finish(&program, SECONDS);
	assert_string_equal(result.err, "");
	assert_int_equal(result.status, 0);
	assert_non_null(strstr(result.out, "\"balanced\":true"));
	program_result_free(&result);
}

static void refuse_bpf(void *context)
{
	forbid_bpf(SCMP_ACT_ERRNO(*(const int *)context));
}

static void test_forbidden_and_missing_bpf(void **state)
{
	int forbidden = EPERM, missing = ENOSYS;

	(void)state;
	assert_says(run_once, refuse_bpf, &forbidden, 1, (const char *[]){"seccomp", NULL});
	assert_says(
		run_once, refuse_bpf, &missing, 1, (const char *[]){"CONFIG_BPF_SYSCALL", NULL});
}

static void old_kernel(void *context)
{
	(void)context;
	/* uname(2) then says 2.6.x. */
	if (personality(UNAME26) < 0)
		_exit(126);
}

static void test_old_kernel(void **state)
{
	(void)state;
	assert_says(run_once, old_kernel, NULL, 1, (const char *[]){"2.6.", "5.8", NULL});
}

/* An empty directory in the place of another, for this child only. */
static void cover(const char *path)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("none", path, "tmpfs", 0, NULL))
		_exit(126);
}

static void hide_btf(void *context)
{
	(void)context;
	cover("/sys/kernel/btf");
}

static void hide_sys(void *context)
{
	(void)context;
	cover("/sys");
}

static void lock_down(void *context)
{
	int fd;

	(void)context;
	cover("/sys/kernel/security");
	fd = open("/sys/kernel/security/lockdown", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
	if (fd < 0 || write(fd, "none integrity [confidentiality]\n", 33) != 33)
		_exit(126);
}

static void test_no_btf_no_sys_lockdown(void **state)
{
	(void)state;
	assert_says(run_once, hide_btf, NULL, 1, (const char *[]){"CONFIG_DEBUG_INFO_BTF", NULL});
	assert_says(run_once, hide_sys, NULL, 1, (const char *[]){"/sys", "mount", NULL});
	assert_says(run_once, lock_down, NULL, 1, (const char *[]){"locked down", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_words_about_this_machine),
		cmocka_unit_test(test_the_trap_is_real),
		cmocka_unit_test(test_missing_capabilities),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_three_capabilities_do),
		cmocka_unit_test(test_forbidden_and_missing_bpf),
		cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_no_btf_no_sys_lockdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
