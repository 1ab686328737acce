/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequences the parts: words, machine, privilege. */
#include <stdio.h>

#include "core/error.h"
#include "core/options.h"
#include "core/privileges.h"

static int complain(const struct error *err, int status)
{
	if (err->text[0])
		fprintf(stderr, "skewtop: %s\n", err->text);
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct live_options live;
	struct privileges privileges;
	struct error err = { "" };
	int status;

	if (options_parse(&options, argc, argv, &err))
		return complain(&err, EXIT_BAD_INPUT);
	if (options.action == OPTIONS_HELP) {
		options_help(stdout);
		return EXIT_OK;
	}
	if (options.action == OPTIONS_VERSION) {
		options_version(stdout);
		return EXIT_OK;
	}
	status = options_resolve(&options, &live, &err);
	if (status)
		return complain(&err, status);
	privileges_probe(&privileges);
	if (privileges_judge(&privileges, &err))
		return complain(&err, EXIT_FAILED);
	return EXIT_OK;
}
