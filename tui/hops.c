/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/hops.h"

#include <string.h>

#include "core/snapshot.h"

/* An address that was quiet for so long belongs to another packet now. */
#define HOP_GAP_NS UINT64_C(2000000000)

static bool same_skb(void *context, const struct trace_record *record)
{
	return record->skb == *(const uint64_t *)context;
}

static bool ends_life(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return row && record->probe < PROBE_MAX && row->flags & (PROBE_DROP | PROBE_CONSUME);
}

static bool apart(const struct trace_line *a, const struct trace_line *b)
{
	return b->real_ns > a->real_ns + HOP_GAP_NS;
}

/* Cuts off what belongs to packets before and after. */
static void cut(struct hops *hops, const struct host *host)
{
	int first = hops->at, last = hops->at;

	while (first > 0 && !ends_life(host, &hops->line[first - 1].record) &&
		!apart(&hops->line[first - 1], &hops->line[first]))
		first--;
	while (last < hops->n - 1 && !ends_life(host, &hops->line[last].record) &&
		!apart(&hops->line[last], &hops->line[last + 1]))
		last++;
	hops->n = last - first + 1;
	hops->at -= first;
	hops->ended = ends_life(host, &hops->line[last].record);
	memmove(hops->line, hops->line + first, hops->n * sizeof(hops->line[0]));
}

void hops_collect(struct hops *hops, const struct host *host, struct trace_log *log,
	const struct trace_line *line)
{
	uint64_t skb = line->record.skb, found[HOPS_MAX];
	size_t before, after;

	before = trace_log_select(
		log, 0, line->sequence, same_skb, &skb, found, HOPS_MAX / 2);
	after = trace_log_select_oldest(log, line->sequence + 1, UINT64_MAX, same_skb, &skb,
		found + before, HOPS_MAX / 2);
	hops->n = 0;
	hops->at = -1;
	for (size_t i = 0; i < before + after; i++) {
		if (!trace_log_read(log, found[i], &hops->line[hops->n]))
			continue;
		if (found[i] == line->sequence)
			hops->at = hops->n;
		hops->n++;
	}
	if (hops->at < 0) { /* overwritten meanwhile */
		hops->line[0] = *line;
		hops->n = 1;
		hops->at = 0;
	}
	cut(hops, host);
}
