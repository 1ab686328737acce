/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/app.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/options.h"
#include "tui/app_state.h"
#include "tui/series.h"
#include "tui/settings.h"
#include "tui/terminal.h"

/* At most 20 drawings a second, however fast news come; a key is answered at once. */
enum { DRAW_EVERY_MS = 50, KEY_DRAW_MS = 5, IDLE_MS = 1000 };

/* ---- before anything is attached ---- */

static int find_tab(const char *name, struct error *err)
{
	const char *names[16], *meant;
	char list[160] = "";
	size_t used = 0;

	for (int i = 0; i < n_tabs; i++) {
		if (strcasecmp(tabs[i]->name, name) == 0)
			return i;
		names[i] = tabs[i]->name;
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", tabs[i]->name);
	}
	meant = options_nearest(name, names, n_tabs);
	if (meant)
		return error_set(err, -ENOENT, "there is no view '%.60s'; did you mean %s? (%s)", name,
			meant, list);
	return error_set(err, -ENOENT, "there is no view '%.60s'; there are %s", name, list);
}

int app_check(const char *view, const char *theme, bool screen, struct error *err)
{
	struct theme *loaded;
	int ret = 0;

	if (view && find_tab(view, err) < 0)
		return EXIT_BAD_INPUT;
	loaded = malloc(sizeof(*loaded));
	if (!loaded)
		return error_set(err, EXIT_FAILED, "out of memory");
	if (theme)
		ret = theme_load(loaded, theme, err);
	free(loaded);
	if (ret || (screen && terminal_check(err)))
		return EXIT_BAD_INPUT;
	return EXIT_OK;
}

/* ---- views ---- */

struct open_view *app_view(struct app *app)
{
	return app->depth ? &app->stack[app->depth - 1] : &app->tab[app->tab_at];
}

struct focus app_focus(struct app *app)
{
	struct open_view *view = app_view(app);

	return view->ops->focus ? view->ops->focus(view->state) : (struct focus){ NULL, NULL };
}

static bool live(const struct app *app)
{
	return collector_source(app->machine[app->current].host.collector)->want_errors != NULL;
}

static void trace_flagged(struct app *app, uint32_t flags, bool on)
{
	const struct catalog *catalog = app_host(app)->catalog;
	int n = catalog_count(catalog, TABLE_PROBES);

	for (int row = 0; row < n && row < PROBE_MAX; row++) {
		uint32_t has = catalog_row(catalog, TABLE_PROBES, row)->flags;

		if (has & flags && !(has & PROBE_ABSENT))
			app_trace(app, TABLE_PROBES, row, on);
	}
}

/* Some screens show the last packets of a kind beside their table: drops are few. */
static void want_lines(struct app *app, uint32_t flags)
{
	struct machine *m = app_machine(app);

	if (m->lines_of == flags)
		return;
	trace_flagged(app, m->lines_of, false);
	trace_flagged(app, flags, true);
	m->lines_of = flags;
}

/* The screen of functions brings its core set, unless another was chosen. */
static void want_functions(struct app *app)
{
	struct machine *m = app_machine(app);

	if (app_view(app)->ops->functions && !m->functions_asked &&
		collector_source(m->host.collector)->functions)
		app_functions(app, "core");
}

static void want_programs(struct app *app)
{
	struct machine *m = app_machine(app);

	if (app_view(app)->ops->programs && !m->programs_asked &&
		collector_source(m->host.collector)->programs) {
		m->programs_asked = true;
		collector_programs(m->host.collector);
	}
}

/* Failed calls are counted only while somebody looks at them. */
static void want_errors(struct app *app)
{
	struct machine *m = app_machine(app);
	bool wanted = app_view(app)->ops->errors;

	if (!live(app) || m->want_errors == wanted)
		return;
	m->want_errors = wanted;
	collector_want_errors(m->host.collector, wanted);
}

/* Lines have the same columns wherever they are shown, less those that a view itself leaves out. */
static void apply_columns(struct app *app, struct open_view *view)
{
	struct focus focus = view->ops->focus ? view->ops->focus(view->state) : (struct focus){ 0 };

	if (focus.grid && view->ops->columns)
		focus.grid->hidden_columns = settings_hidden(
			app->config, view->ops->name, view->ops->columns, view->ops->n_columns);
	if (focus.pane)
		focus.pane->hidden_columns =
			settings_hidden(app->config, "trace", line_columns, LINE_COLUMNS) |
			focus.pane->needless_columns;
}

void app_apply_columns(struct app *app)
{
	for (int i = 0; i < n_tabs; i++)
		if (app->tab[i].state)
			apply_columns(app, &app->tab[i]);
	for (int i = 0; i < app->depth; i++)
		apply_columns(app, &app->stack[i]);
}

