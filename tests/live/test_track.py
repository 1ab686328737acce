#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Packets followed (--track): through a router's NAT, as clones on a bridge, whole under a rate limit, with
addresses that are used again at once, and with a full table. Speaks TAP; given names it runs these tests
only. All in namespaces of its own."""
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

from spaces import inside, namespace, python, run, start, tests_of, veth

BUILD = os.environ.get("BUILD", "build")
SKEWTOP = os.path.abspath(f"{BUILD}/skewtop")
PORT, PORT_INSIDE = 5300, 5301
TRACKED_MAX = 32768
ENDS = ("kfree_skb", "consume_skb")


def make_router():
    """client -- router -- server, where the router sends PORT of the server on to PORT_INSIDE."""
    client, router, server = namespace(), namespace(), namespace()
    veth(client, "c0", "10.1.0.1/24", router, "r0", "10.1.0.254/24")
    veth(server, "s0", "10.2.0.1/24", router, "r1", "10.2.0.254/24")
    inside(client, "ip", "route", "add", "default", "via", "10.1.0.254")
    inside(server, "ip", "route", "add", "default", "via", "10.2.0.254")
    inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    inside(router, "iptables", "-t", "nat", "-A", "PREROUTING", "-p", "udp", "--dport", str(PORT), "-j",
           "DNAT", "--to", f"10.2.0.1:{PORT_INSIDE}")
    return client, router, server


def make_bridge():
    """A bridge of three ports, whose other ends are q0, q1 and q2."""
    pid = namespace()
    inside(pid, "ip", "link", "add", "name", "bridge0", "type", "bridge")
    inside(pid, "ip", "link", "set", "bridge0", "up")
    for i in range(3):
        veth(pid, f"p{i}", None, pid, f"q{i}", None)
        inside(pid, "ip", "link", "set", f"p{i}", "master", "bridge0")
    return pid


SEND = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[1])):
    s.sendto(b"%d" % i, ("10.2.0.1", int(sys.argv[2])))
    time.sleep(float(sys.argv[3]))
"""
# A socket with room for all of it, and nobody who reads.
HOLD = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 1 << 28)  # SO_RCVBUFFORCE
s.bind(("10.2.0.1", int(sys.argv[1])))
print("up", flush=True)
time.sleep(600)
"""
BROADCAST = """
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("q0", 0))
for i in range(int(sys.argv[1])):
    def header(check):
        return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, i + 1, 0, 64, 17, check, bytes([10, 9, 0, 1]),
                           bytes([10, 9, 0, 255]))
    sum_of = 0
    for word in struct.unpack("!10H", header(0)):
        sum_of += word
    while sum_of >> 16:
        sum_of = (sum_of & 0xffff) + (sum_of >> 16)
    s.send(b"\\xff" * 6 + b"\\2\\0\\0\\0\\0\\1" + b"\\x08\\0" + header(0xffff ^ sum_of) +
           struct.pack("!HHHH", 1000, int(sys.argv[2]), 12, 0) + b"abcd")
