"""A report as one page of HTML that needs nothing else: no script, no request to anywhere."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from prsync import __version__
from prsync.core.text import quantity
from prsync.core.trees import PAGES_PER_TREE, trees

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from prsync.core.model import Month

_HERE: Final = Path(__file__).parent
_FONTS: Final = _HERE.parent / "certificates" / "fonts"
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# Of the drawing of months: its own units, which a browser scales to the width there is.
_CHART_HEIGHT: Final = 180
_BAR_ROOM: Final = 60
_FEW_BARS_ROOM: Final = 100
_YEAR_WIDTH: Final = 12 * _BAR_ROOM
_BAR_SHARE: Final = 0.8
_SPARK_HEIGHT: Final = 24
_SPARK_ROOM: Final = 6

_MONTHS_WITH_ROOM: Final = 14
"""With more months a label and a figure for each would lie on one another."""

_MOST_WITH_ROOM: Final = 9_999_999
"""A longer figure would lie on that of the month beside it."""

MOST_NAMED: Final = 50
"""So many things that need a person are named; a page with more has another problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's row: the pages of each month of the report, and what is wrong now, None where nothing is."""

    name: str
    server: str
    pages_by_month: Sequence[int]
    devices: int
    months_certified: int
    months_due: int
    deposited_through: date | None
    problem: str | None = None

    @property
    def pages(self) -> int:
        """All pages."""
        return sum(self.pages_by_month)

    @property
    def trees(self) -> Decimal:
        """All pages as trees."""
        return trees(self.pages)

    @property
    def sparkline(self) -> str:
        """A bar for each month as the path of an SVG, each customer to a scale of its own."""
        most = max(self.pages_by_month, default=0) or 1
        heights = (round(pages * _SPARK_HEIGHT / most) for pages in self.pages_by_month)
        bars = ((place * _SPARK_ROOM, height) for place, height in enumerate(heights) if height)
        return "".join(f"M{left} {_SPARK_HEIGHT}v-{height}h4v{height}z" for left, height in bars)


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """Of how many customers the data flow now, how many are new and have none yet, and how many are paused."""

    flowing: int = 0
    new: int = 0
    paused: int = 0

    @property
    def sentences(self) -> Sequence[str]:
        """What is so now, where nothing needs anybody."""
        if not (self.flowing or self.new):
            return "Nothing, but no customer is collected now.", *self.of_the_paused
        data = f"the data of {quantity(self.flowing, 'customer')} flow, and " if self.flowing else ""
        new = [f"{quantity(self.new, 'customer')} connected, of whom no data have come yet."] if self.new else []
        return f"Nothing: {data}no reading waits for a decision.", *new, *self.of_the_paused

    @property
    def of_the_paused(self) -> Sequence[str]:
        """That their months stay open."""
        if not self.paused:
            return ()
        months = "its months stay" if self.paused == 1 else "their months stay"
        return (f"{quantity(self.paused, 'customer')} paused: {months} open.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContents:
    """What the page is of. `problems` are what needs a person now, a line each; `complete` says it of each month.

    `customers_incomplete` is how many have a month in it of which not all days are collected.
    """

    months: Sequence[Month]
    complete: Sequence[bool]
    customers: Sequence[Customer]
    customers_incomplete: int = 0
    problems: Sequence[str] = field(default_factory=tuple)
    counts: CustomerCounts = field(default_factory=CustomerCounts)
    now: datetime

    @property
    def names_twice(self) -> set[str]:
        """The names that two customers have, at servers of their own."""
        return {name for name, number in Counter(customer.name for customer in self.customers).items() if number > 1}

    @property
    def pages_by_month(self) -> list[int]:
        """The pages of all customers, by month."""
        return [sum(customer.pages_by_month[place] for customer in self.customers) for place in range(len(self.months))]

    @property
    def pages(self) -> int:
        """All pages."""
        return sum(self.pages_by_month)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A month's bar in the drawing's units, and what is written at it; `number` is from 1 to 12."""

    number: int
    left: float
    middle: float
    top: float
    height: float
    label: str
    year: str
    pages: int
    trees: Decimal
    is_complete: bool
    name: str


def page(contents: PageContents) -> str:
    """The page's HTML."""
    first, last = contents.months[0], contents.months[-1]
    return (
        _environment()
        .get_template("web_page.html.jinja")
        .render(
            contents=contents,
            trees=trees(contents.pages),
            bars=_bars(contents),
            period=_long(first) if first == last else f"{_long(first)} to {_long(last)}",
            chart_width=_bar_room(contents) * len(contents.months),
            bar_width=round(_bar_room(contents) * _BAR_SHARE, 1),
            chart_height=_CHART_HEIGHT,
            has_room=len(contents.months) <= _MONTHS_WITH_ROOM,
            has_figures=len(contents.months) <= _MONTHS_WITH_ROOM and max(contents.pages_by_month) <= _MOST_WITH_ROOM,
            label_size=round(13 * max(1.0, len(contents.months) / _MONTHS_WITH_ROOM), 1),
            spark_width=_SPARK_ROOM * len(contents.months),
            spark_height=_SPARK_HEIGHT,
            problems=contents.problems[:MOST_NAMED],
            problems_left=max(len(contents.problems) - MOST_NAMED, 0),
            names_twice=contents.names_twice,
            pages_per_tree=PAGES_PER_TREE,
            version=__version__,
            fonts={name: _font(name) for name in ("Regular", "Medium", "Italic")},
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        # Whatever a customer is called, it is shown as it is and never obeyed.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment


def _font(name: str) -> str:
    return base64.b64encode((_FONTS / f"EBGaramond-{name}.ttf").read_bytes()).decode("ascii")


def _bar_room(contents: PageContents) -> float:
    """How wide a month is: of fewer than twelve wider, so that the drawing is as wide as that of a year."""
    return round(min(max(_BAR_ROOM, _YEAR_WIDTH / len(contents.months)), _FEW_BARS_ROOM), 1)


def _bars(contents: PageContents) -> list[_Bar]:
    pages, room = contents.pages_by_month, _bar_room(contents)
    most = max(pages, default=0) or 1
    bars = []
    for place, (month, number) in enumerate(zip(contents.months, pages, strict=True)):
        height = round(number * _CHART_HEIGHT / most, 1)
        starts_year = place == 0 or month.number == 1
        bars.append(
            _Bar(
                number=month.number,
                left=round(room * (place + (1 - _BAR_SHARE) / 2), 1),
                middle=round(room * (place + 0.5), 1),
                top=round(_CHART_HEIGHT - height, 1),
                height=height,
                label=_MONTHS[month.number - 1],
                year=str(month.year) if starts_year else "",
                pages=number,
                trees=trees(number),
                is_complete=contents.complete[place],
                name=_long(month),
            )
        )
    return bars


def _long(month: Month) -> str:
    return f"{_LONG_MONTHS[month.number - 1]} {month.year}"
