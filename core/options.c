/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

/* Options without a letter of their own. */
enum option_key {
	KEY_VIEW = 0x100,
	KEY_CPUS,
	KEY_NETNS,
	KEY_IFNAME,
	KEY_COMM,
	KEY_FILTER_MARK,
	KEY_FILTER_TUNNEL,
	KEY_ERRORS,
	KEY_ATTACH,
	KEY_TRACE,
	KEY_RING_SIZE,
	KEY_TRACE_RATE,
	KEY_DETAILS,
	KEY_TRACK,
	KEY_PROGRAMS,
	KEY_INSIDE,
	KEY_ITERATIONS,
	KEY_HISTORY,
	KEY_THEME,
	KEY_ASCII,
	KEY_PLAIN,
	KEY_NO_MOUSE,
	KEY_JSON,
	KEY_TEXT,
	KEY_NO_SCREEN,
	KEY_FORCE,
	KEY_LIST_PROBES,
};

enum { GROUP_COUNT = 1, GROUP_TRACE, GROUP_TIME, GROUP_SCREEN, GROUP_OUTPUT, GROUP_ABOUT };

static const struct argp_option option_table[] = {
	{ .doc = "What is counted (all narrowing happens in the kernel):", .group = GROUP_COUNT },
	{ "cpus", KEY_CPUS, "LIST", 0, "only these CPUs, such as 0-3,8", 0 },
	{ "netns", KEY_NETNS, "PID|NAME|PATH", 0, "packets of one network namespace", 0 },
	{ "ifname", KEY_IFNAME, "NAME", 0, "packets of one interface", 0 },
	{ "pid", 'p', "PID", 0, "system calls and packets of one process", 0 },
	{ "comm", KEY_COMM, "NAME", 0, "system calls and packets of tasks of this name", 0 },
	{ "filter-mark", KEY_FILTER_MARK, "VALUE[/MASK]", 0, "packets with this mark", 0 },
	{ "filter-tunnel", KEY_FILTER_TUNNEL, "EXPR", 0,
		"packets whose inner packet (VXLAN, Geneve, GRE, IPIP) matches a pcap filter", 0 },
	{ "functions", 'f', "GLOB", 0, "kernel functions to count packets in, or core, or all, or @SET; may be repeated", 0 },
	{ "attach", KEY_ATTACH, "MEANS", 0, "how to attach to kernel functions: auto (default), kprobe.multi, kprobe, fentry (core set only), tracepoints (not at all)", 0 },
	{ "programs", KEY_PROGRAMS, NULL, 0, "count what tc and XDP programs decide", 0 },
	{ "errors", KEY_ERRORS, NULL, 0, "count failed system calls too", 0 },

	{ .doc = "What is traced:", .group = GROUP_TRACE },
	{ "trace", KEY_TRACE, "GLOB", 0, "a line for each packet of these probes; may be repeated",
		0 },
	{ "inside", KEY_INSIDE, "FUNCTION", 0,
		"how long each call of a kernel function takes, and what it returns", 0 },
	{ "track", KEY_TRACK, NULL, 0,
		"follow each packet that is counted through NAT, clones and copies", 0 },
	{ "ring-size", KEY_RING_SIZE, "BYTES", 0,
		"room for trace lines on their way, a power of two such as 64K (default 16M)", 0 },
	{ "trace-rate", KEY_TRACE_RATE, "N", 0,
		"lines per second and CPU, 0 for no limit (default 1000)", 0 },
	{ "details", KEY_DETAILS, "WHAT", 0,
		"what comes with lines: none (default of --json and --text), drops (kernel stacks of drops, default of the screen and recordings), stacks (of all), skbs (and the whole sk_buff)", 0 },

	{ .doc = "How often, how long:", .group = GROUP_TIME },
	{ "delay", 'd', "SECONDS", 0, "between samples, 0.1 to 60 (default 1)", 0 },
	{ "iterations", KEY_ITERATIONS, "N", 0, "end after N samples' intervals", 0 },
	{ "history", KEY_HISTORY, "SECONDS", 0, "time to keep for stepping back (default 600)", 0 },

	{ .doc = "The screen:", .group = GROUP_SCREEN },
	{ "view", KEY_VIEW, "NAME", 0, "first view: cpus, syscalls, functions, drops, trace, interfaces, losses, programs", 0 },
	{ "theme", KEY_THEME, "NAME|FILE", 0, "colours, in btop's theme format", 0 },
	{ "ascii", KEY_ASCII, NULL, 0, "no characters beyond ASCII", 0 },
	{ "plain", KEY_PLAIN, NULL, 0, "no lines and no glyphs, for screen readers", 0 },
	{ "no-mouse", KEY_NO_MOUSE, NULL, 0, "leave the mouse to the terminal", 0 },

	{ .doc = "Without a screen, and files:", .group = GROUP_OUTPUT },
	{ "json", KEY_JSON, NULL, 0, "JSON Lines on standard output", 0 },
	{ "text", KEY_TEXT, NULL, 0, "lines of text on standard output", 0 },
	{ "record", 'w', "FILE", 0, "write a pcapng recording (- for standard output)", 0 },
	{ "force", KEY_FORCE, NULL, 0, "overwrite the recording's file", 0 },
	{ "no-screen", KEY_NO_SCREEN, NULL, 0, "only record", 0 },
	{ "replay", 'r', "FILE", 0,
		"show a recording (- for standard input); may be repeated, for several hosts", 0 },

	{ .doc = "About:", .group = GROUP_ABOUT },
	{ "list-probes", KEY_LIST_PROBES, NULL, 0, "what this kernel offers, and end", 0 },
	{ "help", 'h', NULL, 0, "this text", 0 },
	{ "version", 'V', NULL, 0, "the version", 0 },
	{ 0 },
};

