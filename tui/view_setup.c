/* SPDX-License-Identifier: GPL-2.0-only */
/* The setup: what is changed here shows at once; W keeps it in the config file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/output/number.h"
#include "tui/app_state.h"
#include "tui/settings.h"
#include "tui/terminal.h"

enum setting {
	SET_DELAY,
	SET_HISTORY,
	SET_UNITS,
	SET_GROUP,
	SET_THEME,
	SET_VIEW,
	SET_IDLE,
	SET_MOUSE,
	SET_ASCII,
	SET_BRAILLE,
	SET_PLAIN,
	SETTINGS,
};

/* A line: a setting, or a column of a view. */
struct item {
	int setting; /* SETTINGS: a column */
	const struct view_ops *view;
	int column;
};

enum { ITEMS_MAX = 256, LABEL_W = 22 };

struct setup {
	struct app *app;
	struct item item[ITEMS_MAX];
	int n, at, top, height;
};

static void *open_setup(struct app *app, const void *argument)
{
	struct setup *s = calloc(1, sizeof(*s));

	(void)argument;
	if (!s)
		return NULL;
	s->app = app;
	for (int i = 0; i < SETTINGS; i++)
		s->item[s->n++] = (struct item){ .setting = i };
	for (int i = 0; i < n_tabs; i++)
		for (int c = 0; c < tabs[i]->n_columns && s->n < ITEMS_MAX; c++)
			s->item[s->n++] = (struct item){ SETTINGS, tabs[i], c };
	return s;
}

static void close_setup(struct app *app, void *state)
{
	(void)app;
	free(state);
}

/* ---- one line ---- */

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

static void setting_text(const struct app *app, enum setting setting, const char **label, char *value,
	size_t size)
{
	const struct config *config = app->config;
	char text[NUMBER_MAX];

	switch (setting) {
	case SET_DELAY:
		*label = "delay between samples";
		snprintf(value, size, "%g s", app->interval_ns / 1e9);
		break;
	case SET_HISTORY:
		*label = "history (next start)";
		snprintf(value, size, "%s",
			number_duration(config->history_ns, text, sizeof(text)));
		break;
	case SET_UNITS:
		*label = "units";
		snprintf(value, size, "%s", units_name(app->units));
		break;
	case SET_GROUP:
		*label = "CPUs together by";
		snprintf(value, size, "%s", grouping_name(app->group));
		break;
	case SET_THEME:
		*label = "theme";
		snprintf(value, size, "%s", app_theme_name(app));
		break;
	case SET_VIEW:
		*label = "first view";
		snprintf(value, size, "%s", config->view[0] ? config->view : tabs[0]->name);
		break;
	case SET_IDLE:
		*label = "hide idle rows";
		snprintf(value, size, "%s", on_off(app->hide_idle));
		break;
	case SET_MOUSE:
		*label = "mouse";
		snprintf(value, size, "%s", on_off(app->mouse));
		break;
	case SET_ASCII:
		*label = "ASCII only";
		snprintf(value, size, "%s", on_off(!app->canvas.utf8));
		break;
	case SET_BRAILLE:
		*label = "history in braille";
		snprintf(value, size, "%s", on_off(app->canvas.braille));
		break;
	default:
		*label = "plain, for readers";
		snprintf(value, size, "%s", on_off(app->canvas.plain));
		break;
	}
}

static bool shown(const struct app *app, const struct item *item)
{
	uint32_t hidden = settings_hidden(
		app->config, item->view->name, item->view->columns, item->view->n_columns);

	return !(hidden >> item->column & 1);
}

