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
tap tests/live/test_track.py nat_is_followed_to_the_end without_track_the_filter_loses_it \
	clones_are_of_their_packet a_rate_limit_leaves_packets_whole
tap tests/kernels/track_functions.py
finish
