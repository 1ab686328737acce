#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Filters in this kernel: every program loads with one, and what is counted of real VLAN, GRE, IPIP,
# Geneve and VXLAN devices is exactly what was sent.
# boot: --timeout 600
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"
packets=500
work=$(mktemp -d) || exit 1

make_net
device() { # name, network, words for ip link: the same device at both ends
	local name=$1 net=$2
	shift 2
	# shellcheck disable=SC2048,SC2086 # words with @ are the addresses of this end and the other
	ip -n a link add "$name" ${*//@/10.9.0.1 remote 10.9.0.2} &&
		ip -n b link add "$name" ${*//@/10.9.0.2 remote 10.9.0.1} || return
	ip -n a addr add "10.9.$net.1/24" dev "$name"
	ip -n b addr add "10.9.$net.2/24" dev "$name"
	ip -n a link set "$name" up
	ip -n b link set "$name" up
}
remote() { # the same for a device that names only the other end
	ip -n a link add "$1" type geneve id 7 remote 10.9.0.2
	ip -n b link add "$1" type geneve id 7 remote 10.9.0.1
	ip -n a addr add "10.9.$2.1/24" dev "$1"
	ip -n b addr add "10.9.$2.2/24" dev "$1"
	ip -n a link set "$1" up
	ip -n b link set "$1" up
}
ip -n a link add link va name tag type vlan id 5
ip -n b link add link vb name tag type vlan id 5
for end in "a 1" "b 2"; do
	set -- $end
	ip -n "$1" addr add "10.9.5.$2/24" dev tag
	ip -n "$1" link set tag up
done
device gre7 7 type gre local @
device ipip8 8 type ipip local @
remote gnv9 9
device vx10 10 type vxlan id 10 dstport 4789 local @

# Each filter in an instance of its own, all at once: number, words.
filters=()
run() {
	"$BUILD/skewtop" --json --ring-size 64K "$@" >"$work/${#filters[@]}" 2>"$work/${#filters[@]}.err" &
	filters+=("$!")
}
run udp dst port 7001 or "(vlan 5 and udp dst port 7002)"
run --filter-tunnel "udp dst portrange 7003-7006"
run "udp dst portrange 7003-7004"
echo "# $SECONDS s: ${#filters[@]} instances start"
for i in "${!filters[@]}"; do
	for _ in $(seq 300); do
		[ -s "$work/$i" ] && break
		sleep 0.2
	done
done

echo "# $SECONDS s: all count"
ports=(7001 7002 7003 7004 7005 7006)
hosts=(10.9.0.2 10.9.5.2 10.9.7.2 10.9.8.2 10.9.9.2 10.9.10.2)
sinks=()
for i in "${!ports[@]}"; do
	ip netns exec b "$BUILD/udp-load" sink "${hosts[i]}" "${ports[i]}" >"$work/sink.$i" &
	sinks+=("$!")
done
for i in "${!ports[@]}"; do
	for _ in $(seq 50); do [ -s "$work/sink.$i" ] && break; sleep 0.1; done
	# Neighbours must be known: while one is looked for, only so many packets may wait.
	check "${hosts[i]} answers" ip netns exec a busybox ping -q -c 1 -W 10 "${hosts[i]}"
	check "$packets packets sent to ${hosts[i]}" \
		ip netns exec a "$BUILD/udp-load" send "${hosts[i]}" "${ports[i]}" $packets
done
sleep 3
kill "${sinks[@]}" "${filters[@]}"
wait

counted() { # number of the filter, interface: packets received there
	python3 - "$work/$1" "$2" <<-'END'
	import json, sys
	last = [o for o in map(json.loads, open(sys.argv[1])) if o["type"] == "sample"][-1]
	print(sum(i["rx_packets"] for i in last["interfaces"] if i["ifname"] == sys.argv[2]))
	END
}
is "plain, and VLAN with its tag beside the packet" "$(counted 0 vb)" $((2 * packets))
is "VLAN, after its tag is gone" "$(counted 0 tag)" 0
is "inside GRE, IPIP, Geneve and VXLAN" "$(counted 1 vb)" $((4 * packets))
is "GRE's own device" "$(counted 2 gre7)" $packets
is "IPIP's own device" "$(counted 2 ipip8)" $packets
is "the tunnels' outer packets, which do not match" "$(counted 2 vb)" 0
for i in "${!filters[@]}"; do
	is "filter $i ends in silence" "$(cat "$work/$i.err")" ""
done
list=$("$BUILD/skewtop" --list-probes "udp port 53" --filter-tunnel "tcp or vlan 5")
probes=$(sed '/^FUNCTION/,$d' <<<"$list")
is "probes that do not load with a filter" "$(grep ' no: ' <<<"$probes")" ""
check "there are probes" grep -q '^netif_receive_skb .*BTF tracepoint' <<<"$probes"
finish