static void draw_item(
	const struct setup *s, const struct canvas *canvas, int y, struct area area, int i)
{
	const struct item *item = &s->item[i];
	enum theme_role role = i == s->at ? ROLE_SELECTED : ROLE_TEXT;
	char value[200];
	const char *label;

	if (i == s->at)
		canvas_blank(canvas, y, area.x, area.w, ROLE_SELECTED);
	if (item->setting < SETTINGS) {
		setting_text(s->app, item->setting, &label, value, sizeof(value));
		canvas_printf(canvas, y, area.x, area.w, role, "%c %-*s < %s >", i == s->at ? '>' : ' ',
			LABEL_W, label, value);
		return;
	}
	canvas_printf(canvas, y, area.x, area.w, role, "%c %-12s [%c] %-12s %s",
		i == s->at ? '>' : ' ',
		item->column == 0 || i == s->top ? item->view->title : "",
		shown(s->app, item) ? 'x' : ' ', item->view->columns[item->column].id,
		item->view->columns[item->column].title);
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct setup *s = state;
	struct area foot = area_take_bottom(&area, area.h > 4 ? 2 : 0);

	(void)frame;
	s->height = area.h > 0 ? area.h : 1;
	if (s->at < s->top)
		s->top = s->at;
	if (s->at >= s->top + s->height)
		s->top = s->at - s->height + 1;
	for (int i = 0; i < area.h && s->top + i < s->n; i++)
		draw_item(s, canvas, area.y + i, area, s->top + i);
	if (!foot.h)
		return;
	canvas_rule(canvas, foot.y, foot.x, foot.w, "");
	canvas_cut(canvas, foot.y + 1, foot.x + 1, foot.w - 1, ROLE_DIM,
		"left right: change   space: show or hide a column   W: keep it   Esc: back");
}

/* ---- changing ---- */

static void change_view(struct config *config, int step)
{
	int at = 0;

	for (int i = 0; i < n_tabs; i++)
		if (strcmp(config->view, tabs[i]->name) == 0)
			at = i;
	snprintf(config->view, sizeof(config->view), "%s", tabs[(at + step + n_tabs) % n_tabs]->name);
}

static void change_history(struct config *config, int step)
{
	static const unsigned minutes[] = { 1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 1440 };
	int n = sizeof(minutes) / sizeof(minutes[0]), at = 0;

	while (at < n - 1 && minutes[at] * UINT64_C(60000000000) < config->history_ns)
		at++;
	at += step;
	if (at >= 0 && at < n)
		config->history_ns = minutes[at] * UINT64_C(60000000000);
}

static void change(struct setup *s, int step)
{
	const struct item *item = &s->item[s->at];
	struct app *app = s->app;

	switch (item->setting) {
	case SET_DELAY:
		app_change_delay(app, step > 0);
		break;
	case SET_HISTORY:
		change_history(app->config, step);
		break;
	case SET_UNITS:
		app->units = (app->units + step + UNITS) % UNITS;
		break;
	case SET_GROUP:
		app->group = (app->group + step + GROUPINGS) % GROUPINGS;
		break;
	case SET_THEME:
		app_next_theme(app, step);
		break;
	case SET_VIEW:
		change_view(app->config, step);
		break;
	case SET_IDLE:
		app->hide_idle = !app->hide_idle;
		break;
	case SET_MOUSE:
		app->mouse = !app->mouse;
		terminal_mouse(app->mouse);
		break;
	case SET_ASCII:
		app->canvas.utf8 = !app->canvas.utf8 && app->utf8_possible;
		break;
	case SET_BRAILLE:
		app->canvas.braille = !app->canvas.braille;
		break;
	case SET_PLAIN:
		app->canvas.plain = !app->canvas.plain;
		break;
	default:
		settings_toggle(app->config, item->view->name, item->view->columns,
			item->view->n_columns, item->column);
		app_apply_columns(app);
		break;
	}
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct setup *s = state;
	int page = s->height > 1 ? s->height - 1 : 1;

	(void)frame;
	if (keys_move(&s->at, s->n, page, action))
		return true;
	switch (action) {
	case ACTION_LEFT:
		change(s, -1);
		break;
	case ACTION_RIGHT:
	case ACTION_ENTER:
	case ACTION_MARK:
		change(s, 1);
		break;
	case ACTION_SETUP:
		app_pop(app);
		return true;
	default:
		return false;
	}
	return true;
}

static const char *path(void *state, char *buf, size_t size)
{
	(void)state;
	snprintf(buf, size, "setup");
	return buf;
}

const struct view_ops view_setup = {
	.name = "setup",
	.title = "Setup",
	.box = ROLE_BOX_CPU,
	.whole_screen = true,
	.open = open_setup,
	.close = close_setup,
	.draw = draw,
	.act = act,
	.path = path,
};
