#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""tc and XDP programs: what they get and decide, exactly; programs that come, go, have no BTF, or are at two
interfaces. Where the kernel lets no program be traced only runs are known, and that is tested instead. Speaks
TAP; all in namespaces of its own."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import spaces

BUILD = os.environ.get("BUILD", "build")
SKEWTOP = os.path.abspath(f"{BUILD}/skewtop")
UDP_LOAD = os.path.abspath(f"{BUILD}/udp-load")
OBJECT = os.path.abspath(f"{BUILD}/tests/bpf/verdicts.bpf.o")
PORT, N = 9, 1000
FACTS = subprocess.run(["tests/kernels/facts"], check=True, stdout=subprocess.PIPE, text=True).stdout
TRACED = "fentry: yes" in FACTS
SENDER, RECEIVER = spaces.namespace(), spaces.namespace()


def know(pid, link, address, of_pid, of_link):
    """A neighbour that is never asked for."""
    shown = subprocess.run(["nsenter", "-t", of_pid, "-n", "ip", "-j", "link", "show", of_link], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    spaces.inside(pid, "ip", "neigh", "replace", address, "lladdr", json.loads(shown)[0]["address"], "dev", link,
                  "nud", "permanent")


def make_net():
    """Two pairs, over which nothing passes but what is sent."""
    for i in range(2):
        spaces.veth(SENDER, f"a{i}", f"10.5.{i}.1/24", RECEIVER, f"b{i}", f"10.5.{i}.2/24")
        know(SENDER, f"a{i}", f"10.5.{i}.2", RECEIVER, f"b{i}")
        know(RECEIVER, f"b{i}", f"10.5.{i}.1", SENDER, f"a{i}")
        spaces.inside(RECEIVER, "tc", "qdisc", "add", "dev", f"b{i}", "clsact")


make_net()


def send(n, to=0):
    spaces.inside(SENDER, UDP_LOAD, "send", f"10.5.{to}.2", str(PORT), str(n), "1")


@contextlib.contextmanager
def attached(xdp=None, tc=None):
    """Programs at b0: object files, or None."""
    if xdp:
        spaces.inside(RECEIVER, "ip", "link", "set", "dev", "b0", "xdpgeneric", "obj", xdp, "sec", "xdp")
    if tc:
        spaces.inside(RECEIVER, "tc", "filter", "add", "dev", "b0", "ingress", "bpf", "da", "obj", tc, "sec", "tc")
    try:
        yield
    finally:
        spaces.inside(RECEIVER, "ip", "link", "set", "dev", "b0", "xdpgeneric", "off")
        spaces.inside(RECEIVER, "tc", "filter", "del", "dev", "b0", "ingress")


class Watching:
    """skewtop --programs of the receiver's namespace. In the end, so many packets were lost in full tables."""

    def __init__(self, full=0):
        self.full = full

    def __enter__(self):
        self.program = spaces.start([SKEWTOP, "--json", "--programs", "--delay", "0.2", "--netns", RECEIVER],
                                    stdout=subprocess.PIPE, text=True)
        self.programs()
        return self

    def sample(self):
        return json.loads(self.program.stdout.readline())

    def programs(self):
        """Those of the next sample, by name and interface."""
        return {(p["program"], p["where"].split()[-1] if TRACED else p["where"].split(" (")[0].split()[-1]): p
                for p in self.sample()["programs"]}

    def later(self, wanted, seconds=20):
        """The first programs of which wanted() is true."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            programs = self.programs()
            if wanted(programs):
                return programs
        raise AssertionError(f"it never came: {programs}")

    def holds(self, program):
        """Whether it has an fexit link, or, where it counts runs, a descriptor of the program."""
        said = re.compile(r"^attach_type:\s+25$" if TRACED else rf"^prog_id:\s+{program['id']}$", re.M)
        for fd in pathlib.Path(f"/proc/{self.program.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                if said.search(fd.read_text()):
                    return True
        return False

    def until_it(self, holds, program, seconds=20):
        until = time.monotonic() + seconds
        while self.holds(program) != holds:
            assert time.monotonic() < until, f"after {seconds} s it {'lacks' if holds else 'holds'} {program}"
            self.sample()

    def __exit__(self, *_):
        self.program.terminate()
        rest = self.program.communicate(timeout=20)[0]
        assert self.program.returncode == 0 and json.loads(rest.splitlines()[-1])["ledger"]["map_full"] == self.full


XDP, TC = ("verdicts_of_xdp", "b0"), ("verdicts_of_tc", "b0")


def exists(program):
    return subprocess.run(["bpftool", "prog", "show", "id", str(program["id"])], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def test_packets_and_verdicts_are_exact():
    with attached(OBJECT, OBJECT), Watching() as watching:
        send(N)
        programs = watching.later(lambda p: XDP in p and p[XDP]["packets"] >= N)
        xdp, tc = programs[XDP], programs[TC]
        passed = N - N // 4
        assert (xdp["packets"], tc["packets"]) == (N, passed), programs
        if not TRACED:
            assert xdp["verdicts"] is None and "runs only: " in xdp["where"], xdp
            return
        assert xdp["verdicts"] == {"pass": passed, "drop": N // 4, "tx": 0, "redirect": 0, "aborted": 0,
                                   "other": 0}, xdp
        assert tc["verdicts"]["drop"] == passed // 4 and tc["verdicts"]["pass"] == passed - passed // 4, tc
        assert sum(xdp["per_cpu"].values()) == N and max(xdp["per_cpu"].values()) == N, xdp
        # An Ethernet header, IPv4, UDP and what udp-load puts behind.
        assert xdp["bytes"] % N == 0 and tc["bytes"] == passed * (xdp["bytes"] // N), (xdp, tc)


def test_one_that_comes_is_seen_and_one_that_goes_is_let_go():
    with Watching() as watching:
        assert watching.programs() == {}
        with attached(OBJECT):
            watching.later(lambda p: XDP in p)
            send(400)
            program = watching.later(lambda p: p[XDP]["packets"] >= 400)[XDP]
            assert program["packets"] == 400 and exists(program), program
        until = time.monotonic() + 10
        while exists(program) and time.monotonic() < until:
            watching.sample()
        assert not exists(program), "it lives on because of us"
        assert watching.programs()[XDP]["packets"] == 400


def test_one_that_is_put_back_is_counted_on():
    with attached(OBJECT), Watching() as watching:
        program = watching.later(lambda p: XDP in p)[XDP]
        put = "bpftool", "net", "attach", "xdpgeneric", "id", str(program["id"]), "dev"
        spaces.inside(SENDER, *put, "a1")  # where it lives on, and where nobody looks
        try:
            send(100)
            watching.later(lambda p: p[XDP]["packets"] >= 100)
            spaces.inside(RECEIVER, "bpftool", "net", "detach", "xdpgeneric", "dev", "b0")
            watching.until_it(False, program)
            spaces.inside(RECEIVER, *put, "b0")
            watching.until_it(True, program)
            time.sleep(1)  # its runs until now are read a moment later
            send(300)
            packets = watching.later(lambda p: p[XDP]["packets"] >= 400)[XDP]["packets"]
        finally:
            spaces.inside(SENDER, "bpftool", "net", "detach", "xdpgeneric", "dev", "a1")
        assert packets == 400, packets


def test_another_in_its_place_is_a_row_of_its_own():
    with attached(OBJECT), Watching() as watching:
        first = watching.later(lambda p: XDP in p)[XDP]
        spaces.inside(RECEIVER, "ip", "-force", "link", "set", "dev", "b0", "xdpgeneric", "obj", OBJECT, "sec", "xdp")
        until = time.monotonic() + 10
        ids = set()
        while len(ids) < 2 and time.monotonic() < until:
            ids = {p["id"] for p in watching.sample()["programs"]}
        assert len(ids) == 2 and first["id"] in ids, ids


def test_at_two_interfaces_it_is_counted_for_each():
    with attached(OBJECT), Watching() as watching:
        program = watching.later(lambda p: XDP in p)[XDP]
        spaces.inside(RECEIVER, "bpftool", "net", "attach", "xdpgeneric", "id", str(program["id"]), "dev", "b1")
        try:
            other = (XDP[0], "b1")
            watching.later(lambda p: other in p)
            send(100)
            send(300, to=1)
            programs = watching.later(lambda p: p[XDP]["packets"] + p[other]["packets"] >= 400)
        finally:
            spaces.inside(RECEIVER, "bpftool", "net", "detach", "xdpgeneric", "dev", "b1")
        counts = programs[XDP]["packets"], programs[other]["packets"]
        assert counts == ((100, 300) if TRACED else (400, 0)), counts


def test_one_without_btf_says_so():
    source = b'__attribute__((section("xdp"), used)) int bare(void *ctx) { return 2; }\n' \
        b'char terms[] __attribute__((section("license"))) = "GPL";\n'
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["clang", "-target", "bpf", "-O2", "-x", "c", "-c", "-", "-o", f"{work}/bare.o"], input=source,
                       check=True)
        with attached(f"{work}/bare.o"), Watching() as watching:
            bare = lambda programs: [p for (name, _), p in programs.items() if name == "bare"]
            watching.later(bare)
            send(50)
            program = bare(watching.later(lambda p: bare(p)[0]["packets"] >= 50))[0]
            assert program["where"] == "xdp generic on b0 (runs only: it has no BTF)", program
            assert program["packets"] == 50 and program["verdicts"] is None, program


if TRACED:
    ROWS = 1024  # ROWS_MAX of core/live/programs.c

    def test_packets_without_a_row_are_losses():
        links = "".join(f"link add d{i} type dummy\n" for i in range(ROWS))
        spaces.inside(RECEIVER, "sh", "-c", f"echo '{links}' | ip -batch -")
        try:
            # At an interface that nobody looks at, to begin with.
            spaces.inside(SENDER, "ip", "link", "set", "dev", "a1", "xdpgeneric", "obj", OBJECT, "sec", "xdp")
            with Watching(full=N) as watching:
                shown = subprocess.run(["nsenter", "-t", SENDER, "-n", "ip", "-j", "link", "show", "a1"],
                                       check=True, stdout=subprocess.PIPE, text=True).stdout
                put = f"net attach xdpgeneric id {json.loads(shown)[0]['xdp']['prog']['id']} dev"
                batch = "".join(f"{put} d{i}\n" for i in range(ROWS))
                spaces.inside(RECEIVER, "sh", "-c", f"echo '{batch}' | bpftool batch file -")
                watching.later(lambda p: len(p) == ROWS, 120)
                spaces.inside(RECEIVER, "bpftool", *put.split(), "b0")
                time.sleep(2)  # it looks once a second
                send(N)
                until = time.monotonic() + 20
                while time.monotonic() < until and watching.sample()["loss"]["map_full"] < N:
                    pass
                spaces.inside(RECEIVER, "bpftool", "net", "detach", "xdpgeneric", "dev", "b0")
        finally:
            spaces.inside(SENDER, "ip", "link", "set", "dev", "a1", "xdpgeneric", "off")
            spaces.inside(RECEIVER, "sh", "-c", f"echo '{links.replace('add', 'del')}' | ip -batch -")


if __name__ == "__main__":
    sys.exit(spaces.run(spaces.tests_of(globals(), sys.argv[1:])))
