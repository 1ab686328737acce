/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One packet: every probe that its skb passed, in order, with the time between them and where it ended;
 * its headers; its first bytes.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reasons.h"
#include "core/symbols.h"
#include "tui/advice.h"
#include "tui/hops.h"
#include "tui/view.h"

struct packet_view {
	struct trace_line line; /* the one that was opened */
	struct hops hops;
	int at; /* selected hop */
	int top;
	int height;
};

static void *open_packet(struct app *app, const void *argument)
{
	const struct drill *drill = argument;
	struct packet_view *v = calloc(1, sizeof(*v));

	(void)app;
	if (!v)
		return NULL;
	v->line = drill->line;
	v->at = -1;
	return v;
}

static void close_packet(struct app *app, void *state)
{
	(void)app;
	free(state);
}

static int prepare(void *state, const struct frame *frame)
{
	struct packet_view *v = state;

	hops_collect(&v->hops, frame->host, frame->log, &v->line);
	if (v->at < 0)
		v->at = v->hops.at;
	if (v->at >= v->hops.n)
		v->at = v->hops.n - 1;
	return 0;
}

/* ---- the way ---- */

static void elapsed(uint64_t from_ns, uint64_t to_ns, char *buf, size_t size)
{
	uint64_t ns = to_ns > from_ns ? to_ns - from_ns : 0;

	if (ns < 100000)
		snprintf(buf, size, "+%u.%03u us", (unsigned)(ns / 1000), (unsigned)(ns % 1000));
	else
		snprintf(buf, size, "+%u.%03u ms", (unsigned)(ns / 1000000),
			(unsigned)(ns / 1000 % 1000));
}

static void draw_hop(const struct packet_view *v, const struct frame *frame,
	const struct canvas *canvas, int y, struct area area, int i)
{
	const struct trace_line *line = &v->hops.line[i];
	const struct trace_record *record = &line->record;
	enum theme_role role = i == v->at ? ROLE_SELECTED : ROLE_TEXT;
	char time[32], since[32] = "", end[SYMBOL_TEXT_MAX] = "", reason[64] = "";
	struct packet packet;

	packet_decode(&packet, record);
	if (i)
		elapsed(v->hops.line[i - 1].real_ns, line->real_ns, since, sizeof(since));
	if (record->flags & RECORD_HAS_LOCATION)
		symbols_format(frame->host->symbols, record->location, end, sizeof(end));
	if (record->flags & RECORD_HAS_REASON)
		reasons_format(frame->host->reasons, record->reason, reason, sizeof(reason));
	if (i == v->at)
		canvas_blank(canvas, y, area.x, area.w, ROLE_SELECTED);
	canvas_printf(canvas, y, area.x, area.w, role, "%c %s %12s  cpu%-3u %-26s %5u  %-10s %s%s%s",
		i == v->at ? '>' : ' ', clock_text(line->real_ns, 6, time, sizeof(time)), since,
		record->cpu, line_probe(frame->host, record), record->len, record->ifname, reason,
		reason[0] && end[0] ? " at " : "", end);
}

static void draw_hops(struct packet_view *v, const struct frame *frame, const struct canvas *canvas,
	struct area area)
{
	struct area head = area_take_top(&area, 1);

	v->height = area.h > 0 ? area.h : 1;
	if (v->at < v->top)
		v->top = v->at;
	if (v->at >= v->top + v->height)
		v->top = v->at - v->height + 1;
	if (v->top < 0)
		v->top = 0;
	canvas_printf(canvas, head.y, head.x + 2, head.w - 2, ROLE_TITLE, "%-15s %12s  %-6s %-26s %5s  %-10s %s",
		"TIME", "SINCE LAST", "CPU", "PROBE", "LEN", "IF", "ENDS");
	for (int i = 0; i < area.h && v->top + i < v->hops.n; i++)
		draw_hop(v, frame, canvas, area.y + i, area, v->top + i);
}

