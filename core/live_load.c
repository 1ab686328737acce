/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/live.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/packets.skel.h"
#include "bpf/softirq.skel.h"
#include "bpf/syscalls.skel.h"

/*
 * libbpf says which program failed and why only through its print callback, which is one per process.
 * What it says is kept per thread, so that objects loaded at the same time do not mix their reasons.
 */
struct libbpf_said {
	char program[64]; /* whose load failed */
	char why[160];	  /* the last line of the verifier's log that is a sentence */
};

static _Thread_local struct libbpf_said said;

/* The verifier's verdict is the line before "processed N insns". */
static void keep_verdict(const char *log)
{
	const char *end = strstr(log, "\nprocessed ");
	const char *line = end;

	if (!end)
		return;
	while (line > log && line[-1] != '\n')
		line--;
	snprintf(said.why, sizeof(said.why), "%.*s", (int)(end - line), line);
}

static int keep_what_libbpf_says(enum libbpf_print_level level, const char *format, va_list args)
{
	char name[64];
	char *text;

	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	if (sscanf(text, "libbpf: prog '%63[^']': failed to load", name) == 1 ||
		sscanf(text, "prog '%63[^']': failed to load", name) == 1)
		snprintf(said.program, sizeof(said.program), "%s", name);
	else
		keep_verdict(text);
	free(text);
	return 0;
}

static void listen_to_libbpf(void)
{
	memset(&said, 0, sizeof(said));
	libbpf_set_print(keep_what_libbpf_says);
}

static struct bpf_program *packet_program(const struct packets_bpf *packets, int probe)
{
	char name[24];

	snprintf(name, sizeof(name), "packet_%02d", probe);
	return bpf_object__find_program_by_name(packets->obj, name);
}

/* ---- loading ---- */

static void configure_narrow(struct narrow_config *into, const struct live_options *options)
{
	*into = options->narrow;
}

/* A quarter of a second's lines may come at once. */
static void configure_trace(struct packets_bpf *packets, const struct live_options *options)
{
	struct trace_config *config = (void *)&packets->rodata->trace_config;

	if (options->trace_rate) {
		config->interval_ns = UINT64_C(1000000000) / options->trace_rate;
		if (!config->interval_ns)
			config->interval_ns = 1;
		config->burst_ns = 250000000;
	}
	if (options->ring_bytes)
		bpf_map__set_max_entries(packets->maps.trace_ring, options->ring_bytes);
}

/* Opens the packet object with a program for each tracepoint that has not been refused. */
static int open_packets(struct live_probes *probes, const struct live_options *options)
{
	struct bpf_program *program;
	struct packets_bpf *packets = packets_bpf__open();

	if (!packets)
		return -errno;
	probes->packets = packets;
	bpf_object__for_each_program(program, packets->obj)
		bpf_program__set_autoload(program, false);
	for (int i = 0; i < probes->n_tracepoints; i++) {
		const struct tracepoint *tp = &probes->tracepoint[i];

		if (probes->refused[i][0])
			continue;
		program = packet_program(packets, i);
		if (bpf_program__set_attach_target(program, 0, tp->name)) {
			snprintf(probes->refused[i], sizeof(probes->refused[i]),
				"its type is not in the kernel's BTF");
			continue;
		}
		bpf_program__set_autoload(program, true);
		memcpy((void *)&packets->rodata->probes[i], &tp->config, sizeof(tp->config));
	}
	configure_narrow((void *)&packets->rodata->narrow, options);
	configure_trace(packets, options);
	return 0;
}

static int refused_by_kernel(struct live_probes *probes)
{
	int probe;

	if (sscanf(said.program, "packet_%d", &probe) != 1 || probe < 0 ||
		probe >= probes->n_tracepoints || probes->refused[probe][0])
		return -1;
	snprintf(probes->refused[probe], sizeof(probes->refused[probe]), "%.95s",
		said.why[0] ? said.why : "the kernel refused its program");
	return probe;
}

/* One program that the verifier refuses fails the whole object: leave it out and try again. */
static int load_packets(
	struct live_probes *probes, const struct live_options *options, struct error *err)
{
	for (int tries = 0; tries <= probes->n_tracepoints; tries++) {
		int ret = open_packets(probes, options);

		if (ret)
			return error_set(err, ret, "cannot open the packet programs: %s", strerror(-ret));
		memset(&said, 0, sizeof(said));
		ret = packets_bpf__load(probes->packets);
		if (!ret)
			return 0;
		packets_bpf__destroy(probes->packets);
		probes->packets = NULL;
		if (refused_by_kernel(probes) < 0)
			return error_set(err, ret, "the kernel refused the packet programs: %s%s%s",
				strerror(-ret), said.why[0] ? ": " : "", said.why);
	}
	return error_set(err, -EINVAL, "the kernel refused every packet program: %s", said.why);
}

static int load_rest(
	struct live_probes *probes, const struct live_options *options, struct error *err)
{
	int ret;

