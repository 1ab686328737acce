#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""screenshots/make: the same bytes on every run, all views and themes, and what README.md shows (TAP)."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
MAKE = TOP / "screenshots" / "make"
PROGRAM = TOP / os.environ.get("BUILD", "build") / "skewtop"
failed = 0
count = 0


def check(what, wrong):
    """One TAP line; `wrong` is empty where all is well."""
    global failed, count
    count += 1
    print(f"{'not ok' if wrong else 'ok'} {count} - {what}")
    if wrong:
        failed += 1
        print("\n".join(f"# {line}" for line in str(wrong).splitlines()))


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def drawn(directory):
    return {path.name: path.read_bytes() for path in pathlib.Path(directory).iterdir()}


def main():
    names = run(MAKE, "--list")[1].split()
    pair = ["cpus", "theme-harbour"]
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        status, said = run(MAKE, "--svg", "--into", first, *pair)
        check("two screens are drawn", said if status else "")
        run(MAKE, "--svg", "--into", second, *pair)
        one, two = drawn(first), drawn(second)
        check("twice the same bytes", "" if len(one) == 2 and one == two else f"{len(one)}, {len(two)} files")
        check("the busy CPU is on the picture", "" if b"cpu39" in one.get("cpus.svg", b"") else "no cpu39")
        status, said = run(MAKE, "--svg", "--into", first, "--check", *pair)
        check("--check finds them as they are", said if status else "")
        (pathlib.Path(first) / "cpus.svg").write_bytes(one["cpus.svg"] + b" ")
        status, said = run(MAKE, "--svg", "--into", first, "--check", *pair)
        check("--check finds a changed byte", "" if status == 1 and said == "cpus.svg differs\n" else said)
    themes = {"theme-" + path.stem for path in (TOP / "themes").glob("*.theme")}
    check("a picture of every theme", " ".join(themes - set(names)))
    # The message about an unknown view lists those that there are.
    views = re.search(r"there are ([a-z, ]+)", run(PROGRAM, "--view", "zzzzzzzzzz")[1])
    views = set(views.group(1).split(", ")) if views else {"no list of views"}
    check("a picture of every view", " ".join(views - set(names)))
    committed = {path.name for path in MAKE.parent.iterdir()}
    shown = set(re.findall(r"screenshots/([a-z0-9-]+\.(?:png|svg))", (TOP / "README.md").read_text()))
    check("what README.md shows is here", " ".join(shown - committed) or ("" if shown else "nothing"))
    wanted = {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    check("every picture is here, and no other",
          " ".join(wanted ^ {name for name in committed if name.endswith((".svg", ".png"))}))
    size = sum(path.stat().st_size for path in MAKE.parent.iterdir() if path.is_file())
    check("below 4 MB in all", "" if size < 4_000_000 else f"{size} bytes")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
