#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Trace records of function probes while every CPU sends: programs in task context are interrupted by
# softirqs whose programs write records too. None is torn, none is missing.
# boot: --memory 2560 --timeout 600
# kernels: 6.1 6.12
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
work=$(mktemp -d)

send() { # port, packets, cpu, bytes
	ip netns exec a "$BUILD/udp-load" send 10.9.0.2 "$1" "$2" "$3" "$4" >/dev/null
}

make_net
for port in 11 12 13 14; do
	ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 $port >/dev/null &
done

# The first sample is written when the functions are attached.
"$BUILD/skewtop" --json --record "$work/pcapng" --delay 0.5 --trace-rate 0 --ring-size 64M \
	--functions ip_send_skb --functions ip_rcv --functions udp_rcv \
	--trace ip_send_skb --trace ip_rcv --trace udp_rcv \
	'udp and dst portrange 11-14' >"$work/json" 2>"$work/err" &
tracer=$!
until [ -s "$work/json" ] || ! kill -0 $tracer; do sleep 0.2; done
sleep 2 # the cost of the programs is measured meanwhile: see core/probes/run_cost.h
senders=""
for cpu in 0 1 2 3; do
	send $((11 + cpu)) 4000 $cpu $((18 + 16 * cpu)) &
	senders="$senders $!"
done
# shellcheck disable=SC2086 # a list
wait $senders
sleep 1
kill -TERM $tracer
wait $tracer
result $? "the recording ends"
sed 's/^/# /' "$work/err"
check "no record is torn, none is missing" \
	python3 tests/kernels/functions_check.py records "$work/pcapng" 4000 ip_rcv udp_rcv ip_send_skb

# shellcheck disable=SC2046 # a list
kill $(jobs -p)
finish
