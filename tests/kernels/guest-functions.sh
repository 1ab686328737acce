#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Function probes in kernels that have them: found, attached by the best means, counted exactly, traced
# without a torn or a silently lost record.
# boot: --memory 2560 --timeout 1500
# kernels: 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
work=$(mktemp -d)
check_out() { python3 tests/kernels/functions_check.py "$@"; }

case $kernel in
5.10 | 6.1) means=kprobe ;;
*) means=kprobe.multi ;;
esac
make_net
for port in 9 11 12 13 14; do
	ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 $port >/dev/null &
done
sleep 1

"$BUILD/skewtop" --list-probes >"$work/list" 2>&1
is "means" "$(tail -n 1 "$work/list" | sed 's/.* by //')" $means
check "more than a thousand functions can be attached to" \
	test "$(grep -c " $means of " "$work/list")" -gt 1000
check "ip_rcv has its skb first, ip_output third" sh -c \
	"grep -q '^ip_rcv  *argument 1 ' $work/list && grep -q '^ip_output  *argument 3 ' $work/list"
check "what is left out has a reason" sh -c \
	"grep -q 'no: the kernel does not let it be traced' $work/list"

start --functions core
result $? "the core set is attached"
send 9 5000 1 && send 9 5000 2
stop
check "core set: ip_rcv and udp_rcv are exact" \
	check_out counts "$work/json" ip_rcv=10000 udp_rcv=10000 __dev_queue_xmit=10000

start --functions 'ip_rcv*' --functions 'udp_*' 'udp and dst port 9'
result $? "globs are attached, with a filter"
send 9 3000 1 && send 11 3000 1
stop
check "the filter decides what functions count" \
	check_out counts "$work/json" ip_rcv=3000 ip_rcv_core=3000 udp_rcv=3000

# Kprobes are breakpoints until the kernel has made jumps of them.
case $means in
kprobe) n=500 ;;
*) n=5000 ;;
esac
start --functions all
result $? "all functions are attached"
send 9 $n 1 && send 9 $n 3
stop
check "all functions: ip_rcv and udp_rcv are exact" check_out counts "$work/json" \
	ip_rcv=$((2 * n)) udp_rcv=$((2 * n)) __dev_queue_xmit=$((2 * n)) veth_xmit=$((2 * n))

start --functions ip_rcv --trace ip_rcv --trace-rate 0 --ring-size 256K 'udp and dst port 9'
result $? "one function is traced"
send 9 30000 1
stop
check "one function at full flood: lines and losses are what was sent" \
	check_out flood "$work/json" ip_rcv 30000

"$BUILD/function-times" core all core none >"$work/times" 2>&1
result $? "sets follow one another"
sed 's/^/# /' "$work/times"
check "what it takes to reach a program is measured" \
	awk '/^reached/ { found = $2 > 0.005 && $2 < 100 } END { exit !found }' "$work/times"
# shellcheck disable=SC2046 # a list
kill $(jobs -p)
finish
