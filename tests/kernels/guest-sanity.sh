#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest is what the other tests take it for: CPUs, BTF, ways to attach, network, modules.
# boot: --cpus 3 --online 2 --maxcpus 4
# shellcheck source=tests/kernels/guest.sh
. "$(dirname "$0")/guest.sh"

case $kernel in
5.10 | 6.1) possible=0-3 multi=no ;;
*) possible=0-2 multi=yes ;;
esac
case $kernel in
5.10) later=no ;; # what came between 5.11 and 6.1
*) later=yes ;;
esac

check "kernel carries BTF" test -s /sys/kernel/btf/vmlinux
cpu=/sys/devices/system/cpu
is "possible CPUs" "$(cat $cpu/possible)" $possible
is "present CPUs" "$(cat $cpu/present)" 0-2
is "online CPUs" "$(cat $cpu/online)" 0-1
echo 1 >$cpu/cpu2/online
is "CPU 2 can come" "$(cat $cpu/online)" 0-2
echo 0 >$cpu/cpu1/online
is "CPU 1 can go" "$(cat $cpu/online)" 0,2

tests/kernels/facts >"$GUEST_OUT/facts.$kernel"
sed 's/^/# /' "$GUEST_OUT/facts.$kernel"
fact() { sed -n "s/^$1: *//p" "$GUEST_OUT/facts.$kernel"; }
for means in raw_tp tp_btf kprobe fentry; do is "$means attaches" "$(fact $means)" yes; done
is "kprobe.multi attaches" "$(fact kprobe.multi)" $multi
is "kprobe.session attaches" "$(fact kprobe.session)" $multi
is "cookie of a kprobe" "$(fact kprobe_cookie)" $later
is "batch lookup in a per-CPU array" "$(fact percpu_array_batch)" $later
is "batch lookup in a per-CPU hash" "$(fact percpu_hash_batch)" yes
is "ring buffer" "$(fact ringbuf)" yes
is "recursion_misses in program info" "$(fact recursion_misses)" $later
check "more than a thousand functions take an skb" test "$(fact skb_functions)" -gt 1000

make_net
check "packets cross a veth pair" ip netns exec a busybox ping -q -c 3 -W 2 10.9.0.2
check "address translation loads" ip netns exec a iptables -t nat -A POSTROUTING -j MASQUERADE
check "nftables loads" ip netns exec b nft add table inet t
for module in vxlan geneve ip_gre ipip bridge ifb act_mirred cls_u32 sch_ingress act_ct dummy; do
	check "module $module loads" modprobe $module
done
finish
