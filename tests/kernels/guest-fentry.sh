#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The core set of functions by fentry, where the kernel has better means too: counted, narrowed, filtered, traced; and
# what --attach makes of each of its words.
# boot: --memory 2560 --timeout 1500
# kernels: 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
work=$(mktemp -d)
check_out() { python3 tests/kernels/functions_check.py "$@"; }

programs() { # ours that are loaded
	bpftool prog list | grep -cE 'name (fentry|function)_'
}

make_net
for port in 9 11; do
	ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 $port >/dev/null &
done
sleep 1

"$BUILD/skewtop" --attach fentry --list-probes >"$work/list" 2>&1
is "means" "$(tail -n 1 "$work/list" | sed 's/.* by //')" fentry
check "ip_rcv is attached to by fentry" grep -q '^ip_rcv .* fentry of the kernel' "$work/list"
check "what is not in the core set is left out" grep -q 'no: by fentry only the core set' "$work/list"

start --attach fentry --functions core
result $? "the core set is attached"
check "by programs of their own" test "$(programs)" -gt 50
send 9 5000 1 && send 9 5000 2
stop
check "core set: ip_rcv and udp_rcv are exact" \
	check_out counts "$work/json" ip_rcv=10000 udp_rcv=10000 __dev_queue_xmit=10000
is "programs that are left" "$(programs)" 0

start --attach fentry --functions 'ip_rcv*' --functions 'udp_*' 'udp and dst port 9'
result $? "some of them, with a filter"
send 9 3000 1
send 11 2000 2
stop
check "the filter decides" check_out counts "$work/json" ip_rcv=3000 udp_rcv=3000

start --attach fentry --functions core --trace ip_rcv --trace-rate 0 --ring-size 64K
result $? "one function is traced"
send 9 30000 1
stop
check "at full flood: lines and losses are what was sent" check_out flood "$work/json" ip_rcv 30000

"$BUILD/skewtop" --attach tracepoints --functions core --json --iterations 1 >"$work/json" 2>"$work/err"
check "tracepoints attach to no function, and say so" grep -q -- '--attach tracepoints' "$work/err"
"$BUILD/skewtop" --attach nothing --json --iterations 1 >"$work/json" 2>"$work/err"
is "a word that is none" $? 2
start --attach kprobe --functions core
result $? "the core set by kprobes"
send 9 2000 1
stop
check "by kprobes it is exact, too" check_out counts "$work/json" ip_rcv=2000 udp_rcv=2000
"$BUILD/skewtop" --attach kprobe.multi --functions ip_rcv --json --iterations 1 >"$work/json" 2>"$work/err"
status=$?
case $kernel in
6.1)
	is "means that this kernel has not" $status 1
	check "are named" grep -q 'no function can be attached to by kprobe.multi' "$work/err"
	;;
*)
	is "kprobe.multi" $status 0
	;;
esac
# shellcheck disable=SC2046 # a list
kill $(jobs -p)
finish
