/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What recording adds: the same 100 000 records a second go to a trace log alone, and to a trace log and a
 * recording. Prints CPU time of this process (both of its threads) per second of the clock, the least of
 * some rounds: what else runs on the machine only adds. The goal is that a plain file and a pipe
 * add at most 0.10 of a CPU.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/names/reasons.h"
#include "core/recording/write.h"
#include "core/trace/log.h"
#include "tests/support/scripted.h"

enum { PER_SECOND = 100000, SECONDS = 3, ROUNDS = 3, TICKS = 40, KINDS = 4096 };

static struct trace_record records[KINDS];

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* One drain of the ring: a fortieth of a second's records. */
static void tick(struct trace_log *log, struct recording *r, uint64_t *n)
{
	struct listener to = r ? recording_listener(r) : (struct listener){ 0 };
	uint64_t now = now_ns();

	for (int i = 0; i < PER_SECOND / TICKS; i++, ++*n) {
		struct trace_record *record = &records[*n % KINDS];

		record->ktime_ns = now + i;
		trace_log_append(log, record, now + i);
		if (r)
			to.record(to.context, record, now + i);
	}
}

/* CPUs used. The loop sleeps as the collector does. */
static double run(struct source *source, struct recording *r)
{
	struct trace_log *log = trace_log_new(TRACE_LOG_LINES);
	double began = cpu_seconds();
	uint64_t n = 0, started = now_ns();

	for (int i = 0; i < SECONDS * TICKS; i++) {
		uint64_t due = started + (uint64_t)(i + 1) * 1000000000 / TICKS, now;

		tick(log, r, &n);
		if (i % TICKS == TICKS - 1) {
			struct snapshot *s = scripted_next(source);

			if (r)
				recording_listener(r).snapshot(r, NULL, s);
			snapshot_unref(s);
		}
		now = now_ns();
		if (now < due)
			usleep((due - now) / 1000);
	}
	if (r)
		recording_finish(r, NULL);
	trace_log_free(log);
	return (cpu_seconds() - began) * 1e9 / (double)(now_ns() - started);
}

static double run_into(struct source *source, const char *path)
{
	const struct recording_options options = { .path = path };
	struct error err = { "" };
	struct recording_state state;
	struct recording *r;
	double used;
	int status;

	r = recording_create(&options, &err, &status);
	if (!r || recording_start(r, source->host, false, &err)) {
		fprintf(stderr, "bench_record: %s\n", err.text);
		exit(1);
	}
	used = run(source, r);
	state = recording_state(r);
	printf("  %-28s %7.3f CPU, %.0f MB, %ju of %ju records left out%s%s\n", strrchr(path, '/') + 1,
		used, state.bytes / 1e6, (uintmax_t)state.not_recorded,
		(uintmax_t)(state.records + state.not_recorded), state.failed ? ", FAILED: " : "",
		state.error.text);
	recording_free(r);
	return used;
}

/* Another process reads the pipe and throws it away. */
static double run_into_pipe(struct source *source, const char *path)
{
	pid_t reader;
	double used;

	if (mkfifo(path, 0600))
		exit(1);
	reader = fork();
	if (!reader) {
		static char buf[1 << 20];
		int fd = open(path, O_RDONLY);

		while (read(fd, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	usleep(200 * 1000);
	used = run_into(source, path);
	waitpid(reader, NULL, 0);
	return used;
}

static void make_records(const struct host *host)
{
	size_t n_reasons;
	const struct reason *reason = reasons_list(host->reasons, &n_reasons);

	for (int i = 0; i < KINDS; i++) {
		scripted_record(&records[i], i % 64, i % 3, i);
		records[i].flags |= RECORD_HAS_LOCATION | RECORD_HAS_REASON;
		records[i].reason = reason[i % n_reasons].number;
		records[i].location = UINT64_C(0xffffffff81000000) + i % 50 * 64;
	}
}

static void keep_least(double *least, double used)
{
	if (!*least || used < *least)
		*least = used;
}

int main(void)
{
	struct script script = script_machine(64, 2);
	struct source *source = scripted_open(&script);
	char dir[] = "/tmp/skewtop-bench-XXXXXX", file[64], zip[64], fifo[64];
	double alone = 0, to_file = 0, to_zip = 0, to_pipe = 0;

	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof(file), "%s/file.pcapng", dir);
	snprintf(zip, sizeof(zip), "%s/file.pcapng.gz", dir);
	snprintf(fifo, sizeof(fifo), "%s/pipe", dir);
	make_records(source->host);
	printf("recording %d records a second, over %d s:\n", PER_SECOND, SECONDS);
	for (int round = 0; round < ROUNDS; round++) {
		keep_least(&alone, run(source, NULL));
		keep_least(&to_file, run_into(source, file));
		keep_least(&to_pipe, run_into_pipe(source, fifo));
		keep_least(&to_zip, run_into(source, zip));
		unlink(file);
		unlink(zip);
		unlink(fifo);
	}
	printf("  %-28s %7.3f CPU\n", "not recorded", alone);
	printf("recording adds: file %.3f CPU, pipe %.3f CPU (at most 0.100: %s), .gz %.3f CPU\n",
		to_file - alone, to_pipe - alone,
		to_file - alone <= 0.1 && to_pipe - alone <= 0.1 ? "yes" : "NO", to_zip - alone);
	rmdir(dir);
	source_close(source);
	return 0;
}
