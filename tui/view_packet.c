/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One packet: every probe that its skb passed, in order, with the time between them and where it ended;
 * beneath, of the selected one: headers, first bytes, and where they were asked for the kernel stack
 * and the whole sk_buff.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/trace/details.h"
#include "core/trace/skb_text.h"
#include "tui/advice.h"
#include "tui/hops.h"
#include "tui/view.h"

enum { FACTS_MAX = 512, FACT_TEXT = 320 };

/* One line beneath the hops. */
struct fact {
	enum theme_role role;
	char name[12];
	char text[FACT_TEXT];
};

struct packet_view {
	struct trace_line line; /* the one that was opened */
	struct hops hops;
	int at; /* selected hop */
	int top;
	int height;
	struct fact fact[FACTS_MAX]; /* of the selected hop */
	int n_facts;
	uint64_t facts_of; /* its sequence number */
	bool stack_found, skb_found;
	bool made;
	int facts_top;
	int facts_height;
	bool in_facts; /* they have the keys */
};

static void *open_packet(struct app *app, const void *argument)
{
	struct packet_view *v = calloc(1, sizeof(*v));

	(void)app;
	if (!v)
		return NULL;
	v->line = *(const struct trace_line *)argument;
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

/* Only the side that changed, if it is one: "to 10.2.0.1:53". */
static void say_change(const char *was, const char *is, char *buf, size_t size)
{
	const char *was_to = strstr(was, " > "), *is_to = strstr(is, " > ");

	if (was_to && is_to && was_to - was == is_to - is && !strncmp(was, is, is_to - is))
		snprintf(buf, size, "to %s", is_to + 3);
	else if (was_to && is_to && !strcmp(was_to, is_to))
		snprintf(buf, size, "from %.*s", (int)(is_to - is), is);
	else
		snprintf(buf, size, "now %s", is);
}

/* What is new with a hop: a clone begins, or its addresses are others now (NAT, a tunnel). "" for nothing. */
static const char *what_it_becomes(const struct hops *hops, int hop, char *buf, size_t size)
{
	char was[PACKET_FLOW_MAX], is[PACKET_FLOW_MAX];
	struct packet packet;
	int before = hops->before[hop];

	buf[0] = '\0';
	if (before < 0) {
		snprintf(buf, size, "%s", line_kind(&hops->line[hop].record));
		return buf;
	}
	packet_decode(&packet, &hops->line[before].record);
	packet_flow(&packet, was, sizeof(was));
	packet_decode(&packet, &hops->line[hop].record);
	packet_flow(&packet, is, sizeof(is));
	if (was[0] && is[0] && strcmp(was, is) != 0)
		say_change(was, is, buf, size);
	return buf;
}

/* Widths of the columns before ENDS, in their order; a narrow screen has room for that one too. */
struct hop_widths {
	int digits; /* of the time: 15 all, 9 from the seconds on */
	int since, cpu, probe, len, interface;
};

static const struct hop_widths *hop_widths(const struct area *area)
{
	static const struct hop_widths narrow = { 9, 10, 3, 19, 5, 8 }, wide = { 15, 11, 4, 26, 5, 10 };

	return area->w < 100 ? &narrow : &wide;
}

static void draw_hop(const struct packet_view *v, const struct frame *frame,
	const struct canvas *canvas, int y, struct area area, int i)
{
	const struct trace_line *line = &v->hops.line[i];
	const struct trace_record *record = &line->record;
	enum theme_role role = i == v->at ? ROLE_SELECTED : ROLE_TEXT;
	char time[32], since[32] = "", end[SYMBOL_TEXT_MAX] = "", reason[64] = "", becomes[160];
	char branch = v->hops.n_branches > 1 ? 'a' + v->hops.branch_of[i] : ' ';
	const struct hop_widths *w = hop_widths(&area);
	int x = area.x, right = area.x + area.w;

	if (i)
		elapsed(v->hops.line[i - 1].real_ns, line->real_ns, since, sizeof(since));
	if (record->flags & RECORD_HAS_LOCATION)
		symbols_format(frame->host->symbols, record->location, end, sizeof(end));
	if (record->flags & RECORD_HAS_REASON)
		reasons_format(frame->host->reasons, record->reason, reason, sizeof(reason));
	if (i == v->at)
		canvas_blank(canvas, y, area.x, area.w, ROLE_SELECTED);
	clock_text(line->real_ns, 6, time, sizeof(time));
	x += canvas_printf(canvas, y, x, right - x, role, "%c%c %s %*s  %*u  ", i == v->at ? '>' : ' ', branch,
		time + strlen(time) - w->digits, w->since, since, w->cpu, record->cpu);
	canvas_cut(canvas, y, x, w->probe < right - x ? w->probe : right - x, role,
		line_probe(frame->host, record));
	x += w->probe;
	x += canvas_printf(canvas, y, x, right - x, role, " %*u  ", w->len, record->len);
	canvas_cut(canvas, y, x, w->interface < right - x ? w->interface : right - x, role, record->ifname);
	x += w->interface;
	canvas_printf(canvas, y, x, right - x, role, " %s%s%s%s", reason, reason[0] && end[0] ? " at " : "", end,
		what_it_becomes(&v->hops, i, becomes, sizeof(becomes)));
}

static void draw_hops(struct packet_view *v, const struct frame *frame, const struct canvas *canvas,
	struct area area)
{
	struct area head = area_take_top(&area, 1);
	const struct hop_widths *w = hop_widths(&area);

	v->height = area.h > 0 ? area.h : 1;
	if (v->at < v->top)
		v->top = v->at;
	if (v->at >= v->top + v->height)
		v->top = v->at - v->height + 1;
	if (v->top < 0)
		v->top = 0;
	canvas_printf(canvas, head.y, head.x + 3, head.w - 3, ROLE_TITLE,
		"%-*s %*s  %*s  %-*s %*s  %-*s %s", w->digits, "TIME", w->since, "SINCE LAST", w->cpu,
		"CPU", w->probe, "PROBE", w->len, "LEN", w->interface, "IF", "BECOMES, ENDS");
	for (int i = 0; i < area.h && v->top + i < v->hops.n; i++)
		draw_hop(v, frame, canvas, area.y + i, area, v->top + i);
}

/* ---- headers and bytes ---- */

static void add_fact(struct packet_view *v, enum theme_role role, const char *name, const char *text)
{
	struct fact *fact;

	if (v->n_facts == FACTS_MAX || !text[0])
		return;
	fact = &v->fact[v->n_facts++];
	fact->role = role;
	snprintf(fact->name, sizeof(fact->name), "%s", name);
	snprintf(fact->text, sizeof(fact->text), "%s", text);
}

static void add_layer(struct packet_view *v, const char *name, const struct packet_layer *layer)
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
	add_fact(v, ROLE_TEXT, name, text);
}

