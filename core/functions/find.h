/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel functions that take an skb, and which of them can be attached to. What takes an skb
 * comes from BTF (the kernel's and its modules'); where a function lies from kallsyms; what may be
 * traced from ftrace's available_filter_functions and the kprobe blacklist. A function that is left
 * out stays in the list with the reason.
 */
#ifndef SKEWTOP_FUNCTIONS_FIND_H
#define SKEWTOP_FUNCTIONS_FIND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/model/inside.h"

struct btf;

/* Integer arguments that the calling convention passes in registers; x86-64 has six, as kernel-wide
 * tracing assumes elsewhere too. */
enum {
	FUNCTION_ARGUMENTS = 6
};

struct function {
	char *name;
	char *module;	  /* "" for the kernel proper */
	uint64_t address; /* of its first instruction; 0: not known */
	uint32_t type_id; /* of the function in its BTF */
	int argument;	  /* register argument that holds the skb, 0 ... 5 */
	unsigned part;	  /* enum function_part */
	struct return_type returns;
	bool traceable;	  /* is in available_filter_functions */
	int symbols;	  /* kallsyms entries of this name and module */
	char *left_out;	  /* why it cannot be attached to; NULL: it can */
};

struct function_list {
	struct function *function; /* by name, then module */
	int n;
	int capacity;
};

void function_list_free(struct function_list *list);

/*
 * Appends the functions that `btf` declares with exactly one pointer to struct sk_buff among their
 * register arguments (qualifiers and typedefs stripped; the first such argument counts).
 * `first_type` is 1, or for a module's split BTF the number of types of its base. -ENOMEM.
 */
int function_list_scan(
	struct function_list *list, const struct btf *btf, unsigned first_type, const char *module);

/* Sorts, and leaves out names that BTF declares more than once in one module. After the last scan.
 */
void function_list_sort(struct function_list *list);

/*
 * Addresses out of a kallsyms file; leaves out what has no symbol of its own or more than one, and
 * what is another name of the same code. Negative errno with a sentence; -EPERM: the kernel hides
 * addresses.
 */
int function_list_locate(struct function_list *list, const char *path, struct error *err);

/* Leaves out what a file in the format of available_filter_functions does not name. Negative errno
 * if it cannot be read: then nothing changes. */
int function_list_keep_traceable(struct function_list *list, const char *path);

/* Leaves out what lies in a range of a file in the format of kprobes/blacklist. As above. */
int function_list_drop_blacklisted(struct function_list *list, const char *path);

/* How many are not left out. */
int function_list_usable(const struct function_list *list);

/*
 * All of the above for the running kernel, `vmlinux` being its BTF. What cannot be read (both files
 * of tracefs need root) leaves nothing out: attaching then shows it. Negative errno with a
 * sentence.
 */
int functions_find(struct function_list *list, struct btf *vmlinux, struct error *err);

#endif
