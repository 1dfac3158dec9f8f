"""Drawing names: glyph by glyph from the certificate's own font, with the text beside them for whoever copies it."""

from __future__ import annotations

import re
from contextlib import contextmanager, nullcontext
from io import BytesIO
from typing import TYPE_CHECKING, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from prsync.certificates.drawn.drawing import read_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reportlab.lib.colors import Color
    from reportlab.pdfbase.pdfdoc import PDFDocument
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.pdfgen.textobject import PDFTextObject

    from prsync.certificates.drawn.drawing import Point
    from prsync.certificates.lettering.lettering import Line, PlacedGlyph

# In a font's table of what each code is read as: the code, and the character that calls it.
_CALLED: Final = re.compile(r"<([0-9A-F]{2})> <([0-9A-F]{4,6})>")


class _NamesFont(TTFont):  # type: ignore[misc]  # reportlab has no types
    """The font of a certificate's names, in which a glyph may be read as something else than what calls it."""

    def __init__(self, data: bytes, readings: Mapping[str, str]) -> None:
        super().__init__("Names", BytesIO(data), asciiReadable=True, shapable=False)
        self._readings = readings

    def addObjects(self, doc: PDFDocument) -> None:  # noqa: N802  # reportlab's name
        """Add the font to a document, with what each of its glyphs is read as."""
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:") and name.endswith(f"+{self.face.name.decode()}"):
                stream.content = _CALLED.sub(self._read, stream.content)

    def _read(self, called: re.Match[str]) -> str:
        char = chr(int(called[2], 16))
        return f"<{called[1]}> <{self._readings.get(char, char).encode('utf-16-be').hex().upper()}>"


@contextmanager
def names_font(data: bytes | None, readings: Mapping[str, str]) -> Iterator[str | None]:
    """The font of a certificate's names, known to reportlab by the name that is returned, as long as it is drawn."""
    if data is None:
        yield None
        return
    font = _NamesFont(data, readings)
    pdfmetrics.registerFont(font)
    try:
        yield font.fontName
    finally:
        # Every certificate has another one, which reportlab would take for the one before it.
        font.unregister()


def draw_line(pdf: Canvas, line: Line, at: Point, *, font: str, size: float, color: Color) -> None:
    """Draw a line of a name from where its baseline begins."""
    start = 0
    for count, letters in line.letters or ((len(line.glyphs), line.text),):
        # A glyph that is one letter of a line that runs from right to left says so by itself.
        with read_as(pdf, letters) if count > 1 or not line.letters else nullcontext():
            _draw_glyphs(pdf, line.glyphs[start : start + count], at, font=font, size=size, color=color)
        start += count


def _draw_glyphs(
    pdf: Canvas, glyphs: Sequence[PlacedGlyph], at: Point, *, font: str, size: float, color: Color
) -> None:
    face = pdfmetrics.getFont(font).face
    text = pdf.beginText(at.x, at.y)
    text.setFont(font, size)
    text.setFillColor(color)
    piece, place, next_x = "", (0, 0), 0
    for char, x, y in glyphs:
        # As long as a glyph stands where the one before it ends, both are one piece.
        if piece and (x, y) == (next_x, place[1]):
            piece += char
        else:
            _draw_piece(text, piece, at, place, size)
            piece, place = char, (x, y)
        next_x = x + face.getCharWidth(ord(char))
    _draw_piece(text, piece, at, place, size)
    pdf.drawText(text)


def _draw_piece(text: PDFTextObject, piece: str, at: Point, place: tuple[int, int], size: float) -> None:
    if piece:
        text.setTextOrigin(round(at.x + place[0] * size / 1000, 2), round(at.y + place[1] * size / 1000, 2))
        text.textOut(piece)


def width_of(line: Line, size: float) -> float:
    """How wide a line is in a size, both in points."""
    return line.width * size / 1000
