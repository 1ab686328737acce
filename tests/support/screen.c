/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/support/screen.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tui/app.h"
#include "tui/terminal.h"

struct screen {
	const struct screen_options *options;
	struct vt *vt;
	int orders[2]; /* pipe: from the test, to the child */
	struct source *source; /* in the child */
};

struct order {
	bool release;
	uint64_t upto;
};

static void die(const char *what)
{
	perror(what);
	abort();
}

/* ---- in the child ---- */

static void *obey(void *context)
{
	struct screen *screen = context;
	struct order order;

	while (read(screen->orders[0], &order, sizeof(order)) == sizeof(order)) {
		if (order.release)
			scripted_release(screen->source);
		else
			scripted_go(screen->source, order.upto);
	}
	return NULL;
}

static struct app_options app_options_of(const struct screen_options *o,
	struct collector *collector, uint64_t interval_ns)
{
	return (struct app_options){
		.host[0] = { .collector = collector, .replay = o->replay },
		.n_hosts = 1,
		.view = o->view,
		.theme = o->theme,
		.ascii = o->ascii,
		.plain = o->plain,
		.no_mouse = o->no_mouse,
		.interval_ns = interval_ns,
	};
}

static int run_screen(void *context)
{
	struct screen *screen = context;
	const struct screen_options *o = screen->options;
	struct collector_options collecting = {
		.interval_ns = o->interval_ns ? o->interval_ns : UINT64_C(1000000000),
	};
	struct app_options app;
	struct collector *collector;
	struct error err = { "" };
	pthread_t thread;
	int status;

	close(screen->orders[1]);
	setlocale(LC_CTYPE, "");
	status = app_check(o->view, o->theme, true, &err);
	if (!status) {
		terminal_signals();
		screen->source = scripted_open(o->script);
		if (!o->script->paced)
			scripted_go(screen->source, o->upto);
		collector = collector_start(screen->source, &collecting, &err);
		if (!collector || pthread_create(&thread, NULL, obey, screen))
			die("screen");
		app = app_options_of(o, collector, collecting.interval_ns);
		status = app_run(&app, &err);
		/* A stalled source would never let the collector go. */
		scripted_release(screen->source);
		collector_free(collector);
	}
	error_print(&err);
	return status;
}

/* ---- in the test ---- */

struct screen *screen_start(const struct screen_options *options)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen || pipe2(screen->orders, O_CLOEXEC))
		die("screen");
	screen->options = options;
	screen->vt = vt_spawn(&options->terminal, run_screen, screen);
	close(screen->orders[0]);
	return screen;
}

struct vt *screen_vt(struct screen *screen)
{
	return screen->vt;
}

static void give(struct screen *screen, struct order order)
{
	if (write(screen->orders[1], &order, sizeof(order)) != sizeof(order))
		die("screen");
}

void screen_go(struct screen *screen, uint64_t upto)
{
	give(screen, (struct order){ .upto = upto });
}

void screen_release(struct screen *screen)
{
	give(screen, (struct order){ .release = true });
}

void screen_press(struct screen *screen, const char *keys)
{
	char word[64];
	int used;

	while (sscanf(keys, " %63s%n", word, &used) == 1) {
		vt_keys(screen->vt, word);
		vt_settle(screen->vt);
		keys += used;
	}
}

void screen_end(struct screen *screen)
{
	if (!screen)
		return;
	vt_free(screen->vt);
	close(screen->orders[1]);
	free(screen);
}
