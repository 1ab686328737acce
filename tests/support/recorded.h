/* SPDX-License-Identifier: GPL-2.0-only */
/* A small recording of a scripted machine: 4 CPUs of which one goes away, 9 snapshots, some 40 lines with
 * their stacks and sk_buffs. */
#ifndef SKEWTOP_TEST_RECORDED_H
#define SKEWTOP_TEST_RECORDED_H

#include "tests/support/keeper.h"
#include "tests/support/scripted.h"

struct script recorded_machine(void);

/* Runs the script into a file, to its end; keeps what the listeners heard. */
void recorded_script(const char *path, struct keeper *heard);

#endif
