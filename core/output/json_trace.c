/* SPDX-License-Identifier: GPL-2.0-only */
/* One trace record as an object, and what comes with it. What does not apply to a packet is left out, so a key that is there
 * always means something. */
#include "core/output/json_objects.h"

#include <linux/types.h>
#include <stdio.h>

#include "bpf/abi.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/trace/packet.h"
#include "core/trace/skb_text.h"

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text && text[0])
		set(object, key, json_string_nocheck(text));
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	set(object, key, json_integer((json_int_t)number));
}

/* What every object of a packet begins with; a line and its details have it in common. */
static json_t *begin(const struct host *host, const char *type, uint64_t real_ns, uint32_t cpu, unsigned probe,
	uint64_t skb)
{
	const struct row *row = catalog_traced(host->catalog, probe);
	json_t *object = json_object();
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)skb);
	set_text(object, "type", type);
	if (real_ns)
		set_number(object, "ts_ns", real_ns);
	set_number(object, "cpu", cpu);
	set_text(object, "probe", row ? row->name : NULL);
	set_text(object, "skb", text);
	return object;
}

static void set_layer(json_t *object, const struct packet_layer *layer)
{
	char text[PACKET_ADDRESS_MAX];

	if (packet_protocol(layer, text, sizeof(text)) && text[0] != '-')
		set_text(object, "proto", text);
	if (layer->version) {
		packet_address(layer->version, layer->saddr, text, sizeof(text));
		set_text(object, "saddr", text);
		packet_address(layer->version, layer->daddr, text, sizeof(text));
		set_text(object, "daddr", text);
	}
	if (layer->has_ports) {
		set_number(object, "sport", layer->sport);
		set_number(object, "dport", layer->dport);
	}
	if (packet_tcp_flags(layer, text, sizeof(text)))
		set_text(object, "tcp_flags", text);
}

static void set_packet(json_t *object, const struct trace_record *record)
{
	struct packet packet;

	packet_decode(&packet, record);
	set_layer(object, &packet.outer);
	if (packet.tunnel == TUNNEL_NONE)
		return;
	set_text(object, "tunnel", packet_tunnel_name(packet.tunnel));
	if (packet.inner.version) {
		json_t *inner = json_object();

		set_layer(inner, &packet.inner);
		set(object, "inner", inner);
	}
}

static void set_context(json_t *object, const struct trace_record *record)
{
	set_text(object, "ifname", record->ifname);
	if (record->netns)
		set_number(object, "netns", record->netns);
	if (record->mark)
		set_number(object, "mark", record->mark);
	set_number(object, "pid", record->tgid);
	set_text(object, "comm", record->comm);
}

static void set_end_of_life(
	json_t *object, const struct host *host, const struct trace_record *record)
{
	char text[SYMBOL_TEXT_MAX];

	if (record->flags & RECORD_HAS_REASON) {
		reasons_format(host->reasons, record->reason, text, sizeof(text));
		set_text(object, "reason", text);
	}
	if (record->flags & RECORD_HAS_LOCATION) {
		symbols_format(host->symbols, record->location, text, sizeof(text));
		set_text(object, "location", text);
	}
}

json_t *json_trace(const struct host *host, const struct trace_record *record, uint64_t real_ns)
{
	json_t *object = begin(host, "trace", real_ns, record->cpu, record->probe, record->skb);

	if (record->packet)
		set_number(object, "packet", record->packet);
	if (record->flags & (RECORD_CLONE | RECORD_COPY))
		set_text(object, "made", record->flags & RECORD_CLONE ? "clone" : "copy");
	set_number(object, "len", record->len);
	set_packet(object, record);
	set_context(object, record);
	set_end_of_life(object, host, record);
	return object;
}

static json_t *with_lines(json_t *object, const char *key, struct text_lines *lines)
{
	json_t *array = json_array();

	for (int i = 0; i < lines->n; i++)
		json_array_append_new(array, json_string_nocheck(lines->line[i]));
	set(object, key, array);
	text_lines_free(lines);
	return object;
}

json_t *json_stack(const struct host *host, const struct stack_record *stack, uint64_t real_ns)
{
	const struct detail_head *head = &stack->head;
	struct text_lines lines;

	if (stack_text(host->symbols, stack, &lines))
		return NULL;
	return with_lines(begin(host, "stack", real_ns, head->cpu, head->probe, head->skb), "frames", &lines);
}

json_t *json_skb(const struct host *host, const struct skb_record *skb, uint64_t real_ns)
{
	const struct detail_head *head = &skb->head;
	struct text_lines lines;

	/* One that cannot be rendered has no lines. */
	skb_text(host->skb_layout, skb, &lines, NULL);
	return with_lines(begin(host, "sk_buff", real_ns, head->cpu, head->probe, head->skb), "text", &lines);
}