/* ---- headers and bytes ---- */

struct writer {
	const struct canvas *canvas;
	struct area area; /* what is left */
};

static void write_field(struct writer *w, const char *name, const char *value)
{
	struct area line = area_take_top(&w->area, 1);

	if (!line.h || !value[0])
		return;
	canvas_printf(w->canvas, line.y, line.x + 1, 11, ROLE_GRAPH, "%-10s", name);
	canvas_role(w->canvas, line.y, line.x + 12, line.w - 12, ROLE_TEXT, value);
}

static void write_layer(struct writer *w, const char *name, const struct packet_layer *layer)
{
	char flow[PACKET_FLOW_MAX], protocol[PACKET_PROTOCOL_MAX], flags[PACKET_FLAGS_MAX], text[320];
	size_t used;

	packet_layer_flow(layer, flow, sizeof(flow));
	packet_protocol(layer, protocol, sizeof(protocol));
	packet_tcp_flags(layer, flags, sizeof(flags));
	used = snprintf(text, sizeof(text), "%s %s", protocol, flow);
	if (layer->version)
		used += snprintf(text + used, sizeof(text) - used, "  ttl %u", layer->ttl);
	if (layer->fragment)
		used += snprintf(text + used, sizeof(text) - used, "  fragment at %u",
			layer->fragment_off);
	if (layer->has_tcp)
		snprintf(text + used, sizeof(text) - used, "  [%s] seq %u ack %u win %u", flags,
			layer->tcp_seq, layer->tcp_ack, layer->tcp_window);
	else if (layer->has_icmp)
		snprintf(text + used, sizeof(text) - used, "  type %u code %u", layer->icmp_type,
			layer->icmp_code);
	write_field(w, name, text);
}

static void write_mac(struct writer *w, const struct packet *p)
{
	char text[128];
	size_t used;

	if (!p->has_mac)
		return;
	used = snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x > %02x:%02x:%02x:%02x:%02x:%02x",
		p->smac[0], p->smac[1], p->smac[2], p->smac[3], p->smac[4], p->smac[5], p->dmac[0],
		p->dmac[1], p->dmac[2], p->dmac[3], p->dmac[4], p->dmac[5]);
	for (int i = 0; i < p->n_vlans; i++)
		used += snprintf(text + used, sizeof(text) - used, "  vlan %u", p->vlan[i]);
	write_field(w, "ethernet", text);
}

/* Where and why it ended, and what to look at next. */
static void write_end(struct writer *w, const struct host *host, const struct trace_record *r)
{
	char where[SYMBOL_TEXT_MAX] = "", reason[64] = "", text[320];
	const char *advice = NULL;

	if (r->flags & RECORD_HAS_REASON) {
		reasons_format(host->reasons, r->reason, reason, sizeof(reason));
		advice = drop_advice(reason);
	}
	if (r->flags & RECORD_HAS_LOCATION)
		symbols_format(host->symbols, r->location, where, sizeof(where));
	if (!where[0] && !reason[0])
		return;
	snprintf(text, sizeof(text), "%s%s%s%s%s", reason, reason[0] && where[0] ? " at " : "", where,
		advice ? ": " : "", advice ? advice : "");
	write_field(w, "end", text);
}

static void write_facts(struct writer *w, const struct trace_record *r)
{
	char text[320];

	snprintf(text, sizeof(text), "0x%llx  len %u  mark 0x%x  hash 0x%x  queue %u  netns %u",
		(unsigned long long)r->skb, r->len, r->mark, r->hash, r->queue, r->netns);
	write_field(w, "skb", text);
	snprintf(text, sizeof(text), "%s (pid %u, tid %u)  if %s (%u)", r->comm, r->tgid, r->tid,
		r->ifname[0] ? r->ifname : "-", r->ifindex);
	write_field(w, "task", text);
}

enum { HEX_PER_LINE = 16 };