enum { N_OPTIONS = sizeof(option_table) / sizeof(option_table[0]) - 1 };

struct parsing {
	struct options *options;
	struct error *err;
};

/* ---- words to values ---- */

static int parse_number(const char *option, const char *word, uint64_t max, uint64_t *out,
	struct error *err)
{
	char *end;

	errno = 0;
	*out = strtoull(word, &end, 10);
	if (word[0] < '0' || word[0] > '9' || *end || errno || *out > max)
		return error_set(err, -EINVAL, "%s takes a whole number from 0 to %ju, not '%s'",
			option, (uintmax_t)max, word);
	return 0;
}

static int parse_details(const char *word, unsigned *details, struct error *err)
{
	static const struct {
		const char *word;
		unsigned details;
	} known[] = {
		{ "none", 0 },
		{ "drops", DETAIL_DROP_STACK },
		{ "stacks", DETAIL_STACK },
		{ "skbs", DETAIL_STACK | DETAIL_SKB },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(word, known[i].word) == 0) {
			*details = known[i].details;
			return 0;
		}
	}
	return error_set(err, -EINVAL, "--details takes none, drops, stacks or skbs, not '%s'", word);
}

static int parse_positive(const char *option, const char *word, uint64_t max, uint64_t *out,
	struct error *err)
{
	if (parse_number(option, word, max, out, NULL) || !*out)
		return error_set(err, -EINVAL, "%s takes a whole number from 1 to %ju, not '%s'",
			option, (uintmax_t)max, word);
	return 0;
}

/* Seconds, also with a fraction. The locale's decimal point never applies: only LC_CTYPE is set. */
static int parse_seconds(const char *option, const char *word, double min, double max,
	uint64_t *ns, struct error *err)
{
	char *end;
	double seconds = strtod(word, &end);

	if (strspn(word, "0123456789.") != strlen(word) || end == word || *end || seconds < min ||
		seconds > max)
		return error_set(err, -EINVAL, "%s takes seconds from %g to %g, not '%s'", option,
			min, max, word);
	*ns = (uint64_t)(seconds * NS_PER_SECOND + 0.5);
	return 0;
}

/* A ring buffer of the kernel is a power of two pages. */
static int parse_ring_size(const char *word, uint64_t *bytes, struct error *err)
{
	static const uint64_t min = 4096, max = UINT64_C(1) << 30;
	uint64_t n, power;
	char *end;
	int shift = 0;

	errno = 0;
	n = strtoull(word, &end, 10);
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	else if (*end == 'G' || *end == 'g')
		shift = 30;
	if (word[0] < '0' || word[0] > '9' || errno || end[shift ? 1 : 0] || n > max >> shift ||
		n << shift < min)
		return error_set(err, -EINVAL,
			"--ring-size takes bytes from 4K to 1G, such as 64K or 16M, not '%s'", word);
	n <<= shift;
	if (n & (n - 1)) {
		for (power = min; power < n; power *= 2)
			;
		return error_set(err, -EINVAL,
			"--ring-size takes a power of two; next to '%s' are %juK and %juK", word,
			(uintmax_t)(power / 2048), (uintmax_t)(power / 1024));
	}
	*bytes = n;
	return 0;
}

