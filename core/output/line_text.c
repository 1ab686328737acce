/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/output/line_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/model/snapshot.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"

const char *clock_text(uint64_t real_ns, int digits, char *buf, size_t size)
{
	time_t seconds = real_ns / 1000000000;
	unsigned fraction = real_ns % 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	for (int i = digits; i < 9; i++)
		fraction /= 10;
	if (digits)
		snprintf(buf, size, "%02d:%02d:%02d.%0*u", tm.tm_hour, tm.tm_min, tm.tm_sec, digits,
			fraction);
	else
		snprintf(buf, size, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buf;
}

const char *line_probe(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return row ? row->name : "?";
}

const char *line_kind(const struct trace_record *record)
{
	return record->flags & RECORD_CLONE ? "clone" : record->flags & RECORD_COPY ? "copy" : "";
}

const char *line_reason(const struct host *host, const struct trace_record *record, char *buf, size_t size)
{
	buf[0] = '\0';
	if (record->flags & RECORD_HAS_REASON)
		reasons_format(host->reasons, record->reason, buf, size);
	return buf;
}

const char *line_location(const struct host *host, const struct trace_record *record, char *buf, size_t size)
{
	buf[0] = '\0';
	if (record->flags & RECORD_HAS_LOCATION)
		symbols_format(host->symbols, record->location, buf, size);
	return buf;
}

static void tunnel_cell(const struct packet *packet, char *buf, size_t size)
{
	char flow[PACKET_FLOW_MAX];

	if (packet->tunnel == TUNNEL_NONE)
		return;
	packet_layer_flow(&packet->inner, flow, sizeof(flow));
	snprintf(buf, size, "%s %s", packet_tunnel_name(packet->tunnel), flow);
}

static void number_cell(
	const struct trace_record *record, enum line_column column, char *buf, size_t size)
{
	switch (column) {
	case LINE_CPU:
		snprintf(buf, size, "%u", record->cpu);
		break;
	case LINE_LENGTH:
		snprintf(buf, size, "%u", record->len);
		break;
	case LINE_SKB: /* the low half tells skbs apart as well and is half as long */
		snprintf(buf, size, "%08x", (unsigned)record->skb);
		break;
	case LINE_PID:
		snprintf(buf, size, "%u", record->tgid);
		break;
	case LINE_NETNS:
		if (record->netns)
			snprintf(buf, size, "%u", record->netns);
		break;
	case LINE_MARK:
		if (record->mark)
			snprintf(buf, size, "0x%x", record->mark);
		break;
	case LINE_PACKET:
		if (record->packet)
			snprintf(buf, size, "%u%s%s", record->packet,
				line_kind(record)[0] ? " " : "", line_kind(record));
		break;
	default:
		break;
	}
}

const char *line_cell(const struct host *host, const struct trace_line *line,
	const struct packet *packet, enum line_column column, char *buf, size_t size)
{
	const struct trace_record *record = &line->record;

	buf[0] = '\0';
	switch (column) {
	case LINE_TIME:
		return clock_text(line->real_ns, 6, buf, size);
	case LINE_PROBE:
		return line_probe(host, record);
	case LINE_IF:
		return record->ifname;
	case LINE_COMM:
		return record->comm;
	case LINE_PROTOCOL:
		packet_protocol(&packet->outer, buf, size);
		break;
	case LINE_FLOW:
		packet_flow(packet, buf, size);
		break;
	case LINE_FLAGS:
		packet_tcp_flags(&packet->outer, buf, size);
		break;
	case LINE_TUNNEL:
		tunnel_cell(packet, buf, size);
		break;
	case LINE_REASON:
		return line_reason(host, record, buf, size);
	case LINE_LOCATION:
		return line_location(host, record, buf, size);
	default:
		number_cell(record, column, buf, size);
		break;
	}
	return buf;
}

const char *line_text(const struct host *host, const struct trace_record *record, uint32_t columns,
	char *buf, size_t size)
{
	struct trace_line line = { .record = *record };
	struct packet packet;
	size_t used = 0;

	packet_decode(&packet, record);
	buf[0] = '\0';
	for (int c = 0; c < LINE_COLUMNS && used < size; c++) {
		char cell[SYMBOL_TEXT_MAX];
		const char *text;

		if (c == LINE_TIME || !(columns >> c & 1))
			continue;
		text = line_cell(host, &line, &packet, c, cell, sizeof(cell));
		if (text[0])
			used += snprintf(buf + used, size - used, "%s%s", used ? " " : "", text);
	}
	return buf;
}
