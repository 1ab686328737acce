/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequences the parts: words, machine, privilege, source, collector, then a screen or a stream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/batch.h"
#include "core/collector.h"
#include "core/error.h"
#include "core/json_out.h"
#include "core/options.h"
#include "core/privileges.h"
#include "core/probe_list.h"
#include "core/sanitize.h"

/* One line whatever the words on the command line hold. */
static int complain(const struct error *err, int status)
{
	char text[sizeof(err->text)];

	if (err->text[0]) {
		sanitize(text, sizeof(text), err->text, sizeof(err->text));
		fprintf(stderr, "skewtop: %s\n", text);
	}
	return status;
}

/*
 * A descriptor opened in the place of a closed standard output would be written to. What cannot be
 * written stands in, so that writing fails as it should.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

static int print(void (*text)(FILE *to))
{
	text(stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

static int list_probes(struct source *source)
{
	probe_list_print(source->host, stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

/* Everything that can be said without attaching anything. */
static int check(const struct options *options, struct live_options *live, struct error *err)
{
	struct privileges privileges;
	int status = options_resolve(options, live, err);

	if (!status)
		status = probe_list_check(options, err);
	if (status)
		return status;
	privileges_probe(&privileges);
	return privileges_judge(&privileges, err) ? EXIT_FAILED : EXIT_OK;
}

/* Before the collector runs, so that not one packet of these probes goes without a line. */
static int select_probes(const struct options *options, struct source *source, struct error *err)
{
	int n_rows = catalog_count(source->host->catalog, TABLE_PROBES);
	bool on[PROBE_MAX] = { false };

	if (!options->trace.n)
		return EXIT_OK;
	if (n_rows > PROBE_MAX)
		n_rows = PROBE_MAX;
	if (options_match_probes(options, source->host->catalog, on, n_rows, err) < 0)
		return EXIT_BAD_INPUT;
	for (int row = 0; row < n_rows; row++) {
		const struct row *probe = catalog_row(source->host->catalog, TABLE_PROBES, row);
		int rc = on[row] ? source->ops->select(source, TABLE_PROBES, row, true) : 0;

		if (rc)
			return error_set(err, EXIT_FAILED, "%s cannot be traced: %s", probe->name,
				probe->flags & PROBE_ABSENT ? probe->where : strerror(-rc));
	}
	return EXIT_OK;
}

/* Takes the source over. */
static int run(const struct options *options, struct source *source, struct error *err)
{
	struct collector_options collecting = {
		.interval_ns = options->delay_ns,
		.iterations = options->iterations,
		.history_ns = options->history_ns,
	};
	struct json_out *json = NULL;
	struct collector *collector;
	int status;

	if (options->json) {
		json = json_out_new(STDOUT_FILENO, source->host);
		if (!json) {
			source_close(source);
			return error_set(err, EXIT_FAILED, "out of memory");
		}
		collecting.listener[collecting.n_listeners++] = json_out_listener(json);
	}
	if (!options_screen(options))
		batch_signals();
	collector = collector_start(source, &collecting, err);
	if (!collector)
		status = EXIT_FAILED;
	else if (options_screen(options))
		status = error_set(err, EXIT_FAILED, "there is no screen yet; --json would do");
	else
		status = batch_run(collector, json, err);
	collector_free(collector);
	json_out_free(json);
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct live_options live;
	struct error err = { "" };
	struct source *source;
	int status;

	fill_standard_descriptors();
	if (options_parse(&options, argc, argv, &err))
		return complain(&err, EXIT_BAD_INPUT);
	if (options.action == OPTIONS_HELP)
		return print(options_help);
	if (options.action == OPTIONS_VERSION)
		return print(options_version);
	status = check(&options, &live, &err);
	if (status)
		return complain(&err, status);
	source = source_live_open(&live, &err, &status);
	if (!source)
		return complain(&err, status);
	if (options.action == OPTIONS_LIST_PROBES) {
		status = list_probes(source);
		source_close(source);
		return complain(&err, status);
	}
	status = select_probes(&options, source, &err);
	if (status)
		source_close(source);
	else
		status = run(&options, source, &err);
	return complain(&err, status);
}
