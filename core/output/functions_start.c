/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/functions_start.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/output/batch.h"

static bool signal_pending(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		       sigismember(&pending, SIGHUP));
}

/* A signal that ends stays pending, for whoever hears it next. */
static int wait_until_attached(struct source *source, struct error *err)
{
	struct functions_status status;

	do {
		if (signal_pending())
			return error_set(err, -EINTR, "interrupted while attaching to functions");
		usleep(10000);
		source->ops->functions_status(source, &status);
	} while (status.pending);
	return source->ops->functions_wait(source, err);
}

/* A signal that ends is heard by whoever runs next: this takes tenths of a second. */
static int look_into(struct source *source, const char *name, struct error *err)
{
	const struct catalog *catalog = source->host->catalog;
	int n = catalog_count(catalog, TABLE_FUNCTIONS), row = 0;
	struct functions_status status;

	while (row < n && strcmp(catalog_row(catalog, TABLE_FUNCTIONS, row)->name, name) != 0)
		row++;
	if (row == n)
		return error_set(err, EXIT_BAD_INPUT,
			"--inside: '%.60s' is no function with an skb that can be probed here; "
			"--list-probes names them",
			name);
	source->ops->inside(source, row);
	do {
		usleep(10000);
		source->ops->functions_status(source, &status);
	} while (status.inside_pending);
	return status.inside == row ? EXIT_OK :
				      error_set(err, EXIT_FAILED, "--inside: %s", status.inside_text);
}

int functions_start(const struct options *options, struct source *source, struct error *err)
{
	struct function_choice choice;
	int ret;

	if (!options->functions.n && !options->inside)
		return EXIT_OK;
	if (options_functions(options, &choice, err))
		return EXIT_BAD_INPUT;
	if (!options_screen(options))
		batch_signals();
	source->ops->functions(source, &choice);
	if (options_screen(options) && !options->trace.n && !options->inside)
		return EXIT_OK;
	ret = wait_until_attached(source, err);
	if (ret)
		return ret == -ENOENT ? EXIT_BAD_INPUT : EXIT_FAILED;
	return options->inside ? look_into(source, options->inside, err) : EXIT_OK;
}

int functions_start_trace(const struct options *options, struct source *source, struct error *err)
{
	int n_rows = catalog_count(source->host->catalog, TABLE_FUNCTIONS);
	bool *on = calloc(n_rows + 1, sizeof(*on));
	int ret = on ? 0 : -ENOMEM;

	if (on)
		options_match_functions(options, source->host->catalog, on, n_rows);
	for (int row = 0; row < n_rows && !ret; row++)
		if (on[row])
			ret = source->ops->select(source, TABLE_FUNCTIONS, row, true);
	free(on);
	if (ret)
		return error_set(err, EXIT_FAILED, "functions cannot be traced: %s", strerror(-ret));
	return EXIT_OK;
}
