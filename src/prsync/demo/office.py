"""A customer's office: how much is printed there on a day, and whether the printers are switched on."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from holidays import country_holidays

from prsync.core.periods import is_weekend

if TYPE_CHECKING:
    from datetime import date

_COUNTRY: Final = "DK"
# Pages printed from Monday to Friday, relative to an ordinary day; so that a chart of a month looks like a real one.
_WEEKDAY_ACTIVITY: Final = (1.1, 1.0, 1.05, 0.95, 0.7)
# Even on a Sunday somebody prints something, so that weekends are not all zeros.
_CLOSED_DAY_ACTIVITY: Final = 0.06


class Office:
    """One customer's office, with Danish public holidays. The same `seed` always makes the same office."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._off_at_weekends = Random(seed).random() < 1 / 3  # noqa: S311
        self._holidays = country_holidays(_COUNTRY)
        # Every printer of the office asks for the same days, and looking a holiday up is slow.
        self.activity = cache(self._activity)

    def is_off(self, day: date) -> bool:
        """Whether all of its printers are switched off on `day`, so that the DCA cannot read them."""
        return self._off_at_weekends and is_weekend(day)

    def _activity(self, day: date) -> float:
        """How much is printed on `day`, relative to an ordinary working day: about 1, or 0 for nothing."""
        if self.is_off(day) or self._closed_week(day.year) == day.isocalendar().week:
            return 0.0
        if is_weekend(day) or day in self._holidays:
            return _CLOSED_DAY_ACTIVITY
        return _WEEKDAY_ACTIVITY[day.weekday()]

    def _closed_week(self, year: int) -> int:
        """The number of the ISO week in which the office is closed for the summer."""
        return Random(f"{self._seed}/{year}").randint(27, 32)  # noqa: S311
