/* SPDX-License-Identifier: GPL-2.0-only */
/* Records on their way from an instance's ring to the source's sink. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/sanitize.h"
#include "core/live/live.h"
#include "core/trace/details.h"

/* Draining gives way after this long, so that a flood cannot put off a sample for ever. */
enum { DRAIN_NS = 20 * 1000 * 1000, DRAIN_CHECK = 256 };

static int slot_of_record(const struct live *live, const struct trace_record *record)
{
	int slot = topology_slot(&live->host->topology, record->cpu);

	return slot >= 0 ? slot : live->host->topology.n_cpus;
}

/* libbpf's callback: a non-zero return stops after this record, which is then consumed. */
static int take_record(void *context, void *data, size_t size)
{
	struct live *live = context;
	const struct trace_record *record = data;
	struct trace_record clean;

	if (size >= sizeof(struct detail_head) && record->type != RECORD_PACKET &&
		trace_details_add(live->host->details, data, size))
		return 0;
	if (size < sizeof(*record) || record->type != RECORD_PACKET ||
		record->size != sizeof(*record) || record->snap_len > ABI_SNAP_MAX) {
		live->malformed[live->host->topology.n_cpus]++;
		return 0;
	}
	clean = *record;
	sanitize(clean.comm, sizeof(clean.comm), record->comm, sizeof(record->comm));
	sanitize(clean.ifname, sizeof(clean.ifname), record->ifname, sizeof(record->ifname));
	live->delivered[slot_of_record(live, record)]++;
	live->sink(live->sink_context, &clean, record->ktime_ns + live->to_real_ns);
	live->drained++;
	if (live->drained % DRAIN_CHECK == 0 && monotonic_ns() > live->drain_until_ns)
		return -EAGAIN;
	return 0;
}

int live_ring_open(struct live *live, struct packet_instance *instance, struct error *err)
{
	instance->ring = ring_buffer__new(packets_trace_maps(instance).ring, take_record, live, NULL);
	if (!instance->ring)
		return error_set(err, -errno, "cannot map the ring buffer: %s", strerror(errno));
	return 0;
}

int live_rings_drain(struct live *live, record_sink sink, void *context)
{
	live->sink = sink;
	live->sink_context = context;
	live->drained = 0;
	live->drain_until_ns = monotonic_ns() + DRAIN_NS;
	/* The oldest first, so that lines come in their order. */
	for (struct packet_instance *i = live->instances; i; i = i->next) {
		int ret = ring_buffer__consume(i->ring);

		if (ret < 0)
			return ret == -EAGAIN ? live->drained : ret;
		i->empty = i->leaving && !ret;
	}
	return live->drained;
}
