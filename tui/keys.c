/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/keys.h"

#include <errno.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

struct fact {
	const char *name;
	const char *keys;
	const char *help;
	const char *label;
	enum key_group group;
	int rank;
};

static const struct fact facts[ACTIONS] = {
#define ACTION(id, name_, keys_, group_, help_, rank_, label_)                                    \
	[ACTION_##id] = {                                                                         \
		.name = name_,                                                                    \
		.keys = keys_,                                                                    \
		.help = help_,                                                                    \
		.label = label_,                                                                  \
		.group = KEYS_##group_,                                                           \
		.rank = rank_,                                                                    \
	},
#include "tui/keys.def"
#undef ACTION
};

static const struct {
	const char *name;
	int key;
} named_keys[] = {
	{ "Tab", '\t' },
	{ "S-Tab", KEY_SPECIAL + KEY_BTAB },
	{ "Enter", '\r' },
	{ "Esc", KEY_ESCAPE },
	{ "Space", ' ' },
	{ "Backspace", KEY_SPECIAL + KEY_BACKSPACE },
	{ "Up", KEY_SPECIAL + KEY_UP },
	{ "Down", KEY_SPECIAL + KEY_DOWN },
	{ "Left", KEY_SPECIAL + KEY_LEFT },
	{ "Right", KEY_SPECIAL + KEY_RIGHT },
	{ "PgUp", KEY_SPECIAL + KEY_PPAGE },
	{ "PgDn", KEY_SPECIAL + KEY_NPAGE },
	{ "Home", KEY_SPECIAL + KEY_HOME },
	{ "End", KEY_SPECIAL + KEY_END },
	{ "Ins", KEY_SPECIAL + KEY_IC },
	{ "Del", KEY_SPECIAL + KEY_DC },
};

enum { N_NAMED = sizeof(named_keys) / sizeof(named_keys[0]) };

int key_number(const char *name)
{
	int n;
	char end;

	for (int i = 0; i < N_NAMED; i++)
		if (strcmp(name, named_keys[i].name) == 0)
			return named_keys[i].key;
	if (sscanf(name, "F%d%c", &n, &end) == 1 && n >= 1 && n <= 24)
		return KEY_SPECIAL + KEY_F(n);
	if (name[0] == '^' && name[1] >= 'A' && name[1] <= 'Z' && !name[2])
		return name[1] - 'A' + 1;
	return name[0] > ' ' && name[0] < 127 && !name[1] ? name[0] : -1;
}

const char *key_text(int key, char *buf, size_t size)
{
	for (int i = 0; i < N_NAMED; i++) {
		if (key == named_keys[i].key) {
			snprintf(buf, size, "%s", named_keys[i].name);
			return buf;
		}
	}
	if (key >= KEY_SPECIAL + KEY_F(1) && key <= KEY_SPECIAL + KEY_F(24))
		snprintf(buf, size, "F%d", key - KEY_SPECIAL - KEY_F(0));
	else if (key > 0 && key < ' ')
		snprintf(buf, size, "^%c", key + 'A' - 1);
	else
		snprintf(buf, size, "%c", key);
	return buf;
}

/* ---- bindings ---- */

struct keymap {
	int key[ACTIONS][KEYS_PER_ACTION]; /* 0: none */
	int lost[ACTIONS];		   /* its last key, which another action has got */
};

/* Terminals differ in what Enter and Backspace send. */
static int canonical(int key)
{
	if (key == '\n' || key == KEY_SPECIAL + KEY_ENTER)
		return '\r';
	if (key == 127 || key == '\b')
		return KEY_SPECIAL + KEY_BACKSPACE;
	return key;
}

/* Reads a list of keys. Number of them, or -EINVAL with the word that is none in `bad`. */
static int parse_keys(const char *list, int *keys, char *bad, size_t bad_size)
{
	char word[KEY_NAME_MAX];
	int n = 0, used;

	memset(keys, 0, KEYS_PER_ACTION * sizeof(*keys));
	while (sscanf(list, " %15s%n", word, &used) == 1) {
		int key = key_number(word);

		if (key < 0 || n == KEYS_PER_ACTION) {
			snprintf(bad, bad_size, "%s", word);
			return -EINVAL;
		}
		keys[n++] = canonical(key);
		list += used;
	}
	return n;
}

struct keymap *keymap_new(void)
{
	struct keymap *keymap = calloc(1, sizeof(*keymap));
	char bad[KEY_NAME_MAX];

