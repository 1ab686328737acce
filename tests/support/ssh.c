/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/ssh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/process.h"

enum { PORT = 2222, START_MS = 20000 };

struct ssh {
	char directory[64];
	pid_t pid;
};

static void die(const char *what)
{
	fprintf(stderr, "ssh: %s: %s\n", what, strerror(errno));
	abort();
}

void ssh_cut(bool cut)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	request.ifr_flags = cut ? 0 : IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("lo");
	close(fd);
}

static void make_key(const struct ssh *ssh, const char *name)
{
	struct program_result result;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", ssh->directory, name);
	result = program_run((const char *[]){ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
				     "skewtop-test", "-f", path, NULL }, 20);
	if (result.status)
		die(result.err);
	program_result_free(&result);
}

static void write_config(const struct ssh *ssh)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/sshd_config", ssh->directory);
	file = fopen(path, "we");
	if (!file)
		die(path);
	fprintf(file,
		"Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\n"
		"PidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\n"
		"PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n"
		"PrintLastLog no\nLogLevel FATAL\nClientAliveInterval 1\nClientAliveCountMax 1\n",
		PORT, ssh->directory, ssh->directory);
	if (fclose(file))
		die(path);
}

/* sshd wants /run/sshd: it gets a /run of its own that nobody else sees. */
static int serve(void *context)
{
	const struct ssh *ssh = context;
	char config[128];

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("tmpfs", "/run", "tmpfs", 0, "mode=755") || mkdir("/run/sshd", 0755))
		die("/run/sshd");
	snprintf(config, sizeof(config), "%s/sshd_config", ssh->directory);
	execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f", config, (char *)NULL);
	die("/usr/sbin/sshd");
	return 127;
}

static bool listens(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to));

	if (fd >= 0)
		close(fd);
	return yes;
}

struct ssh *ssh_start(void)
{
	struct ssh *ssh = calloc(1, sizeof(*ssh));

	if (!ssh)
		die("calloc");
	snprintf(ssh->directory, sizeof(ssh->directory), "/tmp/skewtop-ssh-XXXXXX");
	if (!mkdtemp(ssh->directory))
		die(ssh->directory);
	ssh_cut(false);
	make_key(ssh, "host");
	make_key(ssh, "user");
	write_config(ssh);
	ssh->pid = process_spawn(-1, serve, ssh);
	for (int ms = 0; !listens(); ms += 10) {
		if (ms >= START_MS || kill(ssh->pid, 0))
			die("sshd does not listen");
		usleep(10000);
	}
	return ssh;
}

struct vt *ssh_run(struct ssh *ssh, int rows, int cols, const char *command)
{
	const struct vt_options options = { .rows = rows, .cols = cols };
	char key[128], port[16];

	snprintf(key, sizeof(key), "%s/user", ssh->directory);
	snprintf(port, sizeof(port), "%d", PORT);
	return vt_start(&options,
		(const char *[]){ "ssh", "-tt", "-F", "none", "-i", key, "-p", port, "-o",
			"StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
			"IdentitiesOnly=yes", "-o", "LogLevel=ERROR", "root@127.0.0.1", command,
			NULL });
}

const char *ssh_directory(const struct ssh *ssh)
{
	return ssh->directory;
}

void ssh_stop(struct ssh *ssh)
{
	struct program_result result;

	kill(ssh->pid, SIGTERM);
	process_wait(ssh->pid);
	result = program_run((const char *[]){ "rm", "-rf", ssh->directory, NULL }, 20);
	program_result_free(&result);
	free(ssh);
}
