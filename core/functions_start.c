/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/functions_start.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/batch.h"

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

int functions_start(const struct options *options, struct source *source, struct error *err)
{
	struct function_choice choice;

	if (!options->functions.n)
		return EXIT_OK;
	if (options_functions(options, &choice, err))
		return EXIT_BAD_INPUT;
	if (!options_screen(options))
		batch_signals();
	source->ops->functions(source, &choice);
	if (options_screen(options) && !options->trace.n)
		return EXIT_OK;
	return wait_until_attached(source, err) ? EXIT_FAILED : EXIT_OK;
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
