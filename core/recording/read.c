/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/recording/read.h"

#include <byteswap.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/sanitize.h"
#include "core/model/ledger.h"
#include "core/model/snapcode.h"
#include "core/recording/capture.h"
#include "core/recording/decode.h"
#include "core/recording/layout.h"

enum {
	INTERFACES_MAX = 16 << 10,
	PCAP_HEAD = 24,
	PCAP_PACKET_HEAD = 16,
	PCAP_PACKET_MAX = 16 << 20,
};

/* Beside the file's own size: what the counters of a large machine take once they are unpacked. */
static const size_t SNAPSHOT_BYTES = 64 << 20;

#define PCAP_MICROSECONDS UINT32_C(0xa1b2c3d4)
#define PCAP_NANOSECONDS UINT32_C(0xa1b23c4d)

struct reader {
	struct input *input;
	struct bytes buffer;
	size_t used;	 /* of the buffer */
	uint64_t offset; /* of what comes next, in the unpacked file */

	enum { FORMAT_UNKNOWN, FORMAT_PCAPNG, FORMAT_PCAP } format;
	enum { ORIGIN_UNKNOWN, ORIGIN_OWN, ORIGIN_OTHER } origin;
	bool swapped;
	struct pcapng_interface *interface; /* of this section */
	uint32_t n_interfaces;
	struct host *host;
	struct capture *capture; /* of another tool's packets */
	uint64_t time_ns;	 /* of the newest of them */

	/* a recording of ours */
	struct snapshot *previous;
	uint64_t sequence;
	int n_symbols;
	uint64_t malformed; /* records */
	uint64_t entered;   /* of them, those that `previous` tells of */
	uint64_t damaged;   /* blocks that made no sense within */
	uint64_t first_damaged_at;

	bool ended; /* the closed books were handed out */
	struct error fault; /* what is to be told after them */
};

struct host *reader_host(const struct reader *reader)
{
	return reader->host;
}

/* ---- bytes ---- */

static const uint8_t *unread(const struct reader *r)
{
	return r->buffer.data + r->used;
}

static size_t n_unread(const struct reader *r)
{
	return r->buffer.length - r->used;
}

static void take(struct reader *r, size_t n)
{
	r->used += n;
	r->offset += n;
}

/* Reads on until n bytes are there. 0; -EAGAIN; -ENODATA: they will never be; other negative errno. */
static int need(struct reader *r, size_t n, struct error *err)
{
	while (n_unread(r) < n) {
		int got;

		if (r->used) {
			memmove(r->buffer.data, unread(r), n_unread(r));
			r->buffer.length -= r->used;
			r->used = 0;
		}
		got = input_read(r->input, &r->buffer, err);
		if (got <= 0)
			return got ? got : -ENODATA;
	}
	return 0;
}

/* ---- faults ---- */

static int no_memory(const struct reader *r, struct error *err)
{
	return error_set(err, -ENOMEM, "no memory to replay %s", input_name(r->input));
}

static int fault(struct reader *r, const char *what, struct error *err)
{
	return error_set(err, -EBADMSG, "%s, byte %ju: %s%s", input_name(r->input),
		(uintmax_t)r->offset, what,
		r->origin == ORIGIN_UNKNOWN ? "" : "; what came before is shown");
}

static void note_damage(struct reader *r)
{
	if (!r->damaged++)
		r->first_damaged_at = r->offset;
}

/* ---- snapshots ---- */

static struct snapcode_limits limits_of(const struct reader *r)
{
	struct snapcode_limits limits = {
		.n_cpus = r->host->topology.n_cpus,
		.max_bytes = SNAPSHOT_BYTES + input_size(r->input),
	};

	for (int t = 0; t < TABLE_COUNT; t++)
		limits.n_rows[t] = catalog_count(r->host->catalog, t);
	return limits;
}

