/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A real SSH server on the loopback of this process's network namespace (call unshare(CLONE_NEWNET) first), with
 * keys and configuration of its own in a temporary directory. It dies with the test.
 */
#ifndef SKEWTOP_TEST_SSH_H
#define SKEWTOP_TEST_SSH_H

#include "tests/support/vt.h"

struct ssh;

/* Aborts if it cannot be started (needs root). */
struct ssh *ssh_start(void);

/* Runs a command behind it, with a terminal of its own; vt_pid() is the client. */
struct vt *ssh_run(struct ssh *ssh, int rows, int cols, const char *command);

/* The loopback goes down or up again: a cable that is pulled. */
void ssh_cut(bool cut);

/* Where the command may leave a file: it ends with the server. */
const char *ssh_directory(const struct ssh *ssh);

void ssh_stop(struct ssh *ssh);

#endif