static void add_mac(struct packet_view *v, const struct packet *p)
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
	add_fact(v, ROLE_TEXT, "ethernet", text);
}

/* Where and why it ended, and what to look at next. */
static void add_end(struct packet_view *v, const struct host *host, const struct trace_record *r)
{
	char where[SYMBOL_TEXT_MAX] = "", reason[64] = "", text[320];
	const char *advice = NULL;

	if (r->flags & RECORD_HAS_REASON) {
		reasons_format(host->reasons, r->reason, reason, sizeof(reason));
		advice = drop_advice(reason);
	}
	if (r->flags & RECORD_HAS_LOCATION)
		symbols_format(host->symbols, r->location, where, sizeof(where));
	snprintf(text, sizeof(text), "%s%s%s", reason, reason[0] && where[0] ? " at " : "", where);
	add_fact(v, ROLE_WARN, "end", text);
	if (advice)
		add_fact(v, ROLE_WARN, "", advice);
}

static void add_context(struct packet_view *v, const struct trace_record *r)
{
	char text[320];

	snprintf(text, sizeof(text), "0x%llx  len %u  mark 0x%x  hash 0x%x  queue %u  netns %u",
		(unsigned long long)r->skb, r->len, r->mark, r->hash, r->queue, r->netns);
	add_fact(v, ROLE_TEXT, "skb", text);
	snprintf(text, sizeof(text), "%s (pid %u, tid %u)  if %s (%u)", r->comm, r->tgid, r->tid,
		r->ifname[0] ? r->ifname : "-", r->ifindex);
	add_fact(v, ROLE_TEXT, "task", text);
}

