"""A small TrueType font of the glyphs of one certificate's names: all that is needed to draw them, on any machine."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Final, NamedTuple

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prsync.certificates.lettering.typefaces import Typeface

_UNITS: Final = 1000
# How far a curve may leave the one that it stands for, in thousandths of the size: far less than a printer's dot.
_MOST_ERROR: Final = 0.5


class _Outline(NamedTuple):
    """A glyph as a TrueType font has it: its code, its bounds in font units, how many points and contours it has."""

    code: bytes
    bounds: tuple[int, int, int, int]
    points: int
    contours: int


_EMPTY: Final = _Outline(b"", (0, 0, 0, 0), 0, 0)


def make_font(glyphs: Mapping[str, tuple[Typeface, int, int]]) -> bytes:
    """The font: for each character by which a glyph is called, its typeface, its number there and its width.

    The same glyphs give the same bytes. OpenType outlines (CFF) become TrueType ones, which is what reportlab embeds.
    """
    names = {char: f"g{place}" for place, char in enumerate(glyphs, start=1)}
    outlines = {".notdef": _EMPTY}
    widths = {".notdef": _UNITS}
    for char, (typeface, number, width) in glyphs.items():
        outlines[names[char]] = _outline(typeface, number)
        widths[names[char]] = width
    builder = FontBuilder(_UNITS, isTTF=True)
    # What fontTools would work out anew from every glyph's points is set below, from what is known of each outline.
    builder.font.recalcBBoxes = False
    builder.setupGlyphOrder(list(outlines))
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    builder.setupGlyf({name: Glyph() for name in outlines}, calcGlyphBounds=False)
    for name, outline in outlines.items():
        builder.font["glyf"][name] = Glyph(outline.code)
    builder.setupHorizontalMetrics({name: (width, outlines[name].bounds[0]) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=1000, descent=-300, advanceWidthMax=max(widths.values()))
    lefts, bottoms, rights, tops = zip(*(outline.bounds for outline in outlines.values()), strict=True)
    # Every date is the epoch of TrueType, so that the bytes depend on the glyphs alone.
    builder.updateHead(created=0, modified=0, xMin=min(lefts), yMin=min(bottoms), xMax=max(rights), yMax=max(tops))
    builder.setupNameTable({"familyName": "Names", "styleName": "Regular", "psName": "PrsyncNames"}, mac=False)
    builder.setupOS2(sTypoAscender=1000, sTypoDescender=-300, usWinAscent=1000, usWinDescent=300)
    builder.setupPost(keepGlyphNames=False)
    builder.font["maxp"].maxPoints = max(outline.points for outline in outlines.values())
    builder.font["maxp"].maxContours = max(outline.contours for outline in outlines.values())
    builder.font.recalcTimestamp = False
    file = BytesIO()
    builder.save(file)
    return file.getvalue()


@lru_cache(maxsize=4096)  # the issuer's lines are the same on every certificate, and names have the same letters
def _outline(typeface: Typeface, number: int) -> _Outline:
    pen = TTGlyphPen(None)
    scale = _UNITS / typeface.units_per_em
    # Drawn and not copied: parts of other glyphs come along as outlines, and every kind of font can be drawn.
    drawing = DecomposingRecordingPen(typeface.glyphs)
    typeface.glyph(number).draw(drawing)
    drawing.replay(TransformPen(Cu2QuPen(pen, _MOST_ERROR), (scale, 0, 0, scale, 0, 0)))
    glyph = pen.glyph()
    if not glyph.numberOfContours:
        return _EMPTY
    code = glyph.compile(None)
    bounds = glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax
    return _Outline(code, bounds, len(glyph.coordinates), glyph.numberOfContours)
