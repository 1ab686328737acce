#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A second emulator, pyte, draws the byte streams that the screen tests left behind: each golden screen
must come out of it cell by cell as it came out of libvterm. TAP output."""
import difflib
import glob
import os
import sys

import pyte
from pyte import graphics

GOLDEN = "tests/tui/golden"
STREAMS = os.path.join(os.environ.get("BUILD", "build"), "tests/tui/streams")

NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
# pyte 0.8.0 misspells one of its names.
SPELLED = {"bfightmagenta": "brightmagenta"}


class Screen(pyte.Screen):
    """What xterm does, ncurses uses and pyte leaves out: REP, SU and SD."""

    last = " "

    def draw(self, data):
        super().draw(data)
        if data:
            self.last = data[-1]

    def repeat(self, count=1):
        super().draw(self.last * max(count, 1))

    def scroll(self, step, edge, count):
        row, column = self.cursor.y, self.cursor.x
        self.cursor.y = edge
        for _ in range(max(count, 1)):
            step()
        self.cursor.y, self.cursor.x = row, column

    def scroll_up(self, count=1):
        self.scroll(self.index, self.margins.bottom if self.margins else self.lines - 1, count)

    def scroll_down(self, count=1):
        self.scroll(self.reverse_index, self.margins.top if self.margins else 0, count)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat", S="scroll_up", T="scroll_down")
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


def colour(number):
    """A colour of a golden screen as pyte calls it."""
    if number == "-":
        return "default"
    n = int(number)
    if n < 8:
        return NAMES[n]
    if n < 16:
        return "bright" + NAMES[n - 8]
    if n >= 1 << 24:
        return "%06x" % (n & 0xFFFFFF)
    return graphics.FG_BG_256[n]


def golden_style(words):
    # "fg 4 bg - bold"
    return (colour(words[1]), colour(words[3])) + tuple(sorted(words[4:]))


def read_golden(path):
    """(rows of text, rows of styles cell by cell)"""
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    cut = lines.index("---- style:cells of each row")
    end = lines.index("---- styles")
    styles = [golden_style(line.split()[1:]) for line in lines[end + 1:] if line]
    rows = []
    for line in lines[cut + 1:end]:
        row = []
        for run in line.split():
            number, cells = run.split(":")
            row += [styles[int(number)]] * int(cells)
        rows.append(row)
    return lines[:cut], rows


def cell_style(char):
    if char.data == " " and not char.reverse and not char.underscore:
        # What nobody sees of a blank is no part of a golden screen.
        return "default", SPELLED.get(char.bg, char.bg)
    words = [name for name, on in (("bold", char.bold), ("italic", char.italics),
                                   ("underline", char.underscore), ("blink", getattr(char, "blink", False)),
                                   ("reverse", char.reverse)) if on]
    return (SPELLED.get(char.fg, char.fg), SPELLED.get(char.bg, char.bg)) + tuple(sorted(words))


def read_screen(screen):
    text, styles = [], []
    for y in range(screen.lines):
        row = [screen.buffer[y][x] for x in range(screen.columns)]
        text.append("".join(char.data for char in row).rstrip(" "))
        styles.append([cell_style(char) for char in row])
    return text, styles


def differences(golden, drawn):
    out = list(difflib.unified_diff(golden[0], drawn[0], "libvterm", "pyte", lineterm="", n=0))
    for y, (want, have) in enumerate(zip(golden[1], drawn[1])):
        for x, (a, b) in enumerate(zip(want, have)):
            if a != b:
                out.append("row %d column %d: libvterm %s, pyte %s" % (y, x, a, b))
                break
    return out


def sessions():
    """(index file, bytes) of each session."""
    for path in sorted(glob.glob(os.path.join(STREAMS, "*.index"))):
        with open(path, encoding="ascii") as file:
            index = file.read().split("\n")
        with open(path[:-len("index")] + "bytes", "rb") as file:
            yield index, file.read()


def main():
    count = bad = 0
    seen = set()

    for index, data in sessions():
        columns, lines = map(int, index[0].split())
        screen = Screen(columns, lines)
        stream = Stream(screen)
        at = 0
        for line in filter(None, index[1:]):
            offset, name = line.split()
            stream.feed(data[at:int(offset)])
            at = int(offset)
            seen.add(name)
            count += 1
            found = differences(read_golden(os.path.join(GOLDEN, name + ".txt")), read_screen(screen))
            print("%s %d - %s" % ("not ok" if found else "ok", count, name))
            bad += bool(found)
            for text in found[:20]:
                print("# " + text)
    missing = {os.path.basename(p)[:-4] for p in glob.glob(os.path.join(GOLDEN, "*.txt"))} - seen
    count += 1
    print("%s %d - every golden screen was drawn" % ("not ok" if missing else "ok", count))
    for name in sorted(missing):
        print("# no stream for " + name)
    print("1..%d" % count)
    return 1 if bad or missing else 0


if __name__ == "__main__":
    sys.exit(main())
