#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Inside one function: every call is timed once, and what it returns is counted.
# boot: --memory 2560 --timeout 600
# kernels: 6.1 6.12 newest
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
work=$(mktemp -d)

inside() { # function, command... ($netns: in which of the two): the last sample's "inside" of it, in $work/json
	local function=$1 tracer
	shift
	: >"$work/json"
	"$BUILD/skewtop" --json --delay 0.5 --inside "$function" --netns "${netns:-b}" >"$work/json" 2>"$work/err" &
	tracer=$!
	until [ -s "$work/json" ]; do
		kill -0 $tracer 2>/dev/null || {
			sed 's/^/# /' "$work/err"
			return 1
		}
		sleep 0.1
	done
	"$@"
	sleep 2
	kill -TERM $tracer
	wait $tracer
}

look() { # Python expression about f, the function's object, and s, its sample; fails with what f is
	python3 - "$work/json" "$1" <<-'PYTHON'
		import json, sys
		samples = [o for o in map(json.loads, open(sys.argv[1])) if o["type"] == "sample"]
		s = samples[-1]
		f = s["inside"][0]
		r = {x["value"]: x["count"] for x in f["returns"]}
		timed = sum(x["count"] for x in f["histogram"])
		low = sum(x["count"] * x["from_ns"] for x in f["histogram"])
		high = sum(x["count"] * x.get("to_ns", f["longest_ns"]) for x in f["histogram"])
		sys.exit(not eval(sys.argv[2]) and f"{f} {r}"[:900])
	PYTHON
}

send() { # port, packets, cpu
	ip netns exec a "$BUILD/udp-load" send 10.9.0.2 "$1" "$2" "$3" 18 >/dev/null
}

both() { # port, packets: from two CPUs at once
	send "$1" "$2" 1 &
	send "$1" "$2" 2
	wait $!
}

make_net
for port in 9 11; do
	ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 $port >/dev/null &
	sinks="${sinks-} $!"
done
sleep 1

inside ip_rcv both 9 2000
result $? "ip_rcv is looked into"
check "each call is timed once, on both CPUs at once" \
	look 'f["function"] == "ip_rcv" and f["calls"] == f["returned"] == timed == 4000'
check "the times add up to what the histogram says" look 'low <= f["time_ns"] <= high'
check "the longest is in the last bucket that has any" \
	look 'f["histogram"][-1]["from_ns"] <= f["longest_ns"] < f["histogram"][-1]["to_ns"]'
check "ip_rcv returns 0 each time" look 'r == {"0": 4000}'

inside udp_rcv send 12 500 1
check "what nobody receives is returned from as well" look 'f["calls"] == f["returned"] == 500 and r == {"0": 500}'

# A filter on a port: what it drops is returned as an error by the function that asks it.
ip netns exec b iptables -A INPUT -p udp --dport 11 -j DROP
function=nf_hook_slow
inside $function sh -c "ip netns exec a $BUILD/udp-load send 10.9.0.2 11 300 1 18 >/dev/null;
	ip netns exec a $BUILD/udp-load send 10.9.0.2 9 700 1 18 >/dev/null"
check "a dropped packet is an error, another is not" \
	look 'r.get("-EPERM") == 300 and r.get("1") == 700 and f["calls"] == f["returned"] == 1000'
ip netns exec b iptables -F

# The outer of two functions takes at least as long as the inner in sum.
inside ip_local_deliver send 9 1000 1
check "an outer function" look 'f["returned"] == 1000'

# By a kprobe behind the first instruction, a push in most kernels: the frame is the same at its return.
netns=a inside __dev_queue_xmit both 9 1000
check "a function that pushes first" look 'f["calls"] == f["returned"] == 2000 and r == {"0": 2000}'

"$BUILD/skewtop" --json --iterations 1 --inside no_such_function >"$work/json" 2>"$work/err"
is "a function that is none is refused" "$?" 2
check "in one sentence" grep -q '^skewtop: no function that can be attached to matches no_such_function$' "$work/err"
# shellcheck disable=SC2086 # a list
kill $sinks
finish
