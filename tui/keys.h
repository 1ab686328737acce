/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and what they start. keys.def is the one list; the config file may bind others. */
#ifndef SKEWTOP_TUI_KEYS_H
#define SKEWTOP_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/error.h"

enum action {
	ACTION_NONE,
#define ACTION(id, name, keys, group, help, rank, label) ACTION_##id,
#include "tui/keys.def"
#undef ACTION
	ACTIONS,
};

enum key_group { KEYS_VIEW, KEYS_MOVE, KEYS_TIME, KEYS_FIND, KEYS_CPU, KEYS_MARK, KEYS_LOOK, KEY_GROUPS };

/* A key as a number: a Unicode character, or KEY_SPECIAL plus what ncurses calls it. */
enum { KEY_SPECIAL = 0x200000, KEY_ESCAPE = 27, KEYS_PER_ACTION = 4, KEY_NAME_MAX = 16 };

/* "q", "^D", "Space", "F10", "S-Tab" ... to its number; -1 if there is no such key. */
int key_number(const char *name);
/* The other way. */
const char *key_text(int key, char *buf, size_t size);

struct keymap;

/* The keys of keys.def. NULL: no memory. */
struct keymap *keymap_new(void);
void keymap_free(struct keymap *keymap);

/*
 * Gives the action called `name` the keys listed (separated by blanks) instead of those it had; a key
 * that another action had is taken from it. -EINVAL with a sentence, and nothing changed.
 */
int keymap_bind(struct keymap *keymap, const char *name, const char *keys, struct error *err);

enum action keymap_action(const struct keymap *keymap, int key);

/*
 * The action that has got the last key of one that has none any more, and that key; ACTION_NONE where the action has
 * a key, or was given none.
 */
enum action keymap_taker(const struct keymap *keymap, enum action action, char *buf, size_t size);

/* The action's first key, or "" if it has none. */
const char *keymap_key(const struct keymap *keymap, enum action action, char *buf, size_t size);

/* All keys of an action, separated by blanks. */
const char *keymap_keys(const struct keymap *keymap, enum action action, char *buf, size_t size);

/* Static facts of an action: "" where there is none. */
const char *action_name(enum action action);
const char *action_help(enum action action);
enum key_group action_group(enum action action);
/* The actions of the bottom bar in order: `rank` from 1 on; ACTION_NONE past the last. */
enum action action_of_bar(int rank, const char **label);

/* "VIEW", "MOVE" ... */
const char *key_group_name(enum key_group group);

/* Moves a place within 0 ... n-1, by `page` for the page keys. True if the action was one that moves. */
bool keys_move(int *place, int n, int page, enum action action);

#endif
