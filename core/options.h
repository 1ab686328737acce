/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line. options_parse() looks at the words only; options_resolve() compares what they ask
 * for with the machine. Both name what would do, and neither attaches anything.
 */
#ifndef SKEWTOP_OPTIONS_H
#define SKEWTOP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/cpus.h"
#include "core/base/error.h"
#include "core/source.h"

enum {
	OPTIONS_LIST_MAX = 32,	 /* words that one repeatable option may collect */
	OPTIONS_FILTER_MAX = 4096, /* bytes of the filter expression */
	OPTIONS_TRACE_RATE = 1000, /* lines per second and CPU unless asked otherwise */
};

enum options_action {
	OPTIONS_RUN,
	OPTIONS_LIST_PROBES,
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

/* Words of a repeatable option, in order; they point into argv or the config. */
struct word_list {
	const char *word[OPTIONS_LIST_MAX];
	int n;
};

/* Strings point into argv; NULL where not given. */
struct options {
	enum options_action action;

	/* what is counted */
	bool use_cpus;
	struct cpus cpus;
	const char *netns;
	const char *ifname;
	const char *comm;
	uint32_t pid; /* 0: any */
	uint32_t mark_value;
	uint32_t mark_mask; /* 0: any */
	char filter[OPTIONS_FILTER_MAX]; /* the remaining words, joined by blanks; "" none */
	const char *filter_tunnel;
	struct word_list functions;
	int attach; /* enum functions_means to attach to them by; MEANS_NONE: the best there are */
	bool errors;

	/* what is traced */
	struct word_list trace;
	uint64_t ring_bytes; /* 0: the default */
	bool track;	     /* follow packets */
	bool programs;	     /* watch tc and XDP programs */
	const char *inside;  /* function to look into */
	uint64_t trace_rate; /* lines per second and CPU, 0: no limit */
	bool details_given;
	unsigned details;	   /* enum trace_detail: what comes with lines */

	/* how long, how often */
	uint64_t delay_ns;
	bool delay_given; /* else it is the default of 1 s */
	uint64_t iterations; /* 0: for ever */
	uint64_t history_ns; /* 0: the default of history.h */

	/* the screen */
	const char *view;
	const char *theme;
	bool ascii;
	bool plain;
	bool no_mouse;

	/* without a screen, and files */
	bool json;
	bool text;
	bool no_screen;
	const char *record;
	bool force;
	struct word_list replay;
};

/*
 * Parses argv. 0, or -EINVAL with a sentence that says which word is wrong and what would do.
 * Words may come in any order; what follows "--" belongs to the filter.
 */
int options_parse(struct options *options, int argc, char **argv, struct error *err);

/* True if a screen is drawn: neither --json, --text nor --no-screen. */
bool options_screen(const struct options *options);

void options_help(FILE *to);

/* One line of the table of options, for the manual. Strings are constants, NULL where there is none. */
struct option_text {
	const char *name; /* without the dashes; NULL: `text` heads a group */
	char letter;	  /* 0: none */
	const char *argument;
	const char *text;
};

/* The line of that index, from 0; false past the last. */
bool options_text(int index, struct option_text *out);

void options_version(FILE *to);

/*
 * Checks CPUs, namespace, interface, process against the running machine, and turns them into what the
 * live source takes. 0, or an exit code with a sentence: EXIT_BAD_INPUT where something does not exist,
 * EXIT_FAILED where the machine would not let us look.
 */
int options_resolve(const struct options *options, struct live_options *live, struct error *err);

/*
 * Checks that --record does not name a file that --replay reads, which --force would empty. EXIT_OK, or
 * EXIT_BAD_INPUT with a sentence.
 */
int options_check_files(const struct options *options, struct error *err);

/*
 * Rows of TABLE_PROBES whose name matches one of the --trace globs (fnmatch(3)): on[row] is set, and
 * the number of such rows returned. -EINVAL with a sentence if a glob matches none, and no row of
 * TABLE_FUNCTIONS either (with --functions and no such rows yet, every glob is taken to match one).
 */
int options_match_probes(const struct options *options, const struct catalog *catalog, bool *on,
	int n_rows, struct error *err);

/* The same for rows of TABLE_FUNCTIONS; matching none is no error. */
int options_match_functions(
	const struct options *options, const struct catalog *catalog, bool *on, int n_rows);

/* What --functions asks for: globs, "core", "all". -EINVAL with a sentence. */
int options_functions(
	const struct options *options, struct function_choice *choice, struct error *err);

/*
 * The one of `n` names that was most likely meant by `word` (a few letters off, or the only one it
 * begins), or NULL.
 */
const char *options_nearest(const char *word, const char *const *names, int n);

#endif
