/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/model/rates.h"
#include "core/output/number.h"
#include "core/recording/write.h"
#include "tui/app_state.h"
#include "tui/header.h"
#include "tui/lines.h"
#include "tui/row_shift.h"
#include "tui/series.h"
#include "tui/terminal.h"

enum { SMALLEST_W = 24, SMALLEST_H = 6 };

void app_release_frame(struct app *app)
{
	cursor_pair_unref(&app->pair);
	app->pair = (struct cursor_pair){ NULL, NULL };
	app->frame.older = app->frame.newer = NULL;
}

/* ---- which CPUs ---- */

/* Those that carry at least 1.5 times the mean of packets (of calls, where there are no packets). */
static void find_hot(const struct frame *frame, struct cpus *hot)
{
	const struct topology *topology = &frame->host->topology;
	double *per_cpu = calloc(topology->n_cpus + 1, sizeof(*per_cpu));
	struct spread s;

	memset(hot, 0, sizeof(*hot));
	if (!per_cpu || !frame->newer) {
		free(per_cpu);
		return;
	}
	s = rates_spread_table(frame->older, frame->newer, frame->host, NULL, TABLE_PROBES,
		PROBE_RX | PROBE_TX, COUNT_PACKETS, per_cpu);
	if (s.sum <= 0)
		s = rates_spread_table(frame->older, frame->newer, frame->host, NULL, TABLE_SYSCALLS, 0,
			SYSCALL_CALLS, per_cpu);
	for (int slot = 0; slot < topology->n_cpus; slot++)
		if (per_cpu[slot] > 0 && per_cpu[slot] >= 1.5 * s.mean)
			cpus_add(hot, topology->cpu[slot].id);
	/* Even load has no hot CPU; the busiest is still the one to look at. */
	if (!cpus_count(hot) && s.max_cpu >= 0)
		cpus_add(hot, s.max_cpu);
	free(per_cpu);
}

static const struct cpus *shown_cpus(struct app *app, const struct frame *frame)
{
	if (!app->cpus.narrowed)
		return NULL;
	app->shown_now = app->cpus.cpus;
	if (app->cpus.hot) {
		struct cpus hot;

		find_hot(frame, &hot);
		for (int i = 0; i < CPU_SET_WORDS; i++)
			app->shown_now.word[i] |= hot.word[i];
	}
	return &app->shown_now;
}

/* ---- the frame ---- */

static void fill_moment(struct app *app, struct machine *m, struct frame *f)
{
	cursor_advance(&m->cursor, monotonic_ns());
	app->pair = cursor_snapshots(&m->cursor, 1);
	f->older = app->pair.older;
	f->newer = app->pair.newer;
	f->moment = cursor_moment(&m->cursor);
	if (!f->newer)
		return;
	f->ledger = ledger_sum(f->newer);
	f->stale = f->source->paced && f->moment.mode == CURSOR_FOLLOWING &&
		   rates_stale(f->newer, monotonic_ns(), app->interval_ns);
	f->log_end = f->moment.mode == CURSOR_FOLLOWING ? UINT64_MAX :
							  cursor_log_end(f->log, f->newer);
}

static void make_frame(struct app *app)
{
	struct machine *m = app_machine(app);
	struct frame *f = &app->frame;

	app_release_frame(app);
	*f = (struct frame){
		.host = collector_host(m->host.collector),
		.source = collector_source(m->host.collector),
		.zero = m->zero,
		.interval_ns = app->interval_ns,
		.group = app->group,
		.units = app->units,
		.width = COLS,
		.hide_idle = app->hide_idle,
		.plain = app->canvas.plain,
		.filter = app->filter,
		.series = m->series,
		.log = collector_log(m->host.collector),
		.log_end = UINT64_MAX,
		.traced = app->traced_now,
	};
	for (int i = 0; i < PROBE_MAX; i++)
		app->traced_now[i] = m->traced[i] > 0;
	fill_moment(app, m, f);
	collector_functions_status(m->host.collector, &f->functions);
	f->shown = shown_cpus(app, f);
	series_show(m->series, f->shown);
}

/* ---- around the view ---- */

/* Which moment is on screen, and that counting goes on. */
static void moment_note(const struct app *app, char *buf, size_t size)
{
	const struct frame *f = &app->frame;
	char clock[32];

	buf[0] = '\0';
	if (!f->newer || f->moment.mode == CURSOR_FOLLOWING)
		return;
	clock_text(f->newer->real_ns, 0, clock, sizeof(clock));
	if (f->source->paced)
		snprintf(buf, size, "screen of %s", clock);
	else
		snprintf(buf, size, "sample %llu of %llu", (unsigned long long)f->moment.sequence + 1,
			(unsigned long long)history_range(app->machine[app->current].cursor.history).end);
}