static bool open_view(struct app *app, struct open_view *view, const struct view_ops *ops,
	const void *argument)
{
	void *state = ops->open(app, argument);

	if (!state) {
		app_say(app, ROLE_ALERT, "out of memory");
		return false;
	}
	*view = (struct open_view){ .ops = ops, .state = state };
	apply_columns(app, view);
	return true;
}

void app_push(struct app *app, const struct view_ops *ops, const void *argument)
{
	if (app->depth == VIEW_STACK) {
		app_say(app, ROLE_WARN, "too many levels; Esc goes back");
		return;
	}
	if (open_view(app, &app->stack[app->depth], ops, argument))
		app->depth++;
	want_errors(app);
}

void app_pop(struct app *app)
{
	struct open_view *top;

	if (!app->depth)
		return;
	top = &app->stack[--app->depth];
	top->ops->close(app, top->state);
	want_errors(app);
}

void app_show_tab(struct app *app, int index)
{
	while (app->depth)
		app_pop(app);
	if (app->tab[index].state || open_view(app, &app->tab[index], tabs[index], NULL))
		app->tab_at = index;
	want_errors(app);
	want_functions(app);
	want_programs(app);
	want_lines(app, tabs[app->tab_at]->lines_of);
}

void app_close_views(struct app *app)
{
	while (app->depth)
		app_pop(app);
	for (int i = 0; i < n_tabs; i++)
		if (app->tab[i].state)
			app->tab[i].ops->close(app, app->tab[i].state);
	memset(app->tab, 0, n_tabs * sizeof(*app->tab));
}

void app_show_machine(struct app *app, int index)
{
	int tab = app->tab_at;

	want_lines(app, 0);
	app_close_views(app);
	app_release_frame(app);
	app->current = index;
	app->cpus = (struct cpu_choice){ 0 };
	app_show_tab(app, tab);
}

void app_use_theme(struct app *app, const char *name)
{
	struct theme *theme = malloc(sizeof(*theme));
	struct error err = { "" };

	if (!theme)
		return;
	if (theme_load(theme, name, &err))
		app_say(app, ROLE_ALERT, "%s", err.text);
	else if (theme->n_warnings)
		app_say(app, ROLE_WARN, "%s", theme->warning.text);
	colour_use(app->colour, theme);
	colour_background(app->colour, stdscr);
	app->theme_at = theme_names_find(&app->themes, theme->name);
	app->drawn_anew = true;
	free(theme);
}

const char *app_theme_name(const struct app *app)
{
	return app->theme_at >= 0 && app->theme_at < app->themes.n ? app->themes.name[app->theme_at] :
								      THEME_DEFAULT;
}

/* ---- what views ask for ---- */

void app_say(struct app *app, enum theme_role role, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->message, sizeof(app->message), format, args);
	va_end(args);
	app->message_role = role;
}

bool app_can_trace(const struct app *app)
{
	return collector_source(app->machine[app->current].host.collector)->select != NULL;
}

const struct host *app_host(const struct app *app)
{
	return collector_host(app->machine[app->current].host.collector);
}

void app_trace(struct app *app, enum table_id table, int row, bool on)
{
	struct machine *m = app_machine(app);
	unsigned *wanted;

	if (!app_can_trace(app) || row < 0)
		return;
	if (table == TABLE_PROBES && row < PROBE_MAX)
		wanted = &m->traced[row];
	else if (table == TABLE_FUNCTIONS && row < FUNCTIONS_MAX)
		wanted = &m->traced_functions[row];
	else
		return;
	if (on && (*wanted)++ == 0)
		collector_select(m->host.collector, table, row, true);
	else if (!on && *wanted && --*wanted == 0)
		collector_select(m->host.collector, table, row, false);
}

void app_look_into(struct app *app, int row)
{
	if (app_can_trace(app))
		collector_inside(app_machine(app)->host.collector, row);
}

bool app_refused_function(const struct app *app, int index, struct function_entry *out)
{
	return collector_functions_refusal(
		app->machine[app->current].host.collector, index, out);
}

void app_functions(struct app *app, const char *text)
{
	struct machine *m = app_machine(app);
	struct function_choice choice;
	struct error err = { "" };

	m->functions_asked = true;
	if (settings_choice(app->config, text, &choice, &err)) {
		app_say(app, ROLE_ALERT, "%s", err.text);
		return;
	}
	if (strchr(text, '='))
		app_say(app, ROLE_OK, "the set is known from now on; W keeps it for good");
	collector_functions(m->host.collector, &choice);
}

/* ---- life ---- */

