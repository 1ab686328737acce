#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What came of a run of skewtop over a known number of packets; says what is wrong, exit status 1.

    functions_check.py counts JSON FUNCTION=COUNT...
    functions_check.py flood JSON FUNCTION COUNT
    functions_check.py records PCAPNG COUNT FUNCTION...
"""
import json
import struct
import sys
from collections import Counter


def fail(message):
    print(message)
    sys.exit(1)


def lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


def last(objects, kind):
    found = [o for o in objects if o["type"] == kind]
    if not found:
        fail(f"no object of type {kind}")
    return found[-1]


def counts(path, *wanted):
    """Each function counted exactly so many packets, over all CPUs and in their sum."""
    sample = last(lines(path), "sample")
    functions = {f["function"]: f for f in sample["functions"] or []}
    for word in wanted:
        name, count = word.split("=")
        row = functions.get(name)
        if row is None:
            fail(f"{name} is not counted; {len(functions)} functions are")
        if row["count"] != int(count) or sum(row["per_cpu"].values()) != row["count"]:
            fail(f"{name}: {row['count']} of {count}, {row['per_cpu']}, "
                 f"missed: {sample['loss']['missed']}")
        # An IPv4 header, a UDP header and 18 bytes, behind an Ethernet header further down.
        if not 26 <= row["bytes"] / row["count"] <= 60:
            fail(f"{name}: {row['bytes']} bytes in {row['count']} packets")


def flood(path, function, sent):
    objects = lines(path)
    ledger = last(objects, "end")["ledger"]
    shown = sum(o["type"] == "trace" and o["probe"] == function for o in objects)
    lost = ledger["ring_full"] + ledger["rate_limited"]
    print(f"# {shown} lines shown, {lost} losses shown, missed: {ledger['missed']}")
    if not ledger["balanced"] or shown != ledger["delivered"] or shown + lost != int(sent):
        fail(f"{shown} lines, {sent} sent: {ledger}")


def blocks(data):
    at = 0
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8:at + size - 4]
        at += size


def comments(options):
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack_from("<HH", options, at)
        if code == 0:
            return
        if code == 1:
            yield options[at + 4:at + 4 + size].decode()
        at += 4 + (size + 3) // 4 * 4


def udp_of(packet, link):
    """(destination port, UDP length, first 8 bytes of payload) of an IPv4 packet, or None."""
    at = 14 if link == 1 else 0
    if link == 1 and packet[12:14] != b"\x08\x00":
        return None
    if len(packet) < at + 36 or packet[at] != 0x45 or packet[at + 9] != 17:
        return None
    _, port, size, _ = struct.unpack_from(">HHHH", packet, at + 20)
    return port, size, struct.unpack_from(">Q", packet, at + 28)[0]


def records(path, sent, *functions):
    """Every function has each numbered packet of each sender once, with its sender's length."""
    with open(path, "rb") as f:
        data = f.read()
    links, seen = [], Counter()
    for kind, body in blocks(data):
        if kind == 1:
            links.append(struct.unpack_from("<H", body)[0])
        if kind != 6:
            continue
        interface, _, _, captured, _ = struct.unpack_from("<IIIII", body)
        packet = body[20:20 + captured]
        text = " ".join(comments(body[20 + (captured + 3) // 4 * 4:]))
        udp = udp_of(packet, links[interface])
        if udp is None:
            if not any(f in text.split() for f in functions):
                continue  # above the network layer there are no headers yet
            fail(f"not one of ours: {packet.hex()} {text}")
        port, size, number = udp
        if not 11 <= port <= 14 or size != 8 + 18 + 16 * (port - 11) or number >= int(sent):
            fail(f"torn: port {port} length {size} number {number} {text}")
        for function in functions:
            if function in text.replace(",", " ").replace("=", " ").split():
                seen[function, port, number] += 1
    for function in functions:
        for port in range(11, 15):
            got = [seen[function, port, n] for n in range(int(sent))]
            if got != [1] * int(sent):
                fail(f"{function} port {port}: {sum(got)} records, {got.count(0)} packets without")


globals()[sys.argv[1]](*sys.argv[2:])