/* How far the recording has come; what went wrong with it is said at once and stays in the rule. */
static void recording_note(struct app *app, char *buf, size_t size)
{
	struct recording_state state;
	char bytes[NUMBER_MAX];

	buf[0] = '\0';
	if (!app->options->recording)
		return;
	state = recording_state(app->options->recording);
	if (!state.failed) {
		snprintf(buf, size, "recording %s",
			number_bytes((double)state.bytes, bytes, sizeof(bytes)));
		return;
	}
	if (!app->recording_failed)
		app_say(app, ROLE_ALERT, "%s", state.error.text);
	app->recording_failed = true;
	snprintf(buf, size, "RECORDING FAILED at %s",
		number_bytes((double)state.bytes, bytes, sizeof(bytes)));
}

/* What the rule says beside how the screen is narrowed. */
static void notes(struct app *app, char *buf, size_t size)
{
	char moment[80], recording[80], host[40] = "";

	moment_note(app, moment, sizeof(moment));
	recording_note(app, recording, sizeof(recording));
	if (app->n_machines > 1)
		snprintf(host, sizeof(host), "host %d of %d", app->current + 1, app->n_machines);
	snprintf(buf, size, "%s%s%s%s%s", host, host[0] && moment[0] ? "  " : "", moment,
		(host[0] || moment[0]) && recording[0] ? "  " : "", recording);
}

static void draw_foot(struct app *app, struct area line)
{
	struct open_view *view = app_view(app);
	char text[400] = "";

	if (app->prompt.kind) {
		prompt_draw(&app->prompt, &app->canvas, line.y, line.x, line.w);
	} else if (app->message[0]) {
		canvas_cut(&app->canvas, line.y, line.x + 1, line.w - 1, app->message_role,
			app->message);
	} else if (app->frame.source->paced && app->frame.moment.mode == CURSOR_PAUSED) {
		canvas_cut(&app->canvas, line.y, line.x + 1, line.w - 1, ROLE_PAUSED,
			"p: resume, [ ] step. Counting goes on; only the screen stands still.");
	} else if (view->ops->hint) {
		view->ops->hint(view->state, &app->frame, text, sizeof(text));
		canvas_cut(&app->canvas, line.y, line.x + 1, line.w - 1, ROLE_DIM, text);
	}
}

static const char *path_of(struct app *app, char *buf, size_t size)
{
	struct open_view *view = app_view(app);

	buf[0] = '\0';
	if (app->depth && view->ops->path)
		view->ops->path(view->state, buf, size);
	return buf;
}

static void draw_screen(struct app *app, struct area area)
{
	const struct canvas *canvas = &app->canvas;
	struct open_view *view = app_view(app);
	char path[200], note[200];
	struct area top = area_take_top(&area, 1), bar = area_take_bottom(&area, 1);
	bool says = !view->ops->whole_screen || app->prompt.kind || app->message[0];
	struct area foot = area_take_bottom(&area, says ? 1 : 0);

	notes(app, note, sizeof(note));
	header_top(canvas, &app->frame, top, path_of(app, path, sizeof(path)));
	if (!view->ops->whole_screen && !app->hide_header) {
		struct area rule;

		header_tabs(canvas, area_take_top(&area, 1), app->tab_at);
		header_stats(canvas, &app->frame, &area, view->ops->stats);
		rule = area_take_top(&area, area.h > 12 || (area.h > 4 && header_limited(&app->frame)) ? 1 : 0);
		if (rule.h)
			header_rule(canvas, &app->frame, rule, note);
	}
	view->ops->draw(view->state, &app->frame, canvas, area);
	if (foot.h)
		draw_foot(app, foot);
	header_bar(canvas, app->keymap, bar);
}

void app_draw(struct app *app)
{
	struct open_view *view;
	struct area area = { 0, 0, LINES, COLS };

	make_frame(app);
	view = app_view(app);
	app->hits.n = 0;
	if (app->drawn_anew)
		terminal_redraw();
	app->drawn_anew = false;
	werase(stdscr);
	if (area.w < SMALLEST_W || area.h < SMALLEST_H) {
		canvas_role(&app->canvas, 0, 0, area.w, ROLE_TEXT, "too small");
	} else if (view->ops->prepare && view->ops->prepare(view->state, &app->frame)) {
		canvas_role(&app->canvas, 0, 0, area.w, ROLE_ALERT, "out of memory");
	} else {
		draw_screen(app, area);
	}
	row_shift_apply();
	wnoutrefresh(stdscr);
	doupdate();
}
