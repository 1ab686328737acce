/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per-CPU counters of the kernel's own that need no BPF: /proc/softirqs and /proc/net/softnet_stat.
 * Both are 32 bits wide and wrap; here they become 64-bit totals since the first reading that never
 * fall, also while a CPU is offline and its line is gone.
 */
#ifndef SKEWTOP_PROC_COUNTERS_H
#define SKEWTOP_PROC_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/model/host.h"

enum { PROC_ROWS_MAX = 16, PROC_NAME_LEN = 16 };

struct proc_counters {
	int n_rows;
	int n_cpus; /* possible; slots */
	char name[PROC_ROWS_MAX][PROC_NAME_LEN];
	uint32_t *last;	 /* n_rows x n_cpus: the last raw value */
	bool *seen;	 /* whether there is one */
	uint64_t *total; /* n_rows x n_cpus */
};

/* Makes room for the possible CPUs of the topology; reads nothing yet. -ENOMEM. */
int proc_counters_init(struct proc_counters *counters, const struct topology *topology);
void proc_counters_free(struct proc_counters *counters);

/*
 * Takes a new reading from the text of the file. /proc/softirqs: a line of CPU names, then one line
 * per softirq. /proc/net/softnet_stat: one line of hexadecimal columns per online CPU, whose number is
 * in column 13 since 5.10 and is the place in the list of online CPUs before. -EINVAL: no such text.
 */
int proc_softirqs_take(
	struct proc_counters *counters, const struct topology *topology, const char *text);
int proc_softnet_take(struct proc_counters *counters, const struct topology *topology,
	const struct cpus *online, const char *text);

/*
 * A file of /proc that is read again and again: it stays open, and so does the buffer that the kernel has
 * for it, which on large machines it would have to find the size of each time.
 */
struct proc_file {
	int fd;	    /* -1: there is no such file */
	char *text; /* owned; as of the last reading */
	size_t size;
};

void proc_file_open(struct proc_file *file, const char *path);
void proc_file_close(struct proc_file *file);

/* The whole text now, valid until the next call. NULL with errno. */
const char *proc_file_read(struct proc_file *file);

#endif
