/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbpf says which program failed and why only through its print callback, of which there is one
 * per process. What it says is kept per thread, so that objects loaded at the same time do not mix
 * their reasons; nothing of it is printed.
 */
#ifndef SKEWTOP_LIBBPF_SAID_H
#define SKEWTOP_LIBBPF_SAID_H

struct libbpf_said {
	char program[64]; /* whose load failed; "" none */
	char why[160];	  /* the last line of the verifier's log that is a sentence; "" none */
};

/* Installs the callback, if that has not been done, and forgets what this thread heard before. */
void libbpf_listen(void);

/* What was said since libbpf_listen() in this thread. Valid until the thread ends. */
const struct libbpf_said *libbpf_said(void);

#endif
