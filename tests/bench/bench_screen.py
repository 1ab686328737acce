#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the screen costs: bytes and CPU time a second, idle, beside htop in the same run, and under a flood
of packets with a live pane; how fast a key is answered then; one refresh of 512 CPUs by 400 system
calls; start to first full screen. Needs root. Packets are of this program's own network namespace."""
import ctypes
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

BUILD = os.environ.get("BUILD", "build")
SKEWTOP = os.path.join(BUILD, "skewtop")
CLONE_NEWNET = 0x40000000
CPUCLOCK_SCHED = 2  # in the number of a process's CPU clock, see clock_getcpuclockid(3)
SECONDS = 10
WARM_S = {"skewtop": 65, "htop": 3}  # until all history lines are full and move
FLOOD_S, BURST_S = 12, 0.005


class Terminal:
    """A program on a pty; what it writes is counted."""

    def __init__(self, argv, cols, rows):
        self.bytes, self.tail = 0, b""
        self.began = time.monotonic()
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", HOME="/nonexistent", TZ="UTC")
            os.environ.pop("LINES", None)
            os.environ.pop("COLUMNS", None)
            # The size is there before the program looks.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
            os.execvp(argv[0], argv)

    def pump(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0] and not self.read():
                return

    def read(self):
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.bytes += len(data)
        self.tail = (self.tail + data)[-65536:]
        return bool(data)

    def until(self, text, seconds=30):
        """Reads until the text was written; how long that took, or None."""
        began = time.monotonic()
        while text not in self.tail:
            left = began + seconds - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0] or not self.read():
                return None
        return time.monotonic() - began

    def type(self, keys):
        self.tail = b""
        os.write(self.fd, keys)

    def cpu_s(self):
        """CPU time of all its threads so far, those that have ended included."""
        return time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)

    def first_thread_s(self):
        with open("/proc/%d/task/%d/schedstat" % (self.pid, self.pid), encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        self.pump(2)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def rates(terminal, seconds):
    b, c, t = terminal.bytes, terminal.cpu_s(), time.monotonic()
    terminal.pump(seconds)
    t = time.monotonic() - t
    return (terminal.bytes - b) / t, (terminal.cpu_s() - c) / t * 1000


def verdict(holds):
    return "holds" if holds else "DOES NOT HOLD"


def bench_idle(netns):
    """Side by side, turn by turn."""
    if not shutil.which("htop"):
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "htop"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print("idle, 1 s refresh, %d s each" % SECONDS)
    for cols, rows in (80, 24), (200, 50):
        found = {}
        for name, argv in (("skewtop", [SKEWTOP, "--netns", netns]), ("htop", ["htop", "-d", "10"])):
            if not shutil.which(argv[0]):
                print("  no %s here" % name)
                continue
            terminal = Terminal(argv, cols, rows)
            terminal.until(b"Quit")
            terminal.pump(WARM_S[name])
            found[name] = rates(terminal, SECONDS)
            terminal.end()
            print("  %3dx%-3d %-8s %7.0f bytes/s  %6.1f ms CPU/s" % ((cols, rows, name) + found[name]))
        if len(found) == 2:
            print("  below htop: bytes %s, CPU %s" % (
                verdict(found["skewtop"][0] < found["htop"][0]),
                verdict(found["skewtop"][1] < found["htop"][1])))


def flood(address, per_second, seconds):
    """A child that sends so many packets a second, as near as it can; writes how many."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    import socket
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, 9))
    began, sent = time.monotonic(), 0
    while (now := time.monotonic() - began) < seconds:
        while sent < now * per_second:
            try:
                sock.send(b"x" * 64)
            except OSError:
                pass
            sent += 1
        time.sleep(BURST_S)
    os.write(writer, b"%.0f" % (sent / (time.monotonic() - began)))
    os._exit(0)


def make_network():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit("bench_screen: no network namespace of its own (needs root)")
    for words in ("link set lo up", "link add name out0 type veth peer name in0", "addr add 10.78.0.1/24 dev out0",
                  "link set out0 up", "link set in0 up",
                  "neigh add 10.78.0.2 lladdr 02:00:00:00:00:02 dev out0"):
        subprocess.run(["ip"] + words.split(), check=True)


def bench_flood(netns):
    print("a flood of 100 000 packets/s, a live pane of 80x24")
    terminal = Terminal([SKEWTOP, "--netns", netns, "--trace", "net_dev_queue", "--view", "trace"], 80, 24)
    terminal.until(b"FOLLOW")
    pids = [flood("10.78.0.2", 50000, FLOOD_S) for _ in range(2)]
    terminal.pump(2)
    per_second = rates(terminal, 5)
    answers = []
    for _ in range(12):
        began = time.monotonic()  # before the key: the answer may come before type() returns
        terminal.type(b"?")
        answers.append(time.monotonic() - began if terminal.until(b"drill in") is not None else None)
        terminal.pump(0.1)
        terminal.type(b"q")
        terminal.until(b"FOLLOW")
        terminal.pump(0.07)
    sent = 0
    for pid, reader in pids:
        sent += float(os.read(reader, 64) or 0)
        os.waitpid(pid, 0)
    terminal.end()
    good = sorted(a for a in answers if a is not None)
    print("  %.0f packets/s sent: %.0f bytes/s, %.0f ms CPU/s; below 20 kB/s %s" % (
        sent, per_second[0], per_second[1], verdict(per_second[0] < 20000)))
    if good:
        print("  a key is answered in %.1f ms (median), %.1f ms (worst of %d); 50 ms %s" % (
            statistics.median(good) * 1000, good[-1] * 1000, len(answers),
            verdict(len(good) == len(answers) and good[-1] < 0.05)))


def bench_refresh():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "big.pcapng")
        subprocess.run([os.path.join(BUILD, "make-recording"), "--cpus", "512", "--syscalls", "400",
                        "--seconds", "12", path], check=True)
        print("512 CPUs by 400 system calls, from a recording")
        for view in "cpus", "syscalls":
            for cols, rows in (80, 24), (200, 50):
                terminal = Terminal([SKEWTOP, "--replay", path, "--view", view], cols, rows)
                terminal.until(b"Quit")
                terminal.type(b"p:@1795615283\r")
                terminal.pump(1.5)
                c, n = terminal.first_thread_s(), 60
                for i in range(n):
                    terminal.type(b"[" if i // 5 % 2 == 0 else b"]")
                    terminal.pump(0.06)
                ms = (terminal.first_thread_s() - c) / n * 1000
                terminal.end()
                print("  %3dx%-3d %-9s %6.2f ms of CPU a refresh; below 10 ms %s" % (
                    cols, rows, view, ms, verdict(ms < 10)))


def bench_start(netns):
    print("start to first full screen, rows and keys, 80x24, best and median of 7")
    for name, argv in (("live", [SKEWTOP, "--netns", netns]),
                       ("replay", [SKEWTOP, "--replay", "tests/tui/recordings/edge-64.pcapng.gz"])):
        took, cpu = [], []
        for _ in range(7):
            terminal = Terminal(argv, 80, 24)
            if terminal.until(b"HOTTEST") and terminal.until(b"Quit"):
                took.append(time.monotonic() - terminal.began)
                cpu.append(terminal.cpu_s())
            terminal.end()
        print("  %-7s %.0f ms, %.0f ms, of it %.0f ms CPU; below 200 ms %s" % (
            name, min(took) * 1000, statistics.median(took) * 1000, statistics.median(cpu) * 1000,
            verdict(statistics.median(took) < 0.2)))


def main():
    netns = "/proc/%d/ns/net" % os.getpid()
    make_network()
    bench_start(netns)
    bench_refresh()
    bench_idle(netns)
    bench_flood(netns)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
