/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/names/syscall_names.h"

#include <seccomp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { X32_SYSCALL_BIT = 0x40000000 };

/* The ABIs of one machine; a token of 0 means that it has none such. */
struct machine {
	uint32_t token[SYSCALL_ABI_COUNT];
	const char *name[SYSCALL_ABI_COUNT];
};

static const struct machine machines[] = {
	{ { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32 }, { "x86_64", "i386", "x32" } },
	{ { SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, 0 }, { "aarch64", "arm", "-" } },
	{ { SCMP_ARCH_PPC64LE, 0, 0 }, { "ppc64le", "ppc", "-" } },
	{ { SCMP_ARCH_S390X, SCMP_ARCH_S390, 0 }, { "s390x", "s390", "-" } },
	{ { SCMP_ARCH_RISCV64, 0, 0 }, { "riscv64", "riscv32", "-" } },
};

static const struct machine unknown_machine = { .name = { "native", "compat", "-" } };

struct newer {
	unsigned int nr;
	const char *name;
};

/* Newer than libseccomp 2.5.4 (Debian 12). From 424 on, all architectures above share their numbers;
 * see scripts/syscall.tbl of Linux 7.0. */
static const struct newer newer[] = {
	{ 335, "uretprobe" }, /* x86_64 only, and in use nowhere else */
	{ 336, "uprobe" },
	{ 457, "statmount" },
	{ 458, "listmount" },
	{ 459, "lsm_get_self_attr" },
	{ 460, "lsm_set_self_attr" },
	{ 461, "lsm_list_modules" },
	{ 462, "mseal" },
	{ 463, "setxattrat" },
	{ 464, "getxattrat" },
	{ 465, "listxattrat" },
	{ 466, "removexattrat" },
	{ 467, "open_tree_attr" },
	{ 468, "file_getattr" },
	{ 469, "file_setattr" },
	{ 470, "listns" },
	{ 471, "rseq_slice_yield" },
};

/* Names found so far; one that was found is never freed. */
static _Atomic(const char *) cache[SYSCALL_ABI_COUNT][SYSCALL_SLOTS];

static const struct machine *this_machine(void)
{
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].token[SYSCALL_ABI_NATIVE] == native)
			return &machines[i];
	}
	return &unknown_machine;
}

/* NULL if neither libseccomp nor the list above knows it; the caller frees. */
static char *find_name(enum syscall_abi abi, unsigned int nr)
{
	uint32_t token = this_machine()->token[abi];
	char *name = NULL;

	if (token && abi == SYSCALL_ABI_X32)
		name = seccomp_syscall_resolve_num_arch(token, (int)(nr | X32_SYSCALL_BIT));
	else if (token)
		name = seccomp_syscall_resolve_num_arch(token, (int)nr);
	for (size_t i = 0; !name && token && i < sizeof(newer) / sizeof(newer[0]); i++) {
		if (newer[i].nr == nr && asprintf(&name, "%s", newer[i].name) < 0)
			name = NULL;
	}
	return name;
}

const char *syscall_name(enum syscall_abi abi, unsigned int nr)
{
	const char *known = NULL;
	char *name;

	if ((unsigned int)abi >= SYSCALL_ABI_COUNT || nr >= SYSCALL_SLOT_OTHER)
		return "other";
	known = atomic_load(&cache[abi][nr]);
	if (known)
		return known;
	name = find_name(abi, nr);
	if (!name && asprintf(&name, "sys_%u", nr) < 0)
		return "sys_?";
	/* Another thread may have been first; its name stays. */
	if (atomic_compare_exchange_strong(&cache[abi][nr], &known, name))
		return name;
	free(name);
	return known;
}

const char *syscall_abi_name(enum syscall_abi abi)
{
	return (unsigned int)abi < SYSCALL_ABI_COUNT ? this_machine()->name[abi] : "-";
}
