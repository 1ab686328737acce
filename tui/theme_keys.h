/* SPDX-License-Identifier: GPL-2.0-only */
/* The keys of a .theme file that skewtop knows, and the table they are read into. For theme*.c only. */
#ifndef SKEWTOP_THEME_KEYS_H
#define SKEWTOP_THEME_KEYS_H

#include "tui/theme.h"

/* Each row: the key as files spell it. A gradient is three rows: start, mid, end. */
#define THEME_KEYS(KEY)           \
	KEY(main_bg)              \
	KEY(main_fg)              \
	KEY(title)                \
	KEY(hi_fg)                \
	KEY(selected_bg)          \
	KEY(selected_fg)          \
	KEY(inactive_fg)          \
	KEY(graph_text)           \
	KEY(meter_bg)             \
	KEY(div_line)             \
	KEY(cpu_box)              \
	KEY(proc_box)             \
	KEY(net_box)              \
	KEY(mem_box)              \
	KEY(proc_pause_bg)        \
	KEY(proc_banner_fg)       \
	KEY(followed_bg)          \
	KEY(followed_fg)          \
	KEY(cpu_start)            \
	KEY(cpu_mid)              \
	KEY(cpu_end)              \
	KEY(download_start)       \
	KEY(download_mid)         \
	KEY(download_end)         \
	KEY(upload_start)         \
	KEY(upload_mid)           \
	KEY(upload_end)           \
	KEY(used_start)           \
	KEY(used_mid)             \
	KEY(used_end)             \
	KEY(ok)                   \
	KEY(warn)                 \
	KEY(alert)                \
	KEY(mark)                 \
	KEY(match_bg)             \
	KEY(match_fg)

enum theme_key {
#define KEY(name) KEY_##name,
	THEME_KEYS(KEY)
#undef KEY
	KEY_COUNT
};

struct theme_values {
	struct theme_colour colour[KEY_COUNT];
	bool given[KEY_COUNT]; /* false: the file has no (usable) line for it */
};

/* The row of a key, or -1. */
int theme_key_find(const char *key, size_t length);

/* The name of a row. */
const char *theme_key_name(int key);

/*
 * Reads the value of a line: what stands between the quotes. False if it is none of the forms of
 * theme.h, and then the colour is untouched.
 */
bool theme_value_parse(struct theme_colour *colour, const char *value, size_t length);

/* Fills roles and gradients from what was given, each missing key from a related one. */
void theme_fill(struct theme *theme, const struct theme_values *values);

#endif
