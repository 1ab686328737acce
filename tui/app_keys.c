/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/output/number.h"
#include "tui/app_state.h"
#include "tui/export_view.h"
#include "tui/terminal.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* ---- words that are typed ---- */

static int parse_cpu_word(struct cpu_choice *choice, const struct topology *topology, const char *word,
	struct error *err)
{
	struct cpus set;
	int node;
	char end;

	if (strcmp(word, "hot") == 0) {
		choice->hot = true;
		return 0;
	}
	if (sscanf(word, "node%d%c", &node, &end) == 1) {
		bool any = false;

		for (int i = 0; i < topology->n_cpus; i++) {
			if (topology->cpu[i].node != node)
				continue;
			cpus_add(&choice->cpus, topology->cpu[i].id);
			any = true;
		}
		return any ? 0 : error_set(err, -EINVAL, "there is no node %d", node);
	}
	if (cpus_parse(&set, word) || !cpus_count(&set))
		return error_set(err, -EINVAL, "'%.40s' is no list of CPUs: 0-7,64 node1 hot all", word);
	cpus_for_each(id, &set) {
		if (topology_slot(topology, id) < 0)
			return error_set(err, -EINVAL, "there is no CPU %d", id);
		cpus_add(&choice->cpus, id);
	}
	return 0;
}

int cpu_choice_parse(struct cpu_choice *choice, const struct topology *topology, const char *text,
	struct error *err)
{
	struct cpu_choice made = { .narrowed = true };
	char words[PROMPT_MAX], *rest, *word;

	snprintf(words, sizeof(words), "%s", text);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, "all") == 0)
			made.narrowed = false;
		else if (parse_cpu_word(&made, topology, word, err))
			return -EINVAL;
	}
	if (!made.hot && !cpus_count(&made.cpus))
		made.narrowed = false;
	*choice = made;
	return 0;
}

/* Of a recording the samples are where they are. */
static bool takes_samples(const struct app *app)
{
	for (int i = 0; i < app->n_machines; i++)
		if (collector_source(app->machine[i].host.collector)->paced)
			return true;
	return false;
}

static void set_delay(struct app *app, uint64_t interval_ns)
{
	if (!takes_samples(app)) {
		app_say(app, ROLE_WARN, "a recording's samples are as it took them; , and . play them slower, faster");
		return;
	}
	if (interval_ns < 100 * NS_PER_MS)
		interval_ns = 100 * NS_PER_MS;
	if (interval_ns > 60 * NS_PER_S)
		interval_ns = 60 * NS_PER_S;
	app->interval_ns = interval_ns;
	for (int i = 0; i < app->n_machines; i++)
		collector_set_interval(app->machine[i].host.collector, interval_ns);
	app_say(app, ROLE_OK, "a sample every %g s", interval_ns / 1e9);
}

/* Steps that people think in. */
void app_change_delay(struct app *app, bool longer)
{
	static const unsigned steps_ms[] = { 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000 };
	int n = sizeof(steps_ms) / sizeof(steps_ms[0]);
	uint64_t now = app->interval_ns / NS_PER_MS;

	if (longer) {
		for (int i = 0; i < n; i++)
			if (steps_ms[i] > now)
				return set_delay(app, steps_ms[i] * NS_PER_MS);
	} else {
		for (int i = n - 1; i >= 0; i--)
			if (steps_ms[i] < now)
				return set_delay(app, steps_ms[i] * NS_PER_MS);
	}
}

static void typed_delay(struct app *app, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.1 && seconds <= 60))
		app_say(app, ROLE_ALERT, "the delay is 0.1 to 60 seconds, not '%s'", text);
	else
		set_delay(app, (uint64_t)(seconds * 1e9 + 0.5));
}

static void typed_cpus(struct app *app, const char *text)
{
	struct error err = { "" };

	if (cpu_choice_parse(&app->cpus, &app_host(app)->topology, text, &err))
		app_say(app, ROLE_ALERT, "%s", err.text);
}

static void typed_time(struct app *app, const char *text)
{
	struct cursor *cursor = &app_machine(app)->cursor;
	uint64_t real_ns;

	if (cursor_parse_time(cursor, text, &real_ns))
		app_say(app, ROLE_ALERT, "a time looks like 14:01:58, -30, +2m or @1700000000, not '%s'",
			text);
	else
		cursor_seek(cursor, real_ns);
}

