"""The month's daily pages as a small bar chart: one bar for each day, dark on working days and pale on weekends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.certificates.drawing import Box, Point, Style, draw_horizontal_line, draw_text, fill_box
from prsync.certificates.palette import GREEN, GREY, INK, LINE_GREY, PALE_GREEN, PALE_GREY
from prsync.certificates.typeface import REGULAR, SEMIBOLD
from prsync.core.periods import days

if TYPE_CHECKING:
    from datetime import date

    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.facts import Facts

_SATURDAY: Final = 5
_LABEL: Final = Style(REGULAR, 9, GREY)
_WORKING_DAY_LABEL: Final = _LABEL._replace(color=INK)
_TITLE: Final = Style(SEMIBOLD, 11, INK)
_UNITS: Final = ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"), (1, ""))


def draw_chart(pdf: Canvas, facts: Facts, box: Box) -> None:
    """Draw the chart into `box`: the bars stand on its lower side, and the scale's highest number is at its upper side.

    The days' numbers stand below the box, the title and the legend above it. A day that is not deposited has a grey
    number and no bar.
    """
    pages = {deposit.date: deposit.pages for deposit in facts.days}
    scale_top = round_up_to_scale(max(pages.values(), default=0))
    scale_numbers = (scale_top, scale_top // 2)
    scale_width = 12 + max(_LABEL.width(scale_label(number)) for number in scale_numbers)
    month = list(days(facts.month.first_day, facts.month.last_day))
    day_width = (box.width - scale_width) / len(month)
    columns = {
        day: Box(box.x + scale_width + place * day_width, box.y, day_width, box.height)
        for place, day in enumerate(month)
    }
    bars_left = columns[month[0]].x
    # What is drawn later covers what is there: first the background, then the scale's lines, then the bars.
    for day in filter(is_weekend, month):
        fill_box(pdf, columns[day], PALE_GREY)
    for number in scale_numbers:
        y = box.y + box.height * number / scale_top
        draw_horizontal_line(pdf, left=bars_left, right=box.right, y=y, color=LINE_GREY)
        draw_text(pdf, scale_label(number), Point(box.x, y - 2.8), _LABEL)
    for day, column in columns.items():
        _draw_day(pdf, column, day, pages=pages.get(day), scale_top=scale_top)
    draw_horizontal_line(pdf, left=bars_left, right=box.right, y=box.y, color=INK)
    _draw_legend(pdf, left=box.x, right=box.right, y=box.top + 14)


def _draw_day(pdf: Canvas, column: Box, day: date, *, pages: int | None, scale_top: int) -> None:
    """Draw a day's bar and its number below; `pages` is None where the day is not deposited."""
    if pages:
        # Half a point at least: a day with a few pages must not look like a day without any.
        height = max(column.height * pages / scale_top, 0.5)
        bar = Box(column.x + column.width * 0.2, column.y, column.width * 0.6, height)
        fill_box(pdf, bar, PALE_GREEN if is_weekend(day) else GREEN)
    style = _LABEL if pages is None or is_weekend(day) else _WORKING_DAY_LABEL
    number = str(day.day)
    centred = column.x + (column.width - style.width(number)) / 2
    draw_text(pdf, number, Point(centred, column.y - 12.5), style)


def is_weekend(day: date) -> bool:
    """Whether it is a Saturday or a Sunday."""
    return day.weekday() >= _SATURDAY


def round_up_to_scale(most: int) -> int:
    """The number at the top of a scale that reaches to `most`: 1, 2, 4, 6 or 8 times a power of ten, and even.

    It is even because the scale's other number is half of it.
    """
    power: int = 10 ** (len(str(most)) - 1)
    tops = (step * power for step in (1, 2, 4, 6, 8, 10))
    return next(top for top in tops if top >= most and top % 2 == 0)


def scale_label(number: int) -> str:
    """A number on the scale, short and exact: 20,000 or 500 million."""
    unit, word = next((unit, word) for unit, word in _UNITS if number >= unit)
    return f"{number // unit:,}{word}"


def _draw_legend(pdf: Canvas, *, left: float, right: float, y: float) -> None:
    draw_text(pdf, "Pages a day", Point(left, y), _TITLE)
    # From right to left, so that the entries end where the chart ends.
    for text, color in (("Saturday and Sunday", PALE_GREEN), ("Monday to Friday", GREEN)):
        right -= _LABEL.width(text)
        draw_text(pdf, text, Point(right, y), _LABEL)
        fill_box(pdf, Box(right - 11, y - 0.2, 6.5, 6.5), color)
        right -= 28
