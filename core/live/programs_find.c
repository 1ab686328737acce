/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/live/programs_find.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/sanitize.h"
#include "core/machine/netns.h"

/* From 6.6 on; older headers do not name them. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47, TCX_PROGRAMS_MAX = 64, DUMP_BYTES = 32768 };

const char *program_kind_name(enum program_kind kind)
{
	static const char *const names[] = {
		[PROGRAM_XDP] = "xdp",
		[PROGRAM_XDP_GENERIC] = "xdp generic",
		[PROGRAM_XDP_OFFLOADED] = "xdp offloaded",
		[PROGRAM_TC_INGRESS] = "tc ingress",
		[PROGRAM_TC_EGRESS] = "tc egress",
	};

	return names[kind];
}

void program_places_free(struct program_places *places)
{
	free(places->place);
	memset(places, 0, sizeof(*places));
}

/* An interface of the namespace. */
struct link {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
};

struct search {
	struct program_places *out;
	struct mnl_socket *socket;
	uint32_t seq;
	struct link *link;
	int n_links;
	const struct link *at; /* whose filters are asked for, and on which side */
	enum program_kind side;
	int result;
};

static int add(struct search *s, uint32_t id, uint32_t ifindex, const char *ifname, enum program_kind kind)
{
	struct program_places *out = s->out;
	struct program_place *grown;

	for (int i = 0; i < out->n; i++)
		if (out->place[i].id == id && out->place[i].ifindex == ifindex && out->place[i].kind == kind)
			return 0;
	grown = reallocarray(out->place, out->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	out->place = grown;
	grown[out->n] = (struct program_place){ .id = id, .ifindex = ifindex, .kind = kind };
	strcpy(grown[out->n].ifname, ifname);
	out->n++;
	return 0;
}

/* ---- rtnetlink ---- */

static int ask(struct search *s, struct nlmsghdr *request, mnl_cb_t answer)
{
	char buffer[DUMP_BYTES];
	unsigned port = mnl_socket_get_portid(s->socket);
	int ret = 1;

	request->nlmsg_seq = ++s->seq;
	if (mnl_socket_sendto(s->socket, request, request->nlmsg_len) < 0)
		return -errno;
	while (ret > 0) {
		ssize_t n = mnl_socket_recvfrom(s->socket, buffer, sizeof(buffer));

		if (n < 0)
			return -errno;
		ret = mnl_cb_run(buffer, n, s->seq, port, answer, s);
	}
	return ret < 0 ? -errno : s->result;
}

static uint32_t u32_of(const struct nlattr *attr)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? 0 : mnl_attr_get_u32(attr);
}

static int add_xdp(struct search *s, const struct link *link, const struct nlattr *xdp)
{
	static const struct {
		int attribute;
		enum program_kind kind;
	} modes[] = {
		{ IFLA_XDP_DRV_PROG_ID, PROGRAM_XDP },
		{ IFLA_XDP_SKB_PROG_ID, PROGRAM_XDP_GENERIC },
		{ IFLA_XDP_HW_PROG_ID, PROGRAM_XDP_OFFLOADED },
	};
	const struct nlattr *attr;
	int ret = 0;

	mnl_attr_for_each_nested(attr, xdp)
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && !ret; i++)
			if (mnl_attr_get_type(attr) == modes[i].attribute && u32_of(attr))
				ret = add(s, u32_of(attr), link->ifindex, link->name, modes[i].kind);
	return ret;
}

static int on_link(const struct nlmsghdr *message, void *context)
{
	struct search *s = context;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct link *grown = reallocarray(s->link, s->n_links + 1, sizeof(*grown));
	const struct nlattr *attr;

	if (!grown) {
		s->result = -ENOMEM;
		return MNL_CB_STOP;
	}
	s->link = grown;
	grown[s->n_links] = (struct link){ .ifindex = info->ifi_index };
	mnl_attr_for_each(attr, message, sizeof(*info))
		if (mnl_attr_get_type(attr) == IFLA_IFNAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			sanitize(grown[s->n_links].name, IF_NAMESIZE, mnl_attr_get_str(attr),
				strlen(mnl_attr_get_str(attr)));
	mnl_attr_for_each(attr, message, sizeof(*info))
		if (mnl_attr_get_type(attr) == IFLA_XDP)
			s->result = s->result ?: add_xdp(s, &grown[s->n_links], attr);
	s->n_links++;
	return MNL_CB_OK;
}

static int find_links(struct search *s)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;

	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	return ask(s, request, on_link);
}

static int on_filter(const struct nlmsghdr *message, void *context)
{
	struct search *s = context;
	const struct nlattr *attr, *inner;
	bool bpf = false;

	mnl_attr_for_each(attr, message, sizeof(struct tcmsg)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			bpf = !strcmp(mnl_attr_get_str(attr), "bpf");
		if (mnl_attr_get_type(attr) != TCA_OPTIONS || !bpf)
			continue;
		mnl_attr_for_each_nested(inner, attr)
			if (mnl_attr_get_type(inner) == TCA_BPF_ID && u32_of(inner))
				s->result = s->result ?: add(s, u32_of(inner), s->at->ifindex,
							   s->at->name, s->side);
	}
	return MNL_CB_OK;
}

static int find_filters(struct search *s, const struct link *link, enum program_kind side)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] __attribute__((aligned(8)));
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc;
	int ret;

	request->nlmsg_type = RTM_GETTFILTER;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = link->ifindex;
	tc->tcm_parent = TC_H_MAKE(
		TC_H_CLSACT, side == PROGRAM_TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
	s->at = link;
	s->side = side;
	ret = ask(s, request, on_filter);
	/* Where there is no such qdisc, or no interface any more: one of these, or nothing. */
	return ret == -EINVAL || ret == -ENODEV || ret == -ENOENT || ret == -EOPNOTSUPP ? 0 : ret;
}

/* ---- tcx ---- */

static int find_tcx(struct search *s, const struct link *link, int type, enum program_kind side)
{
	uint32_t ids[TCX_PROGRAMS_MAX] = { 0 };
	union bpf_attr attr;
	int ret = 0;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = link->ifindex;
	attr.query.attach_type = type;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = TCX_PROGRAMS_MAX;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) && errno != ENOSPC)
		return 0; /* before 6.6, or no CAP_NET_ADMIN */
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < TCX_PROGRAMS_MAX && !ret; i++)
		if (ids[i])
			ret = add(s, ids[i], link->ifindex, link->name, side);
	return ret;
}

static int find_all(struct search *s)
{
	int ret = find_links(s);

	for (int i = 0; i < s->n_links && !ret; i++)
		ret = find_filters(s, &s->link[i], PROGRAM_TC_INGRESS) ?:
			find_filters(s, &s->link[i], PROGRAM_TC_EGRESS) ?:
			find_tcx(s, &s->link[i], TCX_INGRESS, PROGRAM_TC_INGRESS) ?:
			find_tcx(s, &s->link[i], TCX_EGRESS, PROGRAM_TC_EGRESS);
	return ret;
}

static void look(void *context)
{
	struct search *s = context;

	s->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!s->socket || mnl_socket_bind(s->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		s->result = -errno;
	else
		s->result = find_all(s);
	if (s->socket)
		mnl_socket_close(s->socket);
}

int programs_find(int netns_fd, struct program_places *out)
{
	struct search s = { .out = out };
	int ret;

	memset(out, 0, sizeof(*out));
	ret = netns_run(netns_fd, look, &s);
	free(s.link);
	return ret ?: s.result;
}
