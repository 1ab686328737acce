# SPDX-License-Identifier: GPL-2.0-only
"""A program in a pseudo-terminal, and what a terminal would show of it (python3-pyte)."""
import collections
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte
from pyte import graphics

# pyte's cell, and what it leaves out: dim. Colours are "default", a palette number, or "rrggbb".
Cell = collections.namedtuple("Cell", pyte.screens.Char._fields + ("dim",))

QUIET_S = 0.25    # so long nothing may happen before a screen counts as finished
PATIENCE_S = 60.0

# SGR with colons (38:2::R:G:B, as ISO 8613-6 has it) in the form with semicolons that pyte knows.
COLON_RGB = re.compile(rb"([34]8):2:[0-9]*:([0-9]+):([0-9]+):([0-9]+)")
UNFINISHED = re.compile(rb"\x1b(\[[0-9:;?]*)?$")


def palette_number(index):
    """Of the 256: 0 to 15 are the terminal's own, the others have a fixed value."""
    return index if index < 16 else graphics.FG_BG_256[index]


class Screen(pyte.Screen):
    """pyte's screen with dim and SU, SD, REP, and with bright colours kept apart from bold."""

    last = " "  # what was drawn last, for REP

    @property
    def default_char(self):
        plain = super().default_char
        return Cell(*plain, dim=False)

    def reset(self):
        super().reset()
        self.cursor.attrs = self.default_char

    def draw(self, data):
        super().draw(data)
        self.last = data[-1:] or self.last

    def repeat(self, count=1):
        super().draw(self.last * max(count, 1))

    def _scroll(self, step, row, count):
        """Moves the lines of the scrolling region: `step` does it by one from its edge."""
        cursor = self.cursor.y, self.cursor.x
        self.cursor.y = row
        for _ in range(max(count, 1)):
            step()
        self.cursor.y, self.cursor.x = cursor

    def scroll_up(self, count=1):
        self._scroll(self.index, self.margins.bottom if self.margins else self.lines - 1, count)

    def scroll_down(self, count=1):
        self._scroll(self.reverse_index, self.margins.top if self.margins else 0, count)

    def select_graphic_rendition(self, *codes, **unused):
        codes = list(codes) or [0]
        cell = self.cursor.attrs
        while codes:
            code = codes.pop(0)
            if code == 0:
                cell = self.default_char
            elif code in (1, 2, 3, 4, 7):
                name = {1: "bold", 2: "dim", 3: "italics", 4: "underscore", 7: "reverse"}[code]
                cell = cell._replace(**{name: True})
            elif code == 22:
                cell = cell._replace(bold=False, dim=False)
            elif code in (23, 24, 27):
                name = {23: "italics", 24: "underscore", 27: "reverse"}[code]
                cell = cell._replace(**{name: False})
            elif code in (38, 48):
                colour = self._long_colour(codes)
                cell = cell._replace(**{"fg" if code == 38 else "bg": colour})
            elif code in (39, 49):
                cell = cell._replace(**{"fg" if code == 39 else "bg": "default"})
            elif 30 <= code <= 37 or 90 <= code <= 97:
                cell = cell._replace(fg=code - 30 if code < 90 else code - 82)
            elif 40 <= code <= 47 or 100 <= code <= 107:
                cell = cell._replace(bg=code - 40 if code < 100 else code - 92)
        self.cursor.attrs = cell

    @staticmethod
    def _long_colour(codes):
        if codes.pop(0) == 5:
            return palette_number(codes.pop(0))
        red, green, blue = codes.pop(0), codes.pop(0), codes.pop(0)
        return "%02x%02x%02x" % (red, green, blue)


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down"}


class Session:
    """Runs argv on a screen of its own. Use as a context manager."""

    def __init__(self, argv, columns, lines, environment):
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execve(argv[0], argv, environment)
        self.rest = b""  # of a sequence that has not come whole yet
        self.ended = False

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if not self.ended:
            os.kill(self.pid, signal.SIGTERM)
        while not self.ended:
            self._read(0.1)
        os.close(self.fd)
        os.waitpid(self.pid, 0)

    def _read(self, timeout):
        """True if something came."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.ended = True
            return False
        data = self.rest + data
        cut = UNFINISHED.search(data)
        self.rest = cut.group() if cut else b""
        whole = data[:len(data) - len(self.rest)]
        self.stream.feed(COLON_RGB.sub(rb"\1;2;\2;\3;\4", whole))
        return True

    def _state(self):
        """CPU time of all threads so far, and whether all of them sleep."""
        ticks, asleep = 0, True
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/stat", encoding="utf-8", errors="replace") as f:
                    fields = f.read().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                return ticks, False  # a thread that ended since: look again
            asleep &= fields[0] == "S"
            ticks += int(fields[11]) + int(fields[12])
        return ticks, asleep

    def settle(self):
        """Waits until the program has nothing left to do: no output, no CPU time, all asleep."""
        give_up = time.monotonic() + PATIENCE_S
        quiet_since, ticks = time.monotonic(), -1
        while time.monotonic() - quiet_since < QUIET_S:
            came = self._read(0.02)
            if self.ended:
                raise RuntimeError("the program ended; its last words:\n" + self.text())
            now, asleep = self._state()
            if came or now != ticks or not asleep:
                quiet_since, ticks = time.monotonic(), now
            if time.monotonic() > give_up:
                raise RuntimeError("the screen does not come to rest:\n" + self.text())

    def type(self, keys):
        os.write(self.fd, keys.encode())
        self.settle()

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def cells(self):
        """Rows of cells, as shown."""
        screen = self.screen
        return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]
