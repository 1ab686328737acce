/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long it takes to attach to kernel functions and to let go of them:
 *   function-times SET...      sets as for skewtop --functions: core, all, a glob, none
 * goes from one set to the next and prints a line for each, then ends; `time` shows the way out
 * too. Before that, what the kernel spends on reaching the program each time.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/source.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int go(struct source *source, const char *set)
{
	struct function_choice choice = {};
	struct functions_status status;
	struct error err = {};
	double since = now();

	if (strcmp(set, "none") && !function_choice_add(&choice, set))
		return 1;
	source->ops->functions(source, &choice);
	if (source->ops->functions_wait(source, &err)) {
		fprintf(stderr, "function-times: %s\n", err.text);
		return 1;
	}
	source->ops->functions_status(source, &status);
	printf("%s: %.2f s: %s; %d left out\n", set, now() - since, status.text, status.left_out);
	fflush(stdout);
	return 0;
}

/* It is measured after the first set, in the background. */
static void print_reach(struct source *source)
{
	const struct timespec step = {.tv_nsec = 10000000};
	struct functions_status status;

	for (int i = 0; i < 500; i++) {
		source->ops->functions_status(source, &status);
		if (status.reach_ns)
			break;
		nanosleep(&step, NULL);
	}
	printf("reached: %.3f us each time\n", status.reach_ns / 1e3);
}

int main(int argc, char **argv)
{
	const struct live_options options = {};
	struct error err = {};
	int status, failed = 0;
	double since = now();
	struct source *source = source_live_open(&options, &err, &status);

	if (!source) {
		fprintf(stderr, "function-times: %s\n", err.text);
		return status;
	}
	printf("opened: %.2f s\n", now() - since);
	for (int i = 1; i < argc && !failed; i++)
		failed = go(source, argv[i]);
	if (argc > 1 && !failed)
		print_reach(source);
	since = now();
	source_close(source);
	printf("closed: %.2f s\n", now() - since);
	return failed;
}
