/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of options.h that looks at the machine. */
#include "core/options.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/filter/filter.h"
#include "core/machine/netns.h"

#define POSSIBLE_CPUS "/sys/devices/system/cpu/possible"

static int resolve_cpus(const struct options *options, struct narrow_config *narrow,
	struct error *err)
{
	struct cpus possible;
	char list[128];
	int rc;

	if (!options->use_cpus)
		return EXIT_OK;
	rc = cpus_read(&possible, POSSIBLE_CPUS);
	if (rc)
		return error_set(err, EXIT_FAILED, POSSIBLE_CPUS " cannot be read: %s", strerror(-rc));
	cpus_format(&possible, list, sizeof(list));
	cpus_for_each(id, &options->cpus)
	{
		if (!cpus_has(&possible, id))
			return error_set(err, EXIT_BAD_INPUT,
				"--cpus: there is no CPU %d; this machine has %s", id, list);
	}
	narrow->use_cpus = 1;
	memcpy(narrow->cpus, options->cpus.word, sizeof(narrow->cpus));
	return EXIT_OK;
}

/* The process that a task belongs to, from /proc; 0 if there is no such task. */
static uint32_t tgid_of(uint32_t pid)
{
	char path[64], line[128];
	unsigned int tgid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	file = fopen(path, "re");
	while (file && !tgid && fgets(line, sizeof(line), file))
		(void)!sscanf(line, "Tgid: %u", &tgid);
	if (file)
		fclose(file);
	return tgid;
}

static int resolve_pid(const struct options *options, struct narrow_config *narrow,
	struct error *err)
{
	uint32_t tgid;

	if (!options->pid)
		return EXIT_OK;
	tgid = tgid_of(options->pid);
	if (!tgid)
		return error_set(err, EXIT_BAD_INPUT, "--pid: there is no process %u", options->pid);
	if (tgid != options->pid)
		return error_set(err, EXIT_BAD_INPUT,
			"--pid: %u is a thread; its process %u would do", options->pid, tgid);
	narrow->tgid = tgid;
	return EXIT_OK;
}

static bool has_interface(void *context, int fd, uint32_t inode)
{
	(void)inode;
	return netns_has_interface(fd, context, NULL, 0) > 0;
}

/* `fd` is the namespace asked for, or -1. Without one, any namespace's interface will do. */
static int resolve_interface(const struct options *options, int fd, struct narrow_config *narrow,
	struct error *err)
{
	const char *where = fd < 0 ? "no network namespace that can be found" : "that namespace";
	char there[160];
	int found;

	if (!options->ifname)
		return EXIT_OK;
	found = netns_has_interface(fd, options->ifname, there, sizeof(there));
	if (found < 0)
		return error_set(err, EXIT_FAILED,
			"--ifname: the interfaces of that namespace cannot be listed: %s%s",
			strerror(-found), found == -EPERM ? " (CAP_SYS_ADMIN or root could)" : "");
	if (!found && fd < 0)
		found = netns_each(has_interface, (void *)options->ifname);
	if (!found && fd < 0)
		return error_set(err, EXIT_BAD_INPUT, "--ifname: %s has an interface '%s'; here are %s",
			where, options->ifname, there);
	if (!found)
		return error_set(err, EXIT_BAD_INPUT, "--ifname: %s has no interface '%s'; it has %s",
			where, options->ifname, there);
	memcpy(narrow->ifname, options->ifname, strlen(options->ifname));
	narrow->use_ifname = 1;
	return EXIT_OK;
}

static int resolve_network(const struct options *options, struct narrow_config *narrow,
	struct error *err)
{
	int fd = -1, rc;

	if (options->netns) {
		fd = netns_open(options->netns, &narrow->netns, err);
		if (fd == -EPERM || fd == -EACCES)
			return EXIT_FAILED;
		if (fd < 0)
			return EXIT_BAD_INPUT;
	}
	rc = resolve_interface(options, fd, narrow, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* libpcap's own sentence where libpcap refuses. */
static int resolve_filter(
	const struct options *options, struct live_options *live, struct error *err)
{
	char why[FILTER_ERR_SIZE];
	int rc;

	if (!options->filter[0] && !options->filter_tunnel)
		return EXIT_OK;
	rc = filter_compile(
		options->filter, options->filter_tunnel, &live->compiled, why, sizeof(why));
	if (rc)
		return error_set(err, rc == -ENOMEM ? EXIT_FAILED : EXIT_BAD_INPUT, "%s", why);
	live->filter = options->filter;
	live->filter_tunnel = options->filter_tunnel;
	return EXIT_OK;
}

/* "netns web, if eth0, pid 77": what else is on a screen then is about these alone. */
static void describe_narrowing(const struct options *options, char *buf, size_t size)
{
	const struct {
		const char *name, *word;
	} words[] = {
		{ "netns", options->netns },
		{ "if", options->ifname },
		{ "comm", options->comm },
	};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].word && used < size)
			used += snprintf(buf + used, size - used, "%s%s %.40s", used ? ", " : "",
				words[i].name, words[i].word);
	if (options->use_cpus && used < size) {
		char cpus[60];

		cpus_format(&options->cpus, cpus, sizeof(cpus));
		used += snprintf(buf + used, size - used, "%scpus %s", used ? ", " : "", cpus);
	}
	if (options->pid && used < size)
		used += snprintf(buf + used, size - used, "%spid %u", used ? ", " : "", options->pid);
	if (options->mark_mask && used < size)
		used += snprintf(buf + used, size - used, "%smark 0x%x/0x%x", used ? ", " : "",
			options->mark_value, options->mark_mask);
	if (options->track && used < size)
		snprintf(buf + used, size - used, "%spackets followed", used ? ", " : "");
}