static void typed_packet_filter(struct app *app, const char *text)
{
	struct machine *m = app_machine(app);

	if (!collector_source(m->host.collector)->set_filter) {
		app_say(app, ROLE_WARN, "a recording cannot be filtered anew; f filters its lines");
		return;
	}
	collector_set_filter(m->host.collector, text, app->options->inner_filter);
	app_say(app, ROLE_TEXT, "loading the filter ...");
}

static void export_to(struct app *app, const char *path, bool force)
{
	struct focus focus = app_focus(app);
	struct error err = { "" };
	char label[200];
	int n;

	if (!path[0])
		return;
	snprintf(app->export_path, sizeof(app->export_path), "%s", path);
	n = export_focus(&focus, &app->frame, app->export_path, force, &err);
	if (n == -EEXIST && !force) {
		snprintf(label, sizeof(label), "'%.100s' is there; overwrite it? (y, n):", path);
		prompt_open(&app->prompt, PROMPT_OVERWRITE, label, "");
	} else if (n < 0) {
		app_say(app, ROLE_ALERT, "%s", err.text);
	} else {
		app_say(app, ROLE_OK, "%d %s written to %s", n, focus.pane ? "lines" : "rows",
			app->export_path);
	}
}

static void typed_overwrite(struct app *app, const char *text)
{
	char path[PROMPT_MAX];

	snprintf(path, sizeof(path), "%s", app->export_path);
	if (text[0] == 'y' || text[0] == 'Y')
		export_to(app, path, true);
	else
		app_say(app, ROLE_TEXT, "nothing was written");
}

/* ---- search and row filter, as they are typed ---- */

static bool find(struct app *app, const char *text, int step, bool from_here)
{
	struct focus focus = app_focus(app);

	if (focus.grid)
		return grid_find(focus.grid, text, step, from_here);
	/* The newest line is at the bottom: the search goes upwards. */
	return focus.pane && pane_find(focus.pane, &app->frame, text, -step, from_here);
}

static const char *last_find(const struct focus *focus)
{
	return focus->grid ? focus->grid->find : focus->pane ? focus->pane->find : "";
}

static void find_again(struct app *app, int step)
{
	struct focus focus = app_focus(app);
	char text[PANE_TEXT];

	snprintf(text, sizeof(text), "%s", last_find(&focus));
	if (!text[0])
		app_say(app, ROLE_WARN, "nothing to search for yet: / starts");
	else if (!find(app, text, step, false))
		app_say(app, ROLE_WARN, "no other '%s'", text);
}

static void set_row_filter(struct app *app, const char *text)
{
	struct focus focus = app_focus(app);

	if (focus.grid)
		grid_filter(focus.grid, text);
	else if (focus.pane)
		pane_filter(focus.pane, text);
}

static void prompt_edited(struct app *app)
{
	switch (app->prompt.kind) {
	case PROMPT_FIND:
		find(app, app->prompt.text, 1, true);
		break;
	case PROMPT_FILTER:
		set_row_filter(app, app->prompt.text);
		break;
	default:
		break;
	}
}

static void prompt_cancelled(struct app *app, enum prompt_kind kind)
{
	if (kind == PROMPT_FILTER)
		set_row_filter(app, "");
	else if (kind == PROMPT_FIND)
		find(app, "", 1, true);
}

static void prompt_done(struct app *app)
{
	enum prompt_kind kind = app->prompt.kind;
	const char *text = app->prompt.text;
	struct focus focus = app_focus(app);

	app->prompt.kind = PROMPT_NONE;
	switch (kind) {
	case PROMPT_FIND:
		if (text[0] && !find(app, text, 1, true))
			app_say(app, ROLE_WARN, "'%s' is not here", text);
		break;
	case PROMPT_SORT:
		if (text[0] && focus.grid && !grid_sort_by(focus.grid, text))
			app_say(app, ROLE_ALERT, "there is no column '%s'", text);
		break;
	case PROMPT_CPUS:
		typed_cpus(app, text);
		break;
	case PROMPT_DELAY:
		typed_delay(app, text);
		break;
	case PROMPT_TIME:
		typed_time(app, text);
		break;
	case PROMPT_PACKET_FILTER:
		typed_packet_filter(app, text);
		break;
	case PROMPT_FUNCTIONS:
		app_functions(app, text);
		break;
	case PROMPT_EXPORT:
		export_to(app, text, false);
		break;
	case PROMPT_OVERWRITE:
		typed_overwrite(app, text);
		break;
	default:
		break;
	}
}

