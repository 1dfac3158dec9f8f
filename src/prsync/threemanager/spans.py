"""Several days of a range in one request, where the profile allows it, and each day's readings out of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from prsync.core.model import ONE_DAY
from prsync.core.periods import ONE_MICROSECOND, day_of, days, end_of_day, within_its_day
from prsync.core.readings import usable_instant
from prsync.errors import ProfileMismatchError
from prsync.threemanager.history import BEYOND, day_parameters, span_parameters
from prsync.threemanager.reading_times import read_at_of

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
        if self.profile.days_at_once == 1:
            return self.all_rows(path, day_parameters(self.profile.history, query.day, query.timezone))
        if self._kept_for != (path, query.timezone) or query.day not in self._kept:
            # A day by itself is asked for in the same way: its readings must be those that it has in a span.
            self._kept_for, self._kept = (path, query.timezone), self._taken_apart(path, query, self._last_day(query))
        return self._kept.pop(query.day)

    def _last_day(self, query: DevicesQuery) -> date:
        """The last day of a request that begins with the query's: spans end on the same days whoever asks for them."""
        most = self.profile.days_at_once
        if query.through is None:
            return query.day
        return min(query.through, query.day + timedelta(days=most - 1 - query.day.toordinal() % most))

    def _taken_apart(self, path: str, query: DevicesQuery, last: date) -> dict[date, list[Row]]:
        """The rows from the query's day to the `last` one, by the day on which they were read in the feed's zone.

        A reading at the midnight that ends a day belongs to it, whichever end of its range the server gives. One from
        further away shows that the server does not heed the range.
        """
        devices, zone = self.profile.devices, query.timezone
        begin = end_of_day(query.day - ONE_DAY, zone) + ONE_MICROSECOND
        end = end_of_day(last, zone) + ONE_MICROSECOND
        found: dict[date, list[Row]] = {day: [] for day in days(query.day, last)}
        for row in self.all_rows(path, span_parameters(self.profile.history, query.day, last, zone)):
            instant = usable_instant(read_at_of(row, devices))
            asked = f"asked for {query.day} to {last}, it gives a reading"
            if instant is None:
                problem = f"{asked} without a time, which may be of any day"
                raise ProfileMismatchError(path, problem, "history.max_days and devices.read_at")
            if not begin <= instant <= end + BEYOND:
                problem = f"{asked} of {instant:%Y-%m-%d %H:%M} UTC; it does not answer for the days asked"
                raise ProfileMismatchError(path, problem, "history and devices.read_at")
            if begin < instant <= end:
                found[day_of(within_its_day(instant, zone), zone)].append(row)
        return found