/* Records that were damaged on their way belong into the books. */
static void enter_malformed(struct reader *r, struct snapshot *snapshot, bool stands_alone)
{
	struct table *t = &snapshot->table[TABLE_LOSS];

	if (stands_alone)
		r->entered = 0;
	if (t->n_rows <= LOSS_MALFORMED)
		return;
	table_values(t, LOSS_MALFORMED, 0)[snapshot->n_cpus] += r->malformed - r->entered;
	r->entered = r->malformed;
}

/* NULL in *out where the frame cannot be used; then nothing can until one comes that stands alone. */
static int take_frame(struct reader *r, struct view frame, struct snapshot **out)
{
	const struct snapcode_limits limits = limits_of(r);
	struct snapshot *snapshot = NULL;
	int err = snapcode_decode(frame, r->previous, &limits, &snapshot);

	*out = NULL;
	if (!err)
		enter_malformed(r, snapshot, snapcode_is_key(frame));
	snapshot_unref(r->previous);
	r->previous = snapshot;
	if (err == -ENOMEM)
		return err;
	if (err) {
		/* Those that rest on a damaged one are not damaged themselves. */
		if (err != -ENODATA)
			note_damage(r);
		return 0;
	}
	snapshot->sequence = r->sequence++;
	*out = snapshot_ref(snapshot);
	return 0;
}

/* What is to be told when all has been read. */
static void tell_damage(struct reader *r, struct error *err)
{
	if (r->damaged)
		error_set(err, 0, "%s: %ju damaged block%s passed over, the first at byte %ju",
			input_name(r->input), (uintmax_t)r->damaged, r->damaged > 1 ? "s" : "",
			(uintmax_t)r->first_damaged_at);
}

/* The closed books. */
static int take_end(struct reader *r, struct view frame, struct read_event *event)
{
	int err = 0;

	event->snapshot = NULL;
	if (view_left(&frame))
		err = take_frame(r, frame, &event->snapshot);
	if (err)
		return err;
	r->ended = true;
	tell_damage(r, &r->fault);
	return READ_END;
}

/* ---- blocks of our own ---- */

/* An enum read_what, READ_WAIT if the block brought nothing to hand out; negative errno. */
static int take_own_block(struct reader *r, const struct pcapng_block *block, struct read_event *event)
{
	enum recording_kind kind;
	struct view payload;
	int err = recording_decode_block(block, &kind, &payload);

	if (err == -ENOENT)
		return READ_WAIT;
	if (!err && kind == RECORDING_END)
		return take_end(r, payload, event);
	if (!err && kind == RECORDING_SNAPSHOT) {
		err = take_frame(r, payload, &event->snapshot);
		if (!err && event->snapshot)
			return READ_SNAPSHOT;
	} else if (!err && kind == RECORDING_ROWS) {
		err = recording_decode_rows(payload, r->host);
	} else if (!err && kind == RECORDING_SYMBOLS) {
		err = recording_decode_symbols(payload, r->host, &r->n_symbols);
	} else if (!err && kind == RECORDING_FILTERS) {
		err = recording_decode_filters(payload, r->host);
	} else if (!err && kind == RECORDING_STACK) {
		err = recording_decode_stack(payload, r->host);
	} else if (!err && kind == RECORDING_LAYOUT && !r->host->skb_layout) {
		err = recording_decode_layout(payload, &r->host->skb_layout);
	} else if (!err && kind == RECORDING_SK_BUFF && !r->swapped) {
		err = recording_decode_sk_buff(payload, r->host);
	}
	if (err == -ENOMEM)
		return err;
	if (err)
		note_damage(r);
	return READ_WAIT;
}

static const struct pcapng_interface *interface_of(const struct reader *r, uint32_t number)
{
	return number < r->n_interfaces ? &r->interface[number] : NULL;
}

