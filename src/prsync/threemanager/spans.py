"""Several days of a range in one request, where the profile allows it, and each day's readings out of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prsync.core.model import ONE_DAY
from prsync.errors import ProfileMismatchError
from prsync.threemanager.address import at
from prsync.threemanager.devices import ONE_MICROSECOND
from prsync.threemanager.history import day_parameters
from prsync.threemanager.instants import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prsync.threemanager.paging import Parameters
    from prsync.threemanager.profile import Profile
    from prsync.threemanager.query import DevicesQuery
    from prsync.threemanager.rows import Row


@dataclass(slots=True)
class Spans:
    """Asks for the rows of one day after another, and keeps those of the days that came with an earlier one.

    `all_rows` asks for a list, by its path and parameters.
    """

    profile: Profile
    all_rows: Callable[[str, Parameters], Iterator[Row]]
    _kept_for: tuple[str, str] = ("", "")
    """The path and the time zone of what is kept: another customer's days are asked for anew."""
    _kept: dict[date, list[Row]] = field(default_factory=dict)

    def rows_of(self, path: str, query: DevicesQuery) -> Iterable[Row]:
        """The rows of the query's day."""
        if self._kept_for == (path, query.timezone) and query.day in self._kept:
            return self._kept.pop(query.day)
        last = self._last_day(query)
        if last == query.day:
            return self.all_rows(path, day_parameters(self.profile.history, query))
        self._kept_for, self._kept = (path, query.timezone), self._taken_apart(path, query, last)
        return self._kept.pop(query.day)

    def _last_day(self, query: DevicesQuery) -> date:
        """The last day of a request that begins with the query's: spans end on the same days whoever asks for them."""
        most = self.profile.days_at_once
        if query.through is None or most == 1:
            return query.day
        return min(query.through, query.day + timedelta(days=most - 1 - query.day.toordinal() % most))

    def _taken_apart(self, path: str, query: DevicesQuery, last: date) -> dict[date, list[Row]]:
        """The rows from the query's day to the `last` one, by the day on which they were read in the feed's zone."""
        days: dict[date, list[Row]] = {
            query.day + number * ONE_DAY: [] for number in range((last - query.day).days + 1)
        }
        zone, devices = ZoneInfo(query.timezone), self.profile.devices
        for row in self.all_rows(path, day_parameters(self.profile.history, query, last)):
            instant = instant_of(at(row, devices.read_at), devices.read_at_format, devices.read_at_timezone)
            if instant is None:
                problem = f"asked for {query.day} to {last}, it gives a reading without a time, which may be of any day"
                raise ProfileMismatchError(path, problem, "history.max_days and devices.read_at")
            # The midnight that ends a day belongs to it. By the server's own clock a range may begin and end otherwise.
            day = (instant - ONE_MICROSECOND).astimezone(zone).date()
            days[min(max(day, query.day), last)].append(row)
        return days
