/* SPDX-License-Identifier: GPL-2.0-only */
/* One trace record as an object. What does not apply to a packet is left out, so a key that is there
 * always means something. */
#include "core/output/json_objects.h"

#include <linux/types.h>
#include <stdio.h>

#include "bpf/abi.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/trace/packet.h"

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

static const char *probe_name(const struct host *host, const struct trace_record *record)
{
	const struct row *row = catalog_traced(host->catalog, record->probe);

	return row ? row->name : NULL;
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
	json_t *object = json_object();
	char skb[24];

	snprintf(skb, sizeof(skb), "0x%llx", (unsigned long long)record->skb);
	set_text(object, "type", "trace");
	set_number(object, "ts_ns", real_ns);
	set_number(object, "cpu", record->cpu);
	set_text(object, "probe", probe_name(host, record));
	set_text(object, "skb", skb);
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