static int take_own_packet(struct reader *r, const struct pcapng_block *block, struct read_event *event)
{
	const struct pcapng_interface *interface;
	struct pcapng_packet packet;

	if (pcapng_read_packet(block, r->swapped, &packet))
		goto malformed;
	interface = interface_of(r, packet.interface);
	if (!interface ||
		recording_decode_record(block, &packet, r->swapped, &event->record))
		goto malformed;
	event->real_ns = pcapng_time_ns(interface, packet.timestamp);
	return READ_RECORD;

malformed:
	r->malformed++;
	return READ_WAIT;
}

/* ---- blocks of others ---- */

static void take_packet_options(const struct reader *r, const struct pcapng_block *block, size_t offset,
	struct capture_packet *packet)
{
	struct pcapng_options o = pcapng_options(block, offset, r->swapped);

	while (pcapng_next_option(&o)) {
		if (o.code == OPTION_PACKET_FLAGS && o.length == 4)
			packet->flags = pcapng_u32(o.value, r->swapped);
		else if (o.code == OPTION_PACKET_QUEUE && o.length == 4)
			packet->queue = pcapng_u32(o.value, r->swapped);
		else if (o.code == OPTION_PACKET_DROPCOUNT && o.length == 8)
			packet->dropped = pcapng_u64(o.value, r->swapped) & UINT32_MAX;
		else if (o.code == OPTION_PACKET_ID && o.length == 8)
			packet->id = pcapng_u64(o.value, r->swapped);
	}
}

static void name_interface(const struct pcapng_interface *interface, uint32_t number, char *name,
	size_t size)
{
	if (interface->name[0])
		snprintf(name, size, "%s", interface->name);
	else
		snprintf(name, size, "if%u", number);
}

static int take_packet(struct reader *r, struct capture_packet *packet, struct read_event *event)
{
	const struct pcapng_interface *interface = interface_of(r, packet->interface);
	char name[64];

	if (!interface)
		return -EBADMSG;
	name_interface(interface, packet->interface, name, sizeof(name));
	packet->ifname = name;
	packet->link_type = interface->link_type;
	if (packet->time_ns > INT64_MAX)
		packet->time_ns = INT64_MAX;
	r->time_ns = packet->time_ns;
	return capture_take(r->capture, packet, event);
}

/* READ_WAIT for a block that is no packet; -EBADMSG for one that makes no sense. */
static int take_others_block(
	struct reader *r, const struct pcapng_block *block, struct read_event *event)
{
	struct pcapng_packet packet;
	struct capture_packet taken = { 0 };

	if (block->type == PCAPNG_SIMPLE_PACKET) {
		/* Without a time: that of the packet before, as far as anybody knows. */
		if (block->length < 4)
			return -EBADMSG;
		taken.original = pcapng_u32(block->body, r->swapped);
		taken.data = block->body + 4;
		taken.length = block->length - 4;
		if (taken.length > taken.original)
			taken.length = taken.original;
		taken.time_ns = r->time_ns;
		return take_packet(r, &taken, event);
	}
	if (block->type != PCAPNG_PACKET)
		return READ_WAIT;
	if (pcapng_read_packet(block, r->swapped, &packet) || !interface_of(r, packet.interface))
		return -EBADMSG;
	taken.interface = packet.interface;
	taken.time_ns = pcapng_time_ns(interface_of(r, packet.interface), packet.timestamp);
	taken.data = packet.data;
	taken.length = packet.length;
	taken.original = packet.original;
	take_packet_options(r, block, packet.options, &taken);
	return take_packet(r, &taken, event);
}

static int add_interface(struct reader *r, const struct pcapng_interface *interface)
{
	/* Full whenever the number is a power of two. */
	if (!(r->n_interfaces & (r->n_interfaces - 1))) {
		size_t room = r->n_interfaces ? (size_t)r->n_interfaces * 2 : 1;
		struct pcapng_interface *more =
			reallocarray(r->interface, room, sizeof(*r->interface));

		if (!more)
			return -ENOMEM;
		r->interface = more;
	}
	r->interface[r->n_interfaces++] = *interface;
	return 0;
}

