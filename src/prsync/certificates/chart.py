"""The month's daily pages as a small chart: a bar a day, working days dark and weekends pale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reportlab.pdfbase.pdfmetrics import stringWidth

from prsync.certificates.palette import GREEN, GREY, HAIRLINE, INK, MIST, PALE
from prsync.certificates.typeface import REGULAR, SEMIBOLD
from prsync.core.periods import days

if TYPE_CHECKING:
    from datetime import date

    from reportlab.lib.colors import Color
    from reportlab.pdfgen.canvas import Canvas

    from prsync.certificates.facts import Facts

_SATURDAY: Final = 5
_SMALL: Final = 9
_UNITS: Final = ((10**12, " trillion"), (10**9, " billion"), (10**6, " million"), (1, ""))


def draw_chart(pdf: Canvas, facts: Facts, x: float, y: float, width: float, height: float) -> None:
    """Draw the chart into a box, in points, whose lower edge is the line that the bars stand on.

    Below it stand the days' numbers, above it what is shown. A day that is not deposited has a grey number and no bar.
    """
    pages = {deposit.date: deposit.pages for deposit in facts.days}
    top = nice_top(max(pages.values(), default=0))
    gutter = 12 + max(stringWidth(scale_label(number), REGULAR, _SMALL) for number in (top, top // 2))
    month = list(days(facts.month.first_day, facts.month.last_day))
    step = (width - gutter) / len(month)
    lefts = {day: x + gutter + place * step for place, day in enumerate(month)}
    for day in filter(is_weekend, month):
        _box(pdf, MIST, lefts[day], y, step, height)
    for number in (top, top // 2):
        _level(pdf, HAIRLINE, lefts[month[0]], x + width, y + height * number / top)
        _small(pdf, GREY, x, y + height * number / top - 2.8, scale_label(number))
    for day in month:
        if pages.get(day):
            tall = max(height * pages[day] / top, 0.5)
            _box(pdf, PALE if is_weekend(day) else GREEN, lefts[day] + step * 0.2, y, step * 0.6, tall)
        middle = lefts[day] + (step - stringWidth(str(day.day), REGULAR, _SMALL)) / 2
        _small(pdf, INK if day in pages and not is_weekend(day) else GREY, middle, y - 12.5, str(day.day))
    _level(pdf, INK, lefts[month[0]], x + width, y)
    _legend(pdf, x, x + width, y + height + 14)


def is_weekend(day: date) -> bool:
    """Whether it is a Saturday or a Sunday."""
    return day.weekday() >= _SATURDAY


def nice_top(most: int) -> int:
    """The number at the top of the scale: even, at least `most`, and 1, 2, 4, 6 or 8 times a power of ten."""
    power: int = 10 ** (len(str(most)) - 1)
    tops = (step * power for step in (1, 2, 4, 6, 8, 10))
    return next(top for top in tops if top >= most and top % 2 == 0)


def scale_label(number: int) -> str:
    """A number on the scale, short and exact: 20,000 or 500 million."""
    unit, word = next((unit, word) for unit, word in _UNITS if number >= unit)
    return f"{number // unit:,}{word}"


def _legend(pdf: Canvas, left: float, right: float, y: float) -> None:
    pdf.setFillColor(INK)
    pdf.setFont(SEMIBOLD, 11)
    pdf.drawString(left, y, "Pages a day")
    for text, color in (("Saturday and Sunday", PALE), ("Monday to Friday", GREEN)):
        right -= stringWidth(text, REGULAR, _SMALL)
        _small(pdf, GREY, right, y, text)
        _box(pdf, color, right - 11, y - 0.2, 6.5, 6.5)
        right -= 28


def _small(pdf: Canvas, color: Color, x: float, y: float, text: str) -> None:
    pdf.setFillColor(color)
    pdf.setFont(REGULAR, _SMALL)
    pdf.drawString(x, y, text)


def _level(pdf: Canvas, color: Color, left: float, right: float, y: float) -> None:
    pdf.setStrokeColor(color)
    pdf.setLineWidth(0.5)
    pdf.line(left, y, right, y)


def _box(pdf: Canvas, color: Color, x: float, y: float, width: float, height: float) -> None:
    pdf.setFillColor(color)
    pdf.rect(x, y, width, height, stroke=0, fill=1)
