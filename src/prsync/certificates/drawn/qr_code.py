"""The QR code, which leads to the issuer's page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.drawn.drawing import Box, fill_box
from prsync.certificates.drawn.palette import INK, WHITE
from prsync.certificates.genuine.link import qr_rows

if TYPE_CHECKING:
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
    # As one path: between single squares, some programs would show fine white lines.
    path = pdf.beginPath()
    for number, row in enumerate(rows):
        y = box.top - (number + 1) * module
        start = 0
        for is_dark, group in groupby(row):
            length = len(list(group))
            if is_dark:
                path.rect(round(box.x + start * module, 3), round(y, 3), round(length * module, 3), round(module, 3))
            start += length
    pdf.setFillColor(INK)
    pdf.drawPath(path, stroke=0, fill=1)