/* ---- opening prompts ---- */

/* The packet filter in force, to be edited. False: a prompt has no room for it. */
static bool filter_to_edit(struct app *app, char *buf, size_t size)
{
	struct filter_state state = collector_filter(app_machine(app)->host.collector);

	return (size_t)snprintf(buf, size, "%s", state.outer) < size;
}

static void open_prompt(struct app *app, enum prompt_kind kind)
{
	struct focus focus = app_focus(app);
	char label[200], names[128], text[PROMPT_MAX] = "";

	label[0] = '\0';
	switch (kind) {
	case PROMPT_FIND:
		snprintf(label, sizeof(label), "find:");
		break;
	case PROMPT_FILTER:
		snprintf(label, sizeof(label), "rows with (!x: without):");
		snprintf(text, sizeof(text), "%s",
			focus.grid ? focus.grid->filter : focus.pane ? focus.pane->filter : "");
		break;
	case PROMPT_SORT:
		if (!focus.grid) {
			app_say(app, ROLE_WARN, "lines come in the order of time");
			return;
		}
		grid_sort_names(focus.grid, names, sizeof(names));
		snprintf(label, sizeof(label), "sort by (%s):", names);
		break;
	case PROMPT_CPUS:
		snprintf(label, sizeof(label), "CPUs (0-7,64 node1 hot all):");
		break;
	case PROMPT_DELAY:
		snprintf(label, sizeof(label), "seconds between samples:");
		break;
	case PROMPT_TIME:
		snprintf(label, sizeof(label), "go to (14:01:58, -30, +2m):");
		break;
	case PROMPT_EXPORT:
		if (!focus.grid && !focus.pane) {
			app_say(app, ROLE_WARN, "there is nothing to export here");
			return;
		}
		snprintf(label, sizeof(label), "export to:");
		export_name(app_view(app)->ops, &focus, &app->frame, text, sizeof(text));
		break;
	case PROMPT_FUNCTIONS:
		if (!collector_source(app_machine(app)->host.collector)->functions) {
			app_say(app, ROLE_WARN, "a recording has the functions that were recorded");
			return;
		}
		snprintf(label, sizeof(label), "functions (core all none tcp_* @set, @set = globs):");
		snprintf(text, sizeof(text), "all");
		break;
	case PROMPT_PACKET_FILTER:
		snprintf(label, sizeof(label), "pcap filter, in the kernel:");
		if (!filter_to_edit(app, text, sizeof(text))) {
			app_say(app, ROLE_WARN, "the filter is too long to be changed here");
			return;
		}
		break;
	default:
		return;
	}
	prompt_open(&app->prompt, kind, label, text);
}

/* ---- actions ---- */

static bool act_on_time(struct app *app, enum action action)
{
	struct cursor *cursor = &app_machine(app)->cursor;

	switch (action) {
	case ACTION_PAUSE:
		cursor_toggle(cursor);
		return true;
	case ACTION_STEP_BACK:
		cursor_step(cursor, -1);
		return true;
	case ACTION_STEP_FORWARD:
		cursor_step(cursor, 1);
		return true;
	case ACTION_JUMP_BACK:
		cursor_step(cursor, -10);
		return true;
	case ACTION_JUMP_FORWARD:
		cursor_step(cursor, 10);
		return true;
	case ACTION_SLOWER:
		cursor_speed(cursor, -1);
		return true;
	case ACTION_FASTER:
		cursor_speed(cursor, 1);
		return true;
	case ACTION_GO_TO_TIME:
		open_prompt(app, PROMPT_TIME);
		return true;
	case ACTION_LONGER:
	case ACTION_SHORTER:
		app_change_delay(app, action == ACTION_LONGER);
		return true;
	case ACTION_DELAY:
		open_prompt(app, PROMPT_DELAY);
		return true;
	case ACTION_ZERO:
		snapshot_unref(app_machine(app)->zero);
		app_machine(app)->zero = app->frame.newer ? snapshot_ref(app->frame.newer) : NULL;
		app_say(app, ROLE_OK, "totals count from here on; u shows totals");
		return true;
	default:
		return false;
	}
}

