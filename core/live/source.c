/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/base/clock.h"
#include "core/live/live.h"
#include "core/machine/topology.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/softirq.skel.h"
#include "bpf/syscalls.skel.h"
#include "core/base/sanitize.h"
#include "core/filter/filter.h"
#include "core/filter/log.h"
#include "core/functions/functions.h"
#include "core/live/programs.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/probes/load_memory.h"
#include "core/probes/program_runs.h"
#include "core/probes/track.h"
#include "core/trace/skb_layout.h"

static const struct source_ops live_ops;

/* Packets that are followed and whose end nobody saw are looked for this often. */
#define SWEEP_EVERY_NS UINT64_C(2000000000)

/* Measuring costs begins this long after opening: the first screen first. */
enum { COST_AFTER_NS = 200 * 1000 * 1000 };

static struct live *live_of(struct source *source)
{
	return (struct live *)source;
}

/* Of every program: all instances, function probes. */
static uint64_t run_time(void *context)
{
	const struct live *live = context;
	uint64_t sum = object_run_time(live->probes.syscalls->obj);

	if (live->probes.softirq)
		sum += object_run_time(live->probes.softirq->obj);
	for (struct packet_instance *i = live->instances; i; i = i->next)
		sum += object_run_time(packets_object(i));
	return sum + live_functions_run_time(live->functions) + live_programs_run_time(live->programs);
}

static int live_drain(struct source *source, record_sink sink, void *context)
{
	struct live *live = live_of(source);

	live_instances_retire(live);
	if (live_functions_changed(live->functions))
		run_cost_restart(&live->cost, monotonic_ns(), run_time, live);
	run_cost_tend(&live->cost, monotonic_ns(), run_time, live);
	return live_rings_drain(live, sink, context);
}

/* ---- samples ---- */

static int live_sample(struct source *source, struct snapshot **out, struct error *err)
{
	struct live *live = live_of(source);
	struct snapshot *snapshot = snapshot_new(live->host->topology.n_cpus);
	int ret;

	*out = NULL;
	if (!snapshot)
		return error_set(err, -ENOMEM, "no memory for a snapshot");
	snapshot->sequence = live->sequence++;
	ret = live_read_online(&live->kernel, &snapshot->online);
	/* The time first: what is counted while we read then belongs to the next interval. */
	snapshot->mono_ns = monotonic_ns();
	snapshot->real_ns = clock_ns(CLOCK_REALTIME);
	live->to_real_ns = snapshot->real_ns - snapshot->mono_ns;
	snapshot->bpf_ns = run_cost_total(&live->cost, snapshot->mono_ns);
	if (ret)
		error_set(err, ret, "cannot read which CPUs are online: %s", strerror(-ret));
	else
		ret = live_read(live, snapshot, err);
	if (ret) {
		snapshot_unref(snapshot);
		return ret;
	}
	if (live->options.track && snapshot->mono_ns > live->swept_ns + SWEEP_EVERY_NS) {
		track_sweep(packets_trace_maps(live->instances).tracked, snapshot->mono_ns);
		live->swept_ns = snapshot->mono_ns;
	}
	*out = snapshot;
	return 0;
}

/* ---- requests ---- */

static int select_everywhere(const struct live *live)
{
	int ret = 0;

	for (struct packet_instance *i = live->instances; i && !ret; i = i->next)
		ret = packets_select(i, &live->selection);
	return ret;
}

static int live_select(struct source *source, enum table_id table, int row, bool on)
{
	struct live *live = live_of(source);

	if (table == TABLE_FUNCTIONS)
		return live_functions_select(live->functions, row, on ? TRACE_LINES : 0);
	if (table != TABLE_PROBES || row < 0 || row >= live->packet_probes.n ||
		live->packet_probes.refused[row][0])
		return -EINVAL;
	live->selection.on[row] = on;
	return select_everywhere(live);
}

static int live_details(struct source *source, unsigned wish)
{
	struct live *live = live_of(source);

	live->selection.details = wish;
	return select_everywhere(live);
}

static bool live_quiet(const struct source *source)
{
	static const struct trace_selection none;
	const struct live *live = (const struct live *)source;

	return !memcmp(live->selection.on, none.on, sizeof(none.on)) &&
	       !live_functions_traced(live->functions);
}

static int live_want_errors(struct source *source, bool on)
{
	return unfiltered_want_errors(&live_of(source)->probes, on);
}

