/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which tc and XDP programs are attached to the interfaces of a network namespace: XDP by rtnetlink (IFLA_XDP),
 * cls_bpf filters of clsact and ingress qdiscs likewise (RTM_GETTFILTER), tcx by BPF_PROG_QUERY (6.6 on).
 */
#ifndef SKEWTOP_PROGRAMS_FIND_H
#define SKEWTOP_PROGRAMS_FIND_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum program_kind { PROGRAM_XDP, PROGRAM_XDP_GENERIC, PROGRAM_XDP_OFFLOADED, PROGRAM_TC_INGRESS, PROGRAM_TC_EGRESS };

/* "xdp", "xdp generic", "xdp offloaded", "tc ingress", "tc egress". */
const char *program_kind_name(enum program_kind kind);

/* One program at one interface. */
struct program_place {
	uint32_t id;
	uint32_t ifindex;
	enum program_kind kind;
	char ifname[IF_NAMESIZE];
};

struct program_places {
	struct program_place *place; /* owned */
	int n;
};

/* Looks in the namespace that the descriptor names. Negative errno; program_places_free() in any case. */
int programs_find(int netns_fd, struct program_places *out);
void program_places_free(struct program_places *places);

#endif
