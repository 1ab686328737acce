/* SPDX-License-Identifier: GPL-2.0-only */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "core/functions/choice.h"

/*
 * What a packet passes on its ways through the kernel, from 5.10 to 7.x: a name that a kernel lacks
 * is no loss, its successor is here too. In the order of the ways.
 */
static const char *const core_names[] = {
	/* receive */
	"napi_gro_receive",
	"gro_receive_skb",
	"dev_gro_receive",
	"netif_rx",
	"netif_rx_internal",
	"enqueue_to_backlog",
	"netif_receive_skb",
	"__netif_receive_skb",
	"__netif_receive_skb_one_core",
	"ip_rcv",
	"ip_rcv_core",
	"ip_rcv_finish_core",
	"ip_rcv_finish",
	"ip_local_deliver",
	"ip_local_deliver_finish",
	"ip_protocol_deliver_rcu",
	"ipv6_rcv",
	"ip6_rcv_core",
	"ip6_rcv_finish",
	"ip6_input",
	"ip6_input_finish",
	"ip6_protocol_deliver_rcu",
	"arp_rcv",
	"icmp_rcv",
	"icmpv6_rcv",
	"udp_rcv",
	"udpv6_rcv",
	"udp_queue_rcv_skb",
	"udp_queue_rcv_one_skb",
	"tcp_v4_rcv",
	"tcp_v6_rcv",
	"tcp_rcv_established",
	"tcp_rcv_state_process",
	"tcp_data_queue",
	/* forward */
	"ip_forward",
	"ip_forward_finish",
	"ip6_forward",
	"br_forward",
	"nf_hook_slow",
	/* transmit */
	"__tcp_transmit_skb",
	"udp_send_skb",
	"ip_send_skb",
	"__ip_queue_xmit",
	"ip_local_out",
	"ip_output",
	"ip_finish_output",
	"ip_finish_output2",
	"ip6_xmit",
	"ip6_output",
	"ip6_finish_output2",
	"__dev_queue_xmit",
	"sch_direct_xmit",
	"dev_hard_start_xmit",
	/* the end */
	"consume_skb",
	"kfree_skb",
	"kfree_skb_reason",
	"sk_skb_reason_drop",
};

static bool is_core(const char *name)
{
	for (size_t i = 0; i < sizeof(core_names) / sizeof(core_names[0]); i++)
		if (strcmp(core_names[i], name) == 0)
			return true;
	return false;
}

bool function_choice_add(struct function_choice *choice, const char *word)
{
	if (choice->n_globs == FUNCTION_GLOBS_MAX || strlen(word) >= FUNCTION_GLOB_SIZE)
		return false;
	choice->set = FUNCTIONS_GLOBS;
	snprintf(choice->glob[choice->n_globs++], FUNCTION_GLOB_SIZE, "%s", word);
	return true;
}

static bool word_has(const char *word, const char *name)
{
	if (strcmp(word, "all") == 0)
		return true;
	if (strcmp(word, "core") == 0)
		return is_core(name);
	return fnmatch(word, name, 0) == 0;
}

bool function_choice_has(const struct function_choice *choice, const char *name)
{
	switch (choice->set) {
	case FUNCTIONS_CORE:
		return is_core(name);
	case FUNCTIONS_ALL:
		return true;
	case FUNCTIONS_GLOBS:
		for (int i = 0; i < choice->n_globs; i++)
			if (word_has(choice->glob[i], name))
				return true;
		return false;
	default:
		return false;
	}
}

const char *functions_means_name(enum functions_means means)
{
	static const char *const names[] = {
		[MEANS_NONE] = "none",
		[MEANS_KPROBE_MULTI] = "kprobe.multi",
		[MEANS_KPROBE] = "kprobe",
		[MEANS_FENTRY] = "fentry",
		[MEANS_TRACEPOINTS] = "tracepoints",
	};

	return names[means];
}

int functions_means_of(const char *name)
{
	if (!strcmp(name, "auto"))
		return MEANS_NONE;
	for (int means = MEANS_KPROBE_MULTI; means <= MEANS_TRACEPOINTS; means++)
		if (!strcmp(name, functions_means_name(means)))
			return means;
	return -1;
}