static int live_functions_ask(struct source *source, const struct function_choice *choice)
{
	live_functions_choose(live_of(source)->functions, choice);
	return 0;
}

static int live_functions_await(struct source *source, struct error *err)
{
	struct live *live = live_of(source);
	int ret = live_functions_wait(live->functions, err);

	if (!ret && live_functions_add_rows(live->functions, live->host->catalog))
		ret = error_set(err, -ENOMEM, "out of memory");
	return ret;
}

static bool live_functions_list(
	struct source *source, int index, struct function_entry *out, struct error *err)
{
	struct live *live = live_of(source);

	if (!index) {
		live_functions_explore(live->functions);
		live_functions_wait(live->functions, err);
	}
	return live_functions_entry(live->functions, index, out);
}

static int live_look_into(struct source *source, int row)
{
	live_functions_inside(live_of(source)->functions, row);
	return 0;
}

static int live_watch_programs(struct source *source, bool wait, struct error *err)
{
	return live_programs_watch(live_of(source)->programs, wait, err);
}

static void live_functions_tell(struct source *source, struct functions_status *out)
{
	live_functions_status(live_of(source)->functions, out);
}

static bool live_functions_refused(
	struct source *source, int index, struct function_entry *out)
{
	return live_functions_refusal(live_of(source)->functions, index, out);
}

static int live_stop(struct source *source)
{
	struct live *live = live_of(source);

	/* The grace period that ends the packet probes is one for the functions too. */
	if (!live->stopped) {
		live_functions_silence(live->functions);
		live_programs_detach(live->programs);
		live_instances_detach(live);
		unfiltered_detach(&live->probes);
	}
	live->stopped = true;
	return 0;
}

static void live_close(struct source *source)
{
	struct live *live = live_of(source);

	run_cost_close(&live->cost);
	live_instances_free(live);
	live_functions_free(live->functions);
	live_programs_free(live->programs);
	unfiltered_free(&live->probes);
	live_buffers_free(live->buffers);
	live_kernel_free(&live->kernel);
	free(live->delivered);
	free(live->malformed);
	filter_free(live->options.compiled);
	host_free(live->host);
	free(live);
}

/* ---- opening ---- */

static int describe_host(struct live *live, const struct btf *btf, struct error *err)
{
	struct host *host = live->host;
	struct utsname names;
	int ret = topology_read(&host->topology, "", err);

	if (ret)
		return ret;
	uname(&names);
	sanitize(host->name, sizeof(host->name), names.nodename, strlen(names.nodename));
	sanitize(host->release, sizeof(host->release), names.release, strlen(names.release));
	sanitize(host->narrowed, sizeof(host->narrowed), live->options.narrowed,
		sizeof(live->options.narrowed));
	/* Without addresses a location is shown as a number: no reason to stop. */
	symbols_open(host->symbols, "/proc/kallsyms", NULL);
	reasons_add_btf(host->reasons, btf);
	host->skb_layout = skb_layout_of(btf);
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0)
		snprintf(host->functions_note, sizeof(host->functions_note),
			"function probes: attached when asked for (--functions, or on the Functions "
			"screen)");
	else
		snprintf(host->functions_note, sizeof(host->functions_note),
			"no function probes: this kernel is built without kprobes; its skb tracepoints "
			"are shown");
	return ledger_catalog(host->catalog) ? error_set(err, -ENOMEM, "out of memory") : 0;
}

static int make_room(struct live *live, struct error *err)
{
	int n = live->host->topology.n_cpus;

	live->buffers = calloc(1, sizeof(*live->buffers));
	live->delivered = calloc(n + 1, sizeof(*live->delivered));
	live->malformed = calloc(n + 1, sizeof(*live->malformed));
	if (!live->buffers || !live->delivered || !live->malformed ||
		live_buffers_init(live->buffers, n) ||
		live_kernel_open(&live->kernel, &live->host->topology, live->options.netns))
		return error_set(err, -ENOMEM, "no memory for the counters of %d CPUs", n);
	return 0;
}

static int add_probe_rows(const struct packet_probes *probes, struct host *host)
{
	for (int i = 0; i < probes->n; i++) {
		const struct tracepoint *tp = &probes->tracepoint[i];
		struct row row = {
			.key = { i },
			.flags = tp->config.flags | (probes->refused[i][0] ? PROBE_ABSENT : 0),
			.name = tp->name,
			.where = probes->refused[i][0] ? probes->refused[i] : tp->module,
		};
		int index = catalog_add(host->catalog, TABLE_PROBES, &row);

		if (index < 0)
			return index;
	}
	return 0;
}

