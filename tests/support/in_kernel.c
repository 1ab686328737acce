/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/in_kernel.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	IDS_MAX = 256,
	WAIT_MS = 10000 /* the kernel frees maps and programs in its own time */
};

/* One kind of kernel object, by the ids that a process holds. */
struct kind {
	const char *field; /* in /proc/PID/fdinfo/N */
	int (*open)(uint32_t id);
	int at_least;
	int n;
	uint32_t id[IDS_MAX];
};

static void note_descriptor(struct kind *kind, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	uint32_t id;

	while (file && fgets(line, sizeof(line), file)) {
		size_t length = strlen(kind->field);

		if (strncmp(line, kind->field, length) != 0 ||
			sscanf(line + length, ":%u", &id) != 1)
			continue;
		assert_true(kind->n < IDS_MAX);
		kind->id[kind->n++] = id;
	}
	if (file)
		fclose(file);
}

/* What the process holds: nobody else's objects are looked at. */
static void note_ids(struct kind *kind, pid_t pid)
{
	struct dirent *entry;
	char path[512];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		if (entry->d_name[0] != '.')
			note_descriptor(kind, path);
	}
	closedir(dir);
	if (kind->n < kind->at_least)
		fail_msg("only %d of %s", kind->n, kind->field);
}

static bool is_there(const struct kind *kind, uint32_t id)
{
	int fd = kind->open(id);

	if (fd < 0 && errno != ENOENT)
		fail_msg("%s %u: %s", kind->field, id, strerror(errno));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void assert_all_there(const struct kind *kind)
{
	for (int i = 0; i < kind->n; i++)
		assert_true(is_there(kind, kind->id[i]));
}

static void assert_all_gone(const struct kind *kind)
{
	for (int i = 0; i < kind->n; i++) {
		int ms = 0;

		while (is_there(kind, kind->id[i])) {
			if (ms++ == WAIT_MS)
				fail_msg("%s %u stays", kind->field, kind->id[i]);
			usleep(1000);
		}
	}
}

enum { KINDS = 3 };

struct in_kernel {
	struct kind kind[KINDS];
};

struct in_kernel *in_kernel_note(pid_t pid)
{
	static const struct kind kinds[KINDS] = {
		{ .field = "prog_id", .open = bpf_prog_get_fd_by_id, .at_least = 20 },
		{ .field = "link_id", .open = bpf_link_get_fd_by_id, .at_least = 20 },
		{ .field = "map_id", .open = bpf_map_get_fd_by_id, .at_least = 5 },
	};
	struct in_kernel *held = malloc(sizeof(*held));

	assert_non_null(held);
	for (int i = 0; i < KINDS; i++) {
		held->kind[i] = kinds[i];
		note_ids(&held->kind[i], pid);
		assert_all_there(&held->kind[i]);
	}
	return held;
}

void in_kernel_assert_gone(struct in_kernel *held)
{
	for (int i = 0; i < KINDS; i++)
		assert_all_gone(&held->kind[i]);
	free(held);
}
