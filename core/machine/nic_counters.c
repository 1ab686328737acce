/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/machine/nic_counters.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/base/sanitize.h"
#include "core/machine/netns.h"
#include "core/model/snapshot.h"

/* A name is asked for again when a counter moves and the name is older than this. */
#define NAME_KEEPS_NS UINT64_C(5000000000)

#define COUNTER(name_, member_, flags_)                                                            \
	{                                                                                          \
		name_, offsetof(struct rtnl_link_stats64, member_), flags_                         \
	}

/* What of struct rtnl_link_stats64 tells of packets that went wrong. */
static const struct {
	const char *name;
	size_t offset;
	uint32_t flags;
} counters[] = {
	COUNTER("rx_missed", rx_missed_errors, NIC_LOSS), /* no room in the ring of the hardware */
	COUNTER("rx_dropped", rx_dropped, NIC_LOSS),
	COUNTER("rx_over", rx_over_errors, NIC_LOSS),
	COUNTER("rx_fifo", rx_fifo_errors, NIC_LOSS),
	COUNTER("rx_nohandler", rx_nohandler, NIC_LOSS), /* came on an inactive device (bonding) */
	COUNTER("rx_errors", rx_errors, NIC_LOSS),
	COUNTER("rx_length_errors", rx_length_errors, NIC_LOSS),
	COUNTER("rx_crc_errors", rx_crc_errors, NIC_LOSS),
	COUNTER("rx_frame_errors", rx_frame_errors, NIC_LOSS),
	COUNTER("tx_dropped", tx_dropped, NIC_LOSS),
	COUNTER("tx_fifo", tx_fifo_errors, NIC_LOSS),
	COUNTER("tx_errors", tx_errors, NIC_LOSS),
	COUNTER("tx_aborted_errors", tx_aborted_errors, NIC_LOSS),
	COUNTER("tx_carrier_errors", tx_carrier_errors, NIC_LOSS),
	COUNTER("tx_window_errors", tx_window_errors, NIC_LOSS),
	COUNTER("tx_heartbeat_errors", tx_heartbeat_errors, 0),
	COUNTER("collisions", collisions, 0), /* is sent again */
	/* rx_otherhost_dropped, behind it since 5.19; older headers do not name it. */
	{"rx_otherhost", offsetof(struct rtnl_link_stats64, rx_nohandler) + sizeof(__u64), 0},
};

enum {
	COUNTERS = sizeof(counters) / sizeof(counters[0]),
	COUNTER_RX_MISSED = 0
};

struct nic {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint64_t named_ns;
	bool named;
	bool hardware;
	bool listed; /* in this reading */
	bool moved;
	bool based; /* `last` is a reading */
	uint64_t last[COUNTERS];
	uint64_t grown[COUNTERS];
	int row[COUNTERS]; /* under this name; -1: none yet */
};

struct nic_counters {
	uint32_t netns; /* inode */
	struct mnl_socket *socket;
	uint32_t seq;
	char *buffer;
	size_t size;
	struct nic *nic;
	int n_nics;
	int next; /* the one that is likely taken next */
	struct nic_row **row;
	int n_rows;
};

int nic_counters_known(void)
{
	return COUNTERS;
}

const char *nic_counter_name(int counter)
{
	return counters[counter].name;
}

int nic_counters_count(const struct nic_counters *nics)
{
	return nics->n_rows;
}

const struct nic_row *nic_counters_row(const struct nic_counters *nics, int index)
{
	return nics->row[index];
}

struct nic_counters *nic_counters_new(uint32_t netns)
{
	struct nic_counters *nics = calloc(1, sizeof(*nics));

	if (nics)
		nics->netns = netns;
	return nics;
}

void nic_counters_close(struct nic_counters *nics)
{
	if (!nics)
		return;
	if (nics->socket)
		mnl_socket_close(nics->socket);
	for (int i = 0; i < nics->n_rows; i++)
		free(nics->row[i]);
	free(nics->row);
	free(nics->nic);
	free(nics->buffer);
	free(nics);
}

/* ---- rows ---- */

static uint64_t hash_name(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return h;
}

static int find_row(const struct nic_counters *nics, const struct nic_row *like)
{
	for (int i = 0; i < nics->n_rows; i++)
		if (nics->row[i]->key[0] == like->key[0] && nics->row[i]->key[1] == like->key[1])
			return i;
	return -1;
}

static int add_row(struct nic_counters *nics, const struct nic_row *like)
{
	struct nic_row **list = reallocarray(nics->row, nics->n_rows + 1, sizeof(*list));
	struct nic_row *row = malloc(sizeof(*row));

	if (list)
		nics->row = list;
	if (!list || !row) {
		free(row);
		return -ENOMEM;
	}
	*row = *like;
	list[nics->n_rows] = row;
	return nics->n_rows++;
}

