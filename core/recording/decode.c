/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/decode.h"

#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/sanitize.h"
#include "core/filter/log.h"
#include "core/names/reasons.h"
#include "core/names/symbols.h"
#include "core/trace/details.h"

int recording_decode_block(
	const struct pcapng_block *block, enum recording_kind *kind, struct view *payload)
{
	struct view view = view_of(block->body, block->length);
	const uint8_t *magic = view_bytes(&view, RECORDING_MAGIC_LEN), *at;
	uint64_t number, length;

	if (block->type != RECORDING_BLOCK || !magic ||
		memcmp(magic, RECORDING_MAGIC, RECORDING_MAGIC_LEN) != 0)
		return -ENOENT;
	number = view_u64(&view);
	length = view_u64(&view);
	if (view.failed || length > view_left(&view) || number > UINT16_MAX)
		return -EBADMSG;
	at = view_bytes(&view, length);
	*kind = (enum recording_kind)number;
	*payload = view_of(at, length);
	return 0;
}

/* Text as it may be shown. */
static void take_text(struct view *view, char *text, size_t size)
{
	char raw[RECORDING_TEXT_MAX];

	view_string(view, raw, sizeof(raw));
	sanitize(text, size, raw, sizeof(raw));
}

/* ---- host ---- */

static int take_cpu(struct view *p, struct cpu_place *cpu)
{
	uint64_t id = view_u64(p), node = view_u64(p), core = view_u64(p), llc = view_u64(p);

	if (id >= CPU_ID_MAX || node >= CPU_ID_MAX || core >= CPU_ID_MAX || llc >= CPU_ID_MAX)
		return -EBADMSG;
	*cpu = (struct cpu_place){ .id = id, .node = node, .core = core, .llc = llc };
	return 0;
}

static int take_topology(struct view *p, struct topology *topology)
{
	uint64_t n = view_u64(p);
	struct cpu_place *cpu;
	int err = 0;

	if (p->failed || !n || n > CPU_ID_MAX)
		return -EBADMSG;
	cpu = calloc(n, sizeof(*cpu));
	if (!cpu)
		return -ENOMEM;
	for (uint64_t i = 0; i < n && !err; i++)
		err = take_cpu(p, &cpu[i]);
	if (!err && !p->failed)
		err = topology_set(topology, cpu, n);
	free(cpu);
	if (p->failed || err == -EINVAL)
		return -EBADMSG;
	return err;
}

static int take_reasons(struct view *p, struct reasons *reasons)
{
	uint64_t n = view_u64(p);
	char name[RECORDING_TEXT_MAX];

	if (n > RECORDING_REASONS_MAX)
		return -E2BIG;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t number = view_u64(p);

		take_text(p, name, sizeof(name));
		if (p->failed || number > UINT32_MAX)
			return -EBADMSG;
		if (reasons_add(reasons, number, name))
			return -ENOMEM;
	}
	return p->failed ? -EBADMSG : 0;
}

int recording_decode_host(struct view p, struct host *host)
{
	int err;

	take_text(&p, host->name, sizeof(host->name));
	take_text(&p, host->release, sizeof(host->release));
	take_text(&p, host->functions_note, sizeof(host->functions_note));
	err = take_topology(&p, &host->topology);
	err = err ? err : take_reasons(&p, host->reasons);
	/* Recordings of before it was there end here. */
	if (!err && view_left(&p))
		take_text(&p, host->narrowed, sizeof(host->narrowed));
	return p.failed && !err ? -EBADMSG : err;
}

/* ---- rows and symbols ---- */

static int add_row(struct host *host, uint64_t table, uint64_t index, const struct row *row)
{
	int total = 0, n, added;

	/* A table that a later version has; its snapshots will not be readable, its records are. */
	if (table >= TABLE_COUNT)
		return 0;
	n = catalog_count(host->catalog, table);
	if (index < (uint64_t)n)
		return 0;
	for (int t = 0; t < TABLE_COUNT; t++)
		total += catalog_count(host->catalog, t);
	if (total >= RECORDING_ROWS_MAX || (table == TABLE_PROBES && index >= PROBE_MAX))
		return -E2BIG;
	if (index > (uint64_t)n)
		return -EBADMSG;
	added = catalog_add(host->catalog, table, row);
	if (added == -ENOMEM)
		return added;
	return added == n ? 0 : -EBADMSG;
}

