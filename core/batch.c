/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/batch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void ending_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void batch_signals(void)
{
	sigset_t set;

	ending_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Waits for one of the reasons to end. */
static int wait_for_end(struct collector *collector, struct json_out *json, int signal_fd,
	struct error *err)
{
	enum { SIGNAL, COLLECTOR, FAILED, OUTPUT, N_FDS };
	struct pollfd fds[N_FDS] = {
		[SIGNAL] = { .fd = signal_fd, .events = POLLIN },
		[COLLECTOR] = { .fd = collector_fd(collector), .events = POLLIN },
		[FAILED] = { .fd = json ? json_out_fd(json) : -1, .events = POLLIN },
		/* No events asked for: a reader that has gone away shows as POLLERR. */
		[OUTPUT] = { .fd = json ? STDOUT_FILENO : -1 },
	};

	for (;;) {
		if (poll(fds, N_FDS, -1) < 0 && errno != EINTR)
			return error_set(err, EXIT_FAILED, "poll: %s", strerror(errno));
		if (fds[SIGNAL].revents || fds[FAILED].revents || fds[OUTPUT].revents)
			return EXIT_OK;
		if (fds[COLLECTOR].revents) {
			collector_seen(collector);
			if (collector_ended(collector, err))
				return err->text[0] ? EXIT_FAILED : EXIT_OK;
		}
	}
}

int batch_run(struct collector *collector, struct json_out *json, struct error *err)
{
	struct error own = { "" };
	struct signalfd_siginfo heard;
	sigset_t set;
	int signal_fd, status;

	ending_signals(&set);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signal_fd < 0) {
		error_set(err, 0, "signalfd: %s", strerror(errno));
		collector_stop(collector);
		return EXIT_FAILED;
	}
	status = wait_for_end(collector, json, signal_fd, &own);
	/* The one that ended the wait is taken away; the next one kills, as it does by default. */
	if (json)
		json_out_hurry(json);
	(void)!read(signal_fd, &heard, sizeof(heard));
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	collector_stop(collector);
	close(signal_fd);
	if (own.text[0])
		error_set(err, 0, "%s", own.text);
	if (json && json_out_result(json, err))
		status = EXIT_FAILED;
	return status;
}