"""


def watch(netns, sender, *words, track=True, rate=0, seconds=30):
    """What skewtop says while sender() sends: its lines, and the books at the end."""
    argv = [SKEWTOP, "--json", "--delay", "0.2", "--netns", netns, "--trace-rate", str(rate), *words]
    with tempfile.TemporaryFile("w+") as said:
        program = start(argv + (["--track"] if track else []), stdout=subprocess.PIPE, stderr=said)
        text = program.stdout.readline()
        for process in sender():
            assert process.wait(seconds) == 0
        time.sleep(0.5)
        program.terminate()
        text += program.communicate(timeout=seconds)[0]
        said.seek(0)
        assert program.returncode == 0, said.read()
    objects = [json.loads(line) for line in text.splitlines()]
    books = objects[-1]["ledger"]
    assert books["balanced"], books
    return [o for o in objects if o["type"] == "trace"], books


def by_packet(lines):
    packets = collections.defaultdict(list)
    for line in lines:
        assert line.get("packet"), f"not followed: {line}"
        packets[line["packet"]].append(line)
    return packets


ROUTER = make_router()
BRIDGE = make_bridge()
# Neighbours are known before anything is counted.
python(ROUTER[0], SEND, 3, PORT, 0.05).wait()
FILTER = f"udp port {PORT}"
# What every packet passes at the router and behind it, whoever else runs in between.
PROBES = ("netif_receive_skb", "net_dev_queue", "kfree_skb")
TRACE = [word for probe in PROBES for word in ("--trace", probe)]


def through_router(n, pause=0.0, **kwargs):
    return watch(ROUTER[1], lambda: [python(ROUTER[0], SEND, n, PORT, pause)], *TRACE, FILTER, **kwargs)


def assert_whole(lines):
    """Received by the router, queued to the server, received there, dropped: no socket has the port."""
    seen = [(line["probe"], line.get("dport")) for line in lines]
    assert seen == [("netif_receive_skb", PORT), ("net_dev_queue", PORT_INSIDE),
                    ("netif_receive_skb", PORT_INSIDE), ("kfree_skb", PORT_INSIDE)], seen
    assert len({line["skb"] for line in lines}) == 1, lines


def test_nat_is_followed_to_the_end():
    lines, books = through_router(200)
    packets = by_packet(lines)
    assert len(packets) == 200, len(packets)
    for packet in packets.values():
        assert_whole(packet)
    assert books["map_full"] == 0, books


def test_without_track_the_filter_loses_it():
    lines, _ = through_router(50, track=False)
    assert {line["dport"] for line in lines} == {PORT}, lines
    assert all("packet" not in line for line in lines)


def test_an_address_used_again_is_another_packet():
    lines, _ = through_router(3000, 0.0002)
    packets = by_packet(lines)
    assert len({line["skb"] for line in lines}) < 1500, "addresses were hardly used again"
    assert len(packets) == 3000, len(packets)
    for packet in packets.values():
        assert_whole(packet)


def test_clones_are_of_their_packet():
    lines, _ = watch(BRIDGE, lambda: [python(BRIDGE, BROADCAST, 100, PORT)], "--trace", "*", FILTER)
    packets = by_packet(lines)
    assert len(packets) == 100, len(packets)
    for packet in packets.values():
        made = {line["skb"]: line.get("made") for line in packet}
        assert sorted(map(str, made.values())) == ["None", "clone", "clone"], made
        ended = [line["skb"] for line in packet if line["probe"] in ENDS]
        assert sorted(ended) == sorted(made), (ended, made)
        assert {line["ifname"] for line in packet if line["probe"] == "net_dev_queue"} == {
            "q0", "p1", "p2"}, packet


def test_a_rate_limit_leaves_packets_whole():
    lines, books = through_router(4000, rate=100)
    packets = by_packet(lines)
    assert books["rate_limited"] > 1000 and 10 < len(packets) < 3000, (books, len(packets))
    assert books["rate_limited"] + books["delivered"] == 16000, books
    for packet in packets.values():
        assert_whole(packet)


def test_a_full_table_is_in_the_books():
    n = TRACKED_MAX // 2 + 4000
    holder = python(ROUTER[2], HOLD, PORT_INSIDE)
    assert holder.stdout.readline() == "up\n"
    lines, books = watch(ROUTER[1], lambda: [python(ROUTER[0], SEND, n, PORT, 0)], "--trace",
                         "netif_receive_skb", FILTER)
    holder.kill()
    holder.wait()
    arrived = [line for line in lines if line["dport"] == PORT]
    assert len(arrived) == n, (len(arrived), n)
    assert books["map_full"] > 4000, books
    assert all("packet" in line for line in arrived[:1000])


def test_a_recording_has_the_numbers():
    with tempfile.TemporaryDirectory() as work:
        lines, _ = watch(BRIDGE, lambda: [python(BRIDGE, BROADCAST, 20, PORT)], "--trace", "net*", "--record",
                         f"{work}/a.pcapng", FILTER)
        replay = subprocess.run([SKEWTOP, "--replay", f"{work}/a.pcapng", "--json"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
    again = [o for o in map(json.loads, replay.splitlines()) if o["type"] == "trace"]
    assert again == lines and len(by_packet(again)) == 20


if __name__ == "__main__":
    sys.exit(run(tests_of(globals(), sys.argv[1:])))
