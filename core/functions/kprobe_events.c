/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions/kprobe_events.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct kprobe_events {
	int dir;	  /* of tracefs */
	int definitions;  /* its kprobe_events, to append to */
	uint64_t anchor;  /* address of ANCHOR */
	char system[24];  /* what tracefs calls a group of events: one for each of us */
	pid_t remover;
	int to_remover;
};

/*
 * The kernel adds a kprobe to an event only by symbol and offset, since it takes any two bare addresses for the same
 * one; and before 6.2 it finds a symbol by going through all of them. So all are told from one that comes early.
 */
#define ANCHOR "_text"

/* ---- the process that removes ---- */

/*
 * A shell: nothing of our memory and none of our descriptors must outlive us with it, as in a fork they would. Is told
 * names of groups, and that we are gone by the end of its input. An event that is armed cannot lose its last kprobe
 * (EBUSY): if we were killed, the kernel is still closing our descriptors, so it is tried again for some time.
 */
static const char remover_script[] =
	"trap '' HUP INT TERM\n"
	"PATH=/usr/bin:/bin\n"
	"remove() {\n"
	"	tries=0\n"
	"	while [ $tries -lt 100 ]; do\n"
	"		lines=$(grep \"^p:$1\" kprobe_events) || return 0\n"
	"		left=0\n"
	"		while read -r head place; do\n"
	"			echo \"-${head#p} $place\" >>kprobe_events || left=1\n"
	"		done <<-END\n"
	"			$lines\n"
	"		END\n"
	"		[ $left = 0 ] || sleep 0.1\n"
	"		tries=$((tries + 1))\n"
	"	done\n"
	"}\n"
	"while read -r group; do remove \"$1/$group\"_; done\n"
	"remove \"$1/\"\n";

static int spawn_remover(struct kprobe_events *events, int from_us)
{
	const char *const argv[] = {"skewtop-kprobes", "-c", remover_script, "skewtop-kprobes", events->system, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int ret;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&actions);
	ret = posix_spawn_file_actions_adddup2(&actions, from_us, STDIN_FILENO) ?:
		posix_spawn_file_actions_addfchdir_np(&actions, events->dir) ?:
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ?:
		posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) ?:
		posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) ?:
		posix_spawn(&events->remover, "/bin/sh", &actions, &attr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -ret;
}

static int start_remover(struct kprobe_events *events)
{
	int ends[2], ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	ret = spawn_remover(events, ends[1]);
	close(ends[1]);
	if (ret) {
		close(ends[0]);
		return ret;
	}
	events->to_remover = ends[0];
	return 0;
}

/* ---- open ---- */

static int open_tracefs(struct kprobe_events *events)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		events->dir = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (events->dir < 0)
			continue;
		/* To append: what is there, of whomever, would be removed otherwise. */
		events->definitions = openat(events->dir, "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
		if (events->definitions >= 0)
			return 0;
		close(events->dir);
	}
	events->dir = -1;
	return -ENOENT;
}

static int find_anchor(struct kprobe_events *events)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[640], name[32];

	if (!f)
		return -errno;
	while (!events->anchor && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %*c %31s", &events->anchor, name) != 2 || strcmp(name, ANCHOR) != 0)
			events->anchor = 0;
	fclose(f);
	return events->anchor ? 0 : -ENOENT;
}

static int name_system(struct kprobe_events *events)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(events->system, sizeof(events->system), "skewtop_%08x", number);
	return 0;
}

struct kprobe_events *kprobe_events_open(void)
{
	struct kprobe_events *events = calloc(1, sizeof(*events));
	int ret;

	if (!events)
		return NULL;
	events->dir = events->definitions = events->to_remover = -1;
	ret = open_tracefs(events) ?: find_anchor(events) ?: name_system(events) ?: start_remover(events);
	if (ret) {
		kprobe_events_close(events);
		errno = -ret;
		return NULL;
	}
	return events;
}

/* ---- definitions ---- */

int kprobe_events_define(const struct kprobe_events *events, uint32_t group, int set, uint64_t address)
{
	uint64_t offset = address - events->anchor;
	char line[96];
	int n;

	if (offset > UINT32_MAX)
		return -ERANGE;
	n = snprintf(line, sizeof(line), "p:%s/g%u_%d " ANCHOR "+%" PRIu64 "\n", events->system, group, set, offset);
	return write(events->definitions, line, n) == n ? 0 : -errno;
}

static int event_type(const struct kprobe_events *events, uint32_t group, int set)
{
	char path[96], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "events/%s/g%u_%d/id", events->system, group, set);
	fd = openat(events->dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	return atoi(text);
}

int kprobe_events_arm(const struct kprobe_events *events, uint32_t group, int set, int prog_fd, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .sample_period = 1};
	int type = event_type(events, group, set), event, link;

	if (type < 0)
		return type;
	attr.config = type;
	/* On whichever CPU: the program runs on all of them. */
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	link = bpf_link_create(prog_fd, event, BPF_PERF_EVENT, &opts);
	close(event);
	return link;
}

/* ---- removing ---- */

void kprobe_events_remove(const struct kprobe_events *events, uint32_t group)
{
	char line[16];
	int n = snprintf(line, sizeof(line), "g%u\n", group);

	/* If nobody listens any more the lines stay, which only whoever ended that process can have meant. */
	send(events->to_remover, line, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void wait_for_remover(const struct kprobe_events *events)
{
	for (int i = 0; i < 200; i++) {
		if (waitpid(events->remover, NULL, WNOHANG))
			return;
		usleep(10000);
	}
}

void kprobe_events_close(struct kprobe_events *events)
{
	if (!events)
		return;
	if (events->to_remover >= 0) {
		close(events->to_remover);
		wait_for_remover(events);
	}
	if (events->definitions >= 0)
		close(events->definitions);
	if (events->dir >= 0)
		close(events->dir);
	free(events);
}
