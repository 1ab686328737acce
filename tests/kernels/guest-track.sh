#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets followed, by tracepoints as on any kernel and by functions: NAT, clones, copies.
# boot: --memory 2560 --timeout 600
# kernels: 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
for module in veth bridge iptable_nat iptable_mangle xt_nat xt_TEE act_mirred cls_matchall sch_ingress dummy; do
	modprobe $module 2>/dev/null
done
log=$(mktemp)

run() { # program, words...: its TAP, as ours
	"$@" >"$log" 2>&1
	while read -r line; do
		case $line in
		"ok "*) result 0 "${line#*- }" ;;
		"not ok "*) result 1 "${line#*- }" ;;
		1..*) ;;
		*) printf '# %s\n' "$line" ;;
		esac
	done <"$log"
}

run tests/live/test_track.py nat_is_followed_to_the_end without_track_the_filter_loses_it \
	clones_are_of_their_packet a_rate_limit_leaves_packets_whole
run tests/kernels/track_functions.py
finish
