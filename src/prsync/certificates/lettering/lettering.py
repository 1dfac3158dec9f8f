"""Texts set as glyphs, as the ledger keeps them: with the font of exactly those glyphs they are drawn anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from prsync.certificates.lettering.glyph_font import make_font
from prsync.certificates.lettering.shaping import levels, shape
from prsync.certificates.lettering.typefaces import is_printed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prsync.certificates.lettering.shaping import ShapedGlyph
    from prsync.certificates.lettering.typefaces import Typeface

# reportlab draws another space for it.
_NO_BREAK_SPACE: Final = "\u00a0"
_NOTHING: Final = "\u200b"
"""Zero width space: a PDF has no way to say that a glyph is not read at all."""


class PlacedGlyph(NamedTuple):
    """A glyph by the character that calls it in the certificate's font; its place in thousandths of the size."""

    char: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is read (`text`), its width in thousandths of the size, and its glyphs from left to right.

    `letters` are for a line in which something runs from right to left: how many glyphs from the left each letter has,
    and the letter. Other programs turn such a text round by themselves, letter by letter.
    """

    text: str
    width: int
    glyphs: tuple[PlacedGlyph, ...]
    letters: tuple[tuple[int, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """As the facts keep it."""
        return {
            "text": self.text,
            "width": self.width,
            "glyphs": [list(glyph) for glyph in self.glyphs],
            "letters": [list(letter) for letter in self.letters],
        }

    @classmethod
    def from_document(cls, kept: dict[str, Any]) -> Self:
        """From what `document` has made."""
        glyphs = tuple(PlacedGlyph(*glyph) for glyph in kept["glyphs"])
        letters = tuple((count, letter) for count, letter in kept["letters"])
        return cls(kept["text"], kept["width"], glyphs, letters)


class Letterer:
    """Sets lines, and makes the one font of all their glyphs."""

    def __init__(self) -> None:
        self._glyphs: dict[str, tuple[Typeface, int, int]] = {}
        self._chars: dict[tuple[Typeface, int], str] = {}
        self.readings: dict[str, str] = {}
        """What each glyph is read as that is not called by its own letter."""

    def line(self, text: str) -> Line:
        """A text on one line; UnprintableNameError where no typeface of this machine has one of its letters."""
        shaped = shape(text)
        letters = _letters(text, shaped)
        clusters = [glyph.cluster for glyph in shaped]
        # Of a letter that has several glyphs, the first is read as the letter, and the others as nothing.
        read_as = [
            letters[cluster] if place == 0 or clusters[place - 1] != cluster else _NOTHING
            for place, cluster in enumerate(clusters)
        ]
        placed = tuple(
            PlacedGlyph(self._char_of(glyph, letter), glyph.x, glyph.y)
            for glyph, letter in zip(shaped, read_as, strict=True)
        )
        width = sum(glyph.advance for glyph in shaped)
        if not any(level % 2 for level in levels(text)):
            return Line(text, width, placed)
        by_letter = ((cluster, len(list(group))) for cluster, group in groupby(clusters))
        return Line(text, width, placed, tuple((count, letters[cluster]) for cluster, count in by_letter))

    def lines(self, texts: Iterable[str]) -> tuple[Line, ...]:
        """Each text on a line of its own."""
        return tuple(map(self.line, texts))

    def font(self) -> bytes | None:
        """The TrueType font of all glyphs that were set; None where there is none."""
        return make_font(self._glyphs) if self._glyphs else None

    def _char_of(self, glyph: ShapedGlyph, letter: str) -> str:
        key = (glyph.typeface, glyph.number)
        if key not in self._chars:
            # Its own letter where it has one, so that programs that know of nothing else read the text; else one of
            # the characters that Unicode leaves to private use.
            seen = "".join(filter(is_printed, letter))
            is_free = len(seen) == 1 and seen not in self._glyphs and seen != _NO_BREAK_SPACE
            char = seen if is_free else chr(0xE000 + len(self._glyphs))
            if not is_free:
                self.readings[char] = letter
            self._chars[key] = char
            width = glyph.typeface.shaper.get_glyph_h_advance(glyph.number)
            self._glyphs[char] = (glyph.typeface, glyph.number, max(width, 0))
        return self._chars[key]


def _letters(text: str, shaped: Sequence[ShapedGlyph]) -> dict[int, str]:
    """By the place of its first character in the text, each letter that has glyphs of its own: its characters."""
    starts = sorted({glyph.cluster for glyph in shaped})
    return {start: text[start:end] for start, end in pairwise([*starts, len(text)])}
