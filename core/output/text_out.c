/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/text_out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"
#include "core/model/ledger.h"
#include "core/model/rates.h"
#include "core/output/line_text.h"
#include "core/output/number.h"
#include "core/trace/skb_text.h"

struct text_out {
	struct out_stream *stream;
	const struct host *host;
	unsigned details; /* enum trace_detail */
	struct trace_details_cursor passed;
	struct detail_head last; /* of the line written last */
};

__attribute__((format(printf, 2, 3))) static void put(struct text_out *out, const char *format, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_stream_put(out->stream, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* ---- lines ---- */

static void put_packet(struct text_out *out, const struct trace_record *record)
{
	char flow[PACKET_FLOW_MAX], protocol[PACKET_PROTOCOL_MAX], flags[PACKET_FLAGS_MAX];
	struct packet packet;

	packet_decode(&packet, record);
	packet_protocol(&packet.outer, protocol, sizeof(protocol));
	packet_flow(&packet, flow, sizeof(flow));
	packet_tcp_flags(&packet.outer, flags, sizeof(flags));
	put(out, " %s %s%s%s%s", protocol, flow, flags[0] ? " [" : "", flags, flags[0] ? "]" : "");
	if (packet.tunnel == TUNNEL_NONE)
		return;
	packet_layer_flow(&packet.inner, flow, sizeof(flow));
	put(out, " %s(%s)", packet_tunnel_name(packet.tunnel), flow);
}

/* Only what is known, in words that grep finds. */
static void put_context(struct text_out *out, const struct trace_record *record)
{
	char text[SYMBOL_TEXT_MAX];

	if (record->ifname[0])
		put(out, " if=%s", record->ifname);
	put(out, " pid=%u comm=%s skb=0x%llx", record->tgid, record->comm, (unsigned long long)record->skb);
	if (record->packet)
		put(out, " packet=%u", record->packet);
	if (line_kind(record)[0])
		put(out, " made=%s", line_kind(record));
	if (record->netns)
		put(out, " netns=%u", record->netns);
	if (record->mark)
		put(out, " mark=0x%x", record->mark);
	if (record->flags & RECORD_HAS_REASON)
		put(out, " reason=%s", line_reason(out->host, record, text, sizeof(text)));
	if (record->flags & RECORD_HAS_LOCATION)
		put(out, " at=%s", line_location(out->host, record, text, sizeof(text)));
}

static void put_line(struct text_out *out, const struct trace_record *record, uint64_t real_ns)
{
	char time[32];

	put(out, "%s cpu=%u %s len=%u", clock_text(real_ns, 6, time, sizeof(time)), record->cpu,
		line_probe(out->host, record), record->len);
	put_packet(out, record);
	put_context(out, record);
	put(out, "\n");
	out->last = trace_details_head(record);
}

/* ---- stacks and sk_buffs ---- */

/* They come a moment after their line; if another has come between, it is said whose they are. */
static void put_owner(struct text_out *out, const struct detail_head *head)
{
	if (!trace_details_same(head, &out->last))
		put(out, "  %s of skb=0x%llx cpu=%u:\n", head->type == RECORD_STACK ? "stack" : "sk_buff",
			(unsigned long long)head->skb, head->cpu);
}

static void put_lines(struct text_out *out, struct text_lines *lines)
{
	for (int i = 0; i < lines->n; i++)
		put(out, "    %s\n", lines->line[i]);
	text_lines_free(lines);
}

static int detail_text(const struct text_out *out, const union line_detail *detail, struct text_lines *lines)
{
	return detail->head.type == RECORD_STACK ?
		       stack_text(out->host->symbols, &detail->stack, lines) :
		       skb_text(out->host->skb_layout, &detail->skb, lines, NULL);
}

static void put_details(struct text_out *out)
{
	union line_detail detail;
	struct text_lines lines;

	while (trace_details_next(out->host->details, out->details, &out->passed, &detail)) {
		if (detail_text(out, &detail, &lines))
			continue;
		put_owner(out, &detail.head);
		put_lines(out, &lines);
	}
}

/* ---- intervals ---- */

static void put_spread(struct text_out *out, const struct snapshot *older, const struct snapshot *newer,
	const char *name, enum table_id table, uint32_t flags)
{
	struct spread s = rates_spread_table(
		older, newer, out->host, NULL, table, flags, 0, NULL);
	char sum[NUMBER_MAX], max[NUMBER_MAX], times[NUMBER_MAX];

	put(out, " -- %s %s/s", name, number_rate(s.sum, s.state, sum, sizeof(sum)));
	if (s.max_cpu >= 0)
		put(out, " max %s cpu%d %s", number_rate(s.max, s.state, max, sizeof(max)), s.max_cpu,
			number_times(s.x_avg, times, sizeof(times)));
}

static void put_interval(struct text_out *out, const struct snapshot *older, const struct snapshot *newer)
{
	char time[32];

	put(out, "%s", clock_text(newer->real_ns, 0, time, sizeof(time)));
	put_spread(out, older, newer, "SYS", TABLE_SYSCALLS, 0);
	put_spread(out, older, newer, "PKT", TABLE_PROBES, PROBE_RX | PROBE_TX);
	put_spread(out, older, newer, "DROP", TABLE_DROPS, 0);
	put(out, " -- lost %llu\n", (unsigned long long)ledger_sum(newer).lost);
}

/* ---- what the collector calls ---- */

static void on_record(void *context, const struct trace_record *record, uint64_t real_ns)
{
	struct text_out *out = context;

	if (out_stream_error(out->stream))
		return;
	put_details(out);
	put_line(out, record, real_ns);
	out_stream_flush_soon(out->stream);
}

static void on_snapshot(void *context, const struct snapshot *older, struct snapshot *newer)
{
	struct text_out *out = context;

	if (out_stream_error(out->stream) || !older)
		return;
	put_details(out);
	put_interval(out, older, newer);
	out_stream_flush(out->stream);
}

static void on_end(void *context, struct snapshot *last)
{
	struct text_out *out = context;
	char books[LEDGER_TEXT_MAX];

	if (out_stream_error(out->stream))
		return;
	put_details(out);
	if (last) {
		struct ledger_sums sums = ledger_sum(last);

		put(out, "%s", ledger_text(&sums, books, sizeof(books)));
	} else {
		put(out, "skewtop: there are no closed books\n");
	}
	out_stream_flush(out->stream);
}

/* ---- the object ---- */

struct text_out *text_out_new(struct out_stream *stream, const struct host *host, unsigned details)
{
	struct text_out *out = calloc(1, sizeof(*out));

	if (!out)
		return NULL;
	out->stream = stream;
	out->host = host;
	out->details = details;
	return out;
}

void text_out_free(struct text_out *out)
{
	free(out);
}

struct listener text_out_listener(struct text_out *out)
{
	return (struct listener){
		.record = on_record,
		.snapshot = on_snapshot,
		.end = on_end,
		.context = out,
	};
}