/* The row of an interface's counter under its present name; when there are too many, one for all.
 */
static int row_of(struct nic_counters *nics, const struct nic *nic, int counter)
{
	struct nic_row row = {
		.key = {(uint64_t)nics->netns << 32 | nic->ifindex,
			hash_name(nic->name) << 8 | counter},
		.flags = counters[counter].flags,
		.name = counters[counter].name,
	};
	char name[IFNAMSIZ];
	int index = find_row(nics, &row);

	sanitize(name, sizeof(name), nic->name, sizeof(nic->name));
	snprintf(row.where, sizeof(row.where), "%s (NIC counter)", name);
	if (index < 0 && nics->n_rows >= NIC_ROWS_MAX - COUNTERS) {
		row.key[0] = UINT64_MAX;
		row.key[1] = counter;
		snprintf(row.where, sizeof(row.where), "(other interfaces)");
		index = find_row(nics, &row);
	}
	return index < 0 ? add_row(nics, &row) : index;
}

static int settle_nic(struct nic_counters *nics, struct nic *nic)
{
	for (int c = 0; c < COUNTERS; c++) {
		bool shown = nic->grown[c] || (nic->hardware && c == COUNTER_RX_MISSED);

		if (nic->row[c] < 0 && shown) {
			nic->row[c] = row_of(nics, nic, c);
			if (nic->row[c] < 0)
				return nic->row[c];
		}
		if (nic->grown[c])
			nics->row[nic->row[c]]->total += nic->grown[c];
		nic->grown[c] = 0;
	}
	nic->moved = false;
	return 0;
}

int nic_counters_settle(struct nic_counters *nics, bool complete)
{
	int kept = 0, err = 0;

	for (int i = 0; i < nics->n_nics; i++) {
		struct nic *nic = &nics->nic[i];
		bool gone = complete && !nic->listed;

		nic->listed = false;
		if (nic->named && !err)
			err = settle_nic(nics, nic);
		if (!gone)
			nics->nic[kept++] = *nic;
	}
	nics->n_nics = kept;
	nics->next = 0;
	return err;
}

/* ---- interfaces ---- */

static struct nic *find_nic(struct nic_counters *nics, uint32_t ifindex)
{
	/* The kernel tells them in the same order each time. */
	for (int n = 0; n < nics->n_nics; n++) {
		int i = (nics->next + n) % nics->n_nics;

		if (nics->nic[i].ifindex == ifindex) {
			nics->next = i + 1;
			return &nics->nic[i];
		}
	}
	return NULL;
}

static struct nic *add_nic(struct nic_counters *nics, uint32_t ifindex)
{
	struct nic *more = reallocarray(nics->nic, nics->n_nics + 1, sizeof(*more));

	if (!more)
		return NULL;
	nics->nic = more;
	more += nics->n_nics++;
	*more = (struct nic){.ifindex = ifindex};
	for (int c = 0; c < COUNTERS; c++)
		more->row[c] = -1;
	return more;
}

int nic_counters_add(struct nic_counters *nics, uint32_t ifindex,
	const struct rtnl_link_stats64 *stats, size_t size)
{
	struct nic *nic = find_nic(nics, ifindex);

	if (!nic)
		nic = add_nic(nics, ifindex);
	if (!nic)
		return -ENOMEM;
	nic->listed = true;
	for (int c = 0; c < COUNTERS; c++) {
		uint64_t value = 0;

		/* An older kernel gives fewer. */
		if (counters[c].offset + sizeof(value) <= size)
			memcpy(&value, (const char *)stats + counters[c].offset, sizeof(value));
		if (nic->based && value > nic->last[c]) {
			nic->grown[c] += value - nic->last[c];
			nic->moved = true;
		}
		nic->last[c] = value;
	}
	nic->based = true;
	return 0;
}

void nic_counters_name(struct nic_counters *nics, uint32_t ifindex, const char *name, bool hardware)
{
	struct nic *nic = find_nic(nics, ifindex);

	if (!nic)
		return;
	if (strncmp(nic->name, name, sizeof(nic->name) - 1) != 0)
		for (int c = 0; c < COUNTERS; c++)
			nic->row[c] = -1;
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->hardware = hardware;
	nic->named = true;
}

/* ---- rtnetlink ---- */

static void open_socket(void *context)
{
	struct nic_counters *nics = context;
	const struct timeval patience = {.tv_sec = 1};

	nics->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	/* The kernel answers at once; nothing must hold up the collector for ever. */
	if (nics->socket)
		setsockopt(mnl_socket_get_fd(nics->socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience));
}

struct nic_counters *nic_counters_open(const char *netns, struct error *err)
{
	struct nic_counters *nics = nic_counters_new(netns_own());
	int fd = -1, ret = 0;

