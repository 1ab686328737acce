/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where data comes from: the running kernel, a recording, a script of the tests. One const table of
 * operations each; all of them are called from one thread, the collector's.
 */
#ifndef SKEWTOP_SOURCE_H
#define SKEWTOP_SOURCE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "core/base/error.h"
#include "core/functions/choice.h"
#include "core/model/host.h"
#include "core/model/snapshot.h"

struct filter;
struct source;

/* Takes one record; valid during the call only. real_ns is CLOCK_REALTIME. */
typedef void (*record_sink)(void *context, const struct trace_record *record, uint64_t real_ns);

struct source_ops {
	const char *name; /* "LIVE", "REPLAY": the header's word */
	bool paced;	  /* samples follow the collector's clock; else they come as drain finds them */

	/* Reads every counter into a new snapshot of the caller's. 0, or negative errno with a sentence.
	 * -EAGAIN: none yet (a source that is not paced). -ENODATA: there will be no more. */
	int (*sample)(struct source *source, struct snapshot **out, struct error *err);

	/* Hands records that have arrived to the sink, at most for a few ms. Number of records. */
	int (*drain)(struct source *source, record_sink sink, void *context);

	/* True while no record can come until select() is called: draining may then wait for the next
	 * sample. NULL: never. */
	bool (*quiet)(const struct source *source);

	/* Switches trace lines of one row of TABLE_PROBES or TABLE_FUNCTIONS. NULL where it cannot. */
	int (*select)(struct source *source, enum table_id table, int row, bool on);

	/* Details that go with every line from now on, bits of enum trace_detail; they are then in
	 * host->details. NULL where it cannot. */
	int (*details)(struct source *source, unsigned wish);

	/* Asks for syscall errors (sys_exit) or no longer. NULL where it cannot. */
	int (*want_errors)(struct source *source, bool on);

	/*
	 * Begins to change the packet filter: `outer` for the packet, `inner` for the one inside a tunnel
	 * (filter.h; NULL or blank: none). Returns at once: 0 when begun, -EBUSY while an earlier change
	 * is under way, else negative errno with a sentence. NULL where it cannot.
	 */
	int (*set_filter)(struct source *source, const char *outer, const char *inner,
		struct error *err);

	/*
	 * What became of it, to be asked between drains: 0 once it is in force (then also in
	 * host->filters), -EINPROGRESS, or another negative errno with a sentence when it was refused
	 * and the old filter stays.
	 */
	int (*filter_outcome)(struct source *source, struct error *err);

	/* Asks for a set of functions to count packets in; it is attached in the background. NULL where
	 * it cannot. */
	int (*functions)(struct source *source, const struct function_choice *choice);

	/* Waits until that is done and adds the rows: before the collector's thread runs. Negative errno
	 * with a sentence. */
	int (*functions_wait)(struct source *source, struct error *err);

	/* Asks to look into the function of a row of TABLE_FUNCTIONS (TABLE_INSIDE then has it), into none with
	 * -1; what comes of it is in functions_status(). NULL where it cannot. */
	int (*inside)(struct source *source, int row);

	/* Begins to watch tc and XDP programs (TABLE_PROGRAMS), for good; with `wait` those that are there now are
	 * attached to when it returns. Negative errno with a sentence. NULL where it cannot. */
	int (*programs)(struct source *source, bool wait, struct error *err);

	/* The index-th function of this kernel, by name; the first call looks for them and tries how to
	 * attach. False: no more, or (with a sentence) none can be looked for. Before the collector's
	 * thread runs. */
	bool (*functions_entry)(struct source *source, int index, struct function_entry *out,
		struct error *err);

	/* How far that is, and which functions are left out; from any thread. NULL as above. */
	void (*functions_status)(struct source *source, struct functions_status *out);
	bool (*functions_refusal)(struct source *source, int index, struct function_entry *out);

	/* Ends tracing, so that what drain then finds is the last: the books can be closed. From a source
	 * that is not paced, sample then takes the closed books, or -ENODATA. */
	int (*stop)(struct source *source);

	void (*close)(struct source *source); /* frees; NULL is fine */
};

/* The head of every source; a source of some kind has it as its first member. */
struct source {
	const struct source_ops *ops;
	struct host *host; /* owned by the source */
};

static inline void source_close(struct source *source)
{
	if (source)
		source->ops->close(source);
}

/* ---- kinds of source ---- */

/* What is counted and traced; all narrowing happens in the kernel. Zeroed: everything. */
struct live_options {
	struct narrow_config narrow;
	const char *netns; /* whose interfaces' counters, as --netns has it; NULL: ours. Not kept. */
	const char *filter;	    /* pcap expressions; NULL: none. Copied. */
	const char *filter_tunnel;  /* for the packet inside a tunnel */
	struct filter *compiled;    /* of the two; NULL: none. The source frees it, opened or not. */
	uint64_t ring_bytes;  /* 0: 16 MiB */
	uint64_t trace_rate;  /* lines per second and CPU, 0: no limit */
	bool track;	      /* follow packets: bpf/track.h */
	enum functions_means attach; /* to functions; MEANS_NONE: by the best means there are */
	unsigned details;     /* enum trace_detail: what comes with lines, from the start */
	bool errors;	      /* syscall errors from the start */
	char narrowed[160];   /* the same in words, for people */
};

/* Opens the running kernel. NULL with a sentence, and *status an exit code, when it cannot. */
struct source *source_live_open(const struct live_options *options, struct error *err, int *status);

/*
 * Opens a recording, or a capture of another tool; "-" is standard input. Waits until it says what it is of.
 * `grows`: at the end of a file that is still being written to, waits for more. NULL with a sentence.
 */
struct source *source_replay_open(const char *path, bool grows, struct error *err);

/* What a collector of it should keep: all of it, in memory bounded by the size of the file. */
struct collector_options;
void source_replay_keep(const struct source *source, struct collector_options *options);

#endif
