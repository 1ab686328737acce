/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the screen program, which is three files: app.c (loop), app_draw.c (a frame and its drawing),
 * app_keys.c (what keys do). */
#ifndef SKEWTOP_TUI_APP_STATE_H
#define SKEWTOP_TUI_APP_STATE_H

#include "tui/app.h"
#include "tui/config.h"
#include "tui/hits.h"
#include "tui/prompt.h"
#include "tui/view.h"

enum { VIEW_STACK = 8 };

struct open_view {
	const struct view_ops *ops;
	void *state;
};

/* Which CPUs are on screen. */
struct cpu_choice {
	bool narrowed;
	bool hot; /* those above 1.5 times the mean, found anew for each drawing */
	struct cpus cpus;
};

/* One machine: what is remembered of it while another is on screen. */
struct machine {
	struct app_host host;
	struct cursor cursor;
	struct series *series;
	struct snapshot *zero;
	unsigned traced[PROBE_MAX]; /* who wants lines of a probe: how many */
	unsigned *traced_functions; /* owned; the same for rows of TABLE_FUNCTIONS, FUNCTIONS_MAX */
	unsigned details;	    /* enum trace_detail: what comes with every line */
	bool functions_asked;	    /* for a set, by --functions, by a key, or by opening their screen */
	bool programs_asked;
	bool want_errors;
	uint32_t lines_of; /* flags of the probes whose lines the tab on screen wants */
	uint64_t filter_seen; /* wishes for filters whose outcome was said */
};

struct app {
	const struct app_options *options;
	struct machine *machine; /* n_machines of them */
	int n_machines;
	int current;
	struct open_view *tab; /* opened when first shown, of the current machine */
	int tab_at;
	struct open_view stack[VIEW_STACK]; /* on top of the tab */
	int depth;
	struct keymap *keymap;
	struct config *config; /* a copy: what W writes */
	bool utf8_possible;
	struct colour *colour;
	struct theme_names themes;
	int theme_at;
	struct canvas canvas;
	struct hits hits;
	struct prompt prompt;
	struct cpu_choice cpus;
	struct frame frame; /* of the last drawing; its snapshots are held */
	struct cursor_pair pair;
	struct cpus shown_now;
	bool traced_now[PROBE_MAX];
	char filter[2 * OPTIONS_FILTER_MAX + 16]; /* in force, as it is said */
	enum grouping group;
	enum units units;
	bool hide_idle;
	bool hide_header;
	bool mouse;
	uint64_t interval_ns;
	char message[320];
	enum theme_role message_role;
	char export_path[PROMPT_MAX];
	bool recording_failed; /* was said */
	bool quit;
	bool drawn_anew; /* the next drawing begins with an empty screen */
};

static inline struct machine *app_machine(struct app *app)
{
	return &app->machine[app->current];
}

/* The view on screen. */
struct open_view *app_view(struct app *app);
struct focus app_focus(struct app *app);

/* Opens the tab if it was not, and shows it. */
void app_show_tab(struct app *app, int tab);
void app_close_views(struct app *app);
void app_show_machine(struct app *app, int index);
void app_use_theme(struct app *app, const char *name);
const char *app_theme_name(const struct app *app);
void app_next_theme(struct app *app, int step);
void app_change_delay(struct app *app, bool longer);

/* Shows the columns that the config names in every view that is open. */
void app_apply_columns(struct app *app);

/* Asks for another set of functions, as typed: "core", "all", "none" or globs. */
void app_functions(struct app *app, const char *text);

/* Makes the frame of now and draws it. */
void app_draw(struct app *app);
void app_release_frame(struct app *app);

/* Does what a key asks for. */
void app_key(struct app *app, int key);

/* Parses "0-7,64 node1 hot all". -EINVAL with a sentence. */
int cpu_choice_parse(struct cpu_choice *choice, const struct topology *topology, const char *text,
	struct error *err);

#endif
