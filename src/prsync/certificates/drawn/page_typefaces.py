"""The typefaces of the page's own words and figures: EB Garamond in four cuts, with the letters of its languages."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR: Final = "EBGaramond-Regular"
ITALIC: Final = "EBGaramond-Italic"
MEDIUM: Final = "EBGaramond-Medium"
SEMIBOLD: Final = "EBGaramond-SemiBold"

_FOLDER: Final = files("prsync.certificates") / "fonts"


@cache
def register_typefaces() -> None:
    """Make the typefaces known to reportlab by their names, once in a process."""
    for name in (REGULAR, ITALIC, MEDIUM, SEMIBOLD):
        file = BytesIO((_FOLDER / f"{name}.ttf").read_bytes())
        registerFont(TTFont(name, file, asciiReadable=True, shapable=False))
