"""The public holidays of a feed's country: days that are no business days for the health check."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prsync.errors import UnknownRegionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


@cache
def holidays_of(region: str | None) -> Callable[[date], bool]:
    """Which days are public holidays in a country, or in a region of it as `DE-BY`; in none where none is set.

    UnknownRegionError for another region, also for one that an earlier release of the holidays library knew.
    """
    if region is None:
        return lambda _: False
    from holidays import country_holidays

    # The years are computed when a day is looked up, so that this costs nothing for a feed that is never judged.
    country, hyphen, subdivision = region.upper().partition("-")
    try:
        days = country_holidays(country, subdiv=subdivision or None)
    # TypeError: of what is no country's name in the library, such as one of its constants.
    except (NotImplementedError, KeyError, TypeError) as error:
        raise UnknownRegionError(region) from error
    is_market = getattr(days, "country", None) is None  # it knows the days of stock exchanges, too
    if is_market or (hyphen and not subdivision):
        raise UnknownRegionError(region)
    return days.__contains__