static int take_interface(struct reader *r, const struct pcapng_block *block)
{
	struct pcapng_interface interface;

	if (r->n_interfaces >= INTERFACES_MAX ||
		pcapng_read_interface(block, r->swapped, &interface))
		return -EBADMSG;
	return add_interface(r, &interface);
}

/* ---- pcap ---- */

/* One packet of a pcap file: no blocks, no options, one interface. */
static int next_of_pcap(struct reader *r, struct read_event *event, struct error *err)
{
	const struct pcapng_interface *interface = &r->interface[0];
	struct capture_packet packet = { 0 };
	const uint8_t *head;
	uint64_t fraction;
	int ret = need(r, PCAP_PACKET_HEAD, err);

	if (ret)
		return ret;
	packet.length = pcapng_u32(unread(r) + 8, r->swapped);
	if (packet.length > PCAP_PACKET_MAX)
		return fault(r, "no packet of a pcap file begins here", err);
	ret = need(r, PCAP_PACKET_HEAD + packet.length, err);
	if (ret)
		return ret;
	head = unread(r);
	fraction = pcapng_u32(head + 4, r->swapped);
	packet.time_ns = pcapng_u32(head, r->swapped) * UINT64_C(1000000000) +
			 fraction * (interface->resolution == 9 ? 1 : 1000);
	packet.original = pcapng_u32(head + 12, r->swapped);
	packet.data = head + PCAP_PACKET_HEAD;
	ret = take_packet(r, &packet, event);
	if (ret == READ_RECORD)
		take(r, PCAP_PACKET_HEAD + packet.length);
	return ret == -ENOMEM ? no_memory(r, err) : ret;
}

/* ---- pcapng ---- */

/* Makes the file one of another tool's from its first packet on. */
static int begin_capture(struct reader *r)
{
	const char *slash = strrchr(input_name(r->input), '/');
	const char *name = slash ? slash + 1 : input_name(r->input);

	/* Of which machine it is, nobody says: its file stands for it. */
	sanitize(r->host->name, sizeof(r->host->name), name, SIZE_MAX);
	r->capture = capture_new(r->host);
	if (!r->capture)
		return -ENOMEM;
	r->origin = ORIGIN_OTHER;
	return READ_WAIT;
}

/* A section block in the midst of the file: the numbers of interfaces begin anew. */
static int take_section(struct reader *r, const struct pcapng_block *block)
{
	uint16_t major = pcapng_u16(block->body + 4, r->swapped);

	if (major != 1)
		return -EPROTO;
	if (r->origin == ORIGIN_OWN)
		return -EXFULL;
	r->n_interfaces = 0;
	return READ_WAIT;
}

static int begin_own(struct reader *r, const struct pcapng_block *block)
{
	enum recording_kind kind;
	struct view payload;
	int err = recording_decode_block(block, &kind, &payload);

	if (err == -ENOENT || (!err && kind != RECORDING_HOST))
		return READ_WAIT;
	err = err ?: recording_decode_host(payload, r->host);
	if (!err)
		r->origin = ORIGIN_OWN;
	return err;
}

static int take_block(struct reader *r, const struct pcapng_block *block, struct read_event *event)
{
	switch (block->type) {
	case PCAPNG_SECTION:
		return take_section(r, block);
	case PCAPNG_INTERFACE:
		return take_interface(r, block);
	case RECORDING_BLOCK:
		if (r->origin == ORIGIN_OWN)
			return take_own_block(r, block, event);
		return r->origin == ORIGIN_UNKNOWN ? begin_own(r, block) : READ_WAIT;
	case PCAPNG_PACKET:
		if (r->origin == ORIGIN_OWN)
			return take_own_packet(r, block, event);
		/* fall through */
	case PCAPNG_SIMPLE_PACKET:
		if (r->origin == ORIGIN_OTHER)
			return take_others_block(r, block, event);
		return r->origin == ORIGIN_UNKNOWN ? begin_capture(r) : READ_WAIT;
	default:
		return READ_WAIT;
	}
}

