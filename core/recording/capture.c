/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/capture.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "core/model/ledger.h"
#include "core/recording/pcapng.h"

enum { INTERFACES_MAX = 4096, NO_CPU = 1 /* the slot behind the one CPU */ };

static const uint64_t NS_PER_S = 1000000000;

struct capture {
	struct host *host;
	struct snapshot *counts; /* so far; never handed out */
	uint64_t next_ns;	 /* when the next snapshot is due; 0: before the first packet */
	uint64_t last_ns;	 /* of the newest packet */
	uint64_t sequence;
	bool closing;
};

static int describe(struct host *host)
{
	const struct row probe = {
		.key = { 0 }, .flags = PROBE_RX | PROBE_TX, .name = "capture", .where = "" };
	int err = topology_flat(&host->topology, 1);

	err = err ?: ledger_catalog(host->catalog);
	if (err || catalog_add(host->catalog, TABLE_PROBES, &probe) < 0)
		return -ENOMEM;
	snprintf(host->functions_note, sizeof(host->functions_note),
		"a packet capture of another tool: no kernel functions, no system calls, no CPUs");
	return 0;
}

struct capture *capture_new(struct host *host)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->host = host;
	c->counts = snapshot_new(1);
	if (!c->counts || describe(host) || snapshot_grow(c->counts, TABLE_PROBES, 1) ||
		snapshot_grow(c->counts, TABLE_LOSS, LOSS_CAUSES)) {
		capture_free(c);
		return NULL;
	}
	cpus_add(&c->counts->online, 0);
	c->counts->table[TABLE_PROBES].known = 1 << COUNT_PACKETS | 1 << COUNT_BYTES;
	c->counts->table[TABLE_INTERFACES].known =
		1 << IF_RX_PACKETS | 1 << IF_RX_BYTES | 1 << IF_TX_PACKETS | 1 << IF_TX_BYTES;
	c->counts->table[TABLE_LOSS].known = 1;
	return c;
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	snapshot_unref(c->counts);
	free(c);
}

/* ---- counting ---- */

static void add(struct capture *c, enum table_id table, int row, int column, uint64_t n)
{
	table_values(&c->counts->table[table], row, column)[NO_CPU] += n;
}

static int interface_row(struct capture *c, const struct capture_packet *packet)
{
	const struct row row = {
		.key = { 0, (uint64_t)packet->interface + 1 }, .name = packet->ifname, .where = "" };
	int index = catalog_find(c->host->catalog, TABLE_INTERFACES, row.key[0], row.key[1]);

	if (index >= 0 || c->counts->table[TABLE_INTERFACES].n_rows >= INTERFACES_MAX)
		return index;
	index = catalog_add(c->host->catalog, TABLE_INTERFACES, &row);
	if (index >= 0 && snapshot_grow(c->counts, TABLE_INTERFACES, index + 1))
		return -ENOMEM;
	return index;
}

static int count(struct capture *c, const struct capture_packet *packet)
{
	bool sent = (packet->flags & PACKET_DIRECTION) == PACKET_OUTBOUND;
	int row = interface_row(c, packet);

	if (row == -ENOMEM)
		return row;
	if (row >= 0) {
		add(c, TABLE_INTERFACES, row, sent ? IF_TX_PACKETS : IF_RX_PACKETS, 1);
		add(c, TABLE_INTERFACES, row, sent ? IF_TX_BYTES : IF_RX_BYTES, packet->original);
	}
	add(c, TABLE_PROBES, 0, COUNT_PACKETS, 1);
	add(c, TABLE_PROBES, 0, COUNT_BYTES, packet->original);
	add(c, TABLE_LOSS, LOSS_SEEN, 0, 1 + packet->dropped);
	add(c, TABLE_LOSS, LOSS_DELIVERED, 0, 1);
	add(c, TABLE_LOSS, LOSS_RING_FULL, 0, packet->dropped);
	return 0;
}

/* The counts as they are now, as a snapshot of its own. */
static struct snapshot *snapshot_at(struct capture *c, uint64_t time_ns)
{
	struct snapshot *s = snapshot_new(1);

	if (!s)
		return NULL;
	s->sequence = c->sequence++;
	s->mono_ns = s->real_ns = time_ns;
	s->online = c->counts->online;
	for (int t = 0; t < TABLE_COUNT; t++) {
		const struct table *from = &c->counts->table[t];

		if (snapshot_grow(s, t, from->n_rows)) {
			snapshot_unref(s);
			return NULL;
		}
		s->table[t].known = from->known;
		if (from->n_rows)
			memcpy(s->table[t].values, from->values,
				(size_t)from->n_rows * from->n_columns * from->n_slots *
					sizeof(*from->values));
	}
	c->counts->mono_ns = time_ns;
	return s;
}