enum { HEX_PER_LINE = 16 };

static void add_hex_line(struct packet_view *v, const struct trace_record *r, int from)
{
	char text[128], name[12];
	size_t used = 0;

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
	snprintf(name, sizeof(name), "%04x", from);
	add_fact(v, ROLE_DIM, name, text);
}

static void add_bytes(struct packet_view *v, const struct trace_record *r)
{
	if (r->flags & RECORD_NO_BYTES)
		add_fact(v, ROLE_DIM, "bytes", "could not be read at this point");
	for (int i = 0; i < r->snap_len && i < ABI_SNAP_MAX; i += HEX_PER_LINE)
		add_hex_line(v, r, i);
}

/* ---- what was recorded beside the line ---- */

static void add_lines(struct packet_view *v, const char *name, struct text_lines *lines)
{
	for (int i = 0; i < lines->n; i++)
		add_fact(v, ROLE_TEXT, i ? "" : name, lines->line[i]);
	text_lines_free(lines);
}

static void add_stack(struct packet_view *v, const struct host *host, const struct trace_record *r)
{
	struct stack_record *stack = malloc(sizeof(*stack));
	struct text_lines lines = { 0 };

	v->stack_found = stack && trace_details_stack(host->details, r, stack);
	if (v->stack_found && !stack_text(host->symbols, stack, &lines))
		add_lines(v, "stack", &lines);
	free(stack);
}

static void add_skb(struct packet_view *v, const struct host *host, const struct trace_record *r)
{
	struct skb_record *skb = malloc(sizeof(*skb));
	struct text_lines lines = { 0 };
	struct error err = { "" };

	v->skb_found = skb && trace_details_skb(host->details, r, skb);
	if (v->skb_found && !skb_text(host->skb_layout, skb, &lines, &err))
		add_lines(v, "sk_buff", &lines);
	else if (err.text[0])
		add_fact(v, ROLE_DIM, "sk_buff", err.text);
	free(skb);
}

/* A detail comes a moment after its line, and its text takes time: it is made once. */
static bool facts_stand(const struct packet_view *v, const struct host *host,
	const struct trace_line *line)
{
	struct stack_record *stack;
	bool has_stack;

	if (!v->made || v->facts_of != line->sequence)
		return false;
	if (v->stack_found)
		return true;
	stack = malloc(sizeof(*stack));
	has_stack = stack && trace_details_stack(host->details, &line->record, stack);
	free(stack);
	return !has_stack;
}

static void make_facts(struct packet_view *v, const struct host *host)
{
	const struct trace_line *line = v->at >= 0 && v->at < v->hops.n ? &v->hops.line[v->at] : &v->line;
	struct packet packet;

	if (facts_stand(v, host, line))
		return;
	if (v->facts_of != line->sequence)
		v->facts_top = 0;
	v->made = true;
	v->facts_of = line->sequence;
	v->n_facts = 0;
	packet_decode(&packet, &line->record);
	add_end(v, host, &line->record);
	add_mac(v, &packet);
	add_layer(v, "packet", &packet.outer);
	if (packet.tunnel != TUNNEL_NONE)
		add_layer(v, packet_tunnel_name(packet.tunnel), &packet.inner);
	add_context(v, &line->record);
	add_bytes(v, &line->record);
	add_stack(v, host, &line->record);
	add_skb(v, host, &line->record);
}

