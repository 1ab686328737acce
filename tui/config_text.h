/* SPDX-License-Identifier: GPL-2.0-only */
/* The text of the config file, apart from where it lies. For config*.c and their tests. */
#ifndef SKEWTOP_CONFIG_TEXT_H
#define SKEWTOP_CONFIG_TEXT_H

#include "core/base/bytes.h"
#include "tui/config.h"

/* Reads `text` into an initialised config. 0, or -ENOMEM. */
int config_text_read(struct config *config, const char *text, size_t length);

/*
 * Puts into `out` the text of a file with these values, made from the old text (empty: a new file).
 * 0 or -ENOMEM.
 */
int config_text_write(const struct config *config, const char *old, size_t length, struct bytes *out);

/* ---- config_value.c: the keys before any section ------------------------------------------------ */

enum { CONFIG_VALUES_MAX = 16 };

/* Number of such keys (at most CONFIG_VALUES_MAX), and the name of one. */
int config_key_count(void);
const char *config_key_name(int key);
int config_key_find(const char *name); /* or -1 */

/* False if the value makes no sense; nothing is changed then. */
bool config_key_parse(struct config *config, int key, const char *value);

/* What would have made sense: "seconds from 0.1 to 60". */
const char *config_key_accepts(int key);

/* The value as config_key_parse() takes it; size of at least CONFIG_TEXT_MAX. */
void config_key_format(const struct config *config, int key, char *value, size_t size);

/* ---- lists -------------------------------------------------------------------------------------- */

/* The section of that name in a file, or -1; and the name. */
int config_section_find(const char *name);
const char *config_section_name(enum config_section section);

/* Adds the words of `text`, divided by blanks; `fresh` empties the list before. Errors: config_set_list(). */
int config_list_add(struct config *config, enum config_section section, const char *name,
	const char *text, bool fresh);

/* Place of the list in config->list, or -1. */
int config_list_find(const struct config *config, enum config_section section, const char *name);

#endif
