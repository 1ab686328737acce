# SPDX-License-Identifier: GPL-2.0-only
"""What tests in Python share: network namespaces and processes that go away with the test, and TAP."""
import atexit
import subprocess
import sys

started = []


def start(argv, **kwargs):
    program = subprocess.Popen(argv, **kwargs)
    started.append(program)
    return program


def clean_up():
    for program in started:
        if program.poll() is None:
            program.kill()
            program.wait()


atexit.register(clean_up)


def namespace():
    """The pid of a sleeper in a namespace of its own, which goes with it."""
    sleeper = start(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 600"],
                    stdout=subprocess.PIPE, text=True)
    assert sleeper.stdout.readline() == "up\n"
    return str(sleeper.pid)


def inside(pid, *argv):
    subprocess.run(["nsenter", "-t", pid, "-n", *argv], check=True, stdout=subprocess.DEVNULL)


def veth(pid, name, address, peer_pid, peer_name, peer_address):
    subprocess.run(["ip", "link", "add", name, "netns", pid, "type", "veth", "peer", "name", peer_name,
                    "netns", peer_pid], check=True)
    for owner, link, addr in (pid, name, address), (peer_pid, peer_name, peer_address):
        inside(owner, "sysctl", "-qw", f"net.ipv6.conf.{link}.disable_ipv6=1")
        if addr:
            inside(owner, "ip", "addr", "add", addr, "dev", link)
        inside(owner, "ip", "link", "set", link, "up")


def python(pid, program, *words):
    return start(["nsenter", "-t", pid, "-n", sys.executable, "-c", program, *map(str, words)],
                 stdout=subprocess.PIPE, text=True)


def run(tests):
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {name[5:]}", flush=True)
        except Exception as fault:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {number} - {name[5:]}", flush=True)
            for line in f"{type(fault).__name__}: {fault}"[:2000].splitlines():
                print(f"#   {line}", flush=True)
    return 1 if failed else 0


def tests_of(names, wanted):
    return [(name, test) for name, test in names.items()
            if name.startswith("test_") and callable(test) and (not wanted or name[5:] in wanted)]