	for (int a = 1; keymap && a < ACTIONS; a++)
		parse_keys(facts[a].keys, keymap->key[a], bad, sizeof(bad));
	return keymap;
}

void keymap_free(struct keymap *keymap)
{
	free(keymap);
}

static void take_away(struct keymap *keymap, int key)
{
	for (int a = 1; a < ACTIONS; a++) {
		int kept = 0;

		if (keymap->key[a][0] == key && !keymap->key[a][1])
			keymap->lost[a] = key;
		for (int i = 0; i < KEYS_PER_ACTION; i++)
			if (keymap->key[a][i] != key)
				keymap->key[a][kept++] = keymap->key[a][i];
		while (kept < KEYS_PER_ACTION)
			keymap->key[a][kept++] = 0;
	}
}

int keymap_bind(struct keymap *keymap, const char *name, const char *list, struct error *err)
{
	int keys[KEYS_PER_ACTION], n, action = ACTION_NONE;
	char bad[KEY_NAME_MAX];

	for (int a = 1; a < ACTIONS; a++)
		if (strcmp(facts[a].name, name) == 0)
			action = a;
	if (action == ACTION_NONE)
		return error_set(err, -EINVAL, "there is no action called '%s' to bind a key to", name);
	n = parse_keys(list, keys, bad, sizeof(bad));
	if (n < 0)
		return error_set(err, -EINVAL,
			"'%s' is no key for '%s', or one too many: keys look like q ^D F5 Space PgUp",
			bad, name);
	for (int i = 0; i < n; i++)
		take_away(keymap, keys[i]);
	memcpy(keymap->key[action], keys, sizeof(keys));
	keymap->lost[action] = 0;
	return 0;
}

enum action keymap_action(const struct keymap *keymap, int key)
{
	key = canonical(key);
	for (int a = 1; key && a < ACTIONS; a++)
		for (int i = 0; i < KEYS_PER_ACTION; i++)
			if (keymap->key[a][i] == key)
				return a;
	return ACTION_NONE;
}

enum action keymap_taker(const struct keymap *keymap, enum action action, char *buf, size_t size)
{
	int key = keymap->lost[action];

	if (!key || keymap->key[action][0])
		return ACTION_NONE;
	key_text(key, buf, size);
	return keymap_action(keymap, key);
}

const char *keymap_key(const struct keymap *keymap, enum action action, char *buf, size_t size)
{
	if (keymap->key[action][0])
		return key_text(keymap->key[action][0], buf, size);
	snprintf(buf, size, "%s", "");
	return buf;
}

const char *keymap_keys(const struct keymap *keymap, enum action action, char *buf, size_t size)
{
	char name[KEY_NAME_MAX];
	size_t used = 0;

	snprintf(buf, size, "%s", "");
	for (int i = 0; i < KEYS_PER_ACTION && keymap->key[action][i] && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", used ? " " : "",
			key_text(keymap->key[action][i], name, sizeof(name)));
	return buf;
}

/* ---- facts ---- */

const char *action_name(enum action action)
{
	return facts[action].name ? facts[action].name : "";
}

const char *action_help(enum action action)
{
	return facts[action].help ? facts[action].help : "";
}

enum key_group action_group(enum action action)
{
	return facts[action].group;
}

enum action action_of_bar(int rank, const char **label)
{
	for (int a = 1; a < ACTIONS; a++) {
		if (facts[a].rank == rank) {
			*label = facts[a].label;
			return a;
		}
	}
	return ACTION_NONE;
}

const char *key_group_name(enum key_group group)
{
	static const char *const names[KEY_GROUPS] = {
		[KEYS_VIEW] = "VIEW",
		[KEYS_MOVE] = "MOVE",
		[KEYS_TIME] = "TIME",
		[KEYS_FIND] = "FIND",
		[KEYS_CPU] = "CPU",
		[KEYS_MARK] = "MARK",
		[KEYS_LOOK] = "LOOK",
	};

	return names[group];
}

bool keys_move(int *place, int n, int page, enum action action)
{
	switch (action) {
	case ACTION_DOWN:
		++*place;
		break;
	case ACTION_UP:
		--*place;
		break;
	case ACTION_PAGE_DOWN:
		*place += page;
		break;
	case ACTION_PAGE_UP:
		*place -= page;
		break;
	case ACTION_FIRST:
		*place = 0;
		break;
	case ACTION_LAST:
		*place = n - 1;
		break;
	default:
		return false;
	}
	if (*place >= n)
		*place = n - 1;
	if (*place < 0)
		*place = 0;
	return true;
}
