/* SPDX-License-Identifier: GPL-2.0-only */
/* Sequences the parts: words, machine, privilege, source, collector, then a screen or a stream. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/sanitize.h"
#include "core/collector.h"
#include "core/machine/privileges.h"
#include "core/options.h"
#include "core/output/batch.h"
#include "core/output/functions_start.h"
#include "core/output/json_out.h"
#include "core/output/probe_list.h"
#include "core/output/text_out.h"
#include "core/recording/write.h"
#include "tui/app.h"
#include "tui/config.h"
#include "tui/farewell.h"
#include "tui/settings.h"
#include "tui/terminal.h"

static int complain(const struct error *err, int status)
{
	error_print(err);
	return status;
}

/*
 * A descriptor opened in the place of a closed standard output would be written to. What cannot be
 * written stands in, so that writing fails as it should.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
			_exit(EXIT_FAILED);
}

static int print(void (*text)(FILE *to))
{
	text(stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

static int list_probes(struct source *source)
{
	probe_list_print(source, stdout);
	return fflush(stdout) ? EXIT_FAILED : EXIT_OK;
}

/* Before the collector runs, so that not one packet of these probes goes without a line. */
static int select_probes(const struct options *options, struct source *source,
	bool on[static PROBE_MAX], struct error *err)
{
	int n_rows = catalog_count(source->host->catalog, TABLE_PROBES);

	if (!options->trace.n)
		return EXIT_OK;
	if (n_rows > PROBE_MAX)
		n_rows = PROBE_MAX;
	if (options_match_probes(options, source->host->catalog, on, n_rows, err) < 0)
		return EXIT_BAD_INPUT;
	for (int row = 0; row < n_rows; row++) {
		const struct row *probe = catalog_row(source->host->catalog, TABLE_PROBES, row);
		int rc = on[row] ? source->ops->select(source, TABLE_PROBES, row, true) : 0;

		if (rc)
			return error_set(err, EXIT_FAILED, "%s cannot be traced: %s", probe->name,
				probe->flags & PROBE_ABSENT ? probe->where : strerror(-rc));
	}
	return functions_start_trace(options, source, err);
}

/* A view or theme of the config that there is not is no reason to stop either. */
static void drop_what_is_not(struct config *config)
{
	struct error view = { "" }, theme = { "" };

	if (config->view[0] && app_check(config->view, NULL, false, &view)) {
		config_note(config, "config: %s", view.text);
		config->view[0] = '\0';
	}
	if (config->theme[0] && app_check(NULL, config->theme, false, &theme)) {
		config_note(config, "config: %s", theme.text);
		config->theme[0] = '\0';
	}
}

/*
 * What the user set up once holds on a screen where the command line says nothing; a file that cannot be had is
 * said there, and no reason to stop. Without a screen only what the command line names is taken.
 */
static int take_config(struct options *options, struct config *config, struct error *notice,
	struct error *err)
{
	bool screen = options_screen(options), sets = settings_wants_sets(options);

	if (options->action != OPTIONS_RUN || (!screen && !sets))
		return EXIT_OK;
	if (config_load(config, notice) && sets)
		return error_set(err, EXIT_BAD_INPUT, "%s", notice->text);
	if (screen) {
		drop_what_is_not(config);
		settings_options(options, config);
	}
	return settings_sets(options, config, err) ? EXIT_BAD_INPUT : EXIT_OK;
}

static int check_screen(const struct options *options, struct error *err)
{
	if (options->action != OPTIONS_RUN)
		return EXIT_OK;
	return app_check(options->view, options->theme, options_screen(options), err);
}

/* Everything that can be said without attaching anything. */
static int check(const struct options *options, struct live_options *live, struct error *err)
{
	struct privileges privileges;
	int status = options_resolve(options, live, err);

	if (!status)
		status = probe_list_check(options, err);
	if (!status)
		status = check_screen(options, err);
	if (status)
		return status;
	privileges_probe(&privileges);
	return privileges_judge(&privileges, err) ? EXIT_FAILED : EXIT_OK;
}

enum { SAY_FROM = 10 }; /* functions that take more than half a second */

