"""When a device was read, and between which instants a reading can be of the day asked for."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from prsync.core.model import ONE_DAY
from prsync.core.periods import ONE_MICROSECOND, end_of_day
from prsync.threemanager.address import MISSING, at
from prsync.threemanager.instants import instant_of

if TYPE_CHECKING:
    from datetime import date

    from prsync.threemanager.profile import Devices, Profile
    from prsync.threemanager.rows import Row


def read_at_of(row: Row, devices: Devices) -> datetime | None:
    """The instant that a row says; None for none, and for one that cannot be read."""
    raw = at(row, devices.read_at) if devices.read_at else MISSING
    return None if raw is MISSING else instant_of(raw, devices.read_at_format, devices.read_at_timezone)


def latest_reading_of(day: date, timezone: str, profile: Profile) -> datetime:
    """The latest instant at which a reading can have been made of which a server says that it is of `day`."""
    midnight = end_of_day(day, timezone) + ONE_MICROSECOND
    if profile.history.has_time_of_day:
        return midnight
    # Asked for a date, a server answers for a day of its own clock. By the clocks furthest west it ends at noon in UTC.
    return max(midnight, datetime.combine(day + ONE_DAY, time(12), UTC))


def earliest_reading_of(day: date, timezone: str, profile: Profile) -> datetime:
    """The earliest instant at which a reading can have been made which a server gives for a range of that `day`."""
    midnight = end_of_day(day - ONE_DAY, timezone) + ONE_MICROSECOND
    if profile.history.has_time_of_day:
        return midnight
    # By the clocks furthest east a date begins at ten in the morning of the day before, in UTC.
    return min(midnight, datetime.combine(day - ONE_DAY, time(10), UTC))
