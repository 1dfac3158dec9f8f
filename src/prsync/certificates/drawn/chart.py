"""The month's daily pages as a quiet strip: one bar for each day, dark on working days and lighter on weekends."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from prsync.certificates.drawn.drawing import Box, Point, Style, draw_horizontal_line, draw_text, fill_box
from prsync.certificates.drawn.page_typefaces import ITALIC, REGULAR
from prsync.certificates.drawn.palette import GREY, INK, LINE_GREY
from prsync.core.periods import days, is_weekend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reportlab.lib.colors import Color
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.drawn.palette import Accent
    from prsync.certificates.facts import Facts

_SMALL: Final = Style(REGULAR, 8, GREY)
_WORD: Final = Style(ITALIC, 8.5, GREY)
_LABELLED: Final = (1, 10, 20)
# A day with a few pages must not look like one without any.
_LEAST_HEIGHT: Final = 2.4


def draw_chart(pdf: Canvas, facts: Facts, box: Box, accent: Accent) -> None:
    """Draw the strip into `box`, to its left the most pages of a day and what they are, and some days' numbers below.

    The line below is dark where a day is deposited, with or without pages, and grey where it is not.
    """
    pages = {deposit.date: deposit.pages for deposit in facts.days}
    month = list(days(facts.month.first_day, facts.month.last_day))
    most = max(pages.values(), default=0)
    width = box.width / len(month)
    draw_horizontal_line(pdf, left=box.x, right=box.right, y=box.y, color=LINE_GREY)
    for first, last in _runs([place for place, day in enumerate(month) if day in pages]):
        left, right = round(box.x + first * width, 2), round(box.x + (last + 1) * width, 2)
        draw_horizontal_line(pdf, left=left, right=right, y=box.y, color=INK)
    for place, day in enumerate(month):
        column = Box(round(box.x + place * width, 2), box.y, round(width, 2), box.height)
        if pages.get(day):
            _draw_bar(pdf, column, pages[day], most=most, color=accent.light if is_weekend(day) else accent.quiet)
    if most:
        text = facts.words.most_pages
        draw_text(pdf, text, Point(box.x - 6 - _SMALL.width(text), box.top - 5), _SMALL)
    word = facts.words.pages_a_day
    draw_text(pdf, word, Point(box.x - 6 - _WORD.width(word), (box.top - 14) if most else box.y), _WORD)
    for number in (*_LABELLED, month[-1].day):
        label = str(number)
        middle = box.x + (number - 0.5) * width
        draw_text(pdf, label, Point(middle - _SMALL.width(label) / 2, box.y - 10), _SMALL)


def _draw_bar(pdf: Canvas, column: Box, pages: int, *, most: int, color: Color) -> None:
    height = max(column.height * pages / most, _LEAST_HEIGHT)
    bar = Box(column.x + round(column.width * 0.26, 2), column.y, round(column.width * 0.48, 2), round(height, 2))
    fill_box(pdf, bar, color)


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of numbers that follow one another."""
    for _, group in groupby(enumerate(places), lambda one: one[1] - one[0]):
        run = [place for _, place in group]
        yield run[0], run[-1]
