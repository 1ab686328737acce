// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls per CPU, by ABI and number. One map value holds every number of an ABI, so that user
 * space reads all CPUs and all numbers with one lookup on any kernel.
 */
#include <linux/bpf.h>

#include "bpf/narrow.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SYSCALL_ABI_COUNT);
	__type(key, u32);
	__type(value, struct syscall_counts);
} syscall_calls SEC(".maps"), syscall_errors SEC(".maps");

/* Which table the task's current system call came through. */
static __always_inline bool is_compat(void)
{
	struct task_struct *task;
	u32 status;

	if (bpf_core_field_exists(((struct task_struct *)0)->thread_info.status)) {
		if (has_task_btf()) {
			task = (void *)bpf_get_current_task_btf();
			return task->thread_info.status & TS_COMPAT;
		}
		task = (void *)bpf_get_current_task();
		status = BPF_CORE_READ(task, thread_info.status);
		return status & TS_COMPAT;
	}
#ifdef __TARGET_ARCH_arm64
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT_ARM64 & 1;
#else
	return false;
#endif
}

/* A call that the tracer or seccomp took away has number -1: out of range, and not x32. */
static __always_inline void count_call(void *map, u64 nr)
{
	u32 abi = SYSCALL_ABI_NATIVE;
	struct syscall_counts *counts;

	if (is_compat()) {
		abi = SYSCALL_ABI_COMPAT;
	} else if (nr >> 30 == 1) {
		abi = SYSCALL_ABI_X32;
		nr &= ~X32_SYSCALL_BIT;
	}
	counts = bpf_map_lookup_elem(map, &abi);
	if (!counts)
		return;
	if (nr > SYSCALL_SLOT_OTHER)
		nr = SYSCALL_SLOT_OTHER;
	__sync_fetch_and_add(&counts->n[nr], 1);
}

static __always_inline bool narrow_accepts_call(void)
{
	return narrow_accepts_context() && (!narrow.netns || current_netns() == narrow.netns);
}

SEC("tp_btf/sys_enter")
int skewtop_sys_enter(u64 *ctx)
{
	if (narrow_accepts_call())
		count_call(&syscall_calls, ctx[1]);
	return 0;
}

SEC("tp_btf/sys_exit")
int skewtop_sys_exit(u64 *ctx)
{
	void *regs = (void *)ctx[0];
	u64 nr = SYSCALL_SLOT_OTHER;
	s64 ret = ctx[1];

	if (ret >= 0 || ret < -MAX_ERRNO || !narrow_accepts_call())
		return 0;
	if (bpf_core_field_exists(((struct pt_regs___x86 *)0)->orig_ax))
		nr = ((struct pt_regs___x86 *)regs)->orig_ax;
	else if (bpf_core_field_exists(((struct pt_regs___arm64 *)0)->syscallno))
		nr = (u64)(s64)((struct pt_regs___arm64 *)regs)->syscallno;
	count_call(&syscall_errors, nr);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
