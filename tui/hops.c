/* SPDX-License-Identifier: GPL-2.0-only */
#include "tui/hops.h"

#include <string.h>

#include "core/model/snapshot.h"

/* An address that was quiet for so long belongs to another packet now. */
#define HOP_GAP_NS UINT64_C(2000000000)

/* By its number where it was followed (--track), else by its address. */
static bool same_packet(void *context, const struct trace_record *record)
{
	const struct trace_record *of = context;

	return of->packet ? record->packet == of->packet : record->skb == of->skb;
}

static bool ends_life(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return row && record->probe < PROBE_MAX && row->flags & (PROBE_DROP | PROBE_CONSUME);
}

/* Whether the packet's lines are `a`, and not `b` any more, which comes next. */
static bool between(const struct host *host, const struct trace_line *a, const struct trace_line *b)
{
	if (b->real_ns > a->real_ns + (a->record.packet ? TRACK_AGE_NS : HOP_GAP_NS))
		return true;
	return !a->record.packet && ends_life(host, &a->record);
}

/* Cuts off what belongs to packets before and after. */
static void cut(struct hops *hops, const struct host *host)
{
	int first = hops->at, last = hops->at;

	while (first > 0 && !between(host, &hops->line[first - 1], &hops->line[first]))
		first--;
	while (last < hops->n - 1 && !between(host, &hops->line[last], &hops->line[last + 1]))
		last++;
	hops->n = last - first + 1;
	hops->at -= first;
	memmove(hops->line, hops->line + first, hops->n * sizeof(hops->line[0]));
}

/* After a tracepoint has told of an end only functions of that end come, and what looks at the address. */
static bool may_follow_end(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return record->probe >= PROBE_MAX || (row && row->flags & PROBE_SKB_STALE);
}

/* The branch of a hop: that of its skb, or a new one; the last takes all for which there is no room. */
static int branch_of(struct hops *hops, const struct host *host, int hop)
{
	const struct trace_record *record = &hops->line[hop].record;

	for (int b = hops->n_branches - 1; b >= 0; b--)
		if (hops->branch[b].skb == record->skb &&
			(!hops->branch[b].ended || may_follow_end(host, record)))
			return b;
	if (hops->n_branches == BRANCHES_MAX)
		return BRANCHES_MAX - 1;
	hops->branch[hops->n_branches] = (struct branch){
		.skb = record->skb, .first = hop, .last = -1 };
	return hops->n_branches++;
}

static void find_branches(struct hops *hops, const struct host *host)
{
	hops->n_branches = 0;
	for (int i = 0; i < hops->n; i++) {
		int b = branch_of(hops, host, i);
		struct branch *branch = &hops->branch[b];

		hops->branch_of[i] = b;
		hops->before[i] = branch->last;
		branch->last = i;
		branch->ended |= ends_life(host, &hops->line[i].record);
	}
}

void hops_collect(struct hops *hops, const struct host *host, struct trace_log *log,
	const struct trace_line *line)
{
	struct trace_record of = line->record;
	uint64_t found[HOPS_MAX];
	size_t before, after;

	before = trace_log_select(
		log, 0, line->sequence, same_packet, &of, found, HOPS_MAX / 2);
	after = trace_log_select_oldest(log, line->sequence + 1, UINT64_MAX, same_packet, &of,
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
	find_branches(hops, host);
}
