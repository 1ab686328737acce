#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Kprobes by sets, through tracefs (core/functions/kprobe_events.h): counted exactly, disarmed when skewtop has ended
# or soon after it was killed, their definitions gone after that, those of another tool left alone.
# boot: --memory 2560 --timeout 900
# kernels: 6.1
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
work=$(mktemp -d)
events=/sys/kernel/tracing/kprobe_events

ours() { grep -c '^p:skewtop_' $events; }
armed() { grep -vc 'DISABLED' /sys/kernel/debug/kprobes/list; }
removers() { pgrep -fc '^skewtop-kprobes '; }

gone() { # seconds, command that prints a number: whether that is 0 by then
	local i
	for i in $(seq "$1"); do
		if [ "$($2)" = 0 ]; then
			echo "# $2: 0 within $i s" >&2
			return 0
		fi
		sleep 1
	done
	return 1
}

all_gone() { # after what
	check "$1, no kprobe is armed" gone 30 armed
	check "$1, what was defined is removed" gone 120 ours
	check "$1, who removed it has ended" gone 10 removers
	is "$1, another tool's is still defined" "$(cat $events)" "p:other/one ip_rcv"
}

make_net
ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 9 >/dev/null &
sink=$!
echo 'p:other/one ip_rcv' >>$events
sleep 1

start --functions all
result $? "all functions are attached"
check "they are defined in tracefs" test "$(ours)" -gt 1000
check "they are armed" test "$(armed)" -gt 1000
check "one process is there to remove them" test "$(removers)" = 1
send 9 500 1 && send 9 500 3
stop
result $? "it ends"
is "none is armed when it has ended" "$(armed)" 0
check "ip_rcv and udp_rcv are exact" python3 tests/kernels/functions_check.py counts "$work/json" \
	ip_rcv=1000 udp_rcv=1000
is "it has said nothing" "$(cat "$work/err")" ""
all_gone "after an end"

start --functions all
result $? "all functions are attached again"
kill -KILL $tracer
wait $tracer 2>/dev/null
all_gone "after a kill"

start --functions core
result $? "the core set is attached"
check "some are defined" test "$(ours)" -gt 16
kill -TERM $tracer
wait $tracer
is "a set as small is removed when it has ended" "$(ours)" 0

start --functions ip_rcv
result $? "one function is attached"
is "a few need no definitions" "$(ours)" 0
stop
kill $sink
finish
