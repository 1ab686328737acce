/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/unfiltered.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/softirq.skel.h"
#include "bpf/syscalls.skel.h"
#include "core/probes/libbpf_said.h"
#include "core/probes/program_runs.h"

static void detach(struct bpf_link **link)
{
	bpf_link__destroy(*link);
	*link = NULL;
}

/* Without softirq time everything else still works: its column is then unknown. */
static void drop_softirq(struct unfiltered *probes)
{
	detach(&probes->softirq_link[1]);
	detach(&probes->softirq_link[0]);
	softirq_bpf__destroy(probes->softirq);
	probes->softirq = NULL;
}

static int load(
	struct unfiltered *probes, const struct live_options *options, struct error *err)
{
	const struct libbpf_said *said = libbpf_said();
	int ret;

	probes->syscalls = syscalls_bpf__open();
	probes->softirq = softirq_bpf__open();
	if (!probes->syscalls || !probes->softirq)
		return error_set(err, -errno, "cannot open the counting programs: %s", strerror(errno));
	memcpy((void *)&probes->syscalls->rodata->narrow, &options->narrow, sizeof(options->narrow));
	ret = syscalls_bpf__load(probes->syscalls);
	if (ret)
		return error_set(err, ret, "the kernel refused the system call programs: %s%s%s",
			strerror(-ret), said->why[0] ? ": " : "", said->why);
	if (softirq_bpf__load(probes->softirq))
		drop_softirq(probes);
	return 0;
}

static int attach(struct unfiltered *probes, struct error *err)
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
	if (!probes->softirq_link[0] || !probes->softirq_link[1])
		drop_softirq(probes);
	return 0;
}

int unfiltered_open(
	struct unfiltered *probes, const struct live_options *options, struct error *err)
{
	int ret;

	libbpf_listen();
	ret = load(probes, options, err);
	if (!ret)
		ret = attach(probes, err);
	if (!ret && options->errors)
		ret = unfiltered_want_errors(probes, true);
	return ret;
}

int unfiltered_want_errors(struct unfiltered *probes, bool on)
{
	if (!on) {
		bpf_link__destroy(probes->exit_link);
		probes->exit_link = NULL;
	} else if (!probes->exit_link) {
		probes->errors_counted = true;
		probes->exit_link =
			bpf_program__attach_trace(probes->syscalls->progs.skewtop_sys_exit);
		if (!probes->exit_link)
			return -errno;
	}
	return 0;
}

/* ---- leaving ---- */

void unfiltered_detach(struct unfiltered *probes)
{
	detach(&probes->softirq_link[1]);
	detach(&probes->softirq_link[0]);
	detach(&probes->exit_link);
	detach(&probes->enter_link);
	/* A program that was running at that moment may still be: a global membarrier waits for an RCU
	 * grace period, which every tracepoint's programs run inside of. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void unfiltered_free(struct unfiltered *probes)
{
	unfiltered_detach(probes);
	softirq_bpf__destroy(probes->softirq);
	syscalls_bpf__destroy(probes->syscalls);
	memset(probes, 0, sizeof(*probes));
}

bool unfiltered_missed(const struct unfiltered *probes, uint64_t *missed)
{
	return object_missed(probes->syscalls->obj, missed) &&
	       (!probes->softirq || object_missed(probes->softirq->obj, missed));
}