int recording_decode_rows(struct view p, struct host *host)
{
	uint64_t n = view_u64(&p);
	char name[RECORDING_TEXT_MAX], where[RECORDING_TEXT_MAX];
	struct row row = { .name = name, .where = where };
	int err = 0;

	for (uint64_t i = 0; i < n && !err; i++) {
		uint64_t table = view_u64(&p), index = view_u64(&p);

		row.key[0] = view_u64(&p);
		row.key[1] = view_u64(&p);
		row.flags = view_u64(&p);
		take_text(&p, name, sizeof(name));
		take_text(&p, where, sizeof(where));
		if (p.failed)
			return -EBADMSG;
		err = add_row(host, table, index, &row);
	}
	return err;
}

int recording_decode_symbols(struct view p, struct host *host, int *n)
{
	uint64_t n_here = view_u64(&p);
	char text[RECORDING_TEXT_MAX];

	for (uint64_t i = 0; i < n_here; i++) {
		uint64_t address = view_u64(&p);
		int added;

		take_text(&p, text, sizeof(text));
		if (p.failed)
			return -EBADMSG;
		added = symbols_add(host->symbols, address, text);
		if (added < 0)
			return added;
		/* They are told again and again, for who comes late. */
		*n += added;
		if (*n > RECORDING_SYMBOLS_MAX)
			return -E2BIG;
	}
	return 0;
}

/* An expression is what a user typed: made safe like any other text. */
static void take_expression(struct view *p, char *text)
{
	view_string(p, text, RECORDING_FILTER_MAX);
	sanitize(text, RECORDING_FILTER_MAX, text, RECORDING_FILTER_MAX);
}

int recording_decode_filters(struct view p, struct host *host)
{
	uint64_t n = view_u64(&p);
	char outer[RECORDING_FILTER_MAX], inner[RECORDING_FILTER_MAX];

	for (uint64_t i = 0; i < n; i++) {
		uint64_t mono_ns = view_u64(&p);
		size_t had = filter_log_count(host->filters);

		take_expression(&p, outer);
		take_expression(&p, inner);
		if (p.failed)
			return -EBADMSG;
		if (had && filter_log_entry(host->filters, had - 1)->mono_ns >= mono_ns)
			continue;
		if (had >= RECORDING_FILTERS_MAX)
			return -E2BIG;
		if (filter_log_add(host->filters, mono_ns, outer, inner))
			return -ENOMEM;
	}
	return 0;
}

/* ---- stacks and sk_buffs ---- */

static void take_head(struct view *p, struct detail_head *head, enum record_type type, size_t size)
{
	*head = (struct detail_head){.type = type, .size = size};
	head->ktime_ns = view_u64(p);
	head->cpu = view_u64(p);
	head->skb = view_u64(p);
	head->probe = view_u64(p);
}

int recording_decode_stack(struct view p, struct host *host)
{
	struct stack_record stack = {};
	uint64_t n, frame = 0;

	take_head(&p, &stack.head, RECORD_STACK, sizeof(stack));
	n = view_u64(&p);
	if (n > ABI_STACK_MAX)
		return -EBADMSG;
	stack.n_frames = n;
	for (uint64_t i = 0; i < n; i++)
		stack.frame[i] = frame += unzigzag(view_u64(&p));
	return !p.failed && trace_details_add(host->details, &stack, sizeof(stack)) ? 0 : -EBADMSG;
}

/* A length and that many bytes, of which there is room for `room`. */
static uint16_t take_bytes(struct view *p, uint8_t *to, size_t room)
{
	uint64_t n = view_u64(p);
	const uint8_t *from = n > room ? NULL : view_bytes(p, n);

	p->failed |= !from;
	if (p->failed)
		return 0;
	memcpy(to, from, n);
	return n;
}

