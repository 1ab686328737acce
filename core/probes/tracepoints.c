/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/probes/tracepoints.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char PREFIX[] = "btf_trace_";

/*
 * What a signature cannot tell. Everything else about a tracepoint follows from its types.
 *	netif_receive_skb	every packet that enters the stack, from any device, once per pass
 *	net_dev_start_xmit	every packet handed to a driver
 *	net_dev_xmit		runs after the driver took the skb, which may be freed by then
 *	qdisc_dequeue		one call for a list of packets
 */
struct trait {
	const char *name;
	__u8 flags;
	__u8 location_arg;
	__u8 len_arg;
	__u8 packets_arg;
};

static const struct trait traits[] = {
	{ "netif_receive_skb", PROBE_RX, PROBE_ARG_NONE, PROBE_ARG_NONE, PROBE_ARG_NONE },
	{ "net_dev_start_xmit", PROBE_TX, PROBE_ARG_NONE, PROBE_ARG_NONE, PROBE_ARG_NONE },
	{ "net_dev_xmit", PROBE_SKB_STALE, PROBE_ARG_NONE, 3, PROBE_ARG_NONE },
	{ "qdisc_dequeue", PROBE_SKB_LIST, PROBE_ARG_NONE, PROBE_ARG_NONE, 2 },
	{ "kfree_skb", PROBE_DROP, 1, PROBE_ARG_NONE, PROBE_ARG_NONE },
	{ "consume_skb", PROBE_CONSUME, 1, PROBE_ARG_NONE, PROBE_ARG_NONE },
};

static const struct btf_type *strip(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* Whether a type is exactly one pointer to `struct name`. */
static bool is_pointer_to(const struct btf *btf, __u32 id, const char *name)
{
	const struct btf_type *t = strip(btf, id);

	if (!t || !btf_is_ptr(t))
		return false;
	t = strip(btf, t->type);
	return t && (btf_is_struct(t) || btf_is_fwd(t)) &&
	       strcmp(btf__name_by_offset(btf, t->name_off), name) == 0;
}

static bool is_enum(const struct btf *btf, __u32 id, const char *name)
{
	const struct btf_type *t = strip(btf, id);

	return t && btf_is_any_enum(t) && strcmp(btf__name_by_offset(btf, t->name_off), name) == 0;
}

/* A BPF program sees at most 12 arguments of a tracepoint; ours look at 8. */
enum { ARGUMENTS_MAX = 8 };

static bool read_signature(
	const struct btf *btf, const struct btf_type *proto, struct probe_config *config)
{
	const struct btf_param *param = btf_params(proto);
	int n = btf_vlen(proto) - 1; /* the first is the tracepoint's private data */

	memset(config, PROBE_ARG_NONE, sizeof(*config));
	config->flags = 0;
	config->pad = 0;
	for (int i = 0; i < n && i < ARGUMENTS_MAX; i++) {
		__u32 type = param[i + 1].type;

		if (config->skb_arg == PROBE_ARG_NONE && is_pointer_to(btf, type, "sk_buff"))
			config->skb_arg = i;
		else if (config->dev_arg == PROBE_ARG_NONE && is_pointer_to(btf, type, "net_device"))
			config->dev_arg = i;
		else if (is_enum(btf, type, "skb_drop_reason"))
			config->reason_arg = i;
	}
	return config->skb_arg != PROBE_ARG_NONE;
}

/* A trait holds only where the kernel's tracepoint has the argument it speaks of. */
static void apply_traits(const char *name, int n_args, struct probe_config *config)
{
	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		const struct trait *trait = &traits[i];

		if (strcmp(trait->name, name) != 0)
			continue;
		config->flags = trait->flags;
		if (trait->location_arg < n_args)
			config->location_arg = trait->location_arg;
		if (trait->len_arg < n_args)
			config->len_arg = trait->len_arg;
		if (trait->packets_arg < n_args)
			config->packets_arg = trait->packets_arg;
	}
}

static bool already_in(const struct tracepoint *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

int tracepoints_scan(const struct btf *btf, unsigned first_type, const char *module,
	struct tracepoint *out, int n, int max, int *left_out)
{
	for (unsigned id = first_type; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);
		struct probe_config config;

		if (!btf_is_typedef(t) || strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
			continue;
		name += sizeof(PREFIX) - 1;
		t = strip(btf, t->type);
		if (!t || !btf_is_ptr(t))
			continue;
		t = strip(btf, t->type);
		if (!t || !btf_is_func_proto(t) || !read_signature(btf, t, &config))
			continue;
		if (already_in(out, n, name) || strlen(name) >= sizeof(out->name))
			continue;
		if (n == max) {
			++*left_out;
			continue;
		}
		apply_traits(name, btf_vlen(t) - 1, &config);
		memset(&out[n], 0, sizeof(out[n]));
		snprintf(out[n].name, sizeof(out[n].name), "%s", name);
		snprintf(out[n].module, sizeof(out[n].module), "%s", module);
		out[n].config = config;
		n++;
	}
	return n;
}

int tracepoints_find(struct btf *vmlinux, struct tracepoint *out, int max, int *left_out)
{
	int n;
	DIR *dir;

	*left_out = 0;
	n = tracepoints_scan(vmlinux, 1, "", out, 0, max, left_out);
	dir = opendir("/sys/kernel/btf");
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		struct btf *btf;

		if (e->d_name[0] == '.' || strcmp(e->d_name, "vmlinux") == 0)
			continue;
		btf = btf__load_module_btf(e->d_name, vmlinux);
		if (!btf)
			continue; /* unloaded meanwhile, or built against another kernel */
		n = tracepoints_scan(
			btf, btf__type_cnt(vmlinux), e->d_name, out, n, max, left_out);
		btf__free(btf);
	}
	if (dir)
		closedir(dir);
	return n;
}
