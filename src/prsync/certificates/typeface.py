"""The typefaces of the page: which one shows a character, and how wide a text is, kerning included."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Final

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import getFont, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont

from prsync.errors import UnprintableNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGULAR: Final = "EBGaramond-Regular"
"""Latin, Greek and Cyrillic. The others have only what the page itself says."""
ITALIC: Final = "EBGaramond-Italic"
MEDIUM: Final = "EBGaramond-Medium"
SEMIBOLD: Final = "EBGaramond-SemiBold"

_FOLDER: Final = files("prsync.certificates") / "fonts"

_EAST_ASIAN: Final = (
    ("gb2312", "STSong-Light"),
    ("big5", "MSung-Light"),
    ("shift_jis", "HeiseiMin-W3"),
    ("euc_kr", "HYSMyeongJo-Medium"),
)
"""Typefaces that PDF readers bring themselves, and the character set that each is sure to have."""


@cache
def load() -> None:
    """Make the typefaces known to reportlab, once."""
    for name in (REGULAR, ITALIC, MEDIUM, SEMIBOLD):
        file = BytesIO((_FOLDER / f"{name}.ttf").read_bytes())
        registerFont(TTFont(name, file, asciiReadable=True, shapable=False))
    for _, name in _EAST_ASIAN:
        registerFont(UnicodeCIDFont(name))


@cache
def _kerning() -> Mapping[tuple[str, str], float]:
    """What is added between two letters of REGULAR, in thousandths of the size; accents do not matter."""
    classes = json.loads((_FOLDER / f"{REGULAR}.kerning.json").read_text(encoding="utf-8"))
    return {
        (first, second): thousandths
        for firsts, row in classes.items()
        for seconds, thousandths in row.items()
        for first in firsts
        for second in seconds
    }


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and of each of its characters the typeface, the width, and the room after it, at size 1."""

    chars: str
    faces: tuple[str, ...]
    advances: tuple[float, ...]
    kerns: tuple[float, ...]

    def part(self, start: int, end: int) -> Text:
        """A part of it, without the spaces at its ends."""
        chars = self.chars[start:end]
        start += len(chars) - len(chars.lstrip(" "))
        chars = chars.strip(" ")
        end = start + len(chars)
        return Text(chars, self.faces[start:end], self.advances[start:end], self.kerns[start:end])

    def width(self, size: float) -> float:
        """Its width in points."""
        return size * (sum(self.advances) + sum(self.kerns[:-1]))

    def pieces(self) -> Iterator[tuple[str, str, float]]:
        """What can be drawn in one go: the typeface, the characters, and the room after each of them, at size 1."""
        for (face, kern), run in groupby(range(len(self.chars)), lambda at: (self.faces[at], self.kerns[at])):
            yield face, "".join(self.chars[at] for at in run), kern


def shown(text: str) -> Text:
    """A text of any script; UnprintableNameError where no typeface here has some of its characters."""
    load()
    text = unicodedata.normalize("NFC", text)
    glyphs = getFont(REGULAR).face.charToGlyph
    foreign = "".join(dict.fromkeys(char for char in text if ord(char) not in glyphs))
    other = _east_asian(foreign)
    if other is None:
        raise UnprintableNameError(text, foreign)
    faces = tuple(REGULAR if ord(char) in glyphs else other for char in text)
    advances = tuple(stringWidth(char, face, 1.0) for char, face in zip(text, faces, strict=True))
    kerns = (*(_kern(*pair) for pair in pairwise(text)), 0.0)
    return Text(text, faces, advances, kerns[: len(text)])


def _kern(first: str, second: str) -> float:
    return _kerning().get((_letter(first), _letter(second)), 0) / 1000


def _letter(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0]


def _east_asian(chars: str) -> str | None:
    for charset, face in _EAST_ASIAN:
        try:
            chars.encode(charset)
        except UnicodeEncodeError:
            continue
        return face
    return None
