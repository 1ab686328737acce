/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace lines as text: one column's cell at a time, made only for what is on screen or searched. */
#ifndef SKEWTOP_LINE_TEXT_H
#define SKEWTOP_LINE_TEXT_H

#include <stddef.h>

#include "core/model/host.h"
#include "core/trace/log.h"
#include "core/trace/packet.h"

enum line_column {
	LINE_TIME,
	LINE_CPU,
	LINE_PROBE,
	LINE_SKB,
	LINE_LENGTH,
	LINE_PROTOCOL,
	LINE_FLOW,
	LINE_FLAGS,
	LINE_REASON,
	LINE_IF,
	LINE_COMM,
	LINE_PID,
	LINE_LOCATION,
	LINE_NETNS,
	LINE_MARK,
	LINE_TUNNEL,
	LINE_PACKET,
	LINE_COLUMNS,
};

enum { LINE_CELL_MAX = 160 };

/* A cell of a line; `packet` is packet_decode() of its record. */
const char *line_cell(const struct host *host, const struct trace_line *line,
	const struct packet *packet, enum line_column column, char *buf, size_t size);

/* The cells of some columns (bit c: column c) with a blank between them; without the time, which the
 * record alone does not tell as it is shown. */
const char *line_text(const struct host *host, const struct trace_record *record, uint32_t columns,
	char *buf, size_t size);

/* Why it was dropped, and where; "" where it does not say. */
const char *line_reason(const struct host *host, const struct trace_record *record, char *buf, size_t size);
const char *line_location(const struct host *host, const struct trace_record *record, char *buf, size_t size);

/* The probe that made a record, "?" if the host does not know it. */
const char *line_probe(const struct host *host, const struct trace_record *record);

/* "clone", "copy"; "" for the skb that a packet began as, and where none is followed. */
const char *line_kind(const struct trace_record *record);

/* "14:02:11.001200", local time; `digits` of the second's fraction, 0 for none. */
const char *clock_text(uint64_t real_ns, int digits, char *buf, size_t size);

#endif
