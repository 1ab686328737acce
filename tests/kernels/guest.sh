# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the scripts that run inside a guest share: TAP, and two network namespaces to send between.
# Sourced by guest-*.sh, whose first argument is the name of the kernel (5.10, 6.1, 6.12, newest).
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
# shellcheck disable=SC2034 # for the scripts
kernel=${1:?name of the kernel}
tests=0 failures=0

result() { # exit status, description: one TAP line
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		failures=$((failures + 1))
	fi
}

check() { # description, command...: ok if it succeeds; what it says is shown if not
	local what=$1 said status
	shift
	said=$("$@" 2>&1)
	status=$?
	result $status "$what"
	if [ $status != 0 ]; then printf '%s\n' "$* gave $status" "$said" | sed 's/^/# /'; fi
}

is() { # description, got, wanted
	result "$([ "$2" = "$3" ]; echo $?)" "$1 ($2)"
	if [ "$2" != "$3" ]; then echo "# wanted $3"; fi
}

tap() { # program, words...: its TAP, as ours
	local log line said=0 planned
	log=$(mktemp)
	"$@" >"$log" 2>&1
	while read -r line; do
		case $line in
		"ok "*) result 0 "${line#*- }" && said=$((said + 1)) ;;
		"not ok "*) result 1 "${line#*- }" && said=$((said + 1)) ;;
		1..*) planned=${line#1..} ;;
		*) printf '# %s\n' "$line" ;;
		esac
	done <"$log"
	if [ "$said" != "${planned-}" ]; then result 1 "$1 said $said of ${planned-no} tests"; fi
}

finish() {
	echo "1..$tests"
	exit $((failures != 0))
}

# Two namespaces, a (10.9.0.1) and b (10.9.0.2), with a veth pair between them. IPv6 and its
# multicast are off and neighbours are fixed, so that no packet passes that a test did not send.
make_net() {
	local ns
	for ns in a b; do
		ip netns add $ns
		ip netns exec $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
	done
	ip link add va netns a address 02:00:00:00:09:01 type veth \
		peer name vb netns b address 02:00:00:00:09:02
	ip -n a addr add 10.9.0.1/24 dev va
	ip -n b addr add 10.9.0.2/24 dev vb
	for ns in a b; do
		ip -n $ns link set lo up
		ip -n $ns link set v$ns up
	done
	ip -n a neigh replace 10.9.0.2 lladdr 02:00:00:00:09:02 dev va nud permanent
	ip -n b neigh replace 10.9.0.1 lladdr 02:00:00:00:09:01 dev vb nud permanent
}

send() { # port, packets, CPU (1), bytes (18): from a to b
	ip netns exec a "$BUILD/udp-load" send 10.9.0.2 "$1" "$2" "${3:-1}" "${4:-18}" >/dev/null
}

start() { # skewtop's arguments: its samples in $work/json; returns once the first is there, functions attached
	: >"$work/json"
	"$BUILD/skewtop" --json --delay 0.5 "$@" >"$work/json" 2>"$work/err" &
	tracer=$!
	until [ -s "$work/json" ]; do
		kill -0 $tracer 2>/dev/null || return 1
		sleep 0.1
	done
	sleep 2 # the cost of the programs is measured meanwhile: see core/probes/run_cost.h
}

stop() { # what start has started
	sleep 1
	kill -TERM $tracer
	wait $tracer
}
