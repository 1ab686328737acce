/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user narrowed to, decided in the kernel before anything is counted. The configuration is
 * read-only data, so the verifier removes every test that is not asked for.
 */
#ifndef SKEWTOP_NARROW_H
#define SKEWTOP_NARROW_H

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

const volatile struct narrow_config narrow;

/* Without bpf_get_current_task_btf (before 5.11) every read through the task is a helper call. */
static __always_inline bool has_task_btf(void)
{
	return bpf_core_enum_value_exists(
		enum bpf_func_id___probe, BPF_FUNC_get_current_task_btf___probe);
}

static __always_inline u32 current_netns(void)
{
	if (has_task_btf()) {
		struct task_struct *task = (void *)bpf_get_current_task_btf();

		return task->nsproxy->net_ns->ns.inum;
	}
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), nsproxy, net_ns, ns.inum);
}

/* 16 bytes as the two words they are: names are zero padded on both sides. */
static __always_inline bool same_name(const char *a, const volatile char *b)
{
	const u64 *x = (const u64 *)a;
	const volatile u64 *y = (const volatile u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

/* The part that packets and system calls share: CPU, process, thread name. */
static __always_inline bool narrow_accepts_context(void)
{
	if (narrow.use_cpus) {
		u64 cpu = bpf_get_smp_processor_id();

		if (cpu >= ABI_CPU_WORDS * 64)
			return false;
		/* A mask too, which the compiler must not see through: the verifier of 6.1 loses sight of
		 * the comparison on its way to the address. */
		asm volatile("" : "+r"(cpu));
		cpu &= ABI_CPU_WORDS * 64 - 1;
		if (!(narrow.cpus[cpu / 64] >> (cpu % 64) & 1))
			return false;
	}
	if (narrow.tgid && bpf_get_current_pid_tgid() >> 32 != narrow.tgid)
		return false;
	if (narrow.use_comm) {
		char comm[ABI_COMM_LEN] __attribute__((aligned(8)));

		if (bpf_get_current_comm(comm, sizeof(comm)) || !same_name(comm, narrow.comm))
			return false;
	}
	return true;
}

/* Whether this is the interface asked for; `dev` may be a mere address, NULL: nobody knows which it is. */
static __always_inline bool narrow_accepts_interface(struct net_device *dev)
{
	char name[ABI_IFNAME_LEN] __attribute__((aligned(8))) = {};

	if (!narrow.use_ifname)
		return true;
	return dev && !bpf_probe_read_kernel(name, sizeof(name), &dev->name) && same_name(name, narrow.ifname);
}

#endif
