/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Function probes, changed while packets pass, by a script that can wait for each step:
 *   function-script [MEANS] <COMMANDS      means as for skewtop --attach
 * Commands, one in a line, each answered by one line once it is carried out:
 *   functions [WORD]     core, all, a glob; none
 *   filter [EXPR]        a pcap filter, none: the one before goes
 *   count FUNCTION       answers with the packets counted there so far, on all CPUs
 * The end of the commands is the end. What fails is answered by "failed: " and why.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/model/snapshot.h"
#include "core/source.h"

static void ignore(void *context, const struct trace_record *record, uint64_t real_ns)
{
	(void)context, (void)record, (void)real_ns;
}

static void pause_ms(long ms)
{
	const struct timespec time = {.tv_nsec = ms * 1000000};

	nanosleep(&time, NULL);
}

static int choose(struct source *source, const char *word, struct error *err)
{
	struct function_choice choice = {};

	if (*word && !function_choice_add(&choice, word))
		return error_set(err, -EINVAL, "no such set");
	source->ops->functions(source, &choice);
	return source->ops->functions_wait(source, err);
}

static int filter(struct source *source, const char *expression, struct error *err)
{
	int ret;

	/* The change before is over once what it replaces has been drained. */
	while ((ret = source->ops->set_filter(source, expression, NULL, NULL)) == -EBUSY) {
		source->ops->drain(source, ignore, NULL);
		pause_ms(10);
	}
	while (!ret && (ret = source->ops->filter_outcome(source, err)) == -EINPROGRESS) {
		source->ops->drain(source, ignore, NULL);
		pause_ms(10);
		ret = 0;
	}
	return ret;
}

static int count(struct source *source, const char *function, struct error *err)
{
	const struct catalog *catalog = source->host->catalog;
	struct snapshot *snapshot;
	uint64_t sum = 0;
	int ret = source->ops->sample(source, &snapshot, err);

	if (ret)
		return ret;
	for (int row = 0; row < snapshot->table[TABLE_FUNCTIONS].n_rows; row++)
		if (!strcmp(catalog_row(catalog, TABLE_FUNCTIONS, row)->name, function))
			for (int cpu = 0; cpu < snapshot->n_cpus; cpu++)
				sum += table_values(&snapshot->table[TABLE_FUNCTIONS], row, COUNT_PACKETS)[cpu];
	snapshot_unref(snapshot);
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}

static void carry_out(struct source *source, char *line)
{
	char *command = strsep(&line, " ");
	struct error err = {};
	int ret;

	if (!strcmp(command, "count")) {
		ret = count(source, line ? line : "", &err);
	} else {
		ret = !strcmp(command, "functions") ? choose(source, line ? line : "", &err) :
		      !strcmp(command, "filter")    ? filter(source, line ? line : "", &err) :
						      error_set(&err, -EINVAL, "no such command");
		if (!ret)
			puts("done");
	}
	if (ret)
		printf("failed: %s\n", err.text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int means = argc > 1 ? functions_means_of(argv[1]) : MEANS_NONE;
	const struct live_options options = {.attach = means};
	struct error err = {};
	char line[256];
	int status = 2;
	struct source *source = means < 0 ? NULL : source_live_open(&options, &err, &status);

	if (!source) {
		fprintf(stderr, "function-script: %s\n", means < 0 ? "no such means" : err.text);
		return status;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		carry_out(source, line);
	}
	source_close(source);
	return 0;
}
