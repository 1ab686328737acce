/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/batch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
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

/* Who is listened to; what there is none of is NULL. */
struct batch {
	struct collector *collector;
	struct out_stream *out;
	struct recording *recording;
	int signal_fd;
	bool recording_failed; /* and has been told */
};

static void tell_of_recording(struct batch *batch)
{
	struct recording_state state = recording_state(batch->recording);

	error_print(&state.error);
	batch->recording_failed = true;
}

/* Waits for one of the reasons to end. */
static int wait_for_end(struct batch *batch, struct error *err)
{
	enum { SIGNAL, COLLECTOR, FAILED, OUTPUT, RECORDING, N_FDS };
	struct pollfd fds[N_FDS] = {
		[SIGNAL] = { .fd = batch->signal_fd, .events = POLLIN },
		[COLLECTOR] = { .fd = collector_fd(batch->collector), .events = POLLIN },
		[FAILED] = { .fd = batch->out ? out_stream_fd(batch->out) : -1, .events = POLLIN },
		/* No events asked for: a reader that has gone away shows as POLLERR. */
		[OUTPUT] = { .fd = batch->out ? STDOUT_FILENO : -1 },
		[RECORDING] = { .fd = batch->recording ? recording_fd(batch->recording) : -1,
			.events = POLLIN },
	};

	for (;;) {
		if (poll(fds, N_FDS, -1) < 0 && errno != EINTR)
			return error_set(err, EXIT_FAILED, "poll: %s", strerror(errno));
		if (fds[SIGNAL].revents || fds[FAILED].revents || fds[OUTPUT].revents)
			return EXIT_OK;
		if (fds[RECORDING].revents) {
			tell_of_recording(batch);
			fds[RECORDING].fd = -1;
			fds[RECORDING].revents = 0;
			if (!batch->out)
				return EXIT_FAILED;
		}
		if (fds[COLLECTOR].revents) {
			collector_seen(batch->collector);
			if (collector_ended(batch->collector, err))
				return err->text[0] ? EXIT_FAILED : EXIT_OK;
		}
	}
}

/* Whether all that was to be written was. */
static int judge_outputs(struct batch *batch, int status, struct error *err)
{
	struct error of_recording = { "" };

	if (batch->out && out_stream_result(batch->out, err))
		status = EXIT_FAILED;
	if (!batch->recording || !recording_finish(batch->recording, &of_recording))
		return status;
	if (!batch->recording_failed)
		error_print(&of_recording);
	return EXIT_FAILED;
}

/* ---- ending ---- */

/* Signals that come in company of the one that ended the run, as timeout(1) sends them, mean the same. */
enum { COMPANY_MS = 1000 };

/* From now on a signal ends the process, as it does by default; those that came until now do not. */
static void let_signals_kill(void)
{
	static const struct timespec at_once;
	sigset_t set;

	ending_signals(&set);
	while (sigtimedwait(&set, NULL, &at_once) > 0)
		;
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* A thread that hears signals after a while, until the descriptor becomes readable. */
static void *hear_later(void *context)
{
	struct pollfd ended = { .fd = *(const int *)context, .events = POLLIN };

	if (poll(&ended, 1, COMPANY_MS) == 0) {
		let_signals_kill();
		poll(&ended, 1, -1);
	}
	return NULL;
}

/* Stops the collector, which may take long where somebody takes its lines slowly. */
static void stop(struct collector *collector)
{
	static const uint64_t one = 1;
	int ended = eventfd(0, EFD_CLOEXEC);
	pthread_t thread;
	bool threaded = ended >= 0 && !pthread_create(&thread, NULL, hear_later, &ended);

	if (!threaded)
		let_signals_kill();
	collector_stop(collector);
	if (threaded && write(ended, &one, sizeof(one)) == sizeof(one))
		pthread_join(thread, NULL);
	let_signals_kill();
	if (ended >= 0)
		close(ended);
}

int batch_run(struct collector *collector, struct out_stream *out, struct recording *recording,
	struct error *err)
{
	struct batch batch = { .collector = collector, .out = out, .recording = recording };
	struct error own = { "" };
	sigset_t set;
	int status;

	ending_signals(&set);
	batch.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (batch.signal_fd < 0) {
		error_set(err, 0, "signalfd: %s", strerror(errno));
		collector_stop(collector);
		return EXIT_FAILED;
	}
	status = wait_for_end(&batch, &own);
	if (out)
		out_stream_hurry(out);
	stop(collector);
	close(batch.signal_fd);
	if (own.text[0])
		error_set(err, 0, "%s", own.text);
	return judge_outputs(&batch, status, err);
}
