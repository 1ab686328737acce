#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Packets followed through kernel functions: NAT, a clone that tc makes, a copy that netfilter makes.
Speaks TAP; runs in a guest, beside tests/live/test_track.py, whose namespaces it uses."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "live"))
import spaces  # pylint: disable=wrong-import-position
import test_track as t  # pylint: disable=wrong-import-position

CLIENT, ROUTER, SERVER = t.ROUTER
PORT, INSIDE = t.PORT, t.PORT_INSIDE
N = 40
# What the packet passes between two tracepoints, and after the last of them.
WAY = ("ip_rcv", "ip_forward", "ip_output", "__dev_queue_xmit", "udp_rcv")
WORDS = ["--functions", "core"] + [word for name in WAY + t.PROBES for word in ("--trace", name)]


def followed(*words):
    lines, books = t.watch(ROUTER, lambda: [spaces.python(CLIENT, t.SEND, N, PORT, 0.005)], *WORDS, *words,
                           t.FILTER, seconds=120)
    assert books["map_full"] == 0 and not books["missed"], books  # unknown before 6.7
    packets = t.by_packet(lines)
    assert len(packets) == N, len(packets)
    return packets.values()


def test_functions_follow_nat():
    for lines in followed():
        at = {(line["probe"], line.get("dport")) for line in lines}
        wanted = {("ip_rcv", PORT), ("ip_forward", INSIDE), ("ip_output", INSIDE), ("ip_rcv", INSIDE),
                  ("udp_rcv", INSIDE), ("kfree_skb", INSIDE)}
        assert wanted <= at, wanted - at
        assert len({line["skb"] for line in lines}) == 1, lines


def test_a_mirror_is_a_clone():
    spaces.inside(ROUTER, "ip", "link", "add", "name", "mirror0", "type", "dummy")
    spaces.inside(ROUTER, "ip", "link", "set", "mirror0", "up")
    spaces.inside(ROUTER, "tc", "qdisc", "add", "dev", "r0", "clsact")
    spaces.inside(ROUTER, "tc", "filter", "add", "dev", "r0", "ingress", "matchall", "action", "mirred",
             "egress", "mirror", "dev", "mirror0")
    try:
        for lines in followed():
            mirrored = [line for line in lines if line.get("ifname") == "mirror0"]
            assert mirrored and all(line.get("made") == "clone" for line in mirrored), lines
            assert ("kfree_skb", INSIDE) in {(line["probe"], line.get("dport")) for line in lines}
    finally:
        spaces.inside(ROUTER, "tc", "qdisc", "del", "dev", "r0", "clsact")


def test_what_netfilter_duplicates_is_a_copy():
    rule = ["PREROUTING", "-t", "mangle", "-i", "r0", "-p", "udp", "--dport", str(PORT), "-j", "TEE",
            "--gateway", "10.2.0.1"]
    spaces.inside(ROUTER, "iptables", "-A", *rule)
    try:
        for lines in followed():
            copies = {line["skb"] for line in lines if line.get("made") == "copy"}
            origin = {line["skb"] for line in lines if not line.get("made")}
            assert len(copies) == 1 and len(origin) == 1, lines
            assert "ip_output" in {line["probe"] for line in lines if line["skb"] in copies}, lines
    finally:
        spaces.inside(ROUTER, "iptables", "-D", *rule)


if __name__ == "__main__":
    sys.exit(spaces.run(spaces.tests_of(globals(), sys.argv[1:])))