int options_resolve(const struct options *options, struct live_options *live, struct error *err)
{
	struct narrow_config *narrow = &live->narrow;
	int rc;

	memset(live, 0, sizeof(*live));
	rc = resolve_cpus(options, narrow, err);
	if (!rc)
		rc = resolve_pid(options, narrow, err);
	if (!rc)
		rc = resolve_network(options, narrow, err);
	if (!rc)
		rc = resolve_filter(options, live, err);
	if (rc)
		return rc;
	if (options->comm) {
		narrow->use_comm = 1;
		memcpy(narrow->comm, options->comm, strlen(options->comm));
	}
	describe_narrowing(options, live->narrowed, sizeof(live->narrowed));
	narrow->mark_value = options->mark_value;
	narrow->mark_mask = options->mark_mask;
	live->netns = options->netns;
	live->ring_bytes = options->ring_bytes;
	live->trace_rate = options->trace_rate;
	/* A line is spared them if nobody wants them. */
	live->details = options_screen(options) || options->record || options->details_given ? options->details : 0;
	live->track = options->track;
	live->attach = options->attach;
	live->errors = options->errors;
	return EXIT_OK;
}

static bool same_file(const struct stat *a, const char *path)
{
	struct stat b;

	if (strcmp(path, "-") ? stat(path, &b) : fstat(STDIN_FILENO, &b))
		return false;
	return S_ISREG(b.st_mode) && a->st_dev == b.st_dev && a->st_ino == b.st_ino;
}

int options_check_files(const struct options *options, struct error *err)
{
	const char *path = options->record;
	struct stat st;

	if (!path || (strcmp(path, "-") ? stat(path, &st) : fstat(STDOUT_FILENO, &st)))
		return EXIT_OK;
	for (int i = 0; i < options->replay.n; i++)
		if (same_file(&st, options->replay.word[i]))
			return error_set(err, EXIT_BAD_INPUT,
				"--record: %s is what --replay reads", path);
	return EXIT_OK;
}

/* The probe that was most likely meant by a glob that matches none. */
static const char *nearest_probe(const char *glob, const struct catalog *catalog, int n_rows)
{
	const char **names = calloc(n_rows, sizeof(*names));
	const char *nearest = NULL;

	if (!names)
		return NULL;
	for (int row = 0; row < n_rows; row++)
		names[row] = catalog_row(catalog, TABLE_PROBES, row)->name;
	nearest = options_nearest(glob, names, n_rows);
	free(names);
	return nearest;
}

/* Marks the rows of a table that match; how many more that are now. */
static int match_rows(const char *glob, const struct catalog *catalog, enum table_id table,
	bool *on, int n_rows, bool *found)
{
	int n = 0;

	for (int row = 0; row < n_rows; row++) {
		if (fnmatch(glob, catalog_row(catalog, table, row)->name, 0))
			continue;
		n += !on[row];
		on[row] = *found = true;
	}
	return n;
}

int options_match_functions(
	const struct options *options, const struct catalog *catalog, bool *on, int n_rows)
{
	bool found;
	int n = 0;

	memset(on, 0, n_rows * sizeof(*on));
	for (int i = 0; i < options->trace.n; i++)
		n += match_rows(options->trace.word[i], catalog, TABLE_FUNCTIONS, on, n_rows,
			&found);
	return n;
}

/* Before functions are attached nobody knows which there will be: then every glob may be one of them. */
static bool may_be_function(
	const struct options *options, const struct catalog *catalog, const char *glob)
{
	int n_rows = catalog_count(catalog, TABLE_FUNCTIONS);

	if (!n_rows)
		return options->functions.n;
	for (int row = 0; row < n_rows; row++)
		if (!fnmatch(glob, catalog_row(catalog, TABLE_FUNCTIONS, row)->name, 0))
			return true;
	return false;
}

int options_match_probes(const struct options *options, const struct catalog *catalog, bool *on,
	int n_rows, struct error *err)
{
	int n = 0;

	memset(on, 0, n_rows * sizeof(*on));
	for (int i = 0; i < options->trace.n; i++) {
		const char *glob = options->trace.word[i];
		bool found = false;

		n += match_rows(glob, catalog, TABLE_PROBES, on, n_rows, &found);
		if (!found && !may_be_function(options, catalog, glob)) {
			const char *nearest = nearest_probe(glob, catalog, n_rows);

			return error_set(err, -EINVAL,
				"--trace: no probe matches '%s'%s%s; --list-probes shows what there is",
				glob, nearest ? ", the nearest is " : "", nearest ? nearest : "");
		}
	}
	return n;
}

int options_functions(
	const struct options *options, struct function_choice *choice, struct error *err)
{
	memset(choice, 0, sizeof(*choice));
	for (int i = 0; i < options->functions.n; i++)
		if (!function_choice_add(choice, options->functions.word[i]))
			return error_set(err, -EINVAL, "--functions takes up to %d globs of %d letters",
				FUNCTION_GLOBS_MAX, FUNCTION_GLOB_SIZE - 1);
	if (options->inside && !function_choice_add(choice, options->inside))
		return error_set(err, -EINVAL, "--inside takes one function's name, not '%.60s'",
			options->inside);
	return 0;
}
