"""The QR code, which leads to the issuer's page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.drawn.drawing import Box, fill_box
from prsync.certificates.drawn.palette import INK, WHITE
from prsync.certificates.genuine.link import qr_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportlab.pdfgen.canvas import Canvas

_BORDER: Final = 4
"""The modules that must be white around a QR code (ISO/IEC 18004)."""


def draw_qr_code(pdf: Canvas, link: str, box: Box) -> None:
    """Draw the code of a link into a square box; its white border reaches out of it."""
    rows = qr_rows(link)
    module = box.width / len(rows)
    border = _BORDER * module
    around = Box(box.x - border, box.y - border, box.width + 2 * border, box.height + 2 * border)
    fill_box(pdf, Box(*(round(length, 2) for length in around)), WHITE)
    pdf.saveState()
    # From here on in modules, so that there are whole numbers only, and few letters of them.
    pdf.translate(round(box.x, 2), round(box.top, 2))
    pdf.scale(round(module, 5), round(module, 5))
    pdf.setFillColor(INK)
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
