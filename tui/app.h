/* SPDX-License-Identifier: GPL-2.0-only */
/* The screen program: hosts to look at, a loop over keys and news, one drawing at a time. */
#ifndef SKEWTOP_TUI_APP_H
#define SKEWTOP_TUI_APP_H

#include "core/base/error.h"
#include "core/collector.h"

struct config;
struct recording;

enum { APP_HOSTS_MAX = 32 };

/* One machine to look at. The collector stays the caller's. */
struct app_host {
	struct collector *collector;
	bool replay;  /* a recording, played from its beginning */
	bool growing; /* and one that is still being written: its newest moment is followed */
};

struct app_options {
	struct app_host host[APP_HOSTS_MAX];
	int n_hosts;
	const char *view;  /* NULL: the first */
	const char *theme; /* NULL: the default */
	bool ascii;
	bool plain;
	bool no_mouse;
	uint64_t interval_ns;
	bool quit_at_end; /* when the collector ends by itself (--iterations) */
	const struct cpus *shown; /* NULL: all */
	const bool *traced;	  /* rows of TABLE_PROBES that --trace has switched on, or NULL */
	unsigned details;	  /* enum trace_detail: what comes with lines from the start */
	bool functions_chosen;	  /* by --functions: no other set is brought by itself */
	const char *inner_filter; /* --filter-tunnel, kept when the outer one changes; NULL none */
	struct recording *recording; /* being made, or NULL */
	const struct config *config; /* what the user set up; the words above are already applied */
	const char *notice;	  /* said once at the start; NULL none */
};

/*
 * Whether the words --view and --theme will do, and with `screen` the terminal too; nothing is touched.
 * An exit code, with a sentence unless EXIT_OK.
 */
int app_check(const char *view, const char *theme, bool screen, struct error *err);

/*
 * Takes the terminal over and says what is being waited for, so that a start that takes some tenths of a
 * second is not a dead terminal. terminal_signals() must have been called. app_run() then goes on from
 * there; who does not get that far calls app_unsplash(). Failure is app_run()'s to tell.
 */
void app_splash(const char *host, const char *text);
void app_unsplash(void);

/*
 * Runs until the user quits, a signal comes, or the collector ends in failure. terminal_signals() must
 * have been called before the collectors were started. An exit code, with a sentence unless
 * EXIT_OK.
 */
int app_run(const struct app_options *options, struct error *err);

#endif
