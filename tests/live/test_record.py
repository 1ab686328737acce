#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Record live traffic, replay it: equal to the last byte; and what tshark, a full disk, a kill, a pipe
and a real sshd make of recordings. Speaks TAP. Traffic stays in a network namespace of its own."""
import atexit
import contextlib
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import spaces

BUILD = os.environ.get("BUILD", "build")
SKEWTOP = os.path.abspath(f"{BUILD}/skewtop")
UDP_LOAD = os.path.abspath(f"{BUILD}/udp-load")
TRACE = ["--trace", "netif_receive_skb", "--trace", "net_dev_queue", "--trace", "*free_skb",
         "--trace-rate", "0"]
work = tempfile.mkdtemp(prefix="skewtop-test-")
atexit.register(shutil.rmtree, work, ignore_errors=True)
start = spaces.start
INHABITANT = spaces.namespace()
NETNS = ["--netns", INHABITANT]


def inside(argv):
    return ["nsenter", "-t", INHABITANT, "-n"] + argv


@contextlib.contextmanager
def traffic(packets):
    """UDP to a port where nobody listens, so many packets twenty times a second: packets of some
    probes, and drops."""
    script = f"while :; do {UDP_LOAD} send 127.0.0.1 9 {packets} -1 100; sleep 0.05; done"
    load = start(inside(["sh", "-c", script]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                 start_new_session=True)
    try:
        yield
    finally:
        os.killpg(load.pid, signal.SIGKILL)
        load.wait()


def skewtop(*words, status=0, **kwargs):
    done = subprocess.run([SKEWTOP, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120, **kwargs)
    assert status is None or done.returncode == status, f"exit {done.returncode}: {done.stderr}"
    return done


def objects(text, kind=None):
    all_objects = [json.loads(line) for line in text.splitlines()]
    return [o for o in all_objects if kind is None or o["type"] == kind]


def tshark(*words):
    done = subprocess.run(["tshark", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120)
    said = [line for line in done.stderr.splitlines() if line and "Running as user" not in line]
    assert done.returncode == 0 and not said, f"tshark: {done.returncode} {said}"
    return done.stdout


def record(path, *words, iterations=3):
    with traffic(60):
        return skewtop("--record", path, "--json", "--iterations", str(iterations), "--delay", "0.5",
                       *TRACE, *NETNS, *words).stdout


def equal(a, b):
    a, b = a.splitlines(), b.splitlines()
    for number, (x, y) in enumerate(zip(a, b)):
        assert x == y, f"line {number + 1} differs:\n{x[:300]}\n{y[:300]}"
    assert len(a) == len(b), f"{len(a)} lines and {len(b)}"


def test_replay_gives_what_live_gave():
    for name, details in ("a.pcapng", []), ("b.pcapng.gz", ["--details", "skbs"]):
        live = record(f"{work}/{name}", "--errors", *details)
        assert len(objects(live, "trace")) > 100, "hardly a line"
        with_line = len(objects(live, "trace")) if details else 0
        assert len(objects(live, "stack")) == len(objects(live, "sk_buff")) == with_line
        assert len(objects(live, "sample")) == 3
        assert objects(live)[-1]["type"] == "end"
        equal(live, skewtop("--replay", f"{work}/{name}", "--json", *details).stdout)


def test_tshark_reads_every_packet_and_its_probe():
    lines = objects(skewtop("--replay", f"{work}/a.pcapng", "--json").stdout, "trace")
    for name in "a.pcapng", "b.pcapng.gz":
        rows = tshark("-r", f"{work}/{name}", "-T", "fields", "-e", "frame.comment", "-e",
                      "frame.time_epoch", "-e", "frame.interface_name", "-e", "frame.len").splitlines()
        if name == "a.pcapng":
            assert len(rows) == len(lines), f"{len(rows)} packets, {len(lines)} lines"
            for row, line in zip(rows, lines):
                comment, at, interface, length = row.split("\t")
                assert comment.split()[0] == line["probe"], f"{comment} {line}"
                assert f" cpu={line['cpu']} " in comment and f" pid={line['pid']}" in comment
                assert int(at.replace(".", "")) == line["ts_ns"], f"{at} {line['ts_ns']}"
                assert interface == line.get("ifname", "none"), f"{interface} {line}"
        counted = subprocess.run(["capinfos", "-Tmrc", f"{work}/{name}"], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True, check=True)
        assert counted.stdout.strip().split(",")[-1] == str(len(rows)), counted.stdout
    dropped = [row for row in rows if row.startswith("kfree_skb")]
    assert dropped and all(" reason=NO_SOCKET" in row and "location=" in row for row in dropped)


def test_tcpdump_and_tshark_files_replay():
    n = len(tshark("-r", f"{work}/a.pcapng").splitlines())
    tshark("-r", f"{work}/a.pcapng", "-w", f"{work}/again.pcapng")
    # Saved again it is a recording no more, but a capture of packets.
    out = objects(skewtop("--replay", f"{work}/again.pcapng", "--json").stdout)
    assert sum(o["type"] == "trace" for o in out) == n
    assert out[-1]["ledger"]["delivered"] == n and out[-1]["ledger"]["balanced"]
    # Packets of one link type, as plain pcap of both resolutions.
    tshark("-r", f"{work}/a.pcapng", "-Y", "eth", "-w", f"{work}/eth.pcapng")
    for kind in "pcap", "nsecpcap":
        path = f"{work}/{kind}"
        subprocess.run(["editcap", "-F", kind, "-T", "ether", f"{work}/eth.pcapng", path], check=True)
        assert_same_packets(path)


def assert_same_packets(path):
    """What tshark says of the UDP packets of a file, and what we do."""
    rows = tshark("-r", path, "-T", "fields", "-e", "ip.src", "-e", "udp.dstport", "-e",
                  "frame.time_epoch", "-Y", "udp && !icmp").splitlines()
    lines = [o for o in objects(skewtop("--replay", path, "--json").stdout, "trace")
             if o.get("proto") == "UDP"]
    assert len(rows) == len(lines) >= 40, f"{len(rows)} {len(lines)}"
    for row, line in zip(rows, lines):
        source, port, at = row.split("\t")
        assert (source, int(port)) == (line["saddr"], line["dport"])
        assert int(at.replace(".", "")) == line["ts_ns"]


def test_what_tshark_captures_replays():
    # The loopback is Ethernet, "any" is a link layer of its own.
    for interface, form in ("lo", "pcapng"), ("any", "pcapng"), ("any", "pcap"):
        path = f"{work}/{interface}.{form}"
        with traffic(20):
            done = subprocess.run(inside(["tshark", "-q", "-F", form, "-i", interface, "-c", "100",
                                          "-w", path]), stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert_same_packets(path)


def test_a_replay_may_be_recorded():
    skewtop("--replay", f"{work}/a.pcapng", "--record", f"{work}/c.pcapng.gz", "--no-screen")
    equal(skewtop("--replay", f"{work}/a.pcapng", "--json").stdout,
          skewtop("--replay", f"{work}/c.pcapng.gz", "--json").stdout)


def test_text_says_the_same_as_json():
    lines = objects(skewtop("--replay", f"{work}/a.pcapng", "--json").stdout)
    text = skewtop("--replay", f"{work}/a.pcapng", "--text").stdout.splitlines()
    assert len(text) == len(lines) + 1, f"{len(text)} lines, {len(lines)} objects"  # the books are two
    for line, said in zip(lines, text):
        words = said.split()
        if line["type"] == "sample":
            assert words[1:3] == ["--", "SYS"] and words[-2] == "lost", said
        elif line["type"] == "trace":
            expected = [f"cpu={line['cpu']}", line["probe"], f"len={line['len']}"]
            assert words[1:4] == expected and f"skb={line['skb']}" in words, f"{said} {line}"
            assert ("reason" in line) == any(word.startswith("reason=") for word in words), said
    ledger = lines[-1]["ledger"]
    assert text[-2].startswith(f"skewtop: seen {ledger['seen']} = delivered {ledger['delivered']} "), text[-2:]
    stacks = skewtop("--replay", f"{work}/a.pcapng", "--text", "--details", "drops").stdout.splitlines()
    drops = sum(line.get("probe") == "kfree_skb" for line in lines)
    entries = [line for line in stacks if line.startswith("    ") and "__udp4_lib_rcv+0x" in line]
    assert len(entries) == drops > 50, f"{len(entries)} stacks, {drops} drops"


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 0x7f) << shift, shift + 7
        if byte < 0x80:
            return value, at


def blocks(path):
    """Packets of a recording, and its own blocks by their kind (core/recording/format.h)."""
    with open(path, "rb") as file:
        data = file.read()
    packets, own, at = [], {}, 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body = data[at + 8:at + length - 4]
        if kind == 6:
            packets.append(body)
        elif kind == 0x80534b54:
            what, start = varint(body, 8)
            size, start = varint(body, start)
            own.setdefault(what, []).append(body[start:start + size])
        at += length
    return packets, own


def detail_of(payload):
    at, head = 0, []
    for _ in range(4):  # moment, CPU, skb, probe
        value, at = varint(payload, at)
        head.append(value)
    return tuple(head)


def test_stacks_and_sk_buffs_are_recorded():
    layout, stack, sk_buff = 7, 8, 9
    for wish in "none", "drops", "stacks", "skbs":
        path = f"{work}/details-{wish}.pcapng"
        with traffic(10):
            skewtop("--record", path, "--no-screen", "--iterations", "2", "--delay", "0.5", "--details", wish,
                    "--trace", "net_dev_queue", "--trace", "kfree_skb", *NETNS)
        packets, own = blocks(path)
        lines = objects(skewtop("--replay", path, "--json").stdout, "trace")
        drops = [line for line in lines if line["probe"] == "kfree_skb"]
        assert len(packets) == len(lines) and len(drops) > 50 and len(lines) > len(drops)
        stacks = {detail_of(payload) for payload in own.get(stack, [])}
        expected = {"none": 0, "drops": len(drops)}.get(wish, len(lines))
        assert len(own.get(stack, [])) == len(stacks) == expected, f"{wish}: {len(stacks)} {expected}"
        assert {cpu for _, cpu, _, _ in stacks} <= {line["cpu"] for line in lines}
        assert {f"{skb:#x}" for _, _, skb, _ in stacks} <= {line["skb"] for line in lines}
        assert len(own.get(sk_buff, [])) == (len(lines) if wish == "skbs" else 0)
        assert len(own.get(layout, [])) == (1 if wish == "skbs" else 0)


def test_names_told_late_are_recorded():
    made = os.path.abspath("tests/tui/recordings/edge-2.pcapng.gz")  # tells rows before names
    skewtop("--replay", made, "--record", f"{work}/late.pcapng", "--no-screen")
    once = skewtop("--replay", made, "--json").stdout
    assert "tcp_data_queue+0x1f2" in once
    equal(once, skewtop("--replay", f"{work}/late.pcapng", "--json").stdout)


def test_signals_in_company_are_one():
    for pause in 0, 0.001, 0.005, 0.02:
        program = start([SKEWTOP, "--json", "--delay", "0.2", "--cpus", "0", *NETNS], stdout=subprocess.PIPE, text=True)
        first = json.loads(program.stdout.readline())
        assert first["only"] == f"netns {INHABITANT}, cpus 0", first["only"]
        program.send_signal(signal.SIGTERM)
        time.sleep(pause)
        program.send_signal(signal.SIGTERM)
        rest = program.communicate(timeout=20)[0]
        assert program.returncode == 0 and objects(rest)[-1]["type"] == "end", f"{pause}: {program.returncode}"


def test_a_replay_is_not_overwritten_by_its_recording():
    done = skewtop("--replay", f"{work}/a.pcapng", "--record", f"{work}/../{os.path.basename(work)}"
                   "/a.pcapng", "--force", "--no-screen", status=2)
    assert "is what --replay reads" in done.stderr, done.stderr
    skewtop("--replay", f"{work}/a.pcapng", "--json")


def test_a_file_that_is_being_copied_replays_as_it_grows():
    whole = open(f"{work}/a.pcapng", "rb").read()
    piece = len(whole) // 15 + 1
    with open(f"{work}/copy.pcapng", "wb", buffering=0) as copy:
        copy.write(whole[:piece])
        viewer = start([SKEWTOP, "--replay", f"{work}/copy.pcapng", "--json"], stdout=open(
            f"{work}/copy.json", "wb"))
        for at in range(piece, len(whole), piece):
            time.sleep(0.2)
            assert viewer.poll() is None, "more may come"
            copy.write(whole[at:at + piece])
        assert viewer.wait(timeout=30) == 0
    equal(open(f"{work}/copy.json").read(), skewtop("--replay", f"{work}/a.pcapng", "--json").stdout)


def test_an_existing_file_is_refused():
    done = skewtop("--record", f"{work}/a.pcapng", "--no-screen", status=2)
    assert done.stderr.count("\n") == 1 and "--force" in done.stderr, done.stderr
    assert os.stat(f"{work}/a.pcapng").st_mode & 0o777 == 0o600


def test_a_full_disk_is_told_and_the_monitor_goes_on():
    script = f"""mount -t tmpfs -o size=500k,mode=700 none {work}/small || exit 99
        {SKEWTOP} --record {work}/small/full.pcapng --json --iterations 4 --delay 0.5 \
            {' '.join(TRACE + NETNS)} >{work}/full.live; echo $? >{work}/full.status
        {SKEWTOP} --replay {work}/small/full.pcapng --json >{work}/full.replay 2>{work}/full.said
        echo $? >>{work}/full.status; tshark -r {work}/small/full.pcapng >{work}/full.tshark 2>&1 ||
        echo tshark >>{work}/full.status"""
    os.mkdir(f"{work}/small")
    with traffic(100):
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], stderr=subprocess.PIPE, text=True,
                              timeout=120)
    assert done.returncode == 0, done.stderr
    assert open(f"{work}/full.status").read() == "1\n1\n", open(f"{work}/full.status").read()
    assert "No space left on device" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    live, replay = (open(f"{work}/full.{what}").read() for what in ("live", "replay"))
    assert len(objects(live, "sample")) == 4 and objects(live)[-1]["ledger"]["balanced"]
    assert objects(live)[-1]["ledger"]["not_recorded"] > 0
    lines = objects(replay, "trace")
    assert 100 < len(lines) < len(objects(live, "trace"))
    assert lines == objects(live, "trace")[:len(lines)]
    assert "without its end" in open(f"{work}/full.said").read()


def test_a_killed_recording_is_readable():
    for name in "k.pcapng", "k.pcapng.gz":
        path = f"{work}/{name}"
        with traffic(60), open(f"{work}/k.json", "wb") as live:
            program = start([SKEWTOP, "--record", path, "--json", "--delay", "0.3", *TRACE, *NETNS],
                            stdout=live)
            while open(f"{work}/k.json").read().count('"type":"sample"') < 4:
                assert program.poll() is None
                time.sleep(0.1)
            program.kill()
            program.wait()
        done = skewtop("--replay", path, "--json", status=1)
        assert "was cut off: it ends at byte " in done.stderr, done.stderr
        samples, lines = objects(done.stdout, "sample"), objects(done.stdout, "trace")
        assert len(samples) >= 3 and len(lines) > 10, f"{len(samples)} samples, {len(lines)} lines"
        seen = [json.loads(line) for line in open(f"{work}/k.json") if line.endswith("\n")]
        # The file may be ahead of the stream or behind it.
        for mine, kind in (samples, "sample"), (lines, "trace"):
            for x, y in zip(mine, (o for o in seen if o["type"] == kind)):
                assert x == y


def first_sample(program, seconds):
    """Reads lines until a sample comes; all lines up to then."""
    text, end = "", time.monotonic() + seconds
    while '"type":"sample"' not in text or not text.endswith("\n"):
        left = end - time.monotonic()
        assert left > 0 and select.select([program.stdout], [], [], left)[0], "nothing comes"
        some = os.read(program.stdout.fileno(), 1 << 20).decode()
        assert some, "it ended"
        text += some
    return text


def watch_remote(writer_argv, copy, packets):
    """writer | tee copy | skewtop --replay -; returns what the viewer said and the writer's errors."""
    writer = start(writer_argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tee = start(["tee", copy], stdin=writer.stdout, stdout=subprocess.PIPE)
    viewer = start([SKEWTOP, "--replay", "-", "--json"], stdin=tee.stdout, stdout=subprocess.PIPE)
    writer.stdout.close()
    tee.stdout.close()
    with traffic(packets):
        text = first_sample(viewer, 30)
        assert writer.poll() is None, "the viewer is to show while the writer runs"
        text += viewer.communicate(timeout=60)[0].decode()
    assert viewer.returncode == 0
    writer.wait(timeout=30)
    return text, writer.stderr.read().decode()


def test_a_pipe_is_a_live_monitor():
    text, said = watch_remote([SKEWTOP, "--record", "-", "--no-screen", "--iterations", "6", "--delay",
                               "0.5", *TRACE, *NETNS], f"{work}/pipe.pcapng", 1500)
    assert said == "", said
    equal(text, skewtop("--replay", f"{work}/pipe.pcapng", "--json").stdout)
    books = objects(text)[-1]["ledger"]
    assert books["balanced"]
    # No line is missing that the books do not tell of.
    lines = len(objects(text, "trace"))
    assert lines > 1000 and lines == books["delivered"] - books["not_recorded"], f"{lines} {books}"
    assert len(tshark("-r", f"{work}/pipe.pcapng").splitlines()) == lines


def test_a_viewer_that_goes_away_ends_the_recording():
    program = start([SKEWTOP, "--record", "-", "--no-screen", "--delay", "0.2", *NETNS],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert os.read(program.stdout.fileno(), 100)
    program.stdout.close()
    assert program.wait(timeout=20) == 1
    said = program.stderr.read().decode()
    assert "went away" in said and said.count("\n") == 1, said


def test_a_pipe_is_a_live_capture_for_wireshark():
    with traffic(60):
        writer = start([SKEWTOP, "--record", "-", "--no-screen", "--delay", "0.5", *TRACE, *NETNS],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        done = subprocess.run(["tshark", "-i", "-", "-c", "300", "-T", "fields", "-e", "frame.comment"],
                              stdin=writer.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60)
        writer.stdout.close()
        writer.wait(timeout=20)
    comments = done.stdout.splitlines()
    assert done.returncode == 0 and len(comments) == 300, done.stderr
    assert {line.split()[0] for line in comments} > {"netif_receive_skb", "net_dev_queue"}


def test_ssh_brings_a_remote_machine():
    keys = f"{work}/ssh"
    os.mkdir(keys, 0o700)
    for key in "host", "user":
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{key}"], check=True)
    made = not os.path.isdir("/run/sshd")
    if made:
        os.mkdir("/run/sshd", 0o755)
    try:
        server = start(inside(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", "7022", "-h",
                               f"{keys}/host", "-o", f"AuthorizedKeysFile={keys}/user.pub", "-o",
                               "StrictModes=no", "-o", "PidFile=none", "-o", "ListenAddress=127.0.0.1"]),
                       stderr=subprocess.PIPE)
        time.sleep(1)
        # In a shell of its own on the other side: the pipe end of one command, as a user types it.
        remote = " ".join([SKEWTOP, "--record", "-", "--no-screen", "--iterations", "6", "--delay",
                           "0.5", *TRACE, *NETNS])
        ssh = inside(["ssh", "-q", "-p", "7022", "-i", f"{keys}/user", "-o", "StrictHostKeyChecking=no",
                      "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "127.0.0.1", remote])
        text, said = watch_remote(ssh, f"{work}/ssh.pcapng", 60)
        server.terminate()
        server.wait()
    finally:
        if made:
            os.rmdir("/run/sshd")
    assert said == "", said
    assert len(objects(text, "sample")) == 6 and objects(text)[-1]["ledger"]["balanced"]
    equal(text, skewtop("--replay", f"{work}/ssh.pcapng", "--json").stdout)


if __name__ == "__main__":
    sys.exit(spaces.run(spaces.tests_of(globals(), sys.argv[1:])))
