"""The few things that the page draws: a text, a horizontal line, a filled box.

All lengths are in points (1/72 inch), and a position is counted from the page's lower left corner, as PDF does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reportlab.pdfbase.pdfmetrics import stringWidth

if TYPE_CHECKING:
    from reportlab.lib.colors import Color
    from reportlab.pdfgen.canvas import Canvas


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
    pdf.drawString(at.x, at.y, text)


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
