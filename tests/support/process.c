/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A fault of the test's own tools, not of what it tests. */
static void die(const char *what)
{
	fprintf(stderr, "test support: %s: %s\n", what, strerror(errno));
	abort();
}

void process_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

int process_cpus(int *cpus, int max)
{
	cpu_set_t set;
	int n = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && n < max; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[n++] = cpu;
	return n;
}

void *process_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

/* In a child: die with the parent, also if it is gone already. */
static void follow_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

pid_t process_spawn(int cpu, int (*work)(void *context), void *context)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	follow_parent(parent);
	if (cpu >= 0)
		process_pin(cpu);
	_exit(work(context));
}

int process_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- programs ---- */

struct program program_start(const char *const *argv)
{
	return program_start_with(argv, NULL, NULL);
}

struct program program_start_with(
	const char *const *argv, void (*prepare)(void *context), void *context)
{
	pid_t parent = getpid();
	int out[2], err[2];
	struct program program;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe2");
	fflush(NULL);
	program.pid = fork();
	if (program.pid < 0)
		die("fork");
	if (!program.pid) {
		follow_parent(parent);
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		if (prepare)
			prepare(context);
		execvp(argv[0], (char *const *)argv);
		die(argv[0]);
	}
	close(out[1]);
	close(err[1]);
	program.out_fd = out[0];
	program.err_fd = err[0];
	return program;
}

/* Appends what there is to read; false at the end. */
static bool read_some(int fd, char *text, size_t *used)
{
	char beyond[4096];
	size_t room = PROGRAM_TEXT_MAX - *used;
	ssize_t n = read(fd, room ? text + *used : beyond, room ? room : sizeof(beyond));

	if (n > 0 && room)
		*used += n;
	return n > 0 || (n < 0 && errno == EINTR);
}

static int milliseconds_until(const struct timespec *end)
{
	struct timespec now;
	long long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms < 0 ? 0 : (int)ms;
}

struct program_result program_finish(struct program *program, int seconds)
{
	struct pollfd fds[2] = {
		{.fd = program->out_fd, .events = POLLIN},
		{.fd = program->err_fd, .events = POLLIN},
	};
	struct program_result result = {
		.out = calloc(1, PROGRAM_TEXT_MAX + 1),
		.err = calloc(1, PROGRAM_TEXT_MAX + 1),
	};
	char *text[2] = {result.out, result.err};
	size_t used[2] = {0, 0};
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (!poll(fds, 2, milliseconds_until(&end))) {
			fprintf(stderr, "test support: process %d ran for more than %d s\n",
				program->pid, seconds);
			kill(program->pid, SIGKILL);
			break;
		}
		for (int i = 0; i < 2; i++)
			if (fds[i].revents && !read_some(fds[i].fd, text[i], &used[i]))
				fds[i].fd = -1;
	}
	close(program->out_fd);
	close(program->err_fd);
	result.status = process_wait(program->pid);
	return result;
}

struct program_result program_run(const char *const *argv, int seconds)
{
	struct program program = program_start(argv);

	return program_finish(&program, seconds);
}

void program_result_free(struct program_result *result)
{
	free(result->out);
	free(result->err);
}

const char *program_skewtop(void)
{
	static char path[4096];
	const char *build = getenv("BUILD");

	snprintf(path, sizeof(path), "%s/skewtop", build ? build : "build");
	return path;
}