	probes->syscalls = syscalls_bpf__open();
	probes->softirq = softirq_bpf__open();
	if (!probes->syscalls || !probes->softirq)
		return error_set(err, -errno, "cannot open the counting programs: %s", strerror(errno));
	configure_narrow((void *)&probes->syscalls->rodata->narrow, options);
	ret = syscalls_bpf__load(probes->syscalls);
	if (ret)
		return error_set(err, ret, "the kernel refused the system call programs: %s%s%s",
			strerror(-ret), said.why[0] ? ": " : "", said.why);
	/* Without softirq time everything else still works: its column is then unknown. */
	if (softirq_bpf__load(probes->softirq)) {
		softirq_bpf__destroy(probes->softirq);
		probes->softirq = NULL;
	}
	return 0;
}

/* ---- attaching ---- */

static int attach_packets(struct live_probes *probes, struct error *err)
{
	int attached = 0;

	for (int i = 0; i < probes->n_tracepoints; i++) {
		if (probes->refused[i][0])
			continue;
		probes->packet_link[i] =
			bpf_program__attach_trace(packet_program(probes->packets, i));
		if (probes->packet_link[i])
			attached++;
		else
			snprintf(probes->refused[i], sizeof(probes->refused[i]),
				"the kernel refused to attach it: %s", strerror(errno));
	}
	if (probes->n_tracepoints && !attached)
		return error_set(err, -ENOENT, "no packet tracepoint could be attached: %s",
			probes->refused[0]);
	return 0;
}

static int attach_rest(struct live_probes *probes, struct error *err)
{
	probes->enter_link = bpf_program__attach_trace(probes->syscalls->progs.skewtop_sys_enter);
	if (!probes->enter_link)
		return error_set(
			err, -errno, "cannot attach to sys_enter: %s", strerror(errno));
	if (!probes->softirq)
		return 0;
	probes->softirq_link[0] =
		bpf_program__attach_trace(probes->softirq->progs.skewtop_softirq_exit);
	probes->softirq_link[1] =
		bpf_program__attach_trace(probes->softirq->progs.skewtop_softirq_entry);
	return 0;
}

static int add_probe_rows(const struct live_probes *probes, struct host *host)
{
	for (int i = 0; i < probes->n_tracepoints; i++) {
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

int live_probes_open(struct live_probes *probes, const struct live_options *options,
	struct host *host, struct btf *btf, struct error *err)
{
	int ret;

	listen_to_libbpf();
	probes->n_tracepoints =
		tracepoints_find(btf, probes->tracepoint, PROBE_MAX, &probes->left_out);
	ret = load_packets(probes, options, err);
	if (!ret)
		ret = load_rest(probes, options, err);
	if (!ret)
		ret = attach_packets(probes, err);
	if (!ret)
		ret = attach_rest(probes, err);
	if (!ret && options->errors)
		ret = live_probes_want_errors(probes, true);
	if (!ret)
		ret = add_probe_rows(probes, host);
	return ret;
}

int live_probes_want_errors(struct live_probes *probes, bool on)
{
	if (!on) {
		bpf_link__destroy(probes->exit_link);
		probes->exit_link = NULL;
	} else if (!probes->exit_link) {
		probes->exit_link =
			bpf_program__attach_trace(probes->syscalls->progs.skewtop_sys_exit);
		if (!probes->exit_link)
			return -errno;
	}
	return 0;
}

/* ---- leaving ---- */

static void detach(struct bpf_link **link)
{
	bpf_link__destroy(*link);
	*link = NULL;
}

void live_probes_detach(struct live_probes *probes)
{
	for (int i = 0; i < PROBE_MAX; i++)
		detach(&probes->packet_link[i]);
	detach(&probes->softirq_link[1]);
	detach(&probes->softirq_link[0]);
	detach(&probes->exit_link);
	detach(&probes->enter_link);
	/* A program that was running at that moment may still be: a global membarrier waits for an RCU
	 * grace period, which every tracepoint's programs run inside of. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void live_probes_free(struct live_probes *probes)
{
	live_probes_detach(probes);
	packets_bpf__destroy(probes->packets);
	softirq_bpf__destroy(probes->softirq);
	syscalls_bpf__destroy(probes->syscalls);
	memset(probes, 0, sizeof(*probes));
}

static bool add_misses(struct bpf_object *object, uint64_t *missed)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) ||
			size < offsetof(struct bpf_prog_info, recursion_misses) +
				       sizeof(info.recursion_misses))
			return false;
		*missed += info.recursion_misses;
	}
	return true;
}

bool live_probes_missed(const struct live_probes *probes, uint64_t *missed)
{
	*missed = 0;
	return add_misses(probes->packets->obj, missed) &&
	       add_misses(probes->syscalls->obj, missed) &&
	       (!probes->softirq || add_misses(probes->softirq->obj, missed));
}