/* What is done beside loading the packet programs, which takes longest: most of a start is the verifier's
 * time. */
struct beside {
	struct live *live;
	struct error err;
	int ret;
};

static void *open_beside(void *context)
{
	struct beside *beside = context;
	struct live *live = beside->live;

	beside->ret = unfiltered_open(&live->probes, &live->options, &beside->err);
	symbols_count(live->host->symbols);
	return NULL;
}

static int open_all(struct live *live, struct error *err)
{
	struct beside beside = { .live = live };
	pthread_t thread;
	bool threaded = !pthread_create(&thread, NULL, open_beside, &beside);
	int ret = live_instances_open(live, err);

	if (threaded)
		pthread_join(thread, NULL);
	else
		open_beside(&beside);
	if (!ret && beside.ret)
		ret = error_set(err, beside.ret, "%s", beside.err.text);
	return ret;
}

/* The first filter, and everything that counts. */
static int open_probes(struct live *live, struct btf *btf, struct error *err)
{
	const struct live_options *options = &live->options;
	struct packet_probes *probes = &live->packet_probes;
	int ret;

	if (options->compiled &&
		filter_log_add(live->host->filters, 0, options->filter, options->filter_tunnel))
		return error_set(err, -ENOMEM, "out of memory");
	live->functions = live_functions_new(options);
	if (!live->functions)
		return error_set(err, -ENOMEM, "out of memory");
	live->programs = live_programs_new(options->netns, err);
	if (!live->programs)
		return -ENOENT;
	probes->n = tracepoints_find(btf, probes->tracepoint, PROBE_MAX, &probes->left_out);
	live->selection.details = options->details;
	ret = open_all(live, err);
	if (!ret && select_everywhere(live))
		ret = error_set(err, -EINVAL, "cannot ask for the details of lines");
	if (!ret && add_probe_rows(probes, live->host))
		ret = error_set(err, -ENOMEM, "out of memory");
	/* Later changes bring their own. */
	filter_free(live->options.compiled);
	live->options.compiled = NULL;
	live->options.filter = live->options.filter_tunnel = live->options.netns = NULL;
	return ret;
}

struct source *source_live_open(const struct live_options *options, struct error *err, int *status)
{
	struct live *live = calloc(1, sizeof(*live));
	struct btf *btf;
	int ret = 0;

	*status = EXIT_FAILED;
	if (!live || !(live->host = host_new())) {
		filter_free(options->compiled);
		free(live);
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	live->source.ops = &live_ops;
	live->kernel.online_file.fd = live->kernel.softirqs_file.fd =
		live->kernel.softnet_file.fd = live->kernel.interrupts_file.fd = -1;
	live->source.host = live->host;
	live->options = *options;
	live->to_real_ns = clock_ns(CLOCK_REALTIME) - monotonic_ns();
	load_memory_keep();
	btf = btf__load_vmlinux_btf();
	if (!btf)
		ret = error_set(err, -ENOENT,
			"this kernel does not describe itself (/sys/kernel/btf/vmlinux): skewtop "
			"needs one built with CONFIG_DEBUG_INFO_BTF");
	ret = ret ?: describe_host(live, btf, err);
	ret = ret ?: make_room(live, err);
	ret = ret ?: open_probes(live, btf, err);
	btf__free(btf);
	load_memory_return();
	if (ret) {
		live_close(&live->source);
		return NULL;
	}
	live->cost.next_ns = monotonic_ns() + COST_AFTER_NS;
	*status = EXIT_OK;
	return &live->source;
}

static const struct source_ops live_ops = {
	.name = "LIVE",
	.paced = true,
	.sample = live_sample,
	.drain = live_drain,
	.quiet = live_quiet,
	.select = live_select,
	.details = live_details,
	.want_errors = live_want_errors,
	.set_filter = live_set_filter,
	.filter_outcome = live_filter_outcome,
	.functions = live_functions_ask,
	.functions_wait = live_functions_await,
	.inside = live_look_into,
	.programs = live_watch_programs,
	.functions_entry = live_functions_list,
	.functions_status = live_functions_tell,
	.functions_refusal = live_functions_refused,
	.stop = live_stop,
	.close = live_close,
};
