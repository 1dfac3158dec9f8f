"""The readings of a range are of the day that was asked for, and each device's are its own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from prsync.core.periods import end_of_day
from prsync.core.readings import as_of
from prsync.errors import ProfileMismatchError
from prsync.threemanager.devices import DevicesReader
from prsync.threemanager.profile import Profile
from prsync.threemanager.query import DevicesQuery

DAY = date(2026, 11, 9)
DATES = '[history]\nstyle = "range"\n'
TIMES = DATES + 'format = "%Y-%m-%dT%H:%M:%S%z"\n'


def row(read_at: str, *, device: str = "A", count: int = 5) -> dict[str, Any]:
    return {"deviceId": device, "managed": True, "lastReadAt": read_at, "counters": {"totalPages": count}}


def read(rows: list[dict[str, Any]], profile: str, timezone: str = "UTC", *, is_yesterday: bool = False) -> int:
    query = DevicesQuery(organization_id="1", day=DAY, meter="totalPages", timezone=timezone, is_yesterday=is_yesterday)
    return len(DevicesReader(profile=Profile.parse(profile), query=query, path="/devices").read(rows))


@pytest.mark.parametrize(
    ("read_at", "profile", "timezone"),
    [
        ("2026-11-09T00:00:00Z", TIMES, "UTC"),  # the midnight before may belong to either day
        ("2026-11-09T00:30:00+01:00", TIMES, "Europe/Copenhagen"),
        ("2026-11-08T10:00:00Z", DATES, "UTC"),  # a date may be one of the server's own clock
        ("2020-01-01T00:00:00Z", "", "UTC"),  # as of a day, the newest reading may be old
    ],
)
def test_a_reading_that_may_be_of_the_day_counts(read_at: str, profile: str, timezone: str) -> None:
    assert read([row(read_at)], profile, timezone) == 1


@pytest.mark.parametrize(
    ("read_at", "profile", "timezone"),
    [
        ("2026-11-08T23:59:59Z", TIMES, "UTC"),
        ("2026-11-09T10:05:00Z", TIMES, "Pacific/Pago_Pago"),  # there it is the evening before
        ("2026-11-08T09:59:59Z", DATES, "UTC"),
        ("2026-09-11T12:00:00Z", DATES, "UTC"),  # day and month exchanged
    ],
)
@pytest.mark.parametrize("is_yesterday", [False, True])
def test_a_reading_from_before_the_day_shows_that_it_is_not_heeded(
    read_at: str, profile: str, timezone: str, *, is_yesterday: bool
) -> None:
    with pytest.raises(ProfileMismatchError, match="it does not answer for the day asked"):
        read([row(read_at)], profile, timezone, is_yesterday=is_yesterday)


@pytest.mark.parametrize("style", [DATES, TIMES, ""])
def test_a_reading_at_midnight_is_not_newer_in_the_answer_for_the_day_that_it_begins(style: str) -> None:
    def read_at(day: date, timezone: str) -> datetime | None:
        query = DevicesQuery(organization_id="1", day=day, meter="totalPages", timezone=timezone, is_yesterday=True)
        reader = DevicesReader(profile=Profile.parse(style), query=query, path="/devices")
        (reading,) = as_of(reader.read([row("2026-11-09T23:00:00Z")]), end_of_day(day, timezone))
        return reading.read_at

    ended, begun = date(2026, 11, 9), date(2026, 11, 10)
    assert read_at(ended, "Europe/Copenhagen") == read_at(begun, "Europe/Copenhagen")
    assert read_at(ended, "Europe/Copenhagen") == end_of_day(ended, "Europe/Copenhagen")
    assert read_at(ended, "UTC") == datetime(2026, 11, 9, 23, tzinfo=UTC)


def test_one_device_that_is_read_often_is_one_and_one_that_counts_differently_at_once_is_none() -> None:
    often = [row(f"2026-11-09T{hour:02}:00:00Z", count=100 + hour) for hour in range(24)]
    assert read(often, TIMES) == 24
    at_once = [row("2026-11-09T08:00:00Z", count=count) for count in (100, 200, 300)]
    assert read(at_once[:2], TIMES) == 2  # listed twice, as happens
    many = [*at_once, row("2026-11-09T08:00:00Z", count=400)]
    with pytest.raises(ProfileMismatchError, match="its 4 rows name 1 device by deviceId, with different counts"):
        read(many, TIMES)


def test_two_devices_that_are_listed_twice_are_no_wrong_id() -> None:
    rows = [row("2026-11-09T08:00:00Z", device=device) for device in "AABBCCDE"]
    assert read(rows, "") == 8
