"""The few things that the page draws: a text, a horizontal line, a filled box.

All lengths are in points (1/72 inch), and a position is counted from the page's lower left corner, as PDF does.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from reportlab.pdfbase.pdfmetrics import stringWidth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportlab.lib.colors import Color
    from reportlab.pdfgen.canvas import Canvas

# How much closer than it is set a decimal mark stands, as a share of the size.
_MARK_CLOSER: Final = 0.045
# The space after each letter of spaced capitals, as a share of the size.
_SPACED: Final = 0.17


class Point(NamedTuple):
    """A place on the page; of a text, where its baseline begins."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle, by its lower left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right side."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """The y of its upper side."""
        return self.y + self.height


class Style(NamedTuple):
    """How a text looks: a registered typeface's name, the size in points, the colour."""

    typeface: str
    size: float
    color: Color

    def width(self, text: str) -> float:
        """How wide a text of this style is, in points."""
        return float(stringWidth(text, self.typeface, self.size))


def draw_text(pdf: Canvas, text: str, at: Point, style: Style) -> None:
    """Draw a text of one typeface, on one line."""
    pdf.setFillColor(style.color)
    pdf.setFont(style.typeface, style.size)
    pdf.drawString(round(at.x, 2), round(at.y, 2), text)


def draw_centred(pdf: Canvas, text: str, middle: Point, style: Style, *, most: float) -> None:
    """Draw a text around a point of its baseline, in a smaller size where it would be wider than `most`."""
    fitting = _fitted(style, text, most)
    draw_text(pdf, text, Point(middle.x - fitting.width(text) / 2, middle.y), fitting)


def balanced_lines(text: str, style: Style, width: float) -> list[str]:
    """A text in as few lines as fit into `width`, and those as alike as can be; it is broken at plain blanks alone."""
    lines = _lines(text, style, width)
    halves = text.partition("; ")
    if len(lines) > 1 and halves[2] and max(style.width(halves[0] + ";"), style.width(halves[2])) <= width:
        return [f"{halves[0]};", halves[2]]
    low, high = 0.0, width
    while high - low > 1:
        middle = (low + high) / 2
        narrower = _lines(text, style, middle)
        if len(narrower) <= len(lines) and all(style.width(line) <= middle for line in narrower):
            high = middle
        else:
            low = middle
    return _lines(text, style, high)


def _lines(text: str, style: Style, width: float) -> list[str]:
    first, *others = text.split(" ")
    lines = [first]
    for word in others:
        longer = f"{lines[-1]} {word}"
        if style.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def draw_figure(pdf: Canvas, text: str, middle: Point, style: Style, *, most: float) -> None:
    """Draw a large number around a point of its baseline, its marks closer to the figures beside them.

    Figures of one width stand too far from a point or a comma in such a size.
    """
    closer = _MARK_CLOSER * style.size
    parts = [part for part in re.split(r"([.,])", text) if part]
    style = _fitted(style, text, most)
    x = middle.x - (sum(map(style.width, parts)) - closer * (len(parts) - 1)) / 2
    with read_as(pdf, text):
        for part in parts:
            draw_text(pdf, part, Point(x, middle.y), style)
            x += style.width(part) - closer


def draw_right_aligned(pdf: Canvas, text: str, end: Point, style: Style, *, most: float = 1000) -> None:
    """Draw a text that ends at a point, in a smaller size where it would be wider than `most`."""
    fitting = _fitted(style, text, most)
    draw_text(pdf, text, Point(end.x - fitting.width(text), end.y), fitting)


def draw_spaced(pdf: Canvas, text: str, middle: Point, style: Style, *, most: float) -> None:
    """Draw a text around a point of its baseline, in spaced capitals; who reads or copies it finds no spaces."""
    capitals = text.upper()
    # Every letter is followed by some space, also the last one, which is none that is seen.
    width = style.width(capitals) + len(capitals) * style.size * _SPACED
    fitting = style._replace(size=min(style.size, style.size * most / width))
    space = fitting.size * _SPACED
    left = middle.x - (fitting.width(capitals) + (len(capitals) - 1) * space) / 2
    pdf.setFillColor(fitting.color)
    pdf.setFont(fitting.typeface, fitting.size)
    with read_as(pdf, text):
        pdf.drawString(round(left, 2), middle.y, capitals, charSpace=space)


def _fitted(style: Style, text: str, most: float) -> Style:
    width = style.width(text)
    return style if width <= most else style._replace(size=style.size * most / width)


@contextmanager
def read_as(pdf: Canvas, text: str) -> Iterator[None]:
    """What is drawn is read, copied and found as `text`, whatever the glyphs are called."""
    pdf.addLiteral(f"/Span <</ActualText <{(chr(0xFEFF) + text).encode('utf-16-be').hex().upper()}>>> BDC")
    yield
    pdf.addLiteral("EMC")


def draw_horizontal_line(
    pdf: Canvas, *, left: float, right: float, y: float, color: Color, thickness: float = 0.5
) -> None:
    """Draw a line from `left` to `right` at the height `y`."""
    pdf.setStrokeColor(color)
    pdf.setLineWidth(thickness)
    pdf.line(left, y, right, y)


def fill_box(pdf: Canvas, box: Box, color: Color) -> None:
    """Fill a box with a colour, without an outline."""
    pdf.setFillColor(color)
    pdf.rect(*box, stroke=0, fill=1)