void app_next_theme(struct app *app, int step)
{
	int n = app->themes.n;

	if (!n)
		return;
	app->theme_at = ((app->theme_at < 0 ? 0 : app->theme_at) + step + n) % n;
	app_use_theme(app, app->themes.name[app->theme_at]);
	app_say(app, ROLE_TEXT, "theme %s", app->themes.name[app->theme_at]);
}

/* The file gets what is on screen now. */
static void save_setup(struct app *app)
{
	struct error err = { "" };
	struct config *config = app->config;

	config->delay_ns = app->interval_ns;
	config->units = (enum config_units)app->units;
	config->group = (enum config_group)app->group;
	config->mouse = app->mouse;
	config->ascii = !app->canvas.utf8 && app->utf8_possible && terminal_has_glyphs();
	config->hide_idle = app->hide_idle;
	config->braille = app->canvas.braille;
	config->plain = app->canvas.plain;
	snprintf(config->theme, sizeof(config->theme), "%s", app_theme_name(app));
	if (config_save(config, &err))
		app_say(app, ROLE_ALERT, "%s", err.text);
	else
		app_say(app, ROLE_OK, "the setup is kept");
}

/* Stacks of drops come with their lines; K asks for more, step by step. */
static void more_details(struct app *app)
{
	static const struct {
		unsigned wish;
		const char *text;
	} steps[] = {
		{ DETAIL_DROP_STACK, "kernel stacks of drops come with their lines" },
		{ DETAIL_STACK, "kernel stacks of all lines come from now on" },
		{ DETAIL_STACK | DETAIL_SKB, "stacks and whole sk_buffs come with all lines from now on" },
		{ 0, "nothing comes with lines any more" },
	};
	struct machine *m = app_machine(app);
	int n = sizeof(steps) / sizeof(steps[0]), at = 0;

	if (!collector_source(m->host.collector)->details) {
		app_say(app, ROLE_WARN, "a recording has what was recorded with its lines (--details)");
		return;
	}
	while (at < n - 1 && steps[at].wish != m->details)
		at++;
	at = (at + 1) % n;
	m->details = steps[at].wish;
	collector_details(m->host.collector, m->details);
	app_say(app, ROLE_OK, "%s", steps[at].text);
}

static bool act_on_look(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_THEME:
		app_next_theme(app, 1);
		return true;
	case ACTION_PREV_THEME:
		app_next_theme(app, -1);
		return true;
	case ACTION_UNITS:
		app->units = (app->units + 1) % UNITS;
		app_say(app, ROLE_TEXT, "showing the %s", units_name(app->units));
		return true;
	case ACTION_HEADER:
		app->hide_header = !app->hide_header;
		return true;
	case ACTION_GROUP:
		app->group = (app->group + 1) % GROUPINGS;
		app_say(app, ROLE_TEXT, "by %s", grouping_name(app->group));
		return true;
	case ACTION_IDLE:
		app->hide_idle = !app->hide_idle;
		return true;
	case ACTION_MOUSE:
		app->mouse = !app->mouse;
		terminal_mouse(app->mouse);
		app_say(app, ROLE_TEXT, "the mouse is %s", app->mouse ? "skewtop's" : "the terminal's");
		return true;
	case ACTION_STACK:
		more_details(app);
		return true;
	case ACTION_REDRAW:
		app->drawn_anew = true;
		return true;
	case ACTION_PLAIN_TEXT:
		terminal_show_text();
		return true;
	case ACTION_HELP:
		app_push(app, &view_help, app->keymap);
		return true;
	case ACTION_SETUP:
		app_push(app, &view_setup, NULL);
		return true;
	case ACTION_SAVE:
		save_setup(app);
		return true;
	default:
		return false;
	}
}

static bool act_on_search(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_FIND:
		open_prompt(app, PROMPT_FIND);
		return true;
	case ACTION_FIND_NEXT:
	case ACTION_FIND_PREV:
		find_again(app, action == ACTION_FIND_NEXT ? 1 : -1);
		return true;
	case ACTION_FILTER:
		open_prompt(app, PROMPT_FILTER);
		return true;
	case ACTION_SORT:
		open_prompt(app, PROMPT_SORT);
		return true;
	case ACTION_CPUS:
		open_prompt(app, PROMPT_CPUS);
		return true;
	case ACTION_PACKET_FILTER:
		open_prompt(app, PROMPT_PACKET_FILTER);
		return true;
	case ACTION_EXPORT:
		open_prompt(app, PROMPT_EXPORT);
		return true;
	case ACTION_FUNCTIONS:
		open_prompt(app, PROMPT_FUNCTIONS);
		return true;
	case ACTION_REFUSED:
		if (app_view(app)->ops != &view_refused)
			app_push(app, &view_refused, NULL);
		return true;
	default:
		return false;
	}
}

