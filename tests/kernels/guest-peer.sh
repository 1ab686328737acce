#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# All skb functions at once, beside Debian's pwru in the same guest: attaching, what is left of a flood,
# letting go. Compared as ratios within this run. What is left is the share of the flood alone just before: the
# machine is not equally busy all the time.
# boot: --memory 3072 --timeout 900
# kernels: 6.1 6.12
# needs: pwru
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
pwru=$(tests/kernels/fetch pwru)/usr/bin/pwru || exit 1
work=$(mktemp -d)
tracer=""
case $kernel in
6.1) backend=kprobe ;;
*) backend=kprobe-multi ;;
esac

now() { cut -d' ' -f1 /proc/uptime; }
less() { awk -v a="$1" -v b="$2" -v k="${3:-1}" 'BEGIN { exit !(a * k <= b) }'; }
span() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.2f", to - from }'; }
flood() { # times: the mean rate of as many floods of 20,000 packets, a number
	local i
	for i in $(seq "$1"); do
		ip netns exec a "$BUILD/udp-load" send 10.9.0.2 9 20000 1 | sed 's/.*: //; s/ .*//'
	done | awk '{ time += 20000 / $1 } END { printf "%d", NR * 20000 / time }'
}
share() { awk -v left="$1" -v alone="$2" 'BEGIN { printf "%.1f", left * 100 / alone }'; }

make_net
ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 9 >/dev/null &
sink=$!
sleep 1

"$BUILD/function-times" all none >"$work/times"
ours=$(awk '/^opened|^all/ { sum += $2 } END { print sum }' "$work/times")
gone=$(awk '/^none/ { print $2 }' "$work/times")
alone_before_ours=$(flood 3)
"$BUILD/skewtop" --json --functions all >"$work/json" 2>&1 &
tracer=$!
until [ -s "$work/json" ] || ! kill -0 $tracer; do sleep 0.1; done
sleep 2 # the cost of the programs is measured meanwhile: see core/probes/run_cost.h
counted=$(flood 3)
sleep 1
kill -TERM $tracer
wait $tracer
check "all functions counted: ip_rcv is exact" \
	python3 tests/kernels/functions_check.py counts "$work/json" ip_rcv=60000

alone_before_theirs=$(flood 3)
from=$(now)
"$pwru" --backend $backend 'udp and dst port 9' >"$work/lines" 2>"$work/said" &
tracer=$!
until grep -q 'Listening for events' "$work/said"; do
	kill -0 $tracer || break
	sleep 0.05
done
theirs=$(span "$from" "$(now)")
printed=$(flood 3)
sleep 2
from=$(now)
kill -INT $tracer
wait $tracer
left=$(span "$from" "$(now)")
shown=$(grep -cE '[[:space:]]ip_rcv([[:space:]]|$)' "$work/lines")
ours_left=$(share "$counted" "$alone_before_ours")
theirs_left=$(share "$printed" "$alone_before_theirs")
echo "# flood alone $alone_before_ours, counted by skewtop $counted packets/s: $ours_left %"
echo "# flood alone $alone_before_theirs, traced by pwru $printed packets/s: $theirs_left %"
echo "# attached: skewtop $ours s, pwru $theirs s; let go: skewtop $gone s, pwru $left s"
echo "# ip_rcv lines that pwru printed of 60000 packets: $shown"
check "attached in no more time than pwru takes" less "$ours" "$theirs"
check "let go in no more time than pwru takes" less "$gone" "$left"
# By kprobes the breakpoints themselves take most of it, whoever put them there.
[ $backend = kprobe ] || check "the flood is left three times as fast as by pwru" less "$theirs_left" "$ours_left" 3
kill $sink
finish
