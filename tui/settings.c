/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/settings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void settings_options(struct options *options, const struct config *config)
{
	if (!options->delay_given)
		options->delay_ns = config->delay_ns;
	if (!options->history_ns)
		options->history_ns = config->history_ns;
	if (!options->theme && config->theme[0])
		options->theme = config->theme;
	if (!options->view && config->view[0])
		options->view = config->view;
	options->ascii |= config->ascii;
	options->plain |= config->plain;
	options->no_mouse |= !config->mouse;
}

int settings_keys(struct keymap *keymap, const struct config *config, struct error *err)
{
	int refused = 0;

	for (int i = 0; i < config->n_lists; i++) {
		const struct config_list *list = &config->list[i];
		char keys[CONFIG_WORDS_MAX * CONFIG_WORD_MAX] = "";
		size_t used = 0;

		if (list->section != CONFIG_KEYS)
			continue;
		for (int k = 0; k < list->n && used < sizeof(keys); k++)
			used += snprintf(keys + used, sizeof(keys) - used, "%s ", list->word[k]);
		refused += keymap_bind(keymap, list->name, keys, err) < 0;
	}
	return refused;
}

static bool names(const struct config_list *list, const char *id)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->word[i], id) == 0)
			return true;
	return false;
}

uint32_t settings_hidden(
	const struct config *config, const char *view, const struct column *columns, int n)
{
	const struct config_list *list = config_list(config, CONFIG_COLUMNS, view);
	uint32_t hidden = 0, optional = 0;
	int shown = 0;

	for (int c = 0; c < n; c++) {
		if (columns[c].optional)
			optional |= UINT32_C(1) << c;
		if (list && names(list, columns[c].id))
			shown++;
		else
			hidden |= UINT32_C(1) << c;
	}
	return shown ? hidden : optional;
}

int settings_toggle(struct config *config, const char *view, const struct column *columns, int n,
	int column)
{
	uint32_t hidden = settings_hidden(config, view, columns, n) ^ UINT32_C(1) << column;
	const char *words[COLUMNS_MAX];
	int n_words = 0;

	for (int c = 0; c < n; c++)
		if (!(hidden >> c & 1))
			words[n_words++] = columns[c].id;
	/* A view without columns shows nothing: the last one stays. */
	return n_words ? config_set_list(config, CONFIG_COLUMNS, view, words, n_words) : 0;
}
