/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tui/prompt.h"

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

/* After all bindings: a later one may give another key to an action that has lost its own. */
static void note_keyless(const struct keymap *keymap, struct config *config)
{
	for (int a = ACTION_NONE + 1; a < ACTIONS; a++) {
		char key[KEY_NAME_MAX];
		enum action taker = keymap_taker(keymap, a, key, sizeof(key));

		if (taker != ACTION_NONE)
			config_note(config, "config: '%s' has no key any more: '%s' took %s", action_name(a),
				action_name(taker), key);
	}
}

void settings_keys(struct keymap *keymap, struct config *config)
{
	for (int i = 0; i < config->n_lists; i++) {
		const struct config_list *list = &config->list[i];
		char keys[CONFIG_WORDS_MAX * CONFIG_WORD_MAX] = "";
		struct error why = { "" };
		size_t used = 0;

		if (list->section != CONFIG_KEYS)
			continue;
		for (int k = 0; k < list->n && used < sizeof(keys); k++)
			used += snprintf(keys + used, sizeof(keys) - used, "%s ", list->word[k]);
		if (keymap_bind(keymap, list->name, keys, &why))
			config_note(config, "config: %s", why.text);
	}
	note_keyless(keymap, config);
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

static bool is_column(const char *word, const struct column *columns, int n)
{
	for (int c = 0; c < n; c++)
		if (strcmp(columns[c].id, word) == 0)
			return true;
	return false;
}

void settings_check_columns(struct config *config, const char *view, const struct column *columns, int n)
{
	const struct config_list *list = config_list(config, CONFIG_COLUMNS, view);

	for (int i = 0; list && i < list->n; i++)
		if (!is_column(list->word[i], columns, n))
			config_note(config, "config: '%s' is no column of %s", list->word[i], view);
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

/* ---- sets of functions ---- */

/* The set that a word stands for, "@name"; NULL: none, the word stands for itself. -EINVAL: no such set. */
static int find_set(const struct config *config, const char *word, const struct config_list **set,
	struct error *err)
{
	char names[200] = "";
	size_t used = 0;

	*set = word[0] == '@' ? config_list(config, CONFIG_FUNCTIONS, word + 1) : NULL;
	if (*set || word[0] != '@')
		return 0;
	for (int i = 0; i < config->n_lists && used < sizeof(names); i++)
		if (config->list[i].section == CONFIG_FUNCTIONS && config->list[i].n)
			used += snprintf(names + used, sizeof(names) - used, " @%s", config->list[i].name);
	return error_set(err, -EINVAL, "the config has no set of functions '%.60s'%s%s", word,
		names[0] ? "; there are" : "", names);
}

/* The k-th of the words that a word stands for; NULL: there are no more. */
static const char *word_of(const struct config_list *set, const char *word, int k)
{
	if (!set)
		return k ? NULL : word;
	return k < set->n ? set->word[k] : NULL;
}

bool settings_wants_sets(const struct options *options)
{
	for (int i = 0; i < options->functions.n; i++)
		if (options->functions.word[i][0] == '@')
			return true;
	return false;
}

int settings_sets(struct options *options, const struct config *config, struct error *err)
{
	struct word_list given = options->functions, *all = &options->functions;

	all->n = 0;
	for (int i = 0; i < given.n; i++) {
		const struct config_list *set;
		const char *word;

		if (find_set(config, given.word[i], &set, err))
			return -EINVAL;
		for (int k = 0; (word = word_of(set, given.word[i], k)); k++) {
			if (all->n == OPTIONS_LIST_MAX)
				return error_set(err, -EINVAL, "--functions takes up to %d words, those of sets included",
					OPTIONS_LIST_MAX);
			all->word[all->n++] = word;
		}
	}
	return 0;
}

static int add_word(const struct config *config, const char *word, struct function_choice *choice,
	struct error *err)
{
	const struct config_list *set;
	const char *one;

	if (strcmp(word, "none") == 0) {
		*choice = (struct function_choice){ 0 };
		return 0;
	}
	if (find_set(config, word, &set, err))
		return -EINVAL;
	for (int k = 0; (one = word_of(set, word, k)); k++)
		if (!function_choice_add(choice, one))
			return error_set(err, -EINVAL, "'%.40s' is one word too many or too long", word);
	return 0;
}

/* "@mine": what was typed before the '='. */
static int define_set(struct config *config, const char *name, const struct function_choice *choice,
	struct error *err)
{
	const char *words[FUNCTION_GLOBS_MAX];
	int rc = -EINVAL;

	for (int i = 0; i < choice->n_globs; i++)
		words[i] = choice->glob[i];
	if (name[0] == '@' && choice->n_globs)
		rc = config_set_list(config, CONFIG_FUNCTIONS, name + 1, words, choice->n_globs);
	return rc ? error_set(err, rc, "a set is '@name = globs', with up to %d globs of %d letters",
			    CONFIG_WORDS_MAX, CONFIG_WORD_MAX - 1)
		  : 0;
}

int settings_choice(struct config *config, const char *text, struct function_choice *choice,
	struct error *err)
{
	static const char blanks[] = " ,\t";
	char typed[PROMPT_MAX], *rest, *word, *equals;
	const char *name;
	int rc;

	memset(choice, 0, sizeof(*choice));
	snprintf(typed, sizeof(typed), "%s", text);
	equals = strchr(typed, '=');
	if (equals)
		*equals = '\0';
	name = equals ? strtok_r(typed, blanks, &rest) : NULL;
	word = strtok_r(equals ? equals + 1 : typed, blanks, &rest);
	for (; word; word = strtok_r(NULL, blanks, &rest)) {
		rc = add_word(config, word, choice, err);
		if (rc)
			return rc;
	}
	return equals ? define_set(config, name ? name : "", choice, err) : 0;
}