static void draw_facts(struct packet_view *v, const struct canvas *canvas, struct area area)
{
	v->facts_height = area.h > 0 ? area.h : 1;
	if (v->facts_top > v->n_facts - v->facts_height)
		v->facts_top = v->n_facts - v->facts_height;
	if (v->facts_top < 0)
		v->facts_top = 0;
	for (int i = 0; i < area.h && v->facts_top + i < v->n_facts; i++) {
		const struct fact *fact = &v->fact[v->facts_top + i];

		canvas_role(canvas, area.y + i, area.x + 1, 10, ROLE_GRAPH, fact->name);
		canvas_cut(canvas, area.y + i, area.x + 12, area.w - 12, fact->role, fact->text);
	}
}

static void how_it_ended(const struct hops *hops, char *buf, size_t size)
{
	int ended = 0;

	for (int b = 0; b < hops->n_branches; b++)
		ended += hops->branch[b].ended;
	if (hops->n_branches > 1)
		snprintf(buf, size, "%d skbs, a to %c: %d seen to end", hops->n_branches,
			'a' + hops->n_branches - 1, ended);
	else
		snprintf(buf, size, "%s", ended ? "it ended" : "not seen to end");
}

static void draw(void *state, const struct frame *frame, const struct canvas *canvas, struct area area)
{
	struct packet_view *v = state;
	int wanted = v->hops.n + 1, below;
	struct area hops;
	char title[120];

	make_facts(v, frame->host);
	if (wanted > area.h / 2)
		wanted = area.h / 2;
	hops = area_take_top(&area, wanted);
	draw_hops(v, frame, canvas, hops);
	below = v->n_facts - v->facts_top - (area.h - 1);
	how_it_ended(&v->hops, title, sizeof(title));
	if (below > 0)
		snprintf(title + strlen(title), sizeof(title) - strlen(title),
			"; %d more lines below%s", below, v->in_facts ? "" : " (w: go there)");
	canvas_rule(canvas, area.y, area.x, area.w, title);
	area_take_top(&area, 1);
	draw_facts(v, canvas, area);
}

static bool act(void *state, struct app *app, const struct frame *frame, enum action action)
{
	struct packet_view *v = state;

	(void)app;
	(void)frame;
	if (action == ACTION_OTHER_PANE) {
		v->in_facts = !v->in_facts;
		return true;
	}
	if (v->in_facts)
		return keys_move(&v->facts_top, v->n_facts, v->facts_height, action);
	return keys_move(&v->at, v->hops.n, v->height, action);
}

static const char *path(void *state, char *buf, size_t size)
{
	struct packet_view *v = state;

	if (v->line.record.packet)
		snprintf(buf, size, "packet %u: %d hop%s", v->line.record.packet, v->hops.n,
			v->hops.n == 1 ? "" : "s");
	else
		snprintf(buf, size, "skb 0x%llx: %d hop%s", (unsigned long long)v->line.record.skb,
			v->hops.n, v->hops.n == 1 ? "" : "s");
	return buf;
}

static const char *hint(void *state, const struct frame *frame, char *buf, size_t size)
{
	const struct packet_view *v = state;

	if (v->in_facts)
		snprintf(buf, size, "j k: its details   w: its way");
	else if (v->line.record.packet)
		snprintf(buf, size, "followed through the probes traced, clones and copies too   w: details   K: stacks");
	else if (frame->ledger.of[LOSS_RATE_LIMITED])
		snprintf(buf, size,
			"hops are those of traced probes; --trace-rate leaves gaps   w: details   K: stacks");
	else
		snprintf(buf, size, "hops are those of the probes traced   w: details   K: stacks");
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
