"""The typefaces of the page: which of them has a character, and how wide a text is, kerning included."""

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

# The file of REGULAR has Latin, Greek and Cyrillic, for names. The others have only the characters of the page's own
# words, to keep the package small.
REGULAR: Final = "EBGaramond-Regular"
ITALIC: Final = "EBGaramond-Italic"
MEDIUM: Final = "EBGaramond-Medium"
SEMIBOLD: Final = "EBGaramond-SemiBold"

_FOLDER: Final = files("prsync.certificates") / "fonts"

# A typeface with all Chinese, Japanese and Korean characters would be larger than the rest of prsync. PDF readers
# have these by name; beside each stands a character set that it is sure to cover.
_EAST_ASIAN: Final = (
    ("gb2312", "STSong-Light"),
    ("big5", "MSung-Light"),
    ("shift_jis", "HeiseiMin-W3"),
    ("euc_kr", "HYSMyeongJo-Medium"),
)


@cache
def register_typefaces() -> None:
    """Make the typefaces known to reportlab by their names, once in a process."""
    for name in (REGULAR, ITALIC, MEDIUM, SEMIBOLD):
        file = BytesIO((_FOLDER / f"{name}.ttf").read_bytes())
        registerFont(TTFont(name, file, asciiReadable=True, shapable=False))
    for _, name in _EAST_ASIAN:
        registerFont(UnicodeCIDFont(name))


@cache
def _kerning() -> Mapping[tuple[str, str], float]:
    """What is added between two letters of REGULAR, in thousandths of its size, by the letters without accents."""
    # reportlab does not read the kerning of a typeface, so that it comes from a file beside it.
    classes = json.loads((_FOLDER / f"{REGULAR}.kerning.json").read_text(encoding="utf-8"))
    return {
        (first, second): thousandths
        for firsts, row in classes.items()
        for seconds, thousandths in row.items()
        for first in firsts
        for second in seconds
    }


@dataclass(frozen=True, slots=True)
class TypesetText:
    """A text, with the typeface, the width and the kerning of each of its characters.

    `advances` are the widths and `kerns` what is added after each character, both at a size of 1 point. All four have
    the same length.
    """

    chars: str
    typefaces: tuple[str, ...]
    advances: tuple[float, ...]
    kerns: tuple[float, ...]

    def part(self, start: int, end: int) -> TypesetText:
        """The characters from `start` up to `end`, without spaces at the beginning and at the end."""
        chars = self.chars[start:end]
        start += len(chars) - len(chars.lstrip(" "))
        chars = chars.strip(" ")
        place = slice(start, start + len(chars))
        return TypesetText(chars, self.typefaces[place], advances=self.advances[place], kerns=self.kerns[place])

    def width(self, size: float) -> float:
        """The width in points, at a size in points."""
        # The last character's kerning is towards one that is not on this line.
        return size * (sum(self.advances) + sum(self.kerns[:-1]))

    def pieces(self) -> Iterator[tuple[str, str, float]]:
        """The pieces that can each be drawn at once: the typeface, the characters, and the kerning after each of them.

        The kerning is at a size of 1 point, and the same after every character of a piece.
        """
        for (typeface, kern), run in groupby(
            range(len(self.chars)), lambda place: (self.typefaces[place], self.kerns[place])
        ):
            yield typeface, "".join(self.chars[place] for place in run), kern


def typeset(text: str) -> TypesetText:
    """Find the typeface and the width of each character; UnprintableNameError where no typeface has one of them.

    A text may mix REGULAR with one of the East Asian typefaces, and no more.
    """
    register_typefaces()
    # An accent may come as a character of its own, and the typefaces have only the letters with it.
    text = unicodedata.normalize("NFC", text)
    glyphs = getFont(REGULAR).face.charToGlyph
    not_in_regular = "".join(dict.fromkeys(char for char in text if ord(char) not in glyphs))
    other = _east_asian_typeface(not_in_regular)
    if other is None:
        raise UnprintableNameError(text, not_in_regular)
    typefaces = tuple(REGULAR if ord(char) in glyphs else other for char in text)
    advances = tuple(stringWidth(char, typeface, 1.0) for char, typeface in zip(text, typefaces, strict=True))
    kerns = (*(_kern(*pair) for pair in pairwise(text)), 0.0)
    return TypesetText(text, typefaces, advances=advances, kerns=kerns[: len(text)])


def _kern(first: str, second: str) -> float:
    return _kerning().get((_without_accent(first), _without_accent(second)), 0) / 1000


def _without_accent(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0]


def _east_asian_typeface(chars: str) -> str | None:
    """The first typeface that has all of `chars`, which may be none; None where no typeface has them all."""
    for charset, typeface in _EAST_ASIAN:
        try:
            chars.encode(charset)
        except UnicodeEncodeError:
            continue
        return typeface
    return None
