/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the tables that the program is made from into its texts, so that they cannot drift apart:
 *	fill-tables <TEXT >FILLED
 * Copies lines. Between the lines that open and close a block, <!-- NAME --> and <!-- /NAME --> in
 * Markdown, .\" NAME and .\" /NAME in a manual page, what stood there is replaced.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "tui/keys.h"

enum { KEYS_TEXT = 96 };

/* Actions that share a line: those up to, not with, `end` have no text of their own. */
static enum action shared_line(const struct keymap *keymap, enum action first, char keys[KEYS_TEXT],
	const char *separator)
{
	enum action a = first;
	size_t used = 0;

	keys[0] = '\0';
	do {
		char list[KEYS_TEXT], *rest, *key;

		keymap_keys(keymap, a, list, sizeof(list));
		for (key = strtok_r(list, " ", &rest); key && used < KEYS_TEXT; key = strtok_r(NULL, " ", &rest))
			used += snprintf(keys + used, KEYS_TEXT - used, "%s%s", used ? separator : "", key);
		a++;
	} while (a < ACTIONS && !action_help(a)[0]);
	return a;
}

/* ---- Markdown ---- */

static void keys_table(const struct keymap *keymap)
{
	char keys[KEYS_TEXT];
	enum action end;

	printf("| | keys | what they do |\n|---|---|---|\n");
	for (enum action a = ACTION_NONE + 1; a < ACTIONS; a = end) {
		bool head = a == ACTION_NONE + 1 || action_group(a) != action_group(a - 1);

		end = shared_line(keymap, a, keys, "` `");
		printf("| %s | `%s` | %s |\n", head ? key_group_name(action_group(a)) : "", keys,
			action_help(a));
	}
}

static void options_block(const struct keymap *keymap)
{
	(void)keymap;
	printf("```\n");
	options_help(stdout);
	printf("```\n");
}

/* ---- manual page ---- */

/* Text as roff takes it: a minus that can be copied, a backslash that is one. */
static void roff(const char *text)
{
	if (*text == '.' || *text == '\'')
		printf("\\&");
	for (; *text; text++)
		if (*text == '-')
			printf("\\-");
		else if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
}

static void title_roff(const struct keymap *keymap)
{
	(void)keymap;
	printf(".TH SKEWTOP 8 \"\" \"");
	options_version(stdout);
}

static void keys_roff(const struct keymap *keymap)
{
	char keys[KEYS_TEXT];
	enum action end;

	for (enum action a = ACTION_NONE + 1; a < ACTIONS; a = end) {
		if (a == ACTION_NONE + 1 || action_group(a) != action_group(a - 1))
			printf(".SS %s\n", key_group_name(action_group(a)));
		end = shared_line(keymap, a, keys, " ");
		printf(".TP\n.B ");
		roff(keys);
		printf("\n");
		roff(action_help(a));
		printf("\n");
	}
}

/* What may be bound, by the names of the config file. */
static void actions_roff(const struct keymap *keymap)
{
	for (enum action a = ACTION_NONE + 1; a < ACTIONS; a++) {
		char keys[KEYS_TEXT];

		roff(action_name(a));
		printf(" = ");
		roff(keymap_keys(keymap, a, keys, sizeof(keys)));
		printf("\n");
	}
}

static void options_roff(const struct keymap *keymap)
{
	struct option_text option;

	(void)keymap;
	for (int i = 0; options_text(i, &option); i++) {
		if (!option.name) {
			printf(".SS \"%.*s\"\n", (int)strcspn(option.text, ":("), option.text);
			continue;
		}
		printf(".TP\n");
		if (option.letter)
			printf(".BI \\-%c \"%s%s\" \", \" ", option.letter, option.argument ? " " : "",
				option.argument ? option.argument : "");
		else
			printf(".BI ");
		printf("\\-\\-");
		roff(option.name);
		if (option.argument) {
			printf("= \"");
			roff(option.argument);
			printf("\"");
		}
		printf("\n");
		roff(option.text);
		printf("\n");
	}
}

/* ---- filling ---- */

static const struct block {
	const char *name;
	void (*print)(const struct keymap *keymap);
	bool markdown;
} blocks[] = {
	{ "keys", keys_table, true },
	{ "options", options_block, true },
	{ "title", title_roff, false },
	{ "keys", keys_roff, false },
	{ "actions", actions_roff, false },
	{ "options", options_roff, false },
};

/* The block whose opening (or closing, with "/") line this is, or NULL. */
static const struct block *block_of(const char *line, const char *slash)
{
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		char mark[64];

		snprintf(mark, sizeof(mark), blocks[i].markdown ? "<!-- %s%s -->\n" : ".\\\" %s%s\n", slash,
			blocks[i].name);
		if (!strcmp(line, mark))
			return &blocks[i];
	}
	return NULL;
}

int main(void)
{
	struct keymap *keymap = keymap_new();
	const struct block *open = NULL;
	char *line = NULL;
	size_t size = 0;

	while (keymap && getline(&line, &size, stdin) > 0) {
		if (open && open == block_of(line, "/"))
			open = NULL;
		if (open)
			continue;
		fputs(line, stdout);
		open = block_of(line, "");
		if (open)
			open->print(keymap);
	}
	free(line);
	keymap_free(keymap);
	if (open)
		fprintf(stderr, "fill-tables: the block '%s' is not closed\n", open->name);
	return !keymap || open || fflush(stdout);
}