int recording_decode_sk_buff(struct view p, struct host *host)
{
	struct skb_record skb = {};

	take_head(&p, &skb.head, RECORD_SKB, sizeof(skb));
	skb.skb_size = take_bytes(&p, skb.bytes, sizeof(skb.bytes));
	skb.shared_size = take_bytes(&p, skb.shared, sizeof(skb.shared));
	return !p.failed && trace_details_add(host->details, &skb, sizeof(skb)) ? 0 : -EBADMSG;
}

/* ---- records ---- */

#define FIELD(name) { offsetof(struct trace_record, name), sizeof(((struct trace_record *)0)->name) }

/* A record of a machine of the other byte order. */
static void swap_record(struct trace_record *record)
{
	static const struct {
		uint16_t offset, size;
	} fields[] = {
		FIELD(type), FIELD(size), FIELD(cpu), FIELD(ktime_ns), FIELD(skb), FIELD(location),
		FIELD(reason), FIELD(len), FIELD(ifindex), FIELD(netns), FIELD(mark), FIELD(tgid),
		FIELD(tid), FIELD(hash), FIELD(probe), FIELD(protocol), FIELD(flags), FIELD(queue),
		FIELD(data_off), FIELD(snap_len), FIELD(l3_off), FIELD(l4_off), FIELD(sock.sport),
		FIELD(sock.dport),
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint8_t *low = (uint8_t *)record + fields[i].offset;

		for (uint8_t *high = low + fields[i].size - 1; low < high; low++, high--) {
			uint8_t byte = *low;

			*low = *high;
			*high = byte;
		}
	}
}

/* Finds the option; what it holds of the record follows its head. */
static int find_record(const struct pcapng_block *block, const struct pcapng_packet *packet,
	bool swapped, struct record_option *head, const uint8_t **record)
{
	struct pcapng_options options = pcapng_options(block, packet->options, swapped);

	while (pcapng_next_option(&options)) {
		if (options.code != OPTION_CUSTOM_BINARY || options.length < sizeof(*head))
			continue;
		memcpy(head, options.value, sizeof(*head));
		if (pcapng_u32(options.value, swapped) != RECORDING_PEN ||
			memcmp(head->magic, RECORD_MAGIC, sizeof(head->magic)) != 0)
			continue;
		if (swapped) {
			head->head = bswap_16(head->head);
			head->size = bswap_16(head->size);
		}
		*record = options.value + sizeof(*head);
		return head->head <= options.length - sizeof(*head) && head->head <= head->size ?
			       0 : -EBADMSG;
	}
	return -ENOENT;
}

static bool plausible(const struct trace_record *record)
{
	return record->type && record->snap_len <= ABI_SNAP_MAX;
}

int recording_decode_record(const struct pcapng_block *block, const struct pcapng_packet *packet,
	bool swapped, struct trace_record *record)
{
	const size_t data_at = offsetof(struct trace_record, data);
	struct record_option head;
	const uint8_t *bytes;
	size_t n;
	int err = find_record(block, packet, swapped, &head, &bytes);

	if (err)
		return err;
	/* A shorter record is one of an older version, a longer one of a later: fields are only added
	 * behind the others. */
	memset(record, 0, sizeof(*record));
	n = head.head < sizeof(*record) ? head.head : sizeof(*record);
	memcpy(record, bytes, n);
	if (head.head == data_at && head.size == sizeof(*record)) {
		n = packet->length < sizeof(record->data) ? packet->length : sizeof(record->data);
		memcpy(record->data, packet->data, n);
	}
	if (swapped)
		swap_record(record);
	if (head.head < data_at || !plausible(record))
		return -EBADMSG;
	record->size = sizeof(*record);
	sanitize(record->comm, sizeof(record->comm), record->comm, sizeof(record->comm));
	sanitize(record->ifname, sizeof(record->ifname), record->ifname, sizeof(record->ifname));
	return 0;
}
