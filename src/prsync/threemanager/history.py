"""How the day whose counters are wanted is written into a request."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from prsync.core.model import ONE_DAY

if TYPE_CHECKING:
    from datetime import date

    from prsync.threemanager.profile import History
    from prsync.threemanager.query import DevicesQuery

_SECONDS: Final = re.compile(r"(?<!%)((?:%%)*)%s")


def day_parameters(history: History, query: DevicesQuery, last: date | None = None) -> dict[str, str | int]:
    """The parameters that ask for a day, or for the days to the `last`; none where the server has no history."""
    match history.style:
        case "day":
            return {history.day: _written(query.day, time(23, 59, 59), history, query.timezone)}
        case "range":
            last = last or query.day
            following = last + ONE_DAY
            # With dates only, it depends on the server whether the last one belongs to the range. Midnights need no
            # such word: they are the same instant by any reading.
            end = last if history.end == "inclusive" and not history.has_time_of_day else following
            return {
                history.from_: _written(query.day, time(), history, query.timezone),
                history.to: _written(end, time(), history, query.timezone),
            }
        case "none":
            return {}


def _written(day: date, moment: time, history: History, timezone: str) -> str:
    instant = datetime.combine(day, moment, ZoneInfo(timezone))
    # %s, the seconds since 1970, would be those of this machine's time zone.
    return instant.strftime(_SECONDS.sub(lambda found: f"{found[1]}{instant.timestamp():.0f}", history.format))