/* What is watched (this machine, or recordings) and where it goes. */
struct session {
	const struct options *options;
	struct source *source[OPTIONS_LIST_MAX]; /* until a collector takes it over */
	struct collector *collector[OPTIONS_LIST_MAX];
	int n; /* of sources, then of collectors */
	struct out_stream *out; /* standard output; NULL: it is the screen's, or nobody's */
	struct json_out *json;
	struct text_out *text;
	struct recording *recording; /* NULL: none is made */
	bool traced[PROBE_MAX];	     /* rows of TABLE_PROBES that --trace asks for */
	struct farewell farewell;
	struct config config;
	struct error notice; /* for the screen */
};

/* With kprobes that are attached each by itself the kernel waits for several grace periods for each, one after the other. */
static void say_what_takes_long(const struct session *session)
{
	struct functions_status status = { 0 };

	if (session->n && session->collector[0])
		collector_functions_status(session->collector[0], &status);
	if (status.means == MEANS_KPROBE && status.apart > SAY_FROM)
		fprintf(stderr, "skewtop: the kernel lets go of %d functions one by one ...\n", status.apart);
}

static void session_close(struct session *session)
{
	say_what_takes_long(session);
	for (int i = 0; i < session->n; i++) {
		collector_free(session->collector[i]);
		source_close(session->source[i]);
	}
	recording_free(session->recording);
	json_out_free(session->json);
	text_out_free(session->text);
	out_stream_free(session->out);
}

static int open_recording(struct session *session, struct error *err)
{
	const struct recording_options recording = {
		.path = session->options->record,
		.force = session->options->force,
	};
	int status = EXIT_OK;

	if (recording.path)
		session->recording = recording_create(&recording, err, &status);
	return status;
}

/* The kernel takes some tenths of a second to verify the programs. */
static void splash(const struct options *options)
{
	char host[65] = "";

	if (options->action != OPTIONS_RUN || !options_screen(options))
		return;
	gethostname(host, sizeof(host) - 1);
	sanitize(host, sizeof(host), host, sizeof(host));
	app_splash(host, "loading the probes of this kernel ...");
}

static int open_live(struct session *session, struct error *err)
{
	static struct live_options live;
	int status = check(session->options, &live, err);

	if (!status)
		status = open_recording(session, err);
	if (status)
		return status;
	splash(session->options);
	session->source[0] = source_live_open(&live, err, &status);
	if (!session->source[0])
		return status;
	session->n = 1;
	if (session->options->action == OPTIONS_LIST_PROBES)
		return EXIT_OK;
	if (session->options->programs && session->source[0]->ops->programs(session->source[0], true, err))
		return EXIT_FAILED;
	status = functions_start(session->options, session->source[0], err);
	return status ? status
		      : select_probes(
				session->options, session->source[0], session->traced, err);
}

static int open_replays(struct session *session, struct error *err)
{
	const struct word_list *files = &session->options->replay;
	int status = options_check_files(session->options, err);

	for (int i = 0; i < files->n && !status; i++) {
		session->source[i] = source_replay_open(files->word[i], true, err);
		if (!session->source[i])
			return EXIT_BAD_INPUT;
		session->n++;
	}
	if (!status)
		status = check_screen(session->options, err);
	return status ? status : open_recording(session, err);
}

/* JSON or text on standard output, where asked for. -ENOMEM. */
static int add_output(struct session *session, const struct host *host, struct collector_options *collecting)
{
	const struct options *options = session->options;
	unsigned details = options->details_given ? options->details : 0;

	if (!options->json && !options->text)
		return 0;
	session->out = out_stream_new(STDOUT_FILENO);
	if (!session->out)
		return -ENOMEM;
	if (options->json)
		session->json = json_out_new(session->out, host, details);
	else
		session->text = text_out_new(session->out, host, details);
	if (session->json)
		collecting->listener[collecting->n_listeners++] = json_out_listener(session->json);
	else if (session->text)
		collecting->listener[collecting->n_listeners++] = text_out_listener(session->text);
	else
		return -ENOMEM;
	return 0;
}

