/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/sanitize.h"

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err || err->text[0])
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}

void error_print(const struct error *err)
{
	char text[sizeof(err->text)];

	if (!err->text[0])
		return;
	sanitize(text, sizeof(text), err->text, sizeof(err->text));
	fprintf(stderr, "skewtop: %s\n", text);
}
