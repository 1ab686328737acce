#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The live tests' equalities hold in this kernel, also where more CPUs are possible than online; with a
# hundredth of the calls and packets, because an emulated CPU takes its time.
# boot: --cpus 3 --online 2 --maxcpus 4 --timeout 900
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
export SKEWTOP_SHARE=100 CMOCKA_MESSAGE_OUTPUT=TAP

for t in syscalls packets; do
	while read -r line; do
		case $line in
		"ok "*) result 0 "$t: ${line#*- }" ;;
		"not ok "*) result 1 "$t: ${line#*- }" ;;
		1..*) ;;
		*) echo "# $line" ;;
		esac
	done < <(timeout 400 "$BUILD/tests/live/test_$t" 2>&1 || echo "not ok - exit status $?")
done
finish