static int parse_cpus(const char *word, struct options *options, struct error *err)
{
	int rc = cpus_parse(&options->cpus, word);

	if (rc || !cpus_count(&options->cpus))
		return error_set(err, -EINVAL, "--cpus takes a list such as 0-3,8, not '%s'", word);
	options->use_cpus = true;
	return 0;
}

static int parse_mark(const char *word, struct options *options, struct error *err)
{
	unsigned long value, mask = UINT32_MAX;
	char *end;

	errno = 0;
	value = strtoul(word, &end, 0);
	if (end != word && *end == '/' && end[1] >= '0' && end[1] <= '9')
		mask = strtoul(end + 1, &end, 0);
	if (word[0] < '0' || word[0] > '9' || *end || errno || value > UINT32_MAX ||
		mask > UINT32_MAX || !mask)
		return error_set(err, -EINVAL,
			"--filter-mark takes VALUE or VALUE/MASK, such as 0x10/0xff, not '%s'", word);
	if (value & ~mask)
		return error_set(err, -EINVAL,
			"--filter-mark %s can match nothing: the value has bits outside the mask",
			word);
	options->mark_value = value;
	options->mark_mask = mask;
	return 0;
}

static int check_name(const char *option, const char *word, size_t max, struct error *err)
{
	if (word[0] && strlen(word) <= max)
		return 0;
	return error_set(err, -EINVAL, "%s takes a name of 1 to %zu bytes, not '%s'", option, max,
		word);
}

static int collect(const char *option, const char *word, struct word_list *list, struct error *err)
{
	if (!word[0])
		return error_set(err, -EINVAL, "%s takes a word, not an empty one", option);
	if (list->n == OPTIONS_LIST_MAX)
		return error_set(err, -EINVAL, "%s may be given at most %d times", option,
			OPTIONS_LIST_MAX);
	list->word[list->n++] = word;
	return 0;
}

static int append_filter(struct options *options, const char *word, struct error *err)
{
	size_t used = strlen(options->filter);
	size_t left = sizeof(options->filter) - used;
	int n = snprintf(options->filter + used, left, "%s%s", used ? " " : "", word);

	if ((size_t)n >= left)
		return error_set(err, -EINVAL, "the filter is longer than %d bytes",
			OPTIONS_FILTER_MAX - 1);
	return 0;
}

/* ---- what was meant ---- */

static bool takes_value(const struct argp_option *option)
{
	return option->arg != NULL;
}

/* Number of single-letter changes between two short words; a long way off is just SIZE_MAX / 2. */
static size_t edit_distance(const char *a, const char *b)
{
	enum { LONGEST = 63 };
	size_t row[LONGEST + 1];
	size_t n = strlen(b);

	if (n > LONGEST || strlen(a) > LONGEST)
		return SIZE_MAX / 2;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);
			size_t skip = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < skip ? change : skip;
		}
	}
	return row[n];
}

const char *options_nearest(const char *word, const char *const *names, int n)
{
	const char *begins = NULL, *nearest = NULL;
	size_t length = strlen(word), best = length / 3 + 1;
	int n_begins = 0;

	for (int i = 0; i < n; i++) {
		size_t distance = edit_distance(word, names[i]);

		if (length && !strncmp(names[i], word, length)) {
			begins = names[i];
			n_begins++;
		}
		if (distance <= best && (!nearest || distance < best)) {
			best = distance;
			nearest = names[i];
		}
	}
	return n_begins == 1 ? begins : nearest;
}

static int explain_long(const char *word, struct error *err)
{
	const char *names[N_OPTIONS];
	const struct argp_option *only = NULL;
	int n = 0, n_begins = 0;
	char name[64];
	const char *meant;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (int i = 0; i < N_OPTIONS; i++) {
		const struct argp_option *option = &option_table[i];

		if (!option->name)
			continue;
		names[n++] = option->name;
		if (!strcmp(option->name, name)) {
			only = option;
			n_begins = 1;
			break;
		}
		if (!strncmp(option->name, name, strlen(name))) {
			only = option;
			n_begins++;
		}
	}
	if (n_begins == 1 && takes_value(only))
		return error_set(err, -EINVAL, "--%s needs a value: --%s %s", only->name, only->name,
			only->arg);
	if (n_begins == 1)
		return error_set(err, -EINVAL, "--%s takes no value", only->name);
	if (n_begins > 1)
		return error_set(err, -EINVAL, "--%s could be one of several options; see --help",
			name);
	meant = options_nearest(name, names, n);
	if (meant)
		return error_set(err, -EINVAL, "unknown option --%s; did you mean --%s?", name,
			meant);
	return error_set(err, -EINVAL, "unknown option --%s; --help lists what there is", name);
}

