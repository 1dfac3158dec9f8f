"""The public holidays of a feed's country: days that are no business days for the health check."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prsync.errors import UnknownRegionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from holidays import HolidayBase


def holidays_of(region: str | None) -> Callable[[date], bool]:
    """Which days are public holidays in a country, or in a region of it as `DE-BY`; in none where none is set.

    UnknownRegionError, when the first day is asked about, for another region.
    """
    return lambda day: region is not None and day in _holidays(region)


def expect_known(region: str | None) -> None:
    """UnknownRegionError for a region that is none, also for one that an earlier release of the library knew."""
    if region is not None:
        _holidays(region)


@cache
def _holidays(region: str) -> HolidayBase:
    # It loads every country's: twice as long as all else that a short command does.
    from holidays import country_holidays

    # The years are computed when a day is looked up.
    country, hyphen, subdivision = region.upper().partition("-")
    try:
        days = country_holidays(country, subdiv=subdivision or None)
    # TypeError: of what is no country's name in the library, such as one of its constants.
    except (NotImplementedError, KeyError, TypeError) as error:
        raise UnknownRegionError(region) from error
    is_market = getattr(days, "country", None) is None  # it knows the days of stock exchanges, too
    if is_market or (hyphen and not subdivision):
        raise UnknownRegionError(region)
    return days
