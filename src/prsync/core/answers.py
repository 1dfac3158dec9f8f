"""What a server has answered to one run of a feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY
from prsync.core.periods import end_of_day
from prsync.core.readings import as_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from prsync.core.model import Reading

    Readings = tuple[Reading, ...]
    """A day's readings, one for each device, in the order of their ids."""
    Ask = Callable[[date], Iterable[Reading]]
    """Asks the server for one organization's devices as of the end of a day."""

ANSWERS_KEPT: Final = 31
"""Different answers that a run keeps: a month of open days. The feed may have been silent, or absent, for years."""


def ask_for(day: date, ask: Ask, timezone: str) -> Readings:
    """The readings as of the end of `day` in `timezone`, as the server answers now."""
    return as_of(ask(day), end_of_day(day, timezone))


@dataclass(slots=True)
class _KeptAnswer:
    """What the server answered alike for each day from `first` to `last`."""

    first: date
    last: date
    readings: Readings


class Answers:
    """The days' readings as the server answers them; those of open days are kept until they are deposited.

    A day that brings new data has the open days before it gone through again. What this run has asked for already is
    then at hand, up to `ANSWERS_KEPT`; only the rest is asked for again, so that memory does not grow with the days.
    """

    def __init__(self, ask: Ask, timezone: str) -> None:
        self._ask = ask
        self._timezone = timezone
        self._kept: list[_KeptAnswer] = []

    def of(self, day: date) -> Readings:
        """The readings as of the end of `day`: kept ones, or asked for now and kept while there is room."""
        kept = self._kept_of(day)
        if kept is not None:
            return kept.readings
        readings = ask_for(day, self._ask, self._timezone)
        before = self._kept_of(day - ONE_DAY)
        if before is not None:
            if readings == before.readings:
                # A silent DCA answers alike every day: however many days, they take the memory of one.
                before.last = day
                return before.readings
            readings = _sharing_equal(readings, before.readings)
        # With no room left the day is only read: should it be deposited, it is asked for once more.
        if len(self._kept) < ANSWERS_KEPT:
            self._kept.append(_KeptAnswer(day, day, readings))
        return readings

    def forget_through(self, day: date) -> None:
        """Let go of the answers for `day` and the days before it: they are deposited."""
        self._kept = [kept for kept in self._kept if kept.last > day]

    def _kept_of(self, day: date) -> _KeptAnswer | None:
        return next((kept for kept in self._kept if kept.first <= day <= kept.last), None)


def _sharing_equal(readings: Readings, before: Readings) -> Readings:
    """The readings, with the values of the day before where they are equal: most devices of a silent feed repeat."""
    known = {reading: reading for reading in before}
    return tuple(known.get(reading, reading) for reading in readings)
