/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the config file and what it is about: options, keys, columns, sets of functions. */
#ifndef SKEWTOP_TUI_SETTINGS_H
#define SKEWTOP_TUI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/functions/choice.h"
#include "core/options.h"
#include "tui/columns.h"
#include "tui/config.h"
#include "tui/keys.h"

/* Takes from the config what the command line did not say. The config must outlive the options. */
void settings_options(struct options *options, const struct config *config);

/* Binds the keys of the config; notes in it what could not be. */
void settings_keys(struct keymap *keymap, struct config *config);

/* The columns of a view that are not to be shown, as a set of bits: those that the config's list does not
 * name, or without a list those that are optional. A list that names none of them is none. */
uint32_t settings_hidden(const struct config *config, const char *view, const struct column *columns,
	int n);

/* Notes in the config which words of the view's list are no columns. */
void settings_check_columns(struct config *config, const char *view, const struct column *columns, int n);

/* Shows or hides one column, as a list in the config. -ENOSPC. */
int settings_toggle(struct config *config, const char *view, const struct column *columns, int n,
	int column);

/*
 * Saved sets of functions. "@mine" stands for the words that [functions] has under "mine".
 */

/* Whether some word of --functions is one, so that the config is needed. */
bool settings_wants_sets(const struct options *options);

/* Puts the words of sets in their places. The config must outlive the options. -EINVAL with a sentence. */
int settings_sets(struct options *options, const struct config *config, struct error *err);

/*
 * What was typed: words as --functions takes them, "none", or "@mine = words", which puts that set into the
 * config too. -EINVAL or -ENOSPC with a sentence; then the config has not changed.
 */
int settings_choice(struct config *config, const char *text, struct function_choice *choice,
	struct error *err);

#endif
