/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/packets.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/packets.skel.h"
#include "core/base/cpus.h"
#include "core/filter/filter.h"
#include "core/probes/libbpf_said.h"
#include "core/probes/program_runs.h"
#include "core/probes/track.h"

static struct bpf_program *program_of(const struct packets_bpf *packets, int probe)
{
	char name[24];

	snprintf(name, sizeof(name), "packet_%02d", probe);
	return bpf_object__find_program_by_name(packets->obj, name);
}

/* ---- opening: from a copy of the embedded bytes, with the filter in it ---- */

static void *copy_with_filter(const struct filter *filter, size_t *size, int *ret)
{
	const void *elf = packets_bpf__elf_bytes(size);
	void *copy = malloc(*size);

	*ret = -ENOMEM;
	if (!copy)
		return NULL;
	memcpy(copy, elf, *size);
	*ret = filter_inject(filter, copy, *size);
	if (!*ret)
		return copy;
	free(copy);
	return NULL;
}

/* As packets_bpf__open() does it, but from these bytes. */
static int open_object(struct packet_instance *instance, const struct filter *filter)
{
	struct packets_bpf *packets = calloc(1, sizeof(*packets));
	size_t size;
	void *elf;
	int ret;

	if (!packets)
		return -ENOMEM;
	instance->packets = packets;
	ret = packets_bpf__create_skeleton(packets);
	if (ret)
		return ret;
	elf = copy_with_filter(filter, &size, &ret);
	if (!elf)
		return ret;
	packets->skeleton->data = elf;
	packets->skeleton->data_sz = size;
	ret = bpf_object__open_skeleton(packets->skeleton, NULL);
	/* libbpf has taken what it needs. */
	packets->skeleton->data = NULL;
	packets->skeleton->data_sz = 0;
	free(elf);
	return ret;
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

/* A program for each tracepoint that has not been refused. */
static void choose_programs(struct packets_bpf *packets, struct packet_probes *probes)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, packets->obj)
		bpf_program__set_autoload(program, false);
	for (int i = 0; i < probes->n; i++) {
		const struct tracepoint *tp = &probes->tracepoint[i];

		if (probes->refused[i][0])
			continue;
		program = program_of(packets, i);
		if (bpf_program__set_attach_target(program, 0, tp->name)) {
			snprintf(probes->refused[i], sizeof(probes->refused[i]),
				"its type is not in the kernel's BTF");
			continue;
		}
		bpf_program__set_autoload(program, true);
		memcpy((void *)&packets->rodata->probes[i], &tp->config, sizeof(tp->config));
	}
}

static int refused_by_kernel(struct packet_probes *probes)
{
	const struct libbpf_said *said = libbpf_said();
	int probe;

	if (sscanf(said->program, "packet_%d", &probe) != 1 || probe < 0 || probe >= probes->n ||
		probes->refused[probe][0])
		return -1;
	snprintf(probes->refused[probe], sizeof(probes->refused[probe]), "%.95s",
		said->why[0] ? said->why : "the kernel refused its program");
	return probe;
}

/* What was followed with one filter is followed with the next. */
static int configure_tracking(struct packets_bpf *packets, const struct live_options *options,
	const struct packet_instance *before)
{
	packets->rodata->tracking = options->track;
	packets->rodata->track_cpu_bits = track_cpu_bits();
	if (before)
		return bpf_map__reuse_fd(
			packets->maps.tracked, bpf_map__fd(before->packets->maps.tracked));
	return bpf_map__set_max_entries(packets->maps.tracked, options->track ? TRACKED_MAX : 1);
}

/* Everything up to the load, with what has been refused so far left out. */
static int prepare(struct packet_instance *instance, struct packet_probes *probes,
	const struct live_options *options, const struct filter *filter,
	const struct packet_instance *before)
{
	struct packets_bpf *packets;
	int ret = open_object(instance, filter);

	if (ret)
		return ret;
	packets = instance->packets;
	choose_programs(packets, probes);
	memcpy((void *)&packets->rodata->narrow, &options->narrow, sizeof(options->narrow));
	configure_trace(packets, options);
	packets->rodata->filter_set = filter_set(filter);
	ret = configure_tracking(packets, options, before);
	if (ret || !before)
		return ret;
	return bpf_map__reuse_fd(
		packets->maps.gate_before, bpf_map__fd(before->packets->maps.gate));
}

/* One program that the verifier refuses fails the whole object: leave it out and try again. */
static int load(struct packet_instance *instance, struct packet_probes *probes,
	const struct live_options *options, const struct filter *filter,
	const struct packet_instance *before, struct error *err)
{
	const struct libbpf_said *said = libbpf_said();

	for (int tries = 0; tries <= probes->n; tries++) {
		int ret = prepare(instance, probes, options, filter, before);

		if (ret)
			return error_set(
				err, ret, "cannot open the packet programs: %s", strerror(-ret));
		libbpf_listen();
		ret = packets_bpf__load(instance->packets);
		if (!ret)
			return 0;
		packets_bpf__destroy(instance->packets);
		instance->packets = NULL;
		if (before || refused_by_kernel(probes) < 0)
			return error_set(err, ret, "the kernel refused the packet programs: %s%s%s",
				strerror(-ret), said->why[0] ? ": " : "", said->why);
	}
	return error_set(err, -EINVAL, "the kernel refused every packet program: %s", said->why);
}

