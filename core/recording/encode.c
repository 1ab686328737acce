/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/encode.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sanitize.h"
#include "core/filter/log.h"
#include "core/model/ledger.h"
#include "core/model/snapcode.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/recording/format.h"
#include "core/recording/layout.h"
#include "core/recording/pcapng.h"
#include "core/trace/details.h"

/* What was told already, kept as rows: interface blocks {netns and ifindex, link type} by the name, and
 * locations {address, 0} with their text. */
static const enum table_id SEEN_INTERFACES = TABLE_INTERFACES, SEEN_LOCATIONS = TABLE_CONSUMED;

struct recording_encoder {
	const struct host *host;
	struct catalog *seen;
	int n_rows[TABLE_COUNT];   /* told already */
	size_t n_filters;	   /* likewise */
	struct snapshot *previous; /* encoded last; NULL: the next one stands alone */
	struct snapshot *counted;  /* the newest, whether encoded or not */
	unsigned int since_key;
	struct trace_details_cursor details; /* told already */
	bool layout_told;
	uint64_t *dropped; /* per slot: lines lost since the last one that was encoded */
	struct bytes payload;
	char untold[SYMBOL_TEXT_MAX]; /* name of a location that is not told */
};

struct recording_encoder *recording_encoder_new(const struct host *host)
{
	struct recording_encoder *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->host = host;
	e->seen = catalog_new();
	e->dropped = calloc(host->topology.n_cpus + 1, sizeof(*e->dropped));
	if (!e->seen || !e->dropped) {
		recording_encoder_free(e);
		return NULL;
	}
	return e;
}

void recording_encoder_free(struct recording_encoder *e)
{
	if (!e)
		return;
	catalog_free(e->seen);
	snapshot_unref(e->previous);
	snapshot_unref(e->counted);
	free(e->dropped);
	bytes_free(&e->payload);
	free(e);
}

void recording_encoder_forget(struct recording_encoder *e)
{
	snapshot_unref(e->previous);
	e->previous = NULL;
}

static int result(const struct bytes *out)
{
	return out->failed ? -ENOMEM : 0;
}

/* ---- blocks of our own ---- */

/* Starts a payload, which is put into e->payload. */
static struct bytes *begin_payload(struct recording_encoder *e)
{
	e->payload.length = 0;
	return &e->payload;
}

