/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/proc_counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int proc_counters_init(struct proc_counters *counters, const struct topology *topology)
{
	size_t n = (size_t)PROC_ROWS_MAX * topology->n_cpus;

	memset(counters, 0, sizeof(*counters));
	counters->n_cpus = topology->n_cpus;
	counters->last = calloc(n, sizeof(*counters->last));
	counters->seen = calloc(n, sizeof(*counters->seen));
	counters->total = calloc(n, sizeof(*counters->total));
	if (counters->last && counters->seen && counters->total)
		return 0;
	proc_counters_free(counters);
	return -ENOMEM;
}

void proc_counters_free(struct proc_counters *counters)
{
	free(counters->last);
	free(counters->seen);
	free(counters->total);
	memset(counters, 0, sizeof(*counters));
}

/* The first value is where counting starts; after that the difference modulo 2^32. */
static void take(struct proc_counters *counters, int row, int slot, uint32_t value)
{
	size_t i = (size_t)row * counters->n_cpus + slot;

	if (counters->seen[i])
		counters->total[i] += (uint32_t)(value - counters->last[i]);
	counters->last[i] = value;
	counters->seen[i] = true;
}

static int row_named(struct proc_counters *counters, const char *name, size_t len)
{
	if (len >= PROC_NAME_LEN)
		return -1;
	for (int row = 0; row < counters->n_rows; row++)
		if (strncmp(counters->name[row], name, len) == 0 && !counters->name[row][len])
			return row;
	if (counters->n_rows == PROC_ROWS_MAX)
		return -1;
	memcpy(counters->name[counters->n_rows], name, len);
	counters->name[counters->n_rows][len] = '\0';
	return counters->n_rows++;
}

static const char *next_line(const char *p)
{
	const char *end = strchr(p, '\n');

	return end ? end + 1 : p + strlen(p);
}

/* Slots of the columns, from the heading "CPU0 CPU1 ..."; returns how many. */
static int softirq_columns(const struct topology *topology, const char *text, int *slots)
{
	const char *end = next_line(text);
	int n = 0;

	for (const char *p = text; n < topology->n_cpus && (p = strstr(p, "CPU")) && p < end; p += 3)
		slots[n++] = topology_slot(topology, atoi(p + 3));
	return n;
}

int proc_softirqs_take(
	struct proc_counters *counters, const struct topology *topology, const char *text)
{
	int *slots = calloc(topology->n_cpus, sizeof(*slots));
	int n = slots ? softirq_columns(topology, text, slots) : 0;
	int err = !slots ? -ENOMEM : n ? 0 : -EINVAL;

	for (const char *p = next_line(text); !err && *p; p = next_line(p)) {
		const char *name = p + strspn(p, " ");
		const char *colon = strchr(name, ':');
		char *at;
		int row;

		if (!colon || colon > next_line(p))
			break;
		row = row_named(counters, name, colon - name);
		at = (char *)colon + 1;
		for (int i = 0; row >= 0 && i < n; i++) {
			char *end;
			unsigned long value = strtoul(at, &end, 10);

			if (end == at)
				break;
			if (slots[i] >= 0)
				take(counters, row, slots[i], value);
			at = end;
		}
	}
	free(slots);
	return err;
}

/* The columns that mean something, by position (net/core/net-procfs.c, softnet_seq_show). */
static const struct {
	const char *name;
	int column;
} softnet_columns[] = {
	{ "processed", 0 },
	{ "dropped", 1 },
	{ "time_squeeze", 2 },
	{ "received_rps", 9 },
	{ "flow_limit", 10 },
};

enum { SOFTNET_CPU_COLUMN = 12, SOFTNET_COLUMNS_MAX = 24 };

int proc_softnet_take(struct proc_counters *counters, const struct topology *topology,
	const struct cpus *online, const char *text)
{
	int in_order = cpus_next(online, 0);

	for (const char *p = text; *p; p = next_line(p)) {
		uint32_t column[SOFTNET_COLUMNS_MAX];
		char *at = (char *)p;
		int n = 0, slot;

		while (n < SOFTNET_COLUMNS_MAX && *at != '\n') {
			char *end;

			column[n] = strtoul(at, &end, 16);
			if (end == at)
				break;
			at = end;
			n++;
		}
		if (!n)
			return -EINVAL;
		slot = topology_slot(topology,
			n > SOFTNET_CPU_COLUMN ? (int)column[SOFTNET_CPU_COLUMN] : in_order);
		/* Once the list is at its end the next line is of a CPU that has just come. */
		if (in_order >= 0)
			in_order = cpus_next(online, in_order + 1);
		if (slot < 0)
			continue;
		for (size_t i = 0; i < sizeof(softnet_columns) / sizeof(softnet_columns[0]); i++) {
			const char *name = softnet_columns[i].name;

			if (softnet_columns[i].column < n)
				take(counters, row_named(counters, name, strlen(name)), slot,
					column[softnet_columns[i].column]);
		}
	}
	return 0;
}

void proc_file_open(struct proc_file *file, const char *path)
{
	*file = (struct proc_file){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
}

void proc_file_close(struct proc_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->text);
	*file = (struct proc_file){ .fd = -1 };
}

static bool make_room(struct proc_file *file)
{
	size_t size = file->size ? file->size * 2 : 8192;
	char *text = realloc(file->text, size);

	if (!text)
		return false;
	file->text = text;
	file->size = size;
	return true;
}

const char *proc_file_read(struct proc_file *file)
{
	size_t n = 0;
	ssize_t got;

	if (file->fd < 0) {
		errno = ENOENT;
		return NULL;
	}
	do {
		if (n + 1 >= file->size && !make_room(file))
			return NULL;
		got = pread(file->fd, file->text + n, file->size - n - 1, n);
		if (got < 0)
			return NULL;
		n += got;
	} while (got);
	file->text[n] = '\0';
	return file->text;
}
