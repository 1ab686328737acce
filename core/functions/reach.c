// SPDX-License-Identifier: GPL-2.0-only
#include "core/functions/reach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/reach.skel.h"
#include "core/functions/attach.h"

enum {
	ROUNDS = 8,
	REPEAT = 256, /* runs in a round */
	SETTLE_STEPS = 10,
	SETTLE_US = 100000,
};

/* The mean of a round, in ns for REACH_CALLS calls; the least of all rounds. */
static int time_calls(int prog_fd, const atomic_bool *stop, uint64_t *least)
{
	static const char packet[64];

	for (int i = 0; i < ROUNDS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
			.repeat = REPEAT);
		int ret = atomic_load(stop) ? -ECANCELED : bpf_prog_test_run_opts(prog_fd, &run);

		if (ret)
			return ret;
		if (run.duration < *least)
			*least = run.duration;
	}
	return 0;
}

static int attach(const struct reach_bpf *object, enum functions_means means, struct attach_links *links)
{
	struct attach_target target = {.name = "bpf_csum_diff", .traceable = true};
	struct attach_progress unseen = {};
	int fd, ret;

	if (means == MEANS_KPROBE_MULTI)
		ret = attach_multi(bpf_program__fd(object->progs.reach_kprobe), &target, 1, links, &unseen);
	else if (means == MEANS_KPROBE)
		ret = attach_kprobes(bpf_program__fd(object->progs.reach_kprobe), -1, &target, 1, links, &unseen);
	else {
		fd = bpf_raw_tracepoint_open(NULL, bpf_program__fd(object->progs.reach_fentry));
		ret = fd < 0 ? fd : attach_links_add(links, fd);
	}
	return ret ?: target.error;
}

static int measure(
	const struct reach_bpf *object, enum functions_means means, const atomic_bool *stop, uint64_t *ns)
{
	int calls = bpf_program__fd(object->progs.reach_calls);
	int steps = means == MEANS_KPROBE ? SETTLE_STEPS : 1;
	uint64_t without = UINT64_MAX, with = UINT64_MAX;
	struct attach_links links = {};
	int ret = time_calls(calls, stop, &without);

	if (ret)
		return ret;
	ret = attach(object, means, &links);
	for (int i = 0; i < steps && !ret; i++) {
		if (i)
			usleep(SETTLE_US);
		ret = time_calls(calls, stop, &with);
	}
	attach_links_close(&links, NULL);
	if (!ret)
		*ns = with > without ? (with - without) / REACH_CALLS : 0;
	return ret;
}

int functions_reach_measure(enum functions_means means, const atomic_bool *stop, uint64_t *ns)
{
	struct reach_bpf *object = reach_bpf__open();
	int ret;

	if (!object)
		return -errno;
	bpf_program__set_autoload(object->progs.reach_kprobe, means != MEANS_FENTRY);
	bpf_program__set_autoload(object->progs.reach_fentry, means == MEANS_FENTRY);
	ret = bpf_program__set_expected_attach_type(
		      object->progs.reach_kprobe, means == MEANS_KPROBE_MULTI ? BPF_TRACE_KPROBE_MULTI : 0) ?:
		      reach_bpf__load(object) ?:
		      measure(object, means, stop, ns);
	reach_bpf__destroy(object);
	return ret;
}