static void put_payload(struct recording_encoder *e, enum recording_kind kind, struct bytes *out)
{
	size_t start = pcapng_begin(out, RECORDING_BLOCK);
	size_t body = out->length;

	bytes_put(out, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
	bytes_put_u64(out, kind);
	bytes_put_u64(out, e->payload.length);
	bytes_put(out, e->payload.data, e->payload.length);
	bytes_put(out, "\0\0\0", -(out->length - body) & 3);
	pcapng_end(out, start);
	out->failed |= e->payload.failed;
}

/* Text that the reader has room for; it makes whole again what was cut within a character. */
static void put_text(struct bytes *out, const char *text)
{
	char cut[RECORDING_TEXT_MAX];

	if (strlen(text) >= sizeof(cut)) {
		sanitize(cut, sizeof(cut), text, SIZE_MAX);
		text = cut;
	}
	bytes_put_string(out, text);
}

static void put_host(struct recording_encoder *e, struct bytes *out)
{
	const struct host *host = e->host;
	struct bytes *p = begin_payload(e);
	size_t n_reasons;
	const struct reason *reason = reasons_list(host->reasons, &n_reasons);

	put_text(p, host->name);
	put_text(p, host->release);
	put_text(p, host->functions_note);
	bytes_put_u64(p, host->topology.n_cpus);
	for (int i = 0; i < host->topology.n_cpus; i++) {
		const struct cpu_place *cpu = &host->topology.cpu[i];

		bytes_put_u64(p, cpu->id);
		bytes_put_u64(p, cpu->node);
		bytes_put_u64(p, cpu->core);
		bytes_put_u64(p, cpu->llc);
	}
	bytes_put_u64(p, n_reasons);
	for (size_t i = 0; i < n_reasons; i++) {
		bytes_put_u64(p, reason[i].number);
		put_text(p, reason[i].name);
	}
	put_text(p, host->narrowed);
	put_payload(e, RECORDING_HOST, out);
}

/* Tells the rows that were added since the last time. */
static void put_rows(struct recording_encoder *e, struct bytes *out)
{
	const struct catalog *catalog = e->host->catalog;
	struct bytes *p = begin_payload(e);
	uint64_t n = 0;

	for (int t = 0; t < TABLE_COUNT; t++)
		n += catalog_count(catalog, t) - e->n_rows[t];
	if (!n)
		return;
	bytes_put_u64(p, n);
	for (int t = 0; t < TABLE_COUNT; t++) {
		for (; e->n_rows[t] < catalog_count(catalog, t); e->n_rows[t]++) {
			const struct row *row = catalog_row(catalog, t, e->n_rows[t]);

			bytes_put_u64(p, t);
			bytes_put_u64(p, e->n_rows[t]);
			bytes_put_u64(p, row->key[0]);
			bytes_put_u64(p, row->key[1]);
			bytes_put_u64(p, row->flags);
			put_text(p, row->name);
			put_text(p, row->where);
		}
	}
	put_payload(e, RECORDING_ROWS, out);
}

static void put_filters(struct recording_encoder *e, struct bytes *out)
{
	size_t n = filter_log_count(e->host->filters);
	struct bytes *p = begin_payload(e);

	if (e->n_filters == n)
		return;
	bytes_put_u64(p, n - e->n_filters);
	for (; e->n_filters < n; e->n_filters++) {
		const struct filter_entry *entry =
			filter_log_entry(e->host->filters, e->n_filters);

		bytes_put_u64(p, entry->mono_ns);
		bytes_put_string(p, entry->outer);
		bytes_put_string(p, entry->inner);
	}
	put_payload(e, RECORDING_FILTERS, out);
}

/* Tells locations from `first` on. */
static void put_symbols(struct recording_encoder *e, int first, struct bytes *out)
{
	int n = catalog_count(e->seen, SEEN_LOCATIONS);
	struct bytes *p = begin_payload(e);

	if (first == n)
		return;
	bytes_put_u64(p, n - first);
	for (; first < n; first++) {
		const struct row *row = catalog_row(e->seen, SEEN_LOCATIONS, first);

		bytes_put_u64(p, row->key[0]);
		put_text(p, row->name);
	}
	put_payload(e, RECORDING_SYMBOLS, out);
}

int recording_encode_start(struct recording_encoder *e, struct bytes *out)
{
	const struct {
		uint32_t order;
		uint16_t major, minor;
		uint64_t length; /* not known */
	} section = { PCAPNG_BYTE_ORDER, 1, 0, UINT64_MAX };
	char os[80];
	size_t start = pcapng_begin(out, PCAPNG_SECTION);

	snprintf(os, sizeof(os), "Linux %s", e->host->release);
	bytes_put(out, &section, sizeof(section));
	pcapng_put_text_option(out, OPTION_SECTION_OS, os);
	pcapng_put_text_option(out, OPTION_SECTION_APPLICATION, "skewtop " SKEWTOP_VERSION);
	pcapng_put_end_of_options(out);
	pcapng_end(out, start);
	put_host(e, out);
	put_rows(e, out);
	put_filters(e, out);
	return result(out);
}

/* ---- trace records ---- */

static uint16_t link_of(const struct trace_record *record)
{
	return record->flags & RECORD_L2 ? LINK_ETHERNET : LINK_RAW;
}

static void put_interface(
	const struct trace_record *record, uint16_t link_type, const char *name, struct bytes *out)
{
	const struct {
		uint16_t link_type, reserved;
		uint32_t snap_length;
	} body = { .link_type = link_type, .snap_length = ABI_SNAP_MAX };
	static const uint8_t nanoseconds = 9;
	char text[64];
	size_t start = pcapng_begin(out, PCAPNG_INTERFACE);

	bytes_put(out, &body, sizeof(body));
	pcapng_put_text_option(out, OPTION_INTERFACE_NAME, name);
	snprintf(text, sizeof(text), "netns %u ifindex %u", record->netns, record->ifindex);
	pcapng_put_text_option(out, OPTION_INTERFACE_DESCRIPTION, text);
	pcapng_put_option(out, OPTION_INTERFACE_TSRESOL, &nanoseconds, 1);
	pcapng_put_end_of_options(out);
	pcapng_end(out, start);
}

/* The number of the interface block for a record, which is made if there is none yet. */
static int interface_of(struct recording_encoder *e, const struct trace_record *record,
	struct bytes *out)
{
	uint16_t link_type = link_of(record);
	char name[ABI_IFNAME_LEN + 1] = "";
	struct row row = {
		.key = { (uint64_t)record->netns << 32 | record->ifindex, link_type },
		.name = name,
	};
	int index = catalog_find(e->seen, SEEN_INTERFACES, row.key[0], row.key[1]);

	if (index >= 0)
		return index;
	memcpy(name, record->ifname, ABI_IFNAME_LEN);
	if (!name[0])
		strcpy(name, "none");
	put_interface(record, link_type, name, out);
	return catalog_add(e->seen, SEEN_INTERFACES, &row);
}

/* The name of a location, told to the reader the first time; valid until the next call. NULL: no memory. */
static const char *location_text(struct recording_encoder *e, uint64_t location, struct bytes *out)
{
	int index = catalog_find(e->seen, SEEN_LOCATIONS, location, 0);
	char text[SYMBOL_TEXT_MAX];

	if (index < 0) {
		const struct row row = { .key = { location }, .name = text };

		symbols_format(e->host->symbols, location, text, sizeof(text));
		/* One that has no name may have one later: a replay's come as it is read. */
		if (catalog_count(e->seen, SEEN_LOCATIONS) == RECORDING_SYMBOLS_MAX || !strncmp(text, "0x", 2))
			return strcpy(e->untold, text);
		index = catalog_add(e->seen, SEEN_LOCATIONS, &row);
		if (index < 0)
			return NULL;
		put_symbols(e, index, out);
	}
	return catalog_row(e->seen, SEEN_LOCATIONS, index)->name;
}

static uint32_t packet_flags(const struct row *probe, const struct trace_record *record)
{
	static const uint32_t reception[] = {
		[PACKET_HOST] = 1,
		[PACKET_BROADCAST] = 3,
		[PACKET_MULTICAST] = 2,
		[PACKET_OTHERHOST] = 4,
	};
	uint32_t flags = 0;

	if (record->pkt_type == PACKET_OUTGOING || (probe && probe->flags & PROBE_TX))
		flags = PACKET_OUTBOUND;
	else if (probe && probe->flags & PROBE_RX)
		flags = PACKET_INBOUND;
	if (record->pkt_type < sizeof(reception) / sizeof(reception[0]))
		flags |= reception[record->pkt_type] << PACKET_RECEPTION_SHIFT;
	return flags;
}

/* Appends as much as fits; snprintf would cost more than all else of a record. */
struct text {
	char *at;
	char *end;
};

static inline void add_bytes(struct text *text, const char *bytes, size_t n)
{
	size_t room = text->end - text->at;

	if (n > room)
		n = room;
	memcpy(text->at, bytes, n);
	text->at += n;
}

static inline void add_text(struct text *text, const char *word)
{
	add_bytes(text, word, strlen(word));
}

static void add_number(struct text *text, uint32_t number)
{
	char digits[12];
	char *at = digits + sizeof(digits);

	do {
		*--at = '0' + number % 10;
		number /= 10;
	} while (number);
	add_bytes(text, at, digits + sizeof(digits) - at);
}

static void add_reason(struct text *text, const struct reasons *reasons, uint32_t reason)
{
	const char *name = reasons_name(reasons, reason);
	char number[32];

	if (!name) {
		reasons_format(reasons, reason, number, sizeof(number));
		name = number;
	}
	add_text(text, " reason=");
	add_text(text, name);
}

/* "kfree_skb cpu=1 comm=curl pid=77 reason=NO_SOCKET location=udp_rcv+0x1f2" */
static void put_comment(const struct recording_encoder *e, const struct row *probe,
	const struct trace_record *record, const char *location, struct bytes *out)
{
	char buf[320];
	struct text text = { .at = buf, .end = buf + sizeof(buf) };

	add_text(&text, probe ? probe->name : "unknown");
	add_text(&text, " cpu=");
	add_number(&text, record->cpu);
	add_text(&text, " comm=");
	add_bytes(&text, record->comm, strnlen(record->comm, sizeof(record->comm)));
	add_text(&text, " pid=");
	add_number(&text, record->tgid);
	if (record->flags & RECORD_HAS_REASON)
		add_reason(&text, e->host->reasons, record->reason);
	if (location) {
		add_text(&text, " location=");
		add_text(&text, location);
	}
	pcapng_put_option(out, OPTION_COMMENT, buf, text.at - buf);
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	static const uint8_t zeros[ABI_SNAP_MAX];

	return memcmp(bytes, zeros, n) == 0;
}

/* The options that every packet has, as they stand in the file. */
struct fixed_options {
	uint16_t flags_code, flags_length;
	uint32_t flags;
	uint16_t dropped_code, dropped_length;
	uint32_t dropped[2];
	uint16_t id_code, id_length;
	uint32_t id[2];
	uint16_t queue_code, queue_length;
	uint32_t queue;
	uint16_t record_code, record_length;
	struct record_option record;
};

static_assert(sizeof(struct fixed_options) == 8 + 12 + 12 + 8 + 4 + 12, "no padding");

/* All but the comment; the record's bytes, the last of them, follow. */
static void put_fixed_options(const struct row *probe, const struct trace_record *record,
	size_t n_bytes, uint64_t dropped, struct bytes *out)
{
	struct fixed_options o = {
		.flags_code = OPTION_PACKET_FLAGS,
		.flags_length = sizeof(o.flags),
		.flags = packet_flags(probe, record),
		.dropped_code = OPTION_PACKET_DROPCOUNT,
		.dropped_length = sizeof(o.dropped),
		.id_code = OPTION_PACKET_ID,
		.id_length = sizeof(o.id),
		.queue_code = OPTION_PACKET_QUEUE,
		.queue_length = sizeof(o.queue),
		.queue = record->queue,
		.record_code = OPTION_CUSTOM_BINARY,
		.record = { .pen = RECORDING_PEN, .magic = RECORD_MAGIC, .head = sizeof(*record),
			.size = sizeof(*record) },
	};

	memcpy(o.dropped, &dropped, sizeof(dropped));
	memcpy(o.id, &record->skb, sizeof(record->skb));
	/* What the packet's bytes tell already is left out. */
	if (all_zero(record->data + n_bytes, sizeof(record->data) - n_bytes))
		o.record.head = offsetof(struct trace_record, data);
	o.record_length = sizeof(o.record) + o.record.head;
	bytes_put(out, &o, sizeof(o));
	pcapng_put_padded(out, record, o.record.head);
}

/* Lines that this CPU lost since its last one. */
static uint64_t take_dropped(struct recording_encoder *e, const struct trace_record *record)
{
	const struct topology *topology = &e->host->topology;
	int slot = topology_slot(topology, (int)record->cpu);
	uint64_t *dropped = &e->dropped[slot >= 0 ? slot : topology->n_cpus];
	uint64_t n = *dropped;

	*dropped = 0;
	return n;
}

/* Rows come while tracing runs (functions, attached in the background): told before what names them. */
static void tell_row(struct recording_encoder *e, const struct trace_record *record, struct bytes *out)
{
	bool function = record->probe >= PROBE_MAX;
	enum table_id table = function ? TABLE_FUNCTIONS : TABLE_PROBES;
	int row = function ? record->probe - PROBE_MAX : record->probe;

	if (row >= e->n_rows[table] && row < catalog_count(e->host->catalog, table))
		put_rows(e, out);
}

int recording_encode_record(struct recording_encoder *e, const struct trace_record *record,
	uint64_t real_ns, struct bytes *out)
{
	const struct row *probe = catalog_traced(e->host->catalog, record->probe);
	uint32_t n_bytes = record->snap_len < ABI_SNAP_MAX ? record->snap_len : ABI_SNAP_MAX;
	int64_t original = (int64_t)record->len + record->data_off;
	const char *location = NULL;
	int interface = interface_of(e, record, out);
	uint32_t body[5];
	size_t start;

	tell_row(e, record, out);
	if (record->flags & RECORD_HAS_LOCATION)
		location = location_text(e, record->location, out);
	if (interface < 0)
		return -ENOMEM;
	if (original < n_bytes || original > UINT32_MAX)
		original = n_bytes;
	start = pcapng_begin(out, PCAPNG_PACKET);
	body[0] = interface;
	body[1] = real_ns >> 32;
	body[2] = (uint32_t)real_ns;
	body[3] = n_bytes;
	body[4] = original;
	bytes_put(out, body, sizeof(body));
	pcapng_put_padded(out, record->data, n_bytes);
	put_comment(e, probe, record, location, out);
	put_fixed_options(probe, record, n_bytes, take_dropped(e, record), out);
	pcapng_put_end_of_options(out);
	pcapng_end(out, start);
	return result(out);
}

/* ---- stacks and sk_buffs ---- */

static void put_layout(struct recording_encoder *e, struct bytes *out)
{
	recording_encode_layout(e->host->skb_layout, begin_payload(e));
	put_payload(e, RECORDING_LAYOUT, out);
	e->layout_told = true;
}

static struct bytes *begin_detail(struct recording_encoder *e, const struct detail_head *head)
{
	struct bytes *p = begin_payload(e);

	bytes_put_u64(p, head->ktime_ns);
	bytes_put_u64(p, head->cpu);
	bytes_put_u64(p, head->skb);
	bytes_put_u64(p, head->probe);
	return p;
}

static void put_stack(struct recording_encoder *e, const struct stack_record *stack, struct bytes *out)
{
	uint64_t before = 0;
	struct bytes *p;

	for (unsigned i = 0; i < stack->n_frames; i++)
		location_text(e, stack->frame[i], out);
	p = begin_detail(e, &stack->head);
	bytes_put_u64(p, stack->n_frames);
	for (unsigned i = 0; i < stack->n_frames; i++) {
		bytes_put_u64(p, zigzag(stack->frame[i] - before));
		before = stack->frame[i];
	}
	put_payload(e, RECORDING_STACK, out);
}

/* Without its layout it is nothing that could be read. */
static void put_skb(struct recording_encoder *e, const struct skb_record *skb, struct bytes *out)
{
	struct bytes *p;

	if (!e->host->skb_layout)
		return;
	if (!e->layout_told)
		put_layout(e, out);
	p = begin_detail(e, &skb->head);
	bytes_put_u64(p, skb->skb_size);
	bytes_put(p, skb->bytes, skb->skb_size);
	bytes_put_u64(p, skb->shared_size);
	bytes_put(p, skb->shared, skb->shared_size);
	put_payload(e, RECORDING_SK_BUFF, out);
}

int recording_encode_detail(struct recording_encoder *e, struct bytes *out)
{
	union line_detail detail;

	if (!trace_details_next(e->host->details, DETAIL_STACK | DETAIL_SKB, &e->details, &detail))
		return 0;
	if (detail.head.type == RECORD_STACK)
		put_stack(e, &detail.stack, out);
	else
		put_skb(e, &detail.skb, out);
	return out->failed ? -ENOMEM : 1;
}

int recording_encode_details_of(
	struct recording_encoder *e, const struct trace_record *record, struct bytes *out)
{
	struct stack_record stack;
	struct skb_record skb;

	if (trace_details_stack(e->host->details, record, &stack))
		put_stack(e, &stack, out);
	if (trace_details_skb(e->host->details, record, &skb))
		put_skb(e, &skb, out);
	return result(out);
}

/* ---- snapshots ---- */

/* What the books say was lost between two snapshots is told with the next packet of that CPU. */
static void count_dropped(struct recording_encoder *e, struct snapshot *snapshot)
{
	static const enum loss_cause causes[] = {
		LOSS_RING_FULL, LOSS_RATE_LIMITED, LOSS_NOT_RECORDED };
	static const struct table nothing;
	const struct table *older = e->counted ? &e->counted->table[TABLE_LOSS] : &nothing;
	const struct table *newer = &snapshot->table[TABLE_LOSS];

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		for (int slot = 0; slot < newer->n_slots; slot++)
			e->dropped[slot] += table_at(newer, causes[i], 0, slot) -
					    table_at(older, causes[i], 0, slot);
	snapshot_unref(e->counted);
	e->counted = snapshot_ref(snapshot);
}

/* Locations of the drop tables are told like those of records. */
static void put_row_symbols(struct recording_encoder *e, struct bytes *out)
{
	const struct catalog *catalog = e->host->catalog;

	for (int i = e->n_rows[TABLE_DROPS]; i < catalog_count(catalog, TABLE_DROPS); i++)
		location_text(e, catalog_row(catalog, TABLE_DROPS, i)->key[0], out);
	for (int i = e->n_rows[TABLE_CONSUMED]; i < catalog_count(catalog, TABLE_CONSUMED); i++)
		location_text(e, catalog_row(catalog, TABLE_CONSUMED, i)->key[0], out);
}

/* A frame, alone or on top of the one before. */
static int put_frame(struct recording_encoder *e, enum recording_kind kind, struct snapshot *snapshot,
	struct bytes *out)
{
	struct bytes *p = begin_payload(e);
	int err = snapcode_encode(e->previous, snapshot, p);

	if (err == -EINVAL) {
		p->length = 0;
		err = snapcode_encode(NULL, snapshot, p);
	}
	if (err)
		return err;
	put_payload(e, kind, out);
	snapshot_unref(e->previous);
	e->previous = snapshot_ref(snapshot);
	return result(out);
}

int recording_encode_snapshot(
	struct recording_encoder *e, struct snapshot *snapshot, struct bytes *out)
{
	if (e->previous && ++e->since_key >= RECORDING_KEY_EVERY)
		recording_encoder_forget(e);
	if (!e->previous) {
		if (e->counted) {
			memset(e->n_rows, 0, sizeof(e->n_rows));
			e->n_filters = 0;
			put_host(e, out);
			put_symbols(e, 0, out);
			if (e->layout_told)
				put_layout(e, out);
		}
		e->since_key = 0;
	}
	put_row_symbols(e, out);
	put_rows(e, out);
	put_filters(e, out);
	count_dropped(e, snapshot);
	return put_frame(e, RECORDING_SNAPSHOT, snapshot, out);
}

int recording_encode_end(struct recording_encoder *e, struct snapshot *last, struct bytes *out)
{
	if (last) {
		put_row_symbols(e, out);
		put_rows(e, out);
		put_filters(e, out);
		return put_frame(e, RECORDING_END, last, out);
	}
	begin_payload(e);
	put_payload(e, RECORDING_END, out);
	return result(out);
}
