# SPDX-License-Identifier: GPL-2.0-only
"""Cells of a terminal as SVG and PNG. The same cells give the same bytes."""
import io
from xml.sax.saxutils import escape

CELL_W, CELL_H, SIZE, BASELINE, MARGIN = 9, 18, 15, 14, 9
FONT_DIR = "/usr/share/fonts/truetype/dejavu/"
FONT, BOLD = FONT_DIR + "DejaVuSansMono.ttf", FONT_DIR + "DejaVuSansMono-Bold.ttf"

# A terminal's own colours, where the program leaves them to it.
FOREGROUND, BACKGROUND = "d0d0d0", "101214"
PALETTE = ["1c1f22", "d75f5f", "6fb46f", "c9a24d", "5f8fd7", "b26fc0", "55b0b0", "c4c8cc",
           "7a8087", "f08080", "98d598", "ecca7a", "8fb6f5", "d79ae3", "86d6d6", "f4f6f8"]


class Ink:
    """What a cell looks like once colours and attributes are settled."""

    def __init__(self, cell):
        foreground, background = _rgb(cell.fg, FOREGROUND), _rgb(cell.bg, BACKGROUND)
        if cell.reverse:
            foreground, background = background, foreground
        if cell.dim:
            foreground = _mix(foreground, background, 0.6)
        self.glyph = cell.data or " "
        self.foreground, self.background = foreground, background
        self.bold, self.underline = cell.bold, cell.underscore

    def style(self):
        return self.foreground, self.bold


def _rgb(colour, default):
    if colour == "default":
        return default
    return PALETTE[colour] if isinstance(colour, int) else colour


def _mix(one, other, share):
    a, b = bytes.fromhex(one), bytes.fromhex(other)
    return bytes(round(x * share + y * (1 - share)) for x, y in zip(a, b)).hex()


# ---- glyphs that fonts draw with gaps: as rectangles (x, y, w, h) within a cell ----

_EIGHTH = CELL_H / 8
# What reaches from the middle of a cell to its sides: left, right, up, down.
_LINES = {"─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu",
          "├": "rud", "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud"}
