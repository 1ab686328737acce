/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen over the running kernel: however it ends, the terminal is as it was and nothing stays in
 * the kernel; also behind a real sshd whose connection drops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/in_kernel.h"
#include "tests/support/process.h"
#include "tests/support/ssh.h"

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* ---- here ---- */

static void kill_with(struct vt *vt, int number)
{
	if (number)
		kill(vt_pid(vt), number);
	else
		vt_hang_up(vt);
}

/* number 0: the terminal goes away. */
static void ends_clean(int number, int status)
{
	const struct vt_options options = { .rows = 24, .cols = 80 };
	struct in_kernel *held;
	struct vt *vt;
	int64_t began;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	vt = vt_start(&options, (const char *[]){ program_skewtop(), "--pid", pid, "--delay", "0.1",
					"--trace", "netif_receive_skb", NULL });
	vt_expect(vt, "LIVE 0.1s");
	held = in_kernel_note(vt_pid(vt));
	began = now_ms();
	kill_with(vt, number);
	assert_int_equal(vt_end(vt, VT_WAIT_MS), status);
	print_message("# gone %ld ms after signal %d\n", (long)(now_ms() - began), number);
	if (number && number != SIGKILL) {
		assert_false(vt_alternate(vt));
		assert_true(vt_cursor_visible(vt));
		assert_false(vt_mouse(vt));
		assert_true(vt_termios(vt).c_lflag & ICANON);
	}
	in_kernel_assert_gone(held);
	vt_free(vt);
}

static void test_sigterm(void **state)
{
	(void)state;
	ends_clean(SIGTERM, 0);
}

static void test_sighup(void **state)
{
	(void)state;
	ends_clean(SIGHUP, 0);
}

static void test_sigquit(void **state)
{
	(void)state;
	ends_clean(SIGQUIT, 0);
}

static void test_crash(void **state)
{
	(void)state;
	ends_clean(SIGSEGV, 128 + SIGSEGV);
}

static void test_abort(void **state)
{
	(void)state;
	ends_clean(SIGABRT, 128 + SIGABRT);
}

static void test_sigkill(void **state)
{
	(void)state;
	ends_clean(SIGKILL, 128 + SIGKILL);
}

static void test_closed_terminal(void **state)
{
	(void)state;
	ends_clean(0, 0);
}

/* ---- far away ---- */

static void cut_client_killed(struct vt *vt)
{
	kill(vt_pid(vt), SIGKILL);
}

/* A client that reads no more, then is gone. */
static void cut_client_stalled(struct vt *vt)
{
	kill(vt_pid(vt), SIGSTOP);
	usleep(1500000);
	kill(vt_pid(vt), SIGKILL);
}

/* Nobody says goodbye: sshd finds out by itself, after some seconds as it is set up. */
static void cut_network(struct vt *vt)
{
	(void)vt;
	ssh_cut(true);
}

static pid_t read_pid(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1)
		fail_msg("no pid in %s", path);
	fclose(file);
	return pid;
}

/* Gone, or dead and not yet waited for. */
static bool is_gone(pid_t pid)
{
	char path[64], text[512], *end;
	bool dead = true;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fgets(text, sizeof(text), file)) {
		end = strrchr(text, ')');
		dead = end && (end[2] == 'Z' || end[2] == 'X');
	}
	fclose(file);
	return dead;
}

/* sshd asks whether its client lives only in moments when nothing else goes on, so `delay` matters. */
static void drops(struct ssh *ssh, void (*cut)(struct vt *vt), const char *delay)
{
	char command[PATH_MAX + 256], path[128], self[PATH_MAX];
	struct in_kernel *held;
	struct vt *vt;
	int64_t began;
	pid_t pid;

	assert_non_null(realpath(program_skewtop(), self));
	snprintf(path, sizeof(path), "%s/pid", ssh_directory(ssh));
	snprintf(command, sizeof(command),
		"echo $$ >%s; exec env LC_ALL=C.UTF-8 HOME=/nonexistent '%s' --pid %d --delay %s", path,
		self, getpid(), delay);
	vt = ssh_run(ssh, 50, 200, command);
	vt_expect(vt, "LIVE ");
	pid = read_pid(path);
	held = in_kernel_note(pid);
	cut(vt);
	began = now_ms();
	while (!is_gone(pid)) {
		if (now_ms() - began > VT_WAIT_MS) {
			kill(pid, SIGKILL);
			ssh_cut(false);
			fail_msg("still there after %d ms", VT_WAIT_MS);
		}
		usleep(2000);
	}
	print_message("# gone %ld ms after the connection\n", (long)(now_ms() - began));
	in_kernel_assert_gone(held);
	ssh_cut(false);
	vt_free(vt);
}

static void test_ssh_client_killed(void **state)
{
	drops(*state, cut_client_killed, "0.1");
}

static void test_ssh_client_stalled(void **state)
{
	drops(*state, cut_client_stalled, "0.1");
}

static void test_ssh_network_cut(void **state)
{
	drops(*state, cut_network, "30");
}

static int start_server(void **state)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	*state = ssh_start();
	return 0;
}

static int stop_server(void **state)
{
	ssh_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest here[] = {
		cmocka_unit_test(test_sigterm),
		cmocka_unit_test(test_sighup),
		cmocka_unit_test(test_sigquit),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_sigkill),
		cmocka_unit_test(test_closed_terminal),
	};
	const struct CMUnitTest far_away[] = {
		cmocka_unit_test(test_ssh_client_killed),
		cmocka_unit_test(test_ssh_client_stalled),
		cmocka_unit_test(test_ssh_network_cut),
	};
	int failed = cmocka_run_group_tests(here, NULL, NULL);

	return failed + cmocka_run_group_tests(far_away, start_server, stop_server);
}
