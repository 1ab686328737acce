/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel addresses to names: "tcp_data_queue+0x1f2", as kallsyms has them (see Documentation/
 * admin-guide/sysctl/kernel.rst, kptr_restrict), or as a recording says for exact addresses. Every
 * function here may be called from any thread.
 */
#ifndef SKEWTOP_SYMBOLS_H
#define SKEWTOP_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

struct symbols;

/* A function name of the kernel has up to 511 bytes (KSYM_NAME_LEN); longer text than this is cut. */
enum { SYMBOL_TEXT_MAX = 128 };

/* No names yet. NULL: no memory. */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols); /* NULL is fine */

/*
 * Takes names from a kallsyms file. It is opened now, while the process has CAP_SYSLOG (the kernel
 * decides at open whether addresses show), and read at the first lookup: the kernel takes 45 ms to
 * write out 120 000 lines. Negative errno with a sentence.
 */
int symbols_open(struct symbols *symbols, const char *path, struct error *err);

/* Gives exactly this address a name, before what kallsyms says; the first one stays. 1: it
 * is new, 0: it had one. -ENOMEM. */
int symbols_add(struct symbols *symbols, uint64_t address, const char *text);

/*
 * Writes "function+0x1f2", "function+0x1f2 [module]", or "0xffffffff81234567" if there is no name;
 * "unknown" for address 0. Returns the length, below size.
 */
size_t symbols_format(struct symbols *symbols, uint64_t address, char *buf, size_t size);

/* The function without offset and module; the same fallbacks. */
size_t symbols_function(struct symbols *symbols, uint64_t address, char *buf, size_t size);

/* True if kallsyms was read and gave only zeros: kptr_restrict hides the addresses. */
bool symbols_hidden(struct symbols *symbols);

/* Number of functions that kallsyms gave; reads it if need be, for whoever has time for that now. */
size_t symbols_count(struct symbols *symbols);

#endif