static int explain_block(struct reader *r, int ret, struct error *err)
{
	switch (ret) {
	case -ENOMEM:
		return no_memory(r, err);
	case -EPROTO:
		return fault(r, "pcapng of a version that is not known", err);
	case -EXFULL:
		return fault(
			r, "a second recording begins here, which needs a file of its own", err);
	default:
		return fault(r, "this block makes no sense", err);
	}
}

static bool stays(const struct reader *r, int origin_before, int ret)
{
	/* The packet that told what kind of file this is, and one that a snapshot goes before. */
	return (r->origin == ORIGIN_OTHER && origin_before == ORIGIN_UNKNOWN) ||
	       (r->origin == ORIGIN_OTHER && ret == READ_SNAPSHOT);
}

static int next_of_pcapng(struct reader *r, struct read_event *event, struct error *err)
{
	struct pcapng_block block;
	int origin = r->origin;
	bool swapped = r->swapped;
	int ret;

	for (;;) {
		ret = pcapng_block_at(unread(r), n_unread(r), &swapped, &block);
		if (ret != -EAGAIN)
			break;
		ret = need(r, block.total > n_unread(r) ? block.total : n_unread(r) + 1, err);
		if (ret)
			return ret;
	}
	if (ret)
		return fault(r, "no block begins here", err);
	r->swapped = swapped;
	ret = take_block(r, &block, event);
	if (ret < 0)
		return explain_block(r, ret, err);
	if (!stays(r, origin, ret))
		take(r, block.total);
	/* A recording behind a recording has a replay of its own. */
	if (ret == READ_END && need(r, 1, NULL) == 0)
		fault(r, "a second recording begins here, which needs a file of its own",
			&r->fault);
	return ret;
}

/* ---- the end ---- */

/* The file is over; whether it should be. */
static int judge_end(struct reader *r, struct error *err)
{
	bool within = n_unread(r) > 0;
	uintmax_t at = r->offset + n_unread(r);
	const char *name = input_name(r->input);

	if (r->origin == ORIGIN_OWN)
		error_set(err, 0, "%s was cut off: it ends at byte %ju %s; all before that is shown",
			name, at, within ? "within a block" : "without its end");
	else if (within || input_cut(r->input))
		error_set(err, 0, "%s was cut off: it ends at byte %ju within a packet", name, at);
	return err->text[0] ? -EBADMSG : READ_OVER;
}

/* After the last byte, or a fault: the books of a capture, then what there is to tell. */
static int finish(struct reader *r, int ret, struct read_event *event, struct error *err)
{
	if (ret == -ENODATA)
		judge_end(r, err);
	if (r->origin != ORIGIN_OTHER) {
		r->ended = true;
		r->fault = *err;
		return err->text[0] ? -EBADMSG : READ_OVER;
	}
	ret = capture_end(r->capture, event);
	/* Comes here again after a snapshot, and finds the same. */
	if (ret == READ_SNAPSHOT || ret == READ_END) {
		if (ret == READ_END)
			r->ended = true;
		if (!r->fault.text[0])
			r->fault = *err;
		err->text[0] = '\0';
		return ret;
	}
	return no_memory(r, err);
}

static int tell_fault(const struct reader *r, struct error *err)
{
	if (!r->fault.text[0])
		return READ_OVER;
	return error_set(err, -EBADMSG, "%s", r->fault.text);
}

