#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# tc and XDP programs where they can be traced: packets, bytes and verdicts per interface and CPU.
# boot: --memory 2048 --timeout 400
# kernels: 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
for module in veth sch_ingress cls_bpf; do modprobe $module 2>/dev/null; done
check "a program can be traced here" sh -c "tests/kernels/facts | grep -q 'fentry: yes'"
tap tests/live/test_programs.py
finish
