/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/names/reasons.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi.h"
#include "core/base/sanitize.h"

enum { SUBSYSTEM_SHIFT = 16, NAME_MAX_BYTES = 64 };

struct reasons {
	struct reason *list; /* sorted by number */
	size_t count;
	size_t room;
};

struct reasons *reasons_new(void)
{
	return calloc(1, sizeof(struct reasons));
}

void reasons_free(struct reasons *reasons)
{
	if (!reasons)
		return;
	for (size_t i = 0; i < reasons->count; i++)
		free((char *)reasons->list[i].name);
	free(reasons->list);
	free(reasons);
}

/* Where a number is or would go. */
static size_t index_of(const struct reasons *reasons, uint32_t number)
{
	size_t low = 0, high = reasons->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (reasons->list[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *reasons_name(const struct reasons *reasons, uint32_t number)
{
	size_t i = index_of(reasons, number);

	if (i == reasons->count || reasons->list[i].number != number)
		return NULL;
	return reasons->list[i].name;
}

int reasons_add(struct reasons *reasons, uint32_t number, const char *name)
{
	size_t i = index_of(reasons, number);
	char safe[NAME_MAX_BYTES];
	char *copy;

	if (i < reasons->count && reasons->list[i].number == number)
		return 0;
	if (reasons->count == reasons->room) {
		size_t room = reasons->room ? reasons->room * 2 : 256;
		struct reason *list = reallocarray(reasons->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		reasons->list = list;
		reasons->room = room;
	}
	sanitize(safe, sizeof(safe), name, SIZE_MAX);
	copy = strdup(safe);
	if (!copy)
		return -ENOMEM;
	memmove(reasons->list + i + 1, reasons->list + i,
		(reasons->count - i) * sizeof(*reasons->list));
	reasons->list[i] = (struct reason){ .number = number, .name = copy };
	reasons->count++;
	return 0;
}

/* ---- from BTF ---- */

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* What a person calls a member of these enums, or NULL for one that only marks a bound. */
static const char *short_name(const char *member)
{
	static const char *const prefixes[] = { "SKB_DROP_REASON_", "SKB_", "___", "__" };

	if (has_suffix(member, "_MAX") || has_suffix(member, "_SUBSYS_MASK"))
		return NULL;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (has_prefix(member, prefixes[i]))
			return member + strlen(prefixes[i]);
	}
	return member;
}

static int add_member(struct reasons *reasons, bool core, uint32_t number, const char *member)
{
	const char *name = short_name(member);
	int err;

	/* Other enums repeat some core numbers under names of their own (RX_CONTINUE is SKB_CONSUMED). */
	if (!name || core != !(number >> SUBSYSTEM_SHIFT))
		return 0;
	err = reasons_add(reasons, number, name);
	return err ? err : 1;
}

static int add_enum(struct reasons *reasons, const struct btf *btf, const struct btf_type *type)
{
	bool core = strcmp(btf__name_by_offset(btf, type->name_off), "skb_drop_reason") == 0;
	const struct btf_enum *member = btf_enum(type);
	int found = 0;

	for (int i = 0; i < btf_vlen(type); i++) {
		int added = add_member(reasons, core, (uint32_t)member[i].val,
			btf__name_by_offset(btf, member[i].name_off));

		if (added < 0)
			return added;
		found += added;
	}
	return found;
}

int reasons_add_btf(struct reasons *reasons, const struct btf *btf)
{
	const struct btf *base = btf__base_btf(btf);
	__u32 first = base ? btf__type_cnt(base) : 1, end = btf__type_cnt(btf);
	int found = 0;

	for (__u32 id = first; id < end; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		int added;

		if (!btf_is_enum(type) ||
			!has_suffix(btf__name_by_offset(btf, type->name_off), "drop_reason"))
			continue;
		added = add_enum(reasons, btf, type);
		if (added < 0)
			return added;
		found += added;
	}
	return found;
}

size_t reasons_format(const struct reasons *reasons, uint32_t number, char *buf, size_t size)
{
	const char *name = reasons_name(reasons, number);
	size_t length;

	if (name)
		length = snprintf(buf, size, "%s", name);
	else if (number == REASON_UNKNOWN)
		length = snprintf(buf, size, "unknown");
	else if (number >> SUBSYSTEM_SHIFT)
		length = snprintf(buf, size, "reason %u:%u", number >> SUBSYSTEM_SHIFT,
			number & ((1u << SUBSYSTEM_SHIFT) - 1));
	else
		length = snprintf(buf, size, "reason %u", number);
	if (!size)
		return 0;
	return length < size ? length : size - 1;
}

const struct reason *reasons_list(const struct reasons *reasons, size_t *count)
{
	*count = reasons->count;
	return reasons->list;
}
