#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# By every means of attaching to functions: another filter, and other sets of functions while packets pass.
# boot: --memory 2560 --timeout 1500
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"

tell() { # command of function-script: its answer in $answer
	echo "$1" >&"${script[1]}"
	read -r -t 100 answer <&"${script[0]}"
}

more() { # sets $more to the packets at ip_rcv since the last time
	sleep 0.5
	tell "count ip_rcv"
	more=$((answer - before)) before=$answer
}

send_both() {
	send 9 2000 && send 11 1000
}

make_net
for port in 9 11; do
	ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 $port >/dev/null &
done
sleep 1
case $kernel in
5.10 | 6.1) all_means="kprobe fentry" ;;
*) all_means="kprobe.multi kprobe fentry" ;;
esac

for means in $all_means; do
	coproc script { exec "$BUILD/function-script" $means; }
	script_pid=$! before=0
	tell "functions core"
	is "$means: attached" "$answer" done
	send_both && more
	is "$means: all packets" "$more" 3000
	tell "filter udp and dst port 9"
	is "$means: a filter" "$answer" done
	send_both && more
	is "$means: those that it accepts" "$more" 2000
	tell "functions ip_*"
	send_both && more
	is "$means: other functions have it, too" "$more" 2000
	tell "filter udp and dst port"
	check "$means: a filter that is none is refused" grep -q '^failed: .*syntax error' <<<"$answer"
	send_both && more
	is "$means: the old one stays" "$more" 2000
	tell "filter"
	is "$means: no filter any more" "$answer" done
	send_both && more
	is "$means: no filter" "$more" 3000

	# A call that is between two probes at the moment when one takes over counts twice or not at all: at most one
	# on each CPU each time.
	send 9 100000 &
	sender=$! changes=0
	while kill -0 $sender 2>/dev/null; do
		for set in ip_rcv core 'ip_[ro]*'; do
			tell "functions $set"
			changes=$((changes + 1))
		done
	done
	more
	echo "# $means: $more of 100000 while the set changed $changes times"
	check "$means: sets that change lose nothing and count nothing twice" \
		test $((more > 100000 ? more - 100000 : 100000 - more)) -le $((changes * 4))
	check "$means: the set did change meanwhile" test $changes -ge 3
	tell "functions"
	send_both && more
	is "$means: no function" "$more" 0
	eval "exec ${script[1]}>&-"
	wait $script_pid
	is "$means: the end" $? 0
done
# shellcheck disable=SC2046 # a list
kill $(jobs -p) 2>/dev/null
finish
