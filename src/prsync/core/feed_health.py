"""Whether a feed is healthy, from dates alone."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from prsync.core.model import ONE_DAY, Health
from prsync.core.periods import day_of, days, is_weekend

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

BUSINESS_DAYS_OF_SILENCE: Final = 3
"""Completed business days without new data after which a feed is unhealthy."""


class Reason(StrEnum):
    """Why a feed is not well, the first of them that is so."""

    SERVER_UNHEALTHY = "server_unhealthy"
    """Its server does not let us in."""
    FAILING = "failing"
    """The last run that came to it has failed."""
    NOT_COLLECTED = "not_collected"
    """No run has come to it."""
    STALE = "stale"
    """It was asked for and had nothing new: only then its DCA may be the cause."""


def feed_health(last_data: date, today: date, is_holiday: Callable[[date], bool]) -> Health:
    """Judge a feed by the day of its last new data.

    Where there was none yet, `last_data` is the activation date or the day the feed was added, the later one.
    Last data on a Friday: Monday, Tuesday and Wednesday pass, and Thursday is the first day to find it unhealthy.
    """
    # Today is left out: it is not over, so its data may yet come.
    silent = (day for day in days(last_data + ONE_DAY, today - ONE_DAY) if not is_weekend(day))
    first = list(islice(silent, BUSINESS_DAYS_OF_SILENCE))
    # So it is on most days. The holidays, which take a while to load, need not be known then.
    if len(first) < BUSINESS_DAYS_OF_SILENCE:
        return Health.HEALTHY
    completed = 0
    for day in chain(first, silent):
        completed += not is_holiday(day)
        if completed == BUSINESS_DAYS_OF_SILENCE:
            return Health.UNHEALTHY
    return Health.HEALTHY


def silence_since(last_data_at: datetime | None, timezone: str) -> str:
    """Since when a feed has been silent, in words and by its own calendar, as its health is judged."""
    return f"no new data since {day_of(last_data_at, timezone)}" if last_data_at else "no data yet"