static bool act_on_views(struct app *app, enum action action)
{
	switch (action) {
	case ACTION_VIEW_1:
	case ACTION_VIEW_2:
	case ACTION_VIEW_3:
	case ACTION_VIEW_4:
	case ACTION_VIEW_5:
	case ACTION_VIEW_6:
	case ACTION_VIEW_7:
	case ACTION_VIEW_8:
		if ((int)(action - ACTION_VIEW_1) < n_tabs)
			app_show_tab(app, action - ACTION_VIEW_1);
		return true;
	case ACTION_NEXT_VIEW:
		app_show_tab(app, (app->tab_at + 1) % n_tabs);
		return true;
	case ACTION_PREV_VIEW:
		app_show_tab(app, (app->tab_at + n_tabs - 1) % n_tabs);
		return true;
	case ACTION_BACK:
		app_pop(app);
		return true;
	case ACTION_LEAVE:
		if (app->depth)
			app_pop(app);
		else
			app->quit = true;
		return true;
	case ACTION_QUIT:
		app->quit = true;
		return true;
	case ACTION_NEXT_HOST:
		if (app->n_machines > 1)
			app_show_machine(app, (app->current + 1) % app->n_machines);
		return true;
	default:
		return false;
	}
}

static void act(struct app *app, enum action action)
{
	struct open_view *view = app_view(app);
	struct focus focus = app_focus(app);

	/* The view first: it may have a use of its own for a key, such as its pages. */
	if (view->ops->act && view->ops->act(view->state, app, &app->frame, action))
		return;
	if (focus.grid && grid_act(focus.grid, action))
		return;
	if (focus.pane && pane_act(focus.pane, &app->frame, action))
		return;
	if (act_on_views(app, action) || act_on_time(app, action) || act_on_look(app, action))
		return;
	act_on_search(app, action);
}

/* ---- the mouse ---- */

/* A click selects; one on what is selected opens it. */
static void click_row(struct app *app, int place)
{
	struct grid *grid = app_focus(app).grid;

	if (!grid)
		return;
	if (place == grid->at)
		act(app, ACTION_ENTER);
	else
		grid_select(grid, place);
}

static void click_line(struct app *app, int row)
{
	struct pane *pane = app_focus(app).pane;

	if (!pane)
		return;
	if (!pane->follow && row == pane->at)
		act(app, ACTION_ENTER);
	else
		pane_select(pane, row);
}

static void click(struct app *app, const struct hit *hit)
{
	struct grid *grid = app_focus(app).grid;

	switch (hit->kind) {
	case HIT_ACTION:
		act(app, hit->arg);
		break;
	case HIT_TAB:
		app_show_tab(app, hit->arg);
		break;
	case HIT_COLUMN:
		if (grid)
			grid_click_column(grid, hit->arg);
		break;
	case HIT_ROW:
		click_row(app, hit->arg);
		break;
	case HIT_LINE:
		click_line(app, hit->arg);
		break;
	default:
		break;
	}
}

static void mouse(struct app *app)
{
	MEVENT event;
	struct hit hit;

	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED)
		return act(app, ACTION_UP);
	if (event.bstate & BUTTON5_PRESSED)
		return act(app, ACTION_DOWN);
	hit = hits_at(&app->hits, event.y, event.x);
	if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		click(app, &hit);
}

void app_key(struct app *app, int key)
{
	enum prompt_kind kind = app->prompt.kind;

	if (key == KEY_SPECIAL + KEY_RESIZE) {
		app->drawn_anew = true;
		return;
	}
	if (key == KEY_SPECIAL + KEY_MOUSE)
		return mouse(app);
	if (!kind)
		return act(app, keymap_action(app->keymap, key));
	switch (prompt_key(&app->prompt, key)) {
	case PROMPT_EDITED:
		prompt_edited(app);
		break;
	case PROMPT_CANCELLED:
		prompt_cancelled(app, kind);
		break;
	case PROMPT_DONE:
		prompt_done(app);
		break;
	}
}