int reader_next(struct reader *r, struct read_event *event, struct error *err)
{
	struct error own = { "" };
	int ret = READ_WAIT;

	if (r->ended)
		return tell_fault(r, err);
	if (r->fault.text[0])
		return finish(r, -EBADMSG, event, &own);
	while (ret == READ_WAIT)
		ret = r->format == FORMAT_PCAP ? next_of_pcap(r, event, &own) :
						 next_of_pcapng(r, event, &own);
	if (ret == -EAGAIN)
		return READ_WAIT;
	if (ret < 0)
		ret = finish(r, ret, event, &own);
	return ret < 0 ? error_set(err, ret, "%s", own.text) : ret;
}

/* ---- opening ---- */

static int begin_pcap(struct reader *r, struct error *err)
{
	struct pcapng_interface interface = { .resolution = 6 };
	uint32_t magic = pcapng_u32(unread(r), false);
	int ret;

	r->swapped = magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS;
	magic = pcapng_u32(unread(r), r->swapped);
	while ((ret = need(r, PCAP_HEAD, err)) == -EAGAIN)
		input_wait(r->input, -1);
	if (ret)
		return ret;
	if (magic == PCAP_NANOSECONDS)
		interface.resolution = 9;
	/* The upper bits tell of frame check sequences. */
	interface.link_type = pcapng_u32(unread(r) + 20, r->swapped) & 0xffff;
	r->format = FORMAT_PCAP;
	take(r, PCAP_HEAD);
	ret = add_interface(r, &interface);
	return ret ? ret : begin_capture(r);
}

/* Reads as far as a word that tells the format. */
static int find_format(struct reader *r, struct error *err)
{
	uint32_t magic;
	int ret;

	while ((ret = need(r, 4, err)) == -EAGAIN)
		input_wait(r->input, -1);
	if (ret == -ENODATA && input_cut(r->input))
		return ret;
	if (ret == -ENODATA && !n_unread(r))
		return error_set(err, -EINVAL, "%s is empty", input_name(r->input));
	if (ret && ret != -ENODATA)
		return ret;
	magic = ret ? 0 : pcapng_u32(unread(r), false);
	switch (magic) {
	case PCAPNG_SECTION:
		r->format = FORMAT_PCAPNG;
		return 0;
	case PCAP_MICROSECONDS:
	case PCAP_NANOSECONDS:
		return begin_pcap(r, err);
	}
	magic = bswap_32(magic);
	if (magic == PCAP_MICROSECONDS || magic == PCAP_NANOSECONDS)
		return begin_pcap(r, err);
	return error_set(err, -EINVAL,
		"%s is neither a recording nor a capture: it does not begin as pcapng, pcap or gzip do",
		input_name(r->input));
}

/* Reads until it is known whose file this is. */
static int find_origin(struct reader *r, struct error *err)
{
	struct read_event event = { 0 };

	while (r->origin == ORIGIN_UNKNOWN) {
		int ret = next_of_pcapng(r, &event, err);

		if (ret == -EAGAIN)
			input_wait(r->input, -1);
		else if (ret == -ENODATA && !n_unread(r) && !input_cut(r->input))
			/* A capture of nothing is a capture. */
			return begin_capture(r);
		else if (ret == -ENODATA)
			return error_set(err, ret, "%s was cut off at byte %ju, before its first packet",
				input_name(r->input), (uintmax_t)(r->offset + n_unread(r)));
		else if (ret < 0)
			return ret;
	}
	return 0;
}

struct reader *reader_open(struct input *input, struct error *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r || !(r->host = host_new())) {
		input_close(input);
		free(r);
		error_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	r->input = input;
	ret = find_format(r, err);
	if (!ret)
		ret = find_origin(r, err);
	if (ret < 0) {
		error_set(err, ret, "%s was cut off at byte %ju, before its first packet",
			input_name(input), (uintmax_t)(r->offset + n_unread(r)));
		reader_close(r);
		return NULL;
	}
	return r;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	input_close(r->input);
	capture_free(r->capture);
	snapshot_unref(r->previous);
	host_free(r->host);
	bytes_free(&r->buffer);
	free(r->interface);
	free(r);
}
