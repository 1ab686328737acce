#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What Debian's pwru does with every skb function of a kernel, measured in the guest:
#   tests/kernels/boot --cpus 4 --memory 3072 --timeout 500 -- \
#       tests/kernels/peer-pwru.sh 6.12 [kprobe|kprobe-multi]
# Prints one figure a line. Rates are those of one sender over a veth pair.
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
backend=${2:-kprobe-multi}
pwru=$(tests/kernels/fetch pwru)/usr/bin/pwru || exit 1
work=$(mktemp -d)
tracer=""

figure() { printf '%-52s %s\n' "$1" "$2"; }
now() { cut -d' ' -f1 /proc/uptime; }
span() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f s\n", to - from }'; }

stamp() { # pwru's messages, each with the time it came
	local line
	while IFS= read -r line; do echo "$(now) $line"; done
}
when() { # words: the time of the first message that has them
	awk -v words="$1" 'index($0, words) { print $1; exit }' "$work/said"
}

start_pwru() { # arguments: returns once it listens
	: >"$work/said"
	"$pwru" --backend "$backend" "$@" >"$work/lines" 2> >(stamp >"$work/said") &
	tracer=$!
	until grep -q 'Listening for events' "$work/said"; do
		kill -0 $tracer || return 1
		sleep 0.1
	done
}

stop_pwru() { # sets $ended: how long it took to go
	local from
	sleep 3 # what it still prints
	from=$(now)
	kill -INT $tracer
	wait $tracer
	ended=$(span "$from" "$(now)")
}

flood() { # packets: their rate
	ip netns exec a "$BUILD/udp-load" send 10.9.0.2 9 "$1" 1 | sed 's/.*: //'
}

lines_of() { # function: how many lines pwru printed for it
	grep -cE "[[:space:]]$1([[:space:]]|$)" "$work/lines"
}

make_net
ip netns exec b "$BUILD/udp-load" sink 10.9.0.2 9 >/dev/null &
sink=$!
sleep 0.5
figure "flood, nothing attached" "$(flood 100000)"

from=$(now)
start_pwru --filter-func ip_rcv 'udp and dst port 9' || exit 1
figure "one function: from start to listening" "$(span "$from" "$(when Listening)")"
figure "one function: flood" "$(flood 100000)"
stop_pwru
figure "one function: lines of 100000 packets" "$(lines_of ip_rcv)"

from=$(now)
start_pwru 'udp and dst port 9' || exit 1
figure "all functions: attached" "$(grep -o '[0-9]* / [0-9]*' "$work/said" | tail -n 1)"
figure "all functions: from start to listening" "$(span "$from" "$(when Listening)")"
figure "all functions: of that, attaching" "$(span "$(when Attaching)" "$(when Listening)")"
figure "all functions: flood" "$(flood 20000)"
stop_pwru
figure "all functions: from interrupt to exit" "$ended"
figure "all functions: ip_rcv lines of 20000 packets" "$(lines_of ip_rcv)"
kill $sink