static const struct argp_option *option_of_letter(char letter)
{
	for (int i = 0; i < N_OPTIONS; i++)
		if (option_table[i].name && option_table[i].key == letter)
			return &option_table[i];
	return NULL;
}

/* Finds the fault in a word of letters such as "-px"; 0 if it has none. */
static int explain_letters(const char *word, bool last, struct error *err)
{
	for (const char *c = word + 1; *c; c++) {
		const struct argp_option *option = option_of_letter(*c);

		if (!option)
			return error_set(err, -EINVAL, "unknown option -%c; --help lists what there is",
				*c);
		if (takes_value(option) && !c[1] && last)
			return error_set(err, -EINVAL, "-%c needs a value: --%s %s", *c, option->name,
				option->arg);
		if (takes_value(option))
			break;
	}
	return 0;
}

/*
 * argp says no to a word without telling us which; its own message is two lines. The word is the one
 * just passed or, inside a group of letters, the one it stands at.
 */
static int explain(const struct argp_state *state, struct error *err)
{
	for (int i = state->next - 1; i <= state->next && i < state->argc; i++) {
		const char *word = state->argv[i];

		if (i < 1 || word[0] != '-' || !word[1])
			continue;
		if (word[1] == '-')
			return explain_long(word, err);
		if (explain_letters(word, i == state->argc - 1, err))
			return -EINVAL;
	}
	return error_set(err, -EINVAL, "the command line cannot be read; see --help");
}

/* ---- argp ---- */