static int map_gate(struct packet_instance *instance, enum gate_state state, struct error *err)
{
	void *map = mmap(NULL, sizeof(struct gate), PROT_READ | PROT_WRITE, MAP_SHARED,
		bpf_map__fd(instance->packets->maps.gate), 0);

	if (map == MAP_FAILED)
		return error_set(err, -errno, "cannot map a BPF array: %s", strerror(errno));
	instance->gate = map;
	instance->gate->state = state;
	return 0;
}

static int attach(
	struct packet_instance *instance, struct packet_probes *probes, bool all, struct error *err)
{
	int attached = 0;

	for (int i = 0; i < probes->n; i++) {
		if (probes->refused[i][0])
			continue;
		instance->link[i] = bpf_program__attach_trace(program_of(instance->packets, i));
		if (instance->link[i]) {
			attached++;
			continue;
		}
		if (all)
			return error_set(err, -errno, "the kernel refused to attach to %s: %s",
				probes->tracepoint[i].name, strerror(errno));
		snprintf(probes->refused[i], sizeof(probes->refused[i]),
			"the kernel refused to attach it: %s", strerror(errno));
	}
	if (probes->n && !attached)
		return error_set(err, -ENOENT, "no packet tracepoint could be attached: %s",
			probes->refused[0]);
	return 0;
}

int packets_open(struct packet_instance *instance, struct packet_probes *probes,
	const struct live_options *options, const struct filter *filter,
	const struct packet_instance *before, struct error *err)
{
	int ret;

	memset(instance, 0, sizeof(*instance));
	libbpf_listen();
	ret = load(instance, probes, options, filter, before, err);
	if (!ret)
		ret = map_gate(instance, before ? GATE_TAKING : GATE_OPEN, err);
	if (!ret)
		ret = attach(instance, probes, before != NULL, err);
	return ret;
}

/* ---- taking over ---- */

static void pass(struct gate *gate, int cpu)
{
	__atomic_store_n(&gate->passed[cpu], 1, __ATOMIC_SEQ_CST);
}

/* Whether the calling thread now runs on this CPU and nowhere else. */
static bool move_to(int cpu, cpu_set_t *set, size_t size)
{
	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	return !sched_setaffinity(0, size, set);
}

void packets_take_over(struct packet_instance *instance, struct packet_instance *before)
{
	size_t size = CPU_ALLOC_SIZE(GATE_CPUS);
	cpu_set_t *set = CPU_ALLOC(GATE_CPUS), *was = CPU_ALLOC(GATE_CPUS);
	bool movable = set && was && !sched_getaffinity(0, size, was);

	__atomic_store_n(&before->gate->state, GATE_GIVING, __ATOMIC_SEQ_CST);
	for (int cpu = 0; cpu < GATE_CPUS && movable; cpu++)
		if (move_to(cpu, set, size))
			pass(before->gate, cpu);
	for (int cpu = 0; cpu < GATE_CPUS; cpu++)
		pass(before->gate, cpu);
	__atomic_store_n(&instance->gate->state, GATE_OPEN, __ATOMIC_SEQ_CST);
	__atomic_store_n(&before->gate->state, GATE_CLOSED, __ATOMIC_SEQ_CST);
	if (movable)
		sched_setaffinity(0, size, was);
	CPU_FREE(set);
	CPU_FREE(was);
}

/* ---- leaving ---- */

void packets_detach(struct packet_instance *instance)
{
	if (instance->detached || !instance->packets)
		return;
	for (int i = 0; i < PROBE_MAX; i++) {
		bpf_link__destroy(instance->link[i]);
		instance->link[i] = NULL;
	}
	/* A program that was running at that moment may still be: a global membarrier waits for an
	 * RCU grace period, which every tracepoint's programs run inside of. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	instance->detached = true;
}

void packets_close(struct packet_instance *instance)
{
	packets_detach(instance);
	ring_buffer__free(instance->ring);
	if (instance->gate)
		munmap(instance->gate, sizeof(*instance->gate));
	packets_bpf__destroy(instance->packets);
	memset(instance, 0, sizeof(*instance));
}

/* ---- small things ---- */

int packets_select(const struct packet_instance *instance, const struct trace_selection *selection)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(instance->packets->maps.trace_selected), &zero,
		       selection, BPF_ANY)
		       ? -errno
		       : 0;
}

struct bpf_object *packets_object(const struct packet_instance *instance)
{
	return instance->packets->obj;
}

struct trace_maps packets_trace_maps(const struct packet_instance *instance)
{
	return (struct trace_maps){
		.ring = bpf_map__fd(instance->packets->maps.trace_ring),
		.stats = bpf_map__fd(instance->packets->maps.trace_stats),
		.selected = bpf_map__fd(instance->packets->maps.trace_selected),
		.tracked = bpf_map__fd(instance->packets->maps.tracked),
	};
}

bool packets_missed(const struct packet_instance *instance, uint64_t *missed)
{
	return object_missed(instance->packets->obj, missed);
}