static int give_snapshot(struct capture *c, uint64_t time_ns, struct read_event *event)
{
	event->snapshot = snapshot_at(c, time_ns);
	return event->snapshot ? READ_SNAPSHOT : -ENOMEM;
}

/* ---- records ---- */

/* Takes the link layer's own header off what is not Ethernet. */
static void strip_link(const struct capture_packet *packet, struct trace_record *record)
{
	size_t strip = 0;

	switch (packet->link_type) {
	case LINK_ETHERNET:
		record->flags |= RECORD_L2;
		record->l3_off = ETH_HLEN;
		if (packet->length >= ETH_HLEN)
			record->protocol = packet->data[12] << 8 | packet->data[13];
		break;
	case LINK_LINUX_SLL:
		strip = 16;
		if (packet->length >= strip) {
			record->pkt_type = packet->data[1];
			record->protocol = packet->data[14] << 8 | packet->data[15];
		}
		break;
	case LINK_LINUX_SLL2:
		strip = 20;
		if (packet->length >= strip) {
			record->pkt_type = packet->data[10];
			record->protocol = packet->data[0] << 8 | packet->data[1];
		}
		break;
	case LINK_NULL:
	case LINK_LOOP:
		/* An address family in one byte order or another: the packet tells by itself. */
		strip = 4;
		break;
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		break;
	default:
		record->flags |= RECORD_NO_BYTES;
		return;
	}
	if (strip > packet->length)
		strip = packet->length;
	record->snap_len = packet->length - strip < ABI_SNAP_MAX ? packet->length - strip :
								   ABI_SNAP_MAX;
	memcpy(record->data, packet->data + strip, record->snap_len);
	record->len = packet->original > strip ? packet->original - strip : 0;
}

static void make_record(const struct capture_packet *packet, struct trace_record *record)
{
	static const uint8_t pkt_types[] = {
		PACKET_HOST, PACKET_HOST, PACKET_MULTICAST, PACKET_BROADCAST, PACKET_OTHERHOST };
	unsigned int reception = packet->flags >> PACKET_RECEPTION_SHIFT & 7;

	*record = (struct trace_record){
		.type = RECORD_PACKET,
		.size = sizeof(*record),
		.ktime_ns = packet->time_ns,
		.skb = packet->id,
		.len = packet->original,
		.ifindex = packet->interface + 1,
		.queue = packet->queue,
	};
	if (reception < sizeof(pkt_types))
		record->pkt_type = pkt_types[reception];
	if ((packet->flags & PACKET_DIRECTION) == PACKET_OUTBOUND)
		record->pkt_type = PACKET_OUTGOING;
	sanitize(record->ifname, sizeof(record->ifname), packet->ifname, SIZE_MAX);
	strip_link(packet, record);
}

int capture_take(
	struct capture *c, const struct capture_packet *packet, struct read_event *event)
{
	uint64_t second_ns = packet->time_ns / NS_PER_S * NS_PER_S;
	uint64_t due_ns = c->next_ns;
	int err;

	if (!due_ns) {
		c->next_ns = second_ns + NS_PER_S;
		return give_snapshot(c, packet->time_ns, event);
	}
	if (packet->time_ns >= due_ns) {
		/* The second that has ended; of a long silence only its two ends. */
		c->next_ns = second_ns > due_ns ? second_ns : due_ns + NS_PER_S;
		return give_snapshot(c, due_ns, event);
	}
	err = count(c, packet);
	if (err)
		return err;
	if (packet->time_ns > c->last_ns)
		c->last_ns = packet->time_ns;
	make_record(packet, &event->record);
	event->real_ns = packet->time_ns;
	return READ_RECORD;
}

int capture_end(struct capture *c, struct read_event *event)
{
	if (c->closing || !c->sequence) {
		event->snapshot = snapshot_at(c, c->counts->mono_ns);
		return event->snapshot ? READ_END : -ENOMEM;
	}
	c->closing = true;
	if (c->last_ns <= c->counts->mono_ns)
		c->last_ns = c->counts->mono_ns + 1;
	return give_snapshot(c, c->last_ns, event);
}