static void write_hex_line(struct writer *w, const struct trace_record *r, int from)
{
	struct area line = area_take_top(&w->area, 1);
	char text[128];
	size_t used = snprintf(text, sizeof(text), "%04x  ", from);

	for (int i = from; i < from + HEX_PER_LINE; i++) {
		if (i < r->snap_len)
			used += snprintf(text + used, sizeof(text) - used, "%02x%s", r->data[i],
				i % 8 == 7 ? "  " : " ");
		else
			used += snprintf(text + used, sizeof(text) - used, "  %s", i % 8 == 7 ? "  " : " ");
	}
	for (int i = from; i < from + HEX_PER_LINE && i < r->snap_len; i++)
		used += snprintf(text + used, sizeof(text) - used, "%c",
			r->data[i] >= ' ' && r->data[i] < 127 ? r->data[i] : '.');
	if (line.h)
		canvas_role(w->canvas, line.y, line.x + 1, line.w - 1, ROLE_DIM, text);
}

static void draw_packet(const struct packet_view *v, const struct frame *frame,
	const struct canvas *canvas, struct area area)
{
	const struct trace_record *record =
		v->at >= 0 && v->at < v->hops.n ? &v->hops.line[v->at].record : &v->line.record;
	struct writer w = { canvas, area };
	struct packet packet;

	packet_decode(&packet, record);
	write_end(&w, frame->host, record);
	write_mac(&w, &packet);
	write_layer(&w, "packet", &packet.outer);
	if (packet.tunnel != TUNNEL_NONE)
		write_layer(&w, packet_tunnel_name(packet.tunnel), &packet.inner);
	write_facts(&w, record);
	for (int i = 0; i < record->snap_len && i < ABI_SNAP_MAX && w.area.h > 0; i += HEX_PER_LINE)
		write_hex_line(&w, record, i);
	if (record->flags & RECORD_NO_BYTES)
		write_field(&w, "bytes", "could not be read at this point");
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct packet_view *v = state;
	int wanted = v->hops.n + 1;
	struct area hops;

	if (wanted > area.h / 2)
		wanted = area.h / 2;
	hops = area_take_top(&area, wanted);
	draw_hops(v, frame, canvas, hops);
	canvas_rule(canvas, area.y, area.x, area.w, v->hops.ended ? "it ended here" : "not seen to end");
	area_take_top(&area, 1);
	draw_packet(v, frame, canvas, area);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct packet_view *v = state;
	int page = v->height > 1 ? v->height - 1 : 1;

	(void)app;
	(void)frame;
	switch (action) {
	case ACTION_DOWN:
		v->at++;
		break;
	case ACTION_UP:
		v->at--;
		break;
	case ACTION_PAGE_DOWN:
		v->at += page;
		break;
	case ACTION_PAGE_UP:
		v->at -= page;
		break;
	case ACTION_FIRST:
		v->at = 0;
		break;
	case ACTION_LAST:
		v->at = v->hops.n - 1;
		break;
	default:
		return false;
	}
	if (v->at >= v->hops.n)
		v->at = v->hops.n - 1;
	if (v->at < 0)
		v->at = 0;
	return true;
}

static const char *path(void *state, char *buf, size_t size)
{
	struct packet_view *v = state;

	snprintf(buf, size, "skb 0x%llx: %d hop%s", (unsigned long long)v->line.record.skb, v->hops.n,
		v->hops.n == 1 ? "" : "s");
	return buf;
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	(void)state;
	(void)frame;
	snprintf(buf, size, "its hops are those of the probes being traced; Esc: back");
	return buf;
}

const struct view_ops view_packet = {
	.name = "packet",
	.title = "Packet",
	.box = ROLE_BOX_FUNCTIONS,
	.lines = true,
	.open = open_packet,
	.close = close_packet,
	.prepare = prepare,
	.draw = draw,
	.act = act,
	.path = path,
	.hint = hint,
};
