"""How the day whose counters are wanted is written into a request."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from prsync.core.model import ONE_DAY
from prsync.core.periods import ONE_MICROSECOND, end_of_day

if TYPE_CHECKING:
    from datetime import date

    from prsync.threemanager.profile import History

_SECONDS: Final = re.compile(r"(?<!%)((?:%%)*)%s")

BEYOND: Final = timedelta(hours=1)
"""So long after the midnight that ends a span it is asked for: some servers leave out what was read at midnight."""


def day_parameters(history: History, day: date, timezone: str) -> dict[str, str | int]:
    """The parameters that ask for a day by the clock of `timezone`; none where the server has no history."""
    match history.style:
        case "day":
            last_second = end_of_day(day, timezone).replace(microsecond=0)
            return {history.day: _written(last_second.astimezone(ZoneInfo(timezone)), history)}
        case "range":
            # With dates only, it depends on the server whether the last one belongs to the range. Midnights need no
            # such word: they are the same instant by any reading.
            is_included = history.end == "inclusive" and not history.has_time_of_day
            return {
                history.from_: _written(_midnight(day, timezone), history),
                history.to: _written(_midnight(day if is_included else day + ONE_DAY, timezone), history),
            }
        case "none":
            return {}


def span_parameters(history: History, first: date, last: date, timezone: str) -> dict[str, str | int]:
    """The parameters that ask for the readings of several days, and for those of the midnight that ends the last."""
    end = end_of_day(last, timezone) + ONE_MICROSECOND + BEYOND
    return {
        history.from_: _written(_midnight(first, timezone), history),
        history.to: _written(end.astimezone(ZoneInfo(timezone)), history),
    }


def _midnight(day: date, timezone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(timezone))


def _written(local: datetime, history: History) -> str:
    # %s, the seconds since 1970, would be those of this machine's time zone.
    return local.strftime(_SECONDS.sub(lambda found: f"{found[1]}{local.timestamp():.0f}", history.format))
