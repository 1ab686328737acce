/* SPDX-License-Identifier: GPL-2.0-only */
/* The lists of words: columns of views, keys of actions, sets of functions. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "tui/config_text.h"

static const char *const section_names[] = {
	[CONFIG_COLUMNS] = "columns",
	[CONFIG_KEYS] = "keys",
	[CONFIG_FUNCTIONS] = "functions",
};

int config_section_find(const char *name)
{
	for (int i = 0; i < CONFIG_SECTIONS; i++)
		if (!strcmp(section_names[i], name))
			return i;
	return -1;
}

const char *config_section_name(enum config_section section)
{
	return section_names[section];
}

/* A comment would begin at a ';' after a blank, and at a '#' that comes first in a line. */
static bool is_word(const char *text, size_t length)
{
	if (!length || length >= CONFIG_WORD_MAX || text[0] == ';' || (text[0] == '#' && length > 1))
		return false;
	for (size_t i = 0; i < length; i++)
		if (isspace((unsigned char)text[i]) || iscntrl((unsigned char)text[i]))
			return false;
	return true;
}

static bool is_name(const char *text)
{
	return is_word(text, strlen(text)) && !strpbrk(text, "=:[];#");
}

int config_list_find(const struct config *config, enum config_section section, const char *name)
{
	for (int i = 0; i < config->n_lists; i++)
		if (config->list[i].section == section && !strcmp(config->list[i].name, name))
			return i;
	return -1;
}

const struct config_list *config_list(const struct config *config, enum config_section section,
	const char *name)
{
	int i = config_list_find(config, section, name);

	return i >= 0 && config->list[i].n ? &config->list[i] : NULL;
}

/* The list, made if need be. NULL and a reason if that cannot be. */
static struct config_list *list_for(struct config *config, enum config_section section,
	const char *name, int *rc)
{
	int i = config_list_find(config, section, name);
	struct config_list *list;

	*rc = 0;
	if (i >= 0)
		return &config->list[i];
	*rc = !is_name(name) ? -EINVAL : config->n_lists == CONFIG_LISTS_MAX ? -ENOSPC : 0;
	if (*rc)
		return NULL;
	list = &config->list[config->n_lists++];
	memset(list, 0, sizeof(*list));
	list->section = section;
	strcpy(list->name, name);
	return list;
}

/* ';' is "semicolon" in the file, either here. */
static int add_word(struct config_list *list, const char *text, size_t length)
{
	static const char semicolon[] = "semicolon";
	bool is_semicolon = (length == 1 && text[0] == ';') ||
		(length == strlen(semicolon) && !memcmp(text, semicolon, length));

	if (!is_semicolon && !is_word(text, length))
		return -EINVAL;
	if (list->n == CONFIG_WORDS_MAX)
		return -ENOSPC;
	if (is_semicolon) {
		text = ";";
		length = 1;
	}
	memcpy(list->word[list->n], text, length);
	list->word[list->n++][length] = '\0';
	return 0;
}

/* All words or none; up to a comment, which libinih leaves in lines that go on with a value. */
int config_list_add(struct config *config, enum config_section section, const char *name,
	const char *text, bool fresh)
{
	static const char blanks[] = " \t\r\n\v\f";
	struct config_list next = { .section = section };
	int rc = 0, i = config_list_find(config, section, name);
	struct config_list *list;

	if (i >= 0 && !fresh)
		next = config->list[i];
	for (text += strspn(text, blanks); !rc && *text && *text != ';';
		text += strspn(text, blanks)) {
		size_t length = strcspn(text, blanks);

		rc = add_word(&next, text, length);
		text += length;
	}
	list = rc ? NULL : list_for(config, section, name, &rc);
	if (!list)
		return rc;
	strcpy(next.name, name);
	*list = next;
	return 0;
}

int config_set_list(struct config *config, enum config_section section, const char *name,
	const char *const *words, int n)
{
	struct config_list next = { .section = section };
	struct config_list *list;
	int rc = 0;

	for (int i = 0; !rc && i < n; i++)
		rc = add_word(&next, words[i], strlen(words[i]));
	list = rc ? NULL : list_for(config, section, name, &rc);
	if (!list)
		return rc;
	strcpy(next.name, name);
	*list = next;
	return 0;
}
