/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for loading BPF objects. For each object libbpf reads the kernel's whole BTF (5 MB) into one
 * allocation and copies it into another. malloc takes pieces of that size from the kernel and gives
 * them back every time, so that each load pays some 3000 page faults, up to ten times what reading
 * and copying cost. Between these two calls one heap serves all threads, freed memory stays in it
 * for the next load, and huge pages back it where the kernel gives any.
 */
#ifndef SKEWTOP_LOAD_MEMORY_H
#define SKEWTOP_LOAD_MEMORY_H

/* Before the first load, and before threads that load are started. Cannot fail: without it a start is
 * slower. */
void load_memory_keep(void);

/* After the last load: what is free goes back to the kernel. */
void load_memory_return(void);

#endif