static int init_machine(struct app *app, struct machine *m, const struct app_host *host)
{
	m->host = *host;
	cursor_init(&m->cursor, collector_history(host->collector), host->replay && !host->growing);
	m->series = series_new(collector_history(host->collector), collector_host(host->collector));
	for (int i = 0; app->options->traced && i < PROBE_MAX; i++)
		m->traced[i] = app->options->traced[i];
	m->details = app->options->details;
	m->functions_asked = app->options->functions_chosen;
	m->traced_functions = calloc(FUNCTIONS_MAX, sizeof(*m->traced_functions));
	return m->series && m->traced_functions ? 0 : -ENOMEM;
}

/* Lists of columns that name what there is not: said, and left out. */
static void check_columns(struct config *config)
{
	for (int i = 0; i < config->n_lists; i++) {
		const char *view = config->list[i].name;
		int tab = find_tab(view, NULL);

		if (config->list[i].section != CONFIG_COLUMNS)
			continue;
		if (!strcmp(view, "trace"))
			settings_check_columns(config, view, line_columns, LINE_COLUMNS);
		else if (tab >= 0 && tabs[tab]->columns)
			settings_check_columns(config, view, tabs[tab]->columns, tabs[tab]->n_columns);
		else
			config_note(config, "config: there is no view '%s' whose columns could be chosen", view);
	}
}

/* What is in the config and not among the options. */
static void take_config(struct app *app)
{
	if (app->options->config)
		*app->config = *app->options->config;
	else
		config_init(app->config);
	app->units = (enum units)app->config->units;
	app->group = (enum grouping)app->config->group;
	app->hide_idle = app->config->hide_idle;
	settings_keys(app->keymap, app->config);
	check_columns(app->config);
	if (app->config->n_notes > 1)
		app_say(app, ROLE_WARN, "(1 of %d) %s", app->config->n_notes, app->config->note[0].text);
	else if (app->config->n_notes)
		app_say(app, ROLE_WARN, "%s", app->config->note[0].text);
}

static int init_parts(struct app *app)
{
	const struct app_options *o = app->options;
	int tab = o->view ? find_tab(o->view, NULL) : 0;

	app->machine = calloc(o->n_hosts, sizeof(*app->machine));
	app->tab = calloc(n_tabs, sizeof(*app->tab));
	app->keymap = keymap_new();
	app->config = malloc(sizeof(*app->config));
	if (!app->machine || !app->tab || !app->keymap || !app->config)
		return -ENOMEM;
	take_config(app);
	app->n_machines = o->n_hosts;
	for (int i = 0; i < o->n_hosts; i++)
		if (init_machine(app, &app->machine[i], &o->host[i]))
			return -ENOMEM;
	app->interval_ns = o->interval_ns;
	app->tab_at = tab < 0 ? 0 : tab;
	if (o->shown) {
		app->cpus.narrowed = true;
		app->cpus.cpus = *o->shown;
	}
	theme_list(&app->themes);
	return 0;
}

static int init_screen(struct app *app)
{
	const struct app_options *o = app->options;

	app->colour = colour_new(DEPTH_AUTO);
	if (!app->colour)
		return -ENOMEM;
	app->canvas = (struct canvas){
		.window = stdscr,
		.colour = app->colour,
		.hits = &app->hits,
		.utf8 = MB_CUR_MAX > 1 && terminal_has_glyphs() && !o->ascii && !o->plain,
		.braille = app->config->braille,
		.plain = o->plain,
	};
	app->utf8_possible = MB_CUR_MAX > 1;
	app->mouse = !o->no_mouse;
	terminal_mouse(app->mouse);
	app_use_theme(app, o->theme ? o->theme : THEME_DEFAULT);
	if (o->notice && !app->message[0])
		app_say(app, ROLE_WARN, "%s", o->notice);
	app_show_tab(app, app->tab_at);
	return app_view(app)->state ? 0 : -ENOMEM;
}

static void free_parts(struct app *app)
{
	if (app->tab)
		app_close_views(app);
	app_release_frame(app);
	for (int i = 0; i < app->n_machines; i++) {
		series_free(app->machine[i].series);
		free(app->machine[i].traced_functions);
		snapshot_unref(app->machine[i].zero);
	}
	free(app->machine);
	free(app->tab);
	keymap_free(app->keymap);
	free(app->config);
	colour_free(app->colour);
	theme_names_free(&app->themes);
}

/* ---- the loop ---- */

/* Says what has become of a wish for another filter. */
static void hear_of_filter(struct app *app)
{
	struct machine *m = app_machine(app);
	struct filter_state *state = malloc(sizeof(*state));

	if (!state)
		return;
	*state = collector_filter(m->host.collector);
	snprintf(app->filter, sizeof(app->filter), "%s%s%s", state->outer,
		state->inner[0] ? " inner: " : "", state->inner);
	if (state->n_asked != m->filter_seen && state->outcome != FILTER_PENDING) {
		m->filter_seen = state->n_asked;
		if (state->outcome == FILTER_REFUSED)
			app_say(app, ROLE_ALERT, "filter refused, the old one stays: %s",
				state->why.text);
		else if (state->outcome == FILTER_APPLIED)
			app_say(app, ROLE_OK, state->outer[0] ? "filter applied" : "no filter any more");
	}
	free(state);
}

