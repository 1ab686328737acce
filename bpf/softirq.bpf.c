// SPDX-License-Identifier: GPL-2.0-only
/* Time that each CPU spends in the network softirqs. A softirq does not nest on its CPU. */
#include <linux/bpf.h>

#include "bpf/abi.h"
#include "bpf/kernel.h"

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct softirq_times);
} softirq_times SEC(".maps");

/* NET_TX_SOFTIRQ and NET_RX_SOFTIRQ of include/linux/interrupt.h. */
static __always_inline struct softirq_time *time_of(u64 vector)
{
	struct softirq_times *times;
	u32 zero = 0;

	if (vector != 2 && vector != 3)
		return 0;
	times = bpf_map_lookup_elem(&softirq_times, &zero);
	if (!times)
		return 0;
	return vector == 2 ? &times->kind[SOFTIRQ_NET_TX] : &times->kind[SOFTIRQ_NET_RX];
}

SEC("tp_btf/softirq_entry")
int skewtop_softirq_entry(u64 *ctx)
{
	struct softirq_time *time = time_of((u32)ctx[0]);

	if (time)
		time->started_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int skewtop_softirq_exit(u64 *ctx)
{
	struct softirq_time *time = time_of((u32)ctx[0]);

	if (!time || !time->started_ns)
		return 0; /* was under way when the programs were attached */
	__sync_fetch_and_add(&time->total_ns, bpf_ktime_get_ns() - time->started_ns);
	__sync_fetch_and_add(&time->runs, 1);
	time->started_ns = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
