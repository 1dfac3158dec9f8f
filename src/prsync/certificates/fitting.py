"""How a text of any length is made to fit its place on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.certificates.typeface import REGULAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.certificates.typeface import Text

LEADING: Final = 1.1
"""From one baseline of a text to the next, in its size."""


def fit(text: Text, width: float, height: float, sizes: Sequence[float]) -> tuple[float, list[Text]]:
    """Set a text into a box, in points: the largest of `sizes` at which its lines fit, and those lines.

    A word is only broken where no size spares it. The last size is taken whether it fits or not.
    """
    for breaks_words in (False, True):
        for size in sizes:
            lines = _lines(text, width, size, breaks_words=breaks_words)
            if lines and len(lines) * size * LEADING <= height:
                return size, lines
    return sizes[-1], _lines(text, width, sizes[-1], breaks_words=True)


def _lines(text: Text, width: float, size: float, *, breaks_words: bool) -> list[Text]:
    """The lines; none where a word is too long for one and may not be broken."""
    lines: list[Text] = []
    start = 0
    while start < len(text.chars):
        end = _end_of_line(text, start, width / size)
        if end < len(text.chars):
            breaks = [at for at in range(start + 1, end + 1) if _may_break(text, at)]
            if not breaks and not breaks_words:
                return []
            end = breaks[-1] if breaks else end
        lines.append(text.part(start, end))
        start = end
    return lines


def _end_of_line(text: Text, start: int, width: float) -> int:
    """Where a line that starts at `start` is full; `width` is in sizes of the text. At least one character fits."""
    end, used = start, 0.0
    while end < len(text.chars) and (end == start or used + text.advances[end] <= width):
        used += text.advances[end] + text.kerns[end]
        end += 1
    return end


def _may_break(text: Text, at: int) -> bool:
    """Between words, and beside any East Asian character."""
    return " " in text.chars[at - 1 : at + 1] or {*text.faces[at - 1 : at + 1]} != {REGULAR}
