"""Closed days and months, as a feed's own time zone counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import pendulum

from prsync.core.model import ONE_DAY, Month

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pendulum import Timezone

ONE_MICROSECOND: Final = timedelta(microseconds=1)
"""From the last instant of a day to the midnight that ends it."""


_SATURDAY: Final = 5


def today(now: datetime, timezone: str) -> date:
    """The calendar day that it is in `timezone` at the instant `now`."""
    return day_of(now, timezone)


def last_closed_day(now: datetime, timezone: str) -> date:
    """The last day that is over in `timezone` at the instant `now`."""
    return today(now, timezone) - ONE_DAY


def day_of(instant: datetime, timezone: str) -> date:
    """The calendar day on which `instant` falls in `timezone`."""
    local = instant.astimezone(_zone(timezone))
    return date(local.year, local.month, local.day)


@cache
def _zone(name: str) -> Timezone:
    # Kept: pendulum reads the zone's file each time that it is asked for one.
    return pendulum.timezone(name)


def end_of_day(day: date, timezone: str) -> datetime:
    """The last instant, in UTC and to the microsecond, of `day` in `timezone`: 23 to 25 hours after its first."""
    following = day + ONE_DAY
    # Where midnight comes twice, the day begins with the first: fold=0, which is a plain datetime's default. Pendulum's
    # own takes fold=1 for its default, and with fold=0 it puts a midnight that the clock skips an hour too early.
    midnight = datetime(following.year, following.month, following.day, tzinfo=_zone(timezone))
    return midnight.astimezone(UTC) - ONE_MICROSECOND


def within_its_day(instant: datetime, timezone: str) -> datetime:
    """The instant; but of the midnight that ends a day, which belongs to that day, the last one before it.

    So a reading at midnight that is in the answers for two days is not newer in the second.
    """
    return instant if instant.second or instant.microsecond else _before_midnight(instant, timezone)


@lru_cache(maxsize=4096)
def _before_midnight(instant: datetime, timezone: str) -> datetime:
    last = end_of_day(day_of(instant, timezone) - ONE_DAY, timezone)
    return last if instant - last == ONE_MICROSECOND else instant


def is_weekend(day: date) -> bool:
    """Whether it is a Saturday or a Sunday."""
    return day.weekday() >= _SATURDAY


def days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    day = first
    while day <= last:
        yield day
        day += ONE_DAY


def month_of(day: date) -> Month:
    """The month in which `day` lies."""
    return Month(day.year, day.month)


def month_before(day: date) -> Month:
    """The month before the one in which `day` lies."""
    return month_of(day.replace(day=1) - ONE_DAY)
