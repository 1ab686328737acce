/* SPDX-License-Identifier: GPL-2.0-only */
/* All keys, from the one table; what the letters and figures mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/spark.h"
#include "tui/view.h"

enum { KEYS_WIDTH = 15, LINES_MAX = 64 };

struct help_line {
	enum key_group group;
	char keys[64];
	const char *text;
};

struct help_view {
	const struct keymap *keymap;
	struct help_line line[LINES_MAX];
	int n;
	int top;
	int most; /* the largest top */
};

/* The first key of each action; seven digits in a row as their ends. */
static void add_key(const struct keymap *keymap, enum action action, struct help_line *line)
{
	char key[KEY_NAME_MAX];
	size_t used = strlen(line->keys);

	keymap_key(keymap, action, key, sizeof(key));
	if (!key[0])
		return;
	if (used && !key[1] && key[0] >= '2' && key[0] <= '9' && line->keys[used - 1] == key[0] - 1 &&
		(used == 1 || line->keys[used - 2] == '-'))
		snprintf(line->keys + 1, sizeof(line->keys) - 1, "-%c", key[0]);
	else
		snprintf(line->keys + used, sizeof(line->keys) - used, "%s%s", used ? " " : "", key);
}

/* Where there is room, the other keys of an action that has its line alone. */
static void add_other_keys(
	const struct keymap *keymap, enum action action, struct help_line *line)
{
	char keys[KEYS_PER_ACTION * KEY_NAME_MAX];

	if (action + 1 < ACTIONS && !action_help(action + 1)[0])
		return;
	keymap_keys(keymap, action, keys, sizeof(keys));
	if (strlen(keys) < KEYS_WIDTH && strncmp(keys, line->keys, strlen(line->keys)) == 0)
		snprintf(line->keys, sizeof(line->keys), "%s", keys);
}

static void *open_help(struct app *app, const void *argument)
{
	struct help_view *v = calloc(1, sizeof(*v));

	(void)app;
	if (!v)
		return NULL;
	v->keymap = argument;
	for (int a = ACTION_NONE + 1; a < ACTIONS; a++) {
		if (action_help(a)[0] && v->n < LINES_MAX) {
			v->line[v->n].group = action_group(a);
			v->line[v->n++].text = action_help(a);
		}
		add_key(v->keymap, a, &v->line[v->n - 1]);
		add_other_keys(v->keymap, a, &v->line[v->n - 1]);
	}
	return v;
}

static void close_help(struct app *app, void *state)
{
	(void)app;
	free(state);
}

static const char *const legend[] = {
	"Cells: " LEVEL_LEGEND "+ of busiest",
	"x avg: busiest CPU / mean of the CPUs shown. top1: its share of sum. GINI: 0",
	"even, 1 all on one CPU. lost: ring, map or file full, missed, malformed; held",
	"back: over --trace-rate. Colour repeats what letters say (NO_COLOR, --ascii).",
};

enum { LEGEND_LINES = sizeof(legend) / sizeof(legend[0]) };

static void draw_entry(const struct help_view *v, const struct canvas *canvas, int y, int x, int w, int i)
{
	const struct help_line *line = &v->line[i];
	bool first = i == 0 || v->line[i - 1].group != line->group;

	canvas_role(canvas, y, x, 5, ROLE_TITLE, first ? key_group_name(line->group) : "");
	canvas_right(canvas, y, x + 5, KEYS_WIDTH - 1, ROLE_HIGHLIGHT, line->keys);
	canvas_cut(canvas, y, x + 5 + KEYS_WIDTH, w - 5 - KEYS_WIDTH, ROLE_TEXT, line->text);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct help_view *v = state;
	struct area foot = area_take_bottom(&area, area.h > LEGEND_LINES + 8 ? LEGEND_LINES + 1 : 0);
	int columns = area.w >= 76 ? 2 : 1, width = area.w / columns;
	int rows = (v->n + columns - 1) / columns;

	(void)frame;
	v->most = rows > area.h ? rows - area.h : 0;
	if (v->top > v->most)
		v->top = v->most;
	for (int row = 0; row < area.h && v->top + row < rows; row++)
		for (int c = 0; c < columns && c * rows + v->top + row < v->n; c++)
			draw_entry(v, canvas, area.y + row, area.x + 1 + c * width, width - 1,
				c * rows + v->top + row);
	if (!foot.h)
		return;
	canvas_rule(canvas, foot.y, foot.x, foot.w, v->most ? "more below: j k" : "");
	for (int i = 0; i < LEGEND_LINES; i++)
		canvas_cut(canvas, foot.y + 1 + i, foot.x + 1, foot.w - 1, ROLE_DIM, legend[i]);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct help_view *v = state;

	(void)frame;
	switch (action) {
	case ACTION_DOWN:
	case ACTION_PAGE_DOWN:
		v->top += action == ACTION_DOWN ? 1 : 10;
		return true;
	case ACTION_UP:
	case ACTION_PAGE_UP:
		v->top -= action == ACTION_UP ? 1 : 10;
		if (v->top < 0)
			v->top = 0;
		return true;
	case ACTION_HELP:
		app_pop(app);
		return true;
	default:
		return false;
	}
}

static const char *path(void *state, char *buf, size_t size)
{
	(void)state;
	snprintf(buf, size, "help");
	return buf;
}

const struct view_ops view_help = {
	.name = "help",
	.title = "Help",
	.box = ROLE_BOX_CPU,
	.whole_screen = true,
	.open = open_help,
	.close = close_help,
	.draw = draw,
	.act = act,
	.path = path,
};