/* Something new was kept. True if the screen may look different now. */
static bool hear_of_news(struct app *app, struct error *err, int *status)
{
	struct machine *m = app_machine(app);
	const struct snapshot *shown = app->frame.newer;
	struct history_range range = history_range(collector_history(m->host.collector));

	hear_of_filter(app);
	if (collector_ended(m->host.collector, err)) {
		if (err->text[0])
			*status = EXIT_FAILED;
		if (err->text[0] || app->options->quit_at_end)
			app->quit = true;
	}
	if (app->message[0] || app_view(app)->ops->lines)
		return true;
	return m->cursor.mode != CURSOR_FOLLOWING || !shown || shown->sequence + 1 != range.end;
}

static bool handle_keys(struct app *app)
{
	bool any = false;
	int key;

	while ((key = terminal_key()) >= 0 && !app->quit) {
		if (!any)
			app->message[0] = '\0';
		any = true;
		app_key(app, key);
	}
	return any;
}

/* When the screen is to be drawn again, and why. */
struct drawing {
	bool dirty;  /* it may look different now */
	bool keyed;  /* because of a key, which is answered almost at once */
	uint64_t drawn_ns;
};

/* Milliseconds until a dirty screen may be drawn; 0: now. */
static int due_in_ms(const struct drawing *drawing)
{
	uint64_t since = (monotonic_ns() - drawing->drawn_ns) / 1000000;
	uint64_t apart = drawing->keyed ? KEY_DRAW_MS : DRAW_EVERY_MS;

	return since >= apart ? 0 : (int)(apart - since);
}

static int wait_ms(const struct app *app, const struct drawing *drawing)
{
	if (drawing->dirty)
		return due_in_ms(drawing);
	/* Playing a recording moves by itself; elsewhere a look each second finds a stale source. */
	return app->machine[app->current].cursor.mode == CURSOR_PLAYING ? DRAW_EVERY_MS : IDLE_MS;
}

static int loop(struct app *app, struct error *err)
{
	struct drawing drawing = { .dirty = true };
	int status = EXIT_OK;

	while (!app->quit && !terminal_ending()) {
		struct collector *collector = app_machine(app)->host.collector;
		struct pollfd fds[3] = {
			{ .fd = STDIN_FILENO, .events = POLLIN },
			{ .fd = terminal_signal_fd(), .events = POLLIN },
			{ .fd = collector_fd(collector), .events = POLLIN },
		};
		int n = poll(fds, 3, wait_ms(app, &drawing));

		if (n < 0 && errno != EINTR)
			return error_set(err, EXIT_FAILED, "poll: %s", strerror(errno));
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL) && terminal_gone())
			return EXIT_OK;
		if (n > 0 && fds[2].revents & POLLIN) {
			collector_seen(collector);
			drawing.dirty |= hear_of_news(app, err, &status);
		}
		if (n == 0 && !drawing.dirty)
			drawing.dirty = cursor_advance(&app_machine(app)->cursor, monotonic_ns()) ||
				app_machine(app)->cursor.mode == CURSOR_FOLLOWING;
		if (n > 0 && fds[1].revents & POLLIN) {
			terminal_heed();
			app->drawn_anew = drawing.dirty = true;
		}
		if (handle_keys(app))
			drawing.dirty = drawing.keyed = true;
		if (drawing.dirty && !app->quit && !due_in_ms(&drawing)) {
			app_draw(app);
			/* The first rows come right after an empty screen. */
			drawing = (struct drawing){ .drawn_ns = app->frame.newer ? monotonic_ns() : 0 };
		}
	}
	return status;
}

void app_splash(const char *host, const char *text)
{
	if (terminal_open(NULL))
		return;
	mvprintw(0, 0, "skewtop %s", host);
	mvprintw(2, 1, "%s", text);
	refresh();
}

void app_unsplash(void)
{
	if (terminal_is_open())
		terminal_close();
}

int app_run(const struct app_options *options, struct error *err)
{
	struct app *app = calloc(1, sizeof(*app));
	int status;

	if (!app)
		return error_set(err, EXIT_FAILED, "out of memory");
	app->options = options;
	if (init_parts(app)) {
		status = error_set(err, EXIT_FAILED, "out of memory");
	} else if (!terminal_is_open() && terminal_open(err)) {
		status = EXIT_FAILED;
	} else {
		status = init_screen(app) ? error_set(err, EXIT_FAILED, "out of memory") :
					    loop(app, err);
		free_parts(app);
		terminal_close();
		free(app);
		return status;
	}
	free_parts(app);
	free(app);
	return status;
}