	if (nics) {
		nics->size = MNL_SOCKET_BUFFER_SIZE > 32768 ? MNL_SOCKET_BUFFER_SIZE : 32768;
		nics->buffer = malloc(nics->size);
	}
	if (!nics || !nics->buffer) {
		error_set(err, -ENOMEM, "out of memory");
		nic_counters_close(nics);
		return NULL;
	}
	if (netns)
		fd = netns_open(netns, &nics->netns, err);
	if (!netns)
		open_socket(nics);
	else if (fd >= 0)
		ret = netns_run(fd, open_socket, nics);
	if (fd >= 0)
		close(fd);
	if (nics->socket)
		return nics;
	if (!netns || fd >= 0)
		error_set(err, ret ?: -errno, "cannot ask for the interfaces' counters: %s",
			strerror(ret ? -ret : errno));
	nic_counters_close(nics);
	return NULL;
}

/* A message; the rest of the answer is in the buffer or yet to come. */
typedef int (*take_message)(struct nic_counters *nics, const struct nlmsghdr *message);

static int take_stats(struct nic_counters *nics, const struct nlmsghdr *message)
{
	const struct if_stats_msg *head = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(*head))
	{
		if (mnl_attr_get_type(attribute) == IFLA_STATS_LINK_64)
			return nic_counters_add(nics, head->ifindex,
				mnl_attr_get_payload(attribute),
				mnl_attr_get_payload_len(attribute));
	}
	return 0;
}

/* What software made says of what kind it is; loopback does not. */
static int take_link(struct nic_counters *nics, const struct nlmsghdr *message)
{
	const struct ifinfomsg *head = mnl_nlmsg_get_payload(message);
	bool hardware = head->ifi_type != ARPHRD_LOOPBACK;
	const struct nlattr *attribute;
	const char *name = NULL;

	mnl_attr_for_each(attribute, message, sizeof(*head))
	{
		uint16_t type = mnl_attr_get_type(attribute);

		if (type == IFLA_IFNAME && !mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING))
			name = mnl_attr_get_str(attribute);
		hardware &= type != IFLA_LINKINFO;
	}
	if (name)
		nic_counters_name(nics, head->ifi_index, name, hardware);
	return 0;
}

/* Reads an answer to its end. -EINTR: interfaces came or went meanwhile, some may be missing. */
static int take_answer(struct nic_counters *nics, uint16_t type, bool dump, take_message take)
{
	bool interrupted = false;
	int ret = 0;

	for (;;) {
		ssize_t got = mnl_socket_recvfrom(nics->socket, nics->buffer, nics->size);
		const struct nlmsghdr *message = (const void *)nics->buffer;
		int n = (int)got;

		if (got < 0)
			return -errno;
		for (; mnl_nlmsg_ok(message, n); message = mnl_nlmsg_next(message, &n)) {
			if (message->nlmsg_seq != nics->seq)
				continue; /* of an answer that was given up */
			interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
			if (message->nlmsg_type == NLMSG_DONE)
				return ret ?: interrupted ? -EINTR : 0;
			if (message->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)mnl_nlmsg_get_payload(message))
					->error;
			if (message->nlmsg_type == type && !ret)
				ret = take(nics, message);
			if (!dump)
				return ret;
		}
	}
}

static int ask(struct nic_counters *nics, const struct nlmsghdr *request)
{
	return mnl_socket_sendto(nics->socket, request, request->nlmsg_len) < 0 ? -errno : 0;
}

static int ask_stats(struct nic_counters *nics)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(nics->buffer);
	struct if_stats_msg *head;
	int ret;

	request->nlmsg_type = RTM_GETSTATS;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = ++nics->seq;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
	ret = ask(nics, request);
	return ret ?: take_answer(nics, RTM_NEWSTATS, true, take_stats);
}

static int ask_name(struct nic_counters *nics, uint32_t ifindex)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(nics->buffer);
	struct ifinfomsg *head;
	int ret;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST;
	request->nlmsg_seq = ++nics->seq;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->ifi_index = ifindex;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	ret = ask(nics, request);
	return ret ?: take_answer(nics, RTM_NEWLINK, false, take_link);
}

int nic_counters_take(struct nic_counters *nics, uint64_t now_ns)
{
	int ret = ask_stats(nics), err;

	for (int i = 0; i < nics->n_nics; i++) {
		struct nic *nic = &nics->nic[i];

		if (nic->named && (!nic->moved || now_ns - nic->named_ns < NAME_KEEPS_NS))
			continue;
		/* It may be gone by now: then it keeps the name that it had. */
		if (nic->listed)
			ask_name(nics, nic->ifindex);
		nic->named_ns = now_ns;
	}
	err = nic_counters_settle(nics, !ret);
	return ret && ret != -EINTR ? ret : err;
}