static int set_counting(int key, char *arg, struct options *o, struct error *err)
{
	uint64_t n;

	switch (key) {
	case KEY_CPUS:
		return parse_cpus(arg, o, err);
	case KEY_NETNS:
		o->netns = arg;
		return check_name("--netns", arg, 4095, err);
	case KEY_IFNAME:
		o->ifname = arg;
		return check_name("--ifname", arg, ABI_IFNAME_LEN - 1, err);
	case KEY_COMM:
		o->comm = arg;
		return check_name("--comm", arg, ABI_COMM_LEN - 1, err);
	case 'p':
		if (parse_positive("--pid", arg, INT32_MAX, &n, err))
			return -EINVAL;
		o->pid = (uint32_t)n;
		return 0;
	case KEY_FILTER_MARK:
		return parse_mark(arg, o, err);
	case KEY_FILTER_TUNNEL:
		o->filter_tunnel = arg;
		return 0;
	case KEY_ERRORS:
		o->errors = true;
		return 0;
	case KEY_ATTACH:
		o->attach = functions_means_of(arg);
		if (o->attach < 0)
			return error_set(err, -EINVAL,
				"--attach takes auto, kprobe.multi, kprobe, fentry or tracepoints, not '%s'", arg);
		return 0;
	case 'f':
		return collect("--functions", arg, &o->functions, err);
	case ARGP_KEY_ARG:
		return append_filter(o, arg, err);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int set_time_and_trace(int key, char *arg, struct options *o, struct error *err)
{
	switch (key) {
	case KEY_TRACE:
		return collect("--trace", arg, &o->trace, err);
	case KEY_RING_SIZE:
		return parse_ring_size(arg, &o->ring_bytes, err);
	case KEY_INSIDE:
		o->inside = arg;
		return 0;
	case KEY_PROGRAMS:
		o->programs = true;
		return 0;
	case KEY_TRACK:
		o->track = true;
		return 0;
	case KEY_TRACE_RATE:
		return parse_number("--trace-rate", arg, NS_PER_SECOND, &o->trace_rate, err);
	case KEY_DETAILS:
		o->details_given = true;
		return parse_details(arg, &o->details, err);
	case 'd':
		o->delay_given = true;
		return parse_seconds("--delay", arg, 0.1, 60, &o->delay_ns, err);
	case KEY_ITERATIONS:
		return parse_positive("--iterations", arg, UINT32_MAX, &o->iterations, err);
	case KEY_HISTORY:
		return parse_seconds("--history", arg, 10, 86400, &o->history_ns, err);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int set_output(int key, char *arg, struct options *o, struct error *err)
{
	switch (key) {
	case KEY_VIEW:
		o->view = arg;
		return 0;
	case KEY_THEME:
		o->theme = arg;
		return 0;
	case KEY_ASCII:
		o->ascii = true;
		return 0;
	case KEY_PLAIN:
		o->plain = true;
		return 0;
	case KEY_NO_MOUSE:
		o->no_mouse = true;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case KEY_TEXT:
		o->text = true;
		return 0;
	case KEY_NO_SCREEN:
		o->no_screen = true;
		return 0;
	case 'w':
		o->record = arg;
		return check_name("--record", arg, 4095, err);
	case KEY_FORCE:
		o->force = true;
		return 0;
	case 'r':
		return collect("--replay", arg, &o->replay, err);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parsing *parsing = state->input;
	struct options *o = parsing->options;
	int rc;

	switch (key) {
	case ARGP_KEY_ERROR: /* does nothing where a more exact sentence stands already */
		explain(state, parsing->err);
		return 0;
	case 'h':
		o->action = OPTIONS_HELP;
		return 0;
	case 'V':
		o->action = OPTIONS_VERSION;
		return 0;
	case KEY_LIST_PROBES:
		o->action = OPTIONS_LIST_PROBES;
		return 0;
	}
	rc = set_counting(key, arg, o, parsing->err);
	if (rc == ARGP_ERR_UNKNOWN)
		rc = set_time_and_trace(key, arg, o, parsing->err);
	if (rc == ARGP_ERR_UNKNOWN)
		rc = set_output(key, arg, o, parsing->err);
	return rc < 0 ? -rc : rc;
}

static const struct argp parser = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "[PCAP FILTER]",
	.doc = "Shows, from the running kernel, which CPU carries the system calls and the packets, "
	       "and loses nothing without saying so.",
};

/* Options that cannot be meant together. */
static int check_together(const struct options *o, struct error *err)
{
	const char *lines = o->json ? "--json" : o->text ? "--text" : NULL;
	bool to_stdout = o->record && !strcmp(o->record, "-");
	bool narrows = o->use_cpus || o->netns || o->ifname || o->comm || o->pid || o->mark_mask ||
		       o->filter[0] || o->filter_tunnel || o->functions.n || o->trace.n || o->track || o->inside || o->programs ||
		       o->attach || (o->details_given && !lines) || o->errors || o->ring_bytes ||
		       o->trace_rate != OPTIONS_TRACE_RATE;

	if (o->replay.n && narrows)
		return error_set(err, -EINVAL,
			"--replay shows what was recorded: options that narrow or trace belong to "
			"the recording");
	if (o->replay.n && o->action == OPTIONS_LIST_PROBES)
		return error_set(err, -EINVAL,
			"--list-probes is about the running kernel, not about a recording");
	if (o->replay.n > 1 && (lines || o->record))
		return error_set(err, -EINVAL,
			"%s takes one recording at a time: its lines do not say of which host they are",
			lines ? lines : "--record");
	if (o->json && o->text)
		return error_set(err, -EINVAL, "--json and --text both write to standard output: choose one");
	if (to_stdout && lines)
		return error_set(err, -EINVAL,
			"%s and --record - both write to standard output: record to a file", lines);
	if (to_stdout && !o->no_screen)
		return error_set(err, -EINVAL,
			"--record - writes to standard output, where the screen is: add --no-screen");
	if (o->no_screen && !lines && !o->record)
		return error_set(err, -EINVAL,
			"--no-screen leaves nothing to do: add --record FILE, --json or --text");
	if (o->force && !o->record)
		return error_set(err, -EINVAL, "--force goes with --record FILE");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *err)
{
	struct parsing parsing = { .options = options, .err = err };
	struct error own = { "" };

	if (!err)
		parsing.err = &own;
	memset(options, 0, sizeof(*options));
	options->delay_ns = NS_PER_SECOND;
	options->trace_rate = OPTIONS_TRACE_RATE;
	options->details = DETAIL_DROP_STACK;
	if (argp_parse(&parser, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, NULL,
		    &parsing))
		return error_set(parsing.err, -EINVAL, "the command line cannot be read; see --help");
	if (options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION)
		return 0;
	return check_together(options, err);
}

bool options_screen(const struct options *options)
{
	return !options->json && !options->text && !options->no_screen;
}

void options_help(FILE *to)
{
	char name[] = "skewtop";

	argp_help(&parser, to, ARGP_HELP_SHORT_USAGE | ARGP_HELP_LONG | ARGP_HELP_DOC, name);
}

bool options_text(int index, struct option_text *out)
{
	const struct argp_option *option;

	if (index < 0 || index >= N_OPTIONS)
		return false;
	option = &option_table[index];
	*out = (struct option_text){
		.name = option->name,
		.letter = option->key < KEY_VIEW ? (char)option->key : 0,
		.argument = option->arg,
		.text = option->doc,
	};
	return true;
}

void options_version(FILE *to)
{
	fputs("skewtop " SKEWTOP_VERSION "\n", to);
}
