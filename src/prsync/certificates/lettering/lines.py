"""How a name of any length is broken into lines, in the largest size that has room for it."""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Final

from prsync.certificates.lettering.shaping import shape

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_SPACING: Final = 1.12
"""The distance between the baselines of two lines, as a multiple of the size."""

_AFTER_A_WORD: Final = frozenset(" -\N{KATAKANA MIDDLE DOT}")
_NEVER_FIRST: Final = frozenset("\u30fc\u3005ァィゥェォッャュョぁぃぅぇぉっゃゅょ")
"""The long vowel, the repetition mark and the small letters of Japanese."""

_NEARLY: Final = 0.8
"""A name is set so much smaller for the sake of whole words."""

_LEAST_OF_LAST_LINE: Final = 0.2
_WITHOUT_SPACES: Final = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")


_UNBROKEN: Final = frozenset(
    {"公司", "有限", "限公", "股份", "份有", "分公", "集團", "集团", "株式", "式会", "会社", "주식", "식회", "회사"}
)
"""Neighbours in the words for a company, which a line's end would tear apart."""


def break_lines(text: str, *, width: float, height: float, sizes: Sequence[float]) -> tuple[float, list[str]]:
    """The largest of `sizes` (points, largest first) at which the text fits into a box, and its lines.

    Words are broken only where no size avoids it. The last line is at least a fifth of the longest one.
    """
    measured = _Measured(text)
    by_word, by_letter, anywhere = measured.kinds_of_breaks
    largest = partial(_largest, measured, width=width, height=height, sizes=sizes)
    whole = largest(by_word)
    torn = whole if by_letter == by_word else largest(by_letter)
    if whole is not None and (torn is None or whole[0] >= _NEARLY * torn[0]):
        return whole
    # A name too long for its box reaches out of it below. Cut off, it could be read as another customer's.
    too_long = sizes[-1], measured.lines(1000 * width / sizes[-1], anywhere) or [text]
    return torn or largest(anywhere) or too_long


def _largest(
    measured: _Measured, breaks: Sequence[int], *, width: float, height: float, sizes: Sequence[float]
) -> tuple[float, list[str]] | None:
    for size in sizes:
        lines = measured.lines(1000 * width / size, breaks)
        if lines and len(lines) * size * LINE_SPACING <= height:
            return size, lines
    return None


class _Measured:
    """A text and the width of each of its characters, in thousandths of the size."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._widths = [0] * len(text)
        for glyph in shape(text):
            self._widths[glyph.cluster] += glyph.advance
        places = range(1, len(text))
        clusters = [place for place in places if self._widths[place] and not _joins(text[place])]
        words = [place for place in clusters if _is_word_boundary(text[place - 1], text[place])]
        self.kinds_of_breaks = ([place for place in words if text[place - 1] in _AFTER_A_WORD], words, clusters)
        """Where a line may end: after a blank or a mark; between letters of scripts without blanks, too; anywhere."""

    def lines(self, width: float, breaks: Sequence[int]) -> list[str]:
        """Lines of nearly one width, as few as fit into `width`; none where something else would have to be broken."""
        found = self._filled(width, breaks)
        if not found:
            return []
        # As many lines, but each as narrow as that allows: the last one is not left with one short word.
        low, high = width / len(found) / 2, width
        for _ in range(16):
            middle = (low + high) / 2
            narrower = self._filled(middle, breaks)
            if narrower and len(narrower) <= len(found):
                high = middle
            else:
                low = middle
        balanced = self._filled(high, breaks)
        widths = [self._width(start, end) for start, end in balanced]
        if widths[-1] < _LEAST_OF_LAST_LINE * max(widths):
            return []
        return [self._text[start:end].strip(" ") for start, end in balanced]

    def _filled(self, width: float, breaks: Sequence[int]) -> list[tuple[int, int]]:
        """Where each line starts and ends if every line takes what it can; nothing where a piece is too wide."""
        lines, start = [], 0
        ends = [*breaks, len(self._text)]
        position = 0
        while start < len(self._text):
            end = None
            while position < len(ends) and self._width(start, ends[position]) <= width:
                end = ends[position]
                position += 1
            if end is None:
                return []
            lines.append((start, end))
            start = end
        return lines

    def _width(self, start: int, end: int) -> int:
        while end > start and self._text[end - 1] == " ":
            end -= 1
        return sum(self._widths[start:end])


def _joins(char: str) -> bool:
    """Whether a character belongs to the letter before it."""
    return unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf"}


def _is_word_boundary(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if before in _AFTER_A_WORD:
        return after != " "
    if after in _NEVER_FIRST:
        return False
    if before + after in _UNBROKEN:
        return False
    # These are written without spaces, and may be broken at any character; not before a closing mark.
    return any(unicodedata.name(char, "").startswith(_WITHOUT_SPACES) for char in (before, after)) and (
        unicodedata.category(after) not in {"Pe", "Pf", "Po"} and unicodedata.category(before) not in {"Ps", "Pi"}
    )
