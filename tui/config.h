/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user set up, and its file $XDG_CONFIG_HOME/skewtop/config (~/.config/skewtop/config). No ncurses.
 *
 * The file is read by libinih: "key = value" lines, comments after # (or " ;"), and three sections of
 * lists of words, wrapped at will with indented lines:
 *
 *	delay = 0.5
 *	theme = harbour
 *
 *	[columns]
 *	cpus = cpu node packets xavg
 *
 *	[keys]
 *	quit = Q F10
 *
 *	[functions]
 *	mine = ip_rcv udp_*
 *
 * The key ';' is written "semicolon", because " ;" starts a comment. Saving changes the lines of values that
 * changed and leaves everything else as it was, comments and unknown keys too.
 */
#ifndef SKEWTOP_CONFIG_H
#define SKEWTOP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum {
	CONFIG_FILE_MAX = 64 << 10, /* bytes of the file */
	CONFIG_TEXT_MAX = 160,	    /* bytes of a value with its NUL: theme, view */
	CONFIG_WORD_MAX = 64,	    /* bytes of a column, key, function, view, action with its NUL */
	CONFIG_WORDS_MAX = 24,	    /* words of a list */
	CONFIG_LISTS_MAX = 128,	    /* lists of both sections together */
	CONFIG_NOTES_MAX = 16,	    /* sentences that are kept */
	CONFIG_UNKNOWN_MAX = 32,    /* unknown keys that are kept by name; all stay in the file */
};

enum config_units {
	CONFIG_RATE,
	CONFIG_TOTAL,
	CONFIG_SHARE,
};

enum config_group {
	CONFIG_BY_CPU,
	CONFIG_BY_CORE,
	CONFIG_BY_LLC,
	CONFIG_BY_NODE,
	CONFIG_BY_ALL,
};

enum config_section {
	CONFIG_COLUMNS, /* [columns]: view = columns; "trace" names those of the trace pane */
	CONFIG_KEYS,	/* [keys]: action = keys */
	CONFIG_FUNCTIONS, /* [functions]: set = globs of functions, as --functions takes them */
	CONFIG_SECTIONS,
};

struct config_list {
	enum config_section section;
	char name[CONFIG_WORD_MAX];
	int n; /* 0: the built-in list */
	char word[CONFIG_WORDS_MAX][CONFIG_WORD_MAX];
};

struct config_unknown {
	int line;
	char section[CONFIG_WORD_MAX]; /* "": before any section */
	char name[CONFIG_WORD_MAX];
};

/*
 * A plain value of some 200 KiB: keep it off the stack, copy it freely, free nothing. What is set here is
 * within its bounds; names of themes, views, columns, actions and keys are only words to this module.
 */
struct config {
	uint64_t delay_ns;   /* 0.1 to 60 s */
	uint64_t history_ns; /* 10 s to a day */
	enum config_units units;
	enum config_group group;
	char theme[CONFIG_TEXT_MAX]; /* name or path */
	char view[CONFIG_TEXT_MAX];
	bool hide_idle;
	bool ascii;
	bool braille;
	bool plain;
	bool mouse;
	struct config_list list[CONFIG_LISTS_MAX];
	int n_lists;

	/* What reading had to say; saving does not look at it. */
	struct config_unknown unknown[CONFIG_UNKNOWN_MAX];
	int n_unknown;
	struct error note[CONFIG_NOTES_MAX]; /* printable sentences, the first n_notes of them */
	int n_notes;			     /* may be more than are kept */
};

/* What holds without a file. */
void config_init(struct config *config);

/*
 * config_init(), then the file. 0 also where there is none. Where it cannot be read or is refused (as root:
 * it or its directory is a link or belongs to someone else), a negative errno with a sentence, and the
 * defaults hold. A line that makes no sense is a note and does no harm.
 */
int config_load(struct config *config, struct error *err);

/*
 * Writes the file so that config_load() finds these values: a new file beside it, synced, then renamed
 * over it (mode 0600; directories are made with 0700). Refused as reading is. 0 or a negative errno with
 * a sentence; then the old file is untouched.
 */
int config_save(const struct config *config, struct error *err);

/* Adds a note: what else is in the file and makes no sense. Made printable. */
void config_note(struct config *config, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The list of that name, NULL if the built-in one holds. */
const struct config_list *config_list(const struct config *config, enum config_section section,
	const char *name);

/*
 * Sets the list (n 0: back to the built-in one). -EINVAL for a name or word that a file cannot hold (too
 * long, blanks, controls, a word beginning with '#' or ';' beyond these alone, a name with one of
 * "=:[];#" in it), -ENOSPC for too many words or lists.
 */
int config_set_list(struct config *config, enum config_section section, const char *name,
	const char *const *words, int n);

#endif