/* Listeners hear of the first source; options.h lets there be no other beside them. */
static int add_listeners(struct session *session, struct collector_options *collecting,
	struct error *err)
{
	struct source *source = session->source[0];

	if (add_output(session, source->host, collecting))
		return error_set(err, EXIT_FAILED, "out of memory");
	if (session->recording) {
		if (recording_start(session->recording, source->host, !source->ops->paced, err))
			return EXIT_FAILED;
		collecting->listener[collecting->n_listeners++] =
			recording_listener(session->recording);
	}
	if (options_screen(session->options) && source->ops->paced)
		collecting->listener[collecting->n_listeners++] =
			farewell_listener(&session->farewell);
	return EXIT_OK;
}

/* Somebody is waiting for the first rates on the screen; where iterations are counted all are alike. */
#define FIRST_NS UINT64_C(250000000)

static int start_collectors(struct session *session, struct error *err)
{
	struct collector_options collecting = {
		.interval_ns = session->options->delay_ns,
		.iterations = session->options->iterations,
		.history_ns = session->options->history_ns,
	};
	int status = add_listeners(session, &collecting, err);

	if (options_screen(session->options) && !session->options->iterations)
		collecting.first_ns = FIRST_NS;
	for (int i = 0; i < session->n && !status; i++) {
		struct source *source = session->source[i];

		if (session->options->replay.n)
			source_replay_keep(source, &collecting);
		session->source[i] = NULL;
		session->collector[i] = collector_start(source, &collecting, err);
		if (!session->collector[i])
			status = EXIT_FAILED;
	}
	return status;
}

static int run_screen(struct session *session, struct error *err)
{
	const struct options *options = session->options;
	struct app_options screen = {
		.n_hosts = session->n,
		.view = options->view,
		.theme = options->theme,
		.ascii = options->ascii,
		.plain = options->plain,
		.no_mouse = options->no_mouse,
		.interval_ns = options->delay_ns,
		.quit_at_end = options->iterations > 0,
		.shown = options->use_cpus ? &options->cpus : NULL,
		.traced = session->traced,
		.details = options->details,
		.inner_filter = options->filter_tunnel,
		.functions_chosen = options->functions.n > 0,
		.recording = session->recording,
		.config = &session->config,
		.notice = session->notice.text[0] ? session->notice.text : NULL,
	};
	int status;

	for (int i = 0; i < session->n; i++)
		screen.host[i] = (struct app_host){
			.collector = session->collector[i],
			.replay = options->replay.n > 0,
			.growing = options->replay.n && !strcmp(options->replay.word[i], "-"),
		};
	status = app_run(&screen, err);
	for (int i = 0; i < session->n; i++)
		collector_stop(session->collector[i]);
	if (session->recording && recording_finish(session->recording, err))
		status = EXIT_FAILED;
	farewell_print(&session->farewell, stdout);
	return status;
}

static int run(struct session *session, struct error *err)
{
	int status = start_collectors(session, err);

	if (status)
		return status;
	if (options_screen(session->options))
		return run_screen(session, err);
	return batch_run(session->collector[0], session->out, session->recording, err);
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct session session = { .options = &options };
	struct error err = { "" };
	int status;

	fill_standard_descriptors();
	/* Characters only: numbers are read and written the same way everywhere. */
	setlocale(LC_CTYPE, "");
	if (options_parse(&options, argc, argv, &err))
		return complain(&err, EXIT_BAD_INPUT);
	if (options.action == OPTIONS_HELP)
		return print(options_help);
	if (options.action == OPTIONS_VERSION)
		return print(options_version);
	if (take_config(&options, &session.config, &session.notice, &err))
		return complain(&err, EXIT_BAD_INPUT);
	if (options_screen(&options))
		terminal_signals();
	else
		batch_signals();
	status = options.replay.n ? open_replays(&session, &err) : open_live(&session, &err);
	if (!status && options.action == OPTIONS_LIST_PROBES)
		status = list_probes(session.source[0]);
	else if (!status)
		status = run(&session, &err);
	app_unsplash();
	session_close(&session);
	return complain(&err, status);
}
