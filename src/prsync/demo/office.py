"""An office: how busy its printers are on a day, and whether they are switched on."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from holidays import country_holidays

if TYPE_CHECKING:
    from datetime import date

_COUNTRY: Final = "DK"
_SATURDAY: Final = 5
_WEEKDAYS: Final = (1.1, 1.0, 1.05, 0.95, 0.7)
_NOBODY_HOME: Final = 0.06
"""Somebody always prints something on a Sunday."""


class Office:
    """One customer's office; the same `seed` makes the same office."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._off_at_weekends = Random(seed).random() < 1 / 3  # noqa: S311
        self._holidays = country_holidays(_COUNTRY)
        self.activity = cache(self._activity)

    def is_off(self, day: date) -> bool:
        """Whether all of its printers are switched off on `day`, so that nobody can read them."""
        return self._off_at_weekends and day.weekday() >= _SATURDAY

    def _activity(self, day: date) -> float:
        """How much is printed on `day`, where an ordinary day is about 1."""
        if self.is_off(day) or self._closed_week(day.year) == day.isocalendar().week:
            return 0.0
        if day.weekday() >= _SATURDAY or day in self._holidays:
            return _NOBODY_HOME
        return _WEEKDAYS[day.weekday()]

    def _closed_week(self, year: int) -> int:
        """The ISO week of the summer holiday."""
        return Random(f"{self._seed}/{year}").randint(27, 32)  # noqa: S311
