/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/libbpf_said.h"

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local struct libbpf_said said;

/* The verifier's verdict is the line before "processed N insns". */
static void keep_verdict(const char *log)
{
	const char *end = strstr(log, "\nprocessed ");
	const char *line = end;

	if (!end)
		return;
	while (line > log && line[-1] != '\n')
		line--;
	snprintf(said.why, sizeof(said.why), "%.*s", (int)(end - line), line);
}

static int keep_what_libbpf_says(enum libbpf_print_level level, const char *format, va_list args)
{
	char name[64];
	char *text;

	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	if (sscanf(text, "libbpf: prog '%63[^']': failed to load", name) == 1 ||
		sscanf(text, "prog '%63[^']': failed to load", name) == 1)
		snprintf(said.program, sizeof(said.program), "%s", name);
	else
		keep_verdict(text);
	free(text);
	return 0;
}

static void install(void)
{
	libbpf_set_print(keep_what_libbpf_says);
}

void libbpf_listen(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	memset(&said, 0, sizeof(said));
}

const struct libbpf_said *libbpf_said(void)
{
	return &said;
}
