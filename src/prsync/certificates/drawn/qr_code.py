"""The QR code, which leads to the issuer's page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.drawn.drawing import Box, fill_box
from prsync.certificates.drawn.palette import WHITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportlab.lib.colors import Color
    from reportlab.pdfgen.canvas import Canvas

_BORDER: Final = 4
"""The modules that must be white around a QR code (ISO/IEC 18004)."""


_LEAST_SIZE: Final = 66.0
_LEAST_MODULE: Final = 1.35
"""In points (0.48 mm): what a phone reads from a sheet in a hand."""

_LARGE_SIZE: Final = 105.0
_LEAST_MODULE_OF_LARGE: Final = 1.1
"""Of names over 100 letters: such a code would else take the room of the chart."""


def qr_size(rows: Sequence[Sequence[bool]]) -> float:
    """The side of a code of so many rows, in points."""
    large = max(_LARGE_SIZE, _LEAST_MODULE_OF_LARGE * len(rows))
    return round(max(_LEAST_SIZE, min(_LEAST_MODULE * len(rows), large)), 2)


def draw_qr_code(pdf: Canvas, rows: Sequence[Sequence[bool]], box: Box, color: Color) -> None:
    """Draw a code into a square box, True where it is dark; its white border reaches out of it."""
    module = box.width / len(rows)
    border = _BORDER * module
    around = Box(box.x - border, box.y - border, box.width + 2 * border, box.height + 2 * border)
    fill_box(pdf, Box(*(round(length, 2) for length in around)), WHITE)
    pdf.saveState()
    # From here on in modules, so that there are whole numbers only, and few letters of them.
    pdf.translate(round(box.x, 2), round(box.top, 2))
    pdf.scale(round(module, 5), round(module, 5))
    pdf.setFillColor(color)
    # As one path: between single squares, some programs would show fine white lines.
    pdf.addLiteral(" ".join(_runs(rows)))
    pdf.addLiteral("f")
    pdf.restoreState()


def _runs(rows: Sequence[Sequence[bool]]) -> Iterator[str]:
    """Each row's dark modules that follow each other, as a rectangle in PDF's own words."""
    for y, row in enumerate(rows, start=1):
        x = 0
        for is_dark, group in groupby(row):
            length = len(list(group))
            if is_dark:
                yield f"{x} {-y} {length} 1 re"
            x += length