_ARMS = {"l": (0, CELL_H // 2, CELL_W // 2 + 1, 1), "r": (CELL_W // 2, CELL_H // 2, CELL_W - CELL_W // 2, 1),
         "u": (CELL_W // 2, 0, 1, CELL_H // 2 + 1), "d": (CELL_W // 2, CELL_H // 2, 1, CELL_H - CELL_H // 2)}
# Bits of a braille pattern, by column and row.
_DOTS = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]


def rectangles(glyph):
    """The rectangles of a block, line or braille character, or None for a glyph of the font."""
    code = ord(glyph[0])
    if 0x2581 <= code <= 0x2588:
        height = round((code - 0x2580) * _EIGHTH)
        return [(0, CELL_H - height, CELL_W, height)]
    if 0x2589 <= code <= 0x258F:
        return [(0, 0, round((0x2590 - code) * CELL_W / 8), CELL_H)]
    if glyph == "▀":
        return [(0, 0, CELL_W, CELL_H // 2)]
    if glyph in _LINES:
        return [_ARMS[arm] for arm in _LINES[glyph]]
    if 0x2800 <= code <= 0x28FF:
        return [(1 + column * 4, 2 + row * 4, 3, 3)
                for bit, (column, row) in enumerate(_DOTS) if (code - 0x2800) >> bit & 1]
    return None


def _runs(row, key):
    """Neighbours alike: (first column, list of inks)."""
    start = 0
    for x in range(1, len(row) + 1):
        if x == len(row) or key(row[x]) != key(row[start]):
            yield start, row[start:x]
            start = x


def _run_rectangles(run):
    """The rectangles of a run of one glyph; those as wide as a cell grow together."""
    for left, up, w, h in rectangles(run[0].glyph) or []:
        if (left, w) == (0, CELL_W):
            yield left, up, w * len(run), h
        else:
            for i in range(len(run)):
                yield left + i * CELL_W, up, w, h


def _inks(cells):
    return [[Ink(cell) for cell in row] for row in cells]


def _size(rows):
    return len(rows[0]) * CELL_W + 2 * MARGIN, len(rows) * CELL_H + 2 * MARGIN


# The background around the cells is that of the cells, so that a theme's own has no dark frame.
def _frame(rows):
    return rows[0][0].background if rows[0][0].background == rows[-1][-1].background else BACKGROUND


# ---- SVG ----

def _text_runs(row):
    """Runs of font glyphs of one style that begin and end with something to see."""
    def key(ink):
        return None if rectangles(ink.glyph) else ink.style()

    for x, run in _runs(row, key):
        text = "".join(ink.glyph for ink in run)
        if rectangles(run[0].glyph) is not None or not text.strip():
            continue
        lead = len(text) - len(text.lstrip())
        yield x + lead, text.strip(), run[0]


def svg(cells, title):
    rows = _inks(cells)
    width, height = _size(rows)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
           f'height="{height}" font-family="DejaVu Sans Mono,monospace" font-size="{SIZE}">',
           f"<title>{escape(title)}</title>",
           f'<rect width="{width}" height="{height}" fill="#{_frame(rows)}"/>']

    def box(x, y, w, h, colour):
        out.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="#{colour}"/>')

    for y, row in enumerate(rows):
        top = MARGIN + y * CELL_H
        for x, run in _runs(row, lambda ink: ink.background):
            if run[0].background != _frame(rows):
                box(MARGIN + x * CELL_W, top, len(run) * CELL_W, CELL_H, run[0].background)
        for x, run in _runs(row, lambda ink: (ink.glyph, ink.foreground)):
            for left, up, w, h in _run_rectangles(run):
                box(MARGIN + x * CELL_W + left, top + up, w, h, run[0].foreground)
        for x, run in _runs(row, lambda ink: (ink.underline, ink.foreground)):
            if run[0].underline:
                box(MARGIN + x * CELL_W, top + BASELINE + 2, len(run) * CELL_W, 1, run[0].foreground)
        for x, text, ink in _text_runs(row):
            bold = ' font-weight="bold"' if ink.bold else ""
            out.append(f'<text x="{MARGIN + x * CELL_W}" y="{top + BASELINE}" fill="#{ink.foreground}"{bold} '
                       f'textLength="{len(text) * CELL_W}" xml:space="preserve">{escape(text)}</text>')
    out.append("</svg>")
    return ("\n".join(out) + "\n").encode()


# ---- PNG ----

SHADES = 8  # of a glyph's edge; few, so that the file stays small


class Font:
    """Glyphs as masks of one cell."""

    def __init__(self):
        from PIL import ImageFont

        self._fonts = {bold: ImageFont.truetype(path, SIZE, layout_engine=ImageFont.Layout.BASIC)
                       for bold, path in ((False, FONT), (True, BOLD))}
        self._masks = {}

    def mask(self, glyph, bold):
        from PIL import Image, ImageDraw

        if (glyph, bold) not in self._masks:
            mask = Image.new("L", (CELL_W, CELL_H), 0)
            ImageDraw.Draw(mask).text((0, BASELINE), glyph, 255, self._fonts[bold], anchor="ls")
            step = 255 / (SHADES - 1)
            self._masks[glyph, bold] = mask.point(lambda level: round(round(level / step) * step))
        return self._masks[glyph, bold]


def _with_palette(image):
    """The same picture with numbered colours, where 256 are enough."""
    from PIL import Image

    colours = image.getcolors(256)
    if not colours:
        return image
    numbers = {colour: index for index, colour in enumerate(sorted(colour for _, colour in colours))}
    numbered = Image.new("P", image.size)
    numbered.putpalette([channel for colour in numbers for channel in colour])
    numbered.putdata([numbers[colour] for colour in image.getdata()])
    return numbered


def png(cells):
    from PIL import Image, ImageDraw

    font = Font()
    rows = _inks(cells)
    image = Image.new("RGB", _size(rows), "#" + _frame(rows))
    draw = ImageDraw.Draw(image)

    def box(x, y, w, h, colour):
        if w > 0 and h > 0:
            draw.rectangle((x, y, x + w - 1, y + h - 1), fill="#" + colour)

    for y, row in enumerate(rows):
        for x, ink in enumerate(row):
            left, top = MARGIN + x * CELL_W, MARGIN + y * CELL_H
            box(left, top, CELL_W, CELL_H, ink.background)
            parts = rectangles(ink.glyph)
            for part_x, part_y, w, h in parts or []:
                box(left + part_x, top + part_y, w, h, ink.foreground)
            if parts is None and ink.glyph.strip():
                image.paste("#" + ink.foreground, (left, top), font.mask(ink.glyph, ink.bold))
            if ink.underline:
                box(left, top + BASELINE + 2, CELL_W, 1, ink.foreground)
    out = io.BytesIO()
    _with_palette(image).save(out, "PNG", optimize=True)
    return out.getvalue()
