/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Drop reasons to names. The numbers differ between kernels, so the names come from the BTF of the
 * running one (enum skb_drop_reason, from 5.17 on, and the enums of subsystems that put their number into
 * the upper 16 bits, see include/net/dropreason.h), or from a recording. Filled while a source opens,
 * read-only afterwards.
 */
#ifndef SKEWTOP_REASONS_H
#define SKEWTOP_REASONS_H

#include <stddef.h>
#include <stdint.h>

struct btf;
struct reasons;

struct reason {
	uint32_t number;
	const char *name; /* "NO_SOCKET", "OVS_DROP_METER" */
};

/* No names yet. NULL: no memory. */
struct reasons *reasons_new(void);
void reasons_free(struct reasons *reasons); /* NULL is fine */

/* Adds one name (copied, made safe); the first of a number stays. -ENOMEM. */
int reasons_add(struct reasons *reasons, uint32_t number, const char *name);

/*
 * Adds every drop reason that the BTF of the kernel declares, or that of a module beyond its base
 * (mac80211, openvswitch). Returns how many it found, or -ENOMEM.
 */
int reasons_add_btf(struct reasons *reasons, const struct btf *btf);

/* The name of a reason, or NULL if it has none. */
const char *reasons_name(const struct reasons *reasons, uint32_t number);

/*
 * Writes the name, "reason 77" for a number without one ("reason 2:77" in subsystem 2), or "unknown" for
 * REASON_UNKNOWN. Returns the length, below size.
 */
size_t reasons_format(const struct reasons *reasons, uint32_t number, char *buf, size_t size);

/* All names in ascending order of their numbers, for a recording. */
const struct reason *reasons_list(const struct reasons *reasons, size_t *count);

#endif
