"""How a text of any length is made to fit its place on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.certificates.typeface import REGULAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prsync.certificates.typeface import TypesetText

LINE_SPACING: Final = 1.1
"""The distance between the baselines of two lines, as a multiple of the typeface's size."""


def fit_text(
    text: TypesetText, *, width: float, height: float, sizes: Sequence[float]
) -> tuple[float, list[TypesetText]]:
    """Break a text into lines for a box of `width` and `height`, in points.

    `sizes` are those to choose from, in points, largest first. Returns the largest at which the lines fit into the
    box, and the lines. A word is broken only where no size avoids it. Where no size fits, it is the last one.
    """
    for may_break_words in (False, True):
        for size in sizes:
            lines = _lines(text, width, size, may_break_words=may_break_words)
            if lines and len(lines) * size * LINE_SPACING <= height:
                return size, lines
    # A name too long for its box reaches out of it below. Cut off, it could be read as another customer's.
    return sizes[-1], _lines(text, width, sizes[-1], may_break_words=True)


def _lines(text: TypesetText, width: float, size: float, *, may_break_words: bool) -> list[TypesetText]:
    """The lines of a text; none where a word is wider than `width` and may not be broken."""
    lines: list[TypesetText] = []
    start = 0
    while start < len(text.chars):
        end = _end_of_line(text, start, width / size)
        if end < len(text.chars):
            breaks = [position for position in range(start + 1, end + 1) if _is_word_boundary(text, position)]
            if not breaks and not may_break_words:
                return []
            end = breaks[-1] if breaks else end
        lines.append(text.part(start, end))
        start = end
    return lines


def _end_of_line(text: TypesetText, start: int, width: float) -> int:
    """The position at which a line that begins at `start` is full; `width` is a multiple of the typeface's size."""
    end, used = start, 0.0
    # The first character is taken even where it is wider than the line: the loop above must come to an end.
    while end < len(text.chars) and (end == start or used + text.advances[end] <= width):
        used += text.advances[end] + text.kerns[end]
        end += 1
    return end


def _is_word_boundary(text: TypesetText, position: int) -> bool:
    """Whether a line may end before the character at `position`."""
    # Chinese, Japanese and Korean are written without spaces, and may be broken at any character.
    is_beside_east_asian = {*text.typefaces[position - 1 : position + 1]} != {REGULAR}
    return " " in text.chars[position - 1 : position + 1] or is_beside_east_asian
