#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What goes with trace lines in this kernel: stacks and sk_buffs of tracepoints and drops, stacks of functions in the
# context of a system call and of a softirq.
# boot: --timeout 600
# kernels: 5.10 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
export CMOCKA_MESSAGE_OUTPUT=TAP

ip link set lo up
tap "$BUILD/tests/live/test_details"
tap env SKEWTOP_FUNCTIONS=1 "$BUILD/tests/live/test_details"
finish
