"""Days and months, as they are counted where the feed is."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prsync.core.model import Month
from prsync.core.periods import day_of, days, end_of_day, last_closed_day, month_before, month_of, today

ONE_DAY = dt.timedelta(days=1)
MICROSECOND = dt.timedelta(microseconds=1)
AUCKLAND, COPENHAGEN = "Pacific/Auckland", "Europe/Copenhagen"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("timezone", "day", "first_instant_after"),
    [
        ("UTC", "2026-11-02", "2026-11-03T00:00"),
        (COPENHAGEN, "2026-03-28", "2026-03-28T23:00"),
        (COPENHAGEN, "2026-03-29", "2026-03-29T22:00"),  # 23 hours
        (COPENHAGEN, "2026-10-24", "2026-10-24T22:00"),
        (COPENHAGEN, "2026-10-25", "2026-10-25T23:00"),  # 25 hours
        (AUCKLAND, "2026-04-04", "2026-04-04T11:00"),
        (AUCKLAND, "2026-04-05", "2026-04-05T12:00"),  # 25 hours
        (AUCKLAND, "2026-09-26", "2026-09-26T12:00"),
        (AUCKLAND, "2026-09-27", "2026-09-27T11:00"),  # 23 hours
        ("Pacific/Kiritimati", "2026-11-02", "2026-11-02T10:00"),
        ("Pacific/Niue", "2026-11-02", "2026-11-03T11:00"),
        ("America/St_Johns", "2026-11-02", "2026-11-03T03:30"),
        (COPENHAGEN, "2024-02-29", "2024-02-29T23:00"),
        (COPENHAGEN, "2026-12-31", "2026-12-31T23:00"),
    ],
)
def test_a_day_ends_at_midnight_where_the_feed_is(timezone: str, day: str, first_instant_after: str) -> None:
    assert end_of_day(dt.date.fromisoformat(day), timezone) == utc(first_instant_after) - MICROSECOND


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        (COPENHAGEN, "2026-03-29", 23),
        (COPENHAGEN, "2026-10-25", 25),
        (AUCKLAND, "2026-04-05", 25),
        (AUCKLAND, "2026-09-27", 23),
        ("Africa/Cairo", "2026-04-24", 23),  # set forward at midnight: the day begins at one o'clock
        ("Africa/Cairo", "2026-10-29", 25),  # set back at midnight: its last hour comes twice
        ("America/Santiago", "2026-09-06", 23),
        ("America/Havana", "2026-03-08", 23),
        ("America/Havana", "2026-11-01", 25),
    ],
)
def test_a_day_of_a_clock_change_has_its_own_length(timezone: str, day: str, hours: int) -> None:
    date = dt.date.fromisoformat(day)

    assert end_of_day(date, timezone) - end_of_day(date - ONE_DAY, timezone) == dt.timedelta(hours=hours)


def test_across_the_date_line_two_days_are_closed_at_one_instant() -> None:
    instant = utc("2026-11-02T10:30")

    assert today(instant, "Pacific/Kiritimati") == dt.date(2026, 11, 3)
    assert last_closed_day(instant, "Pacific/Kiritimati") == dt.date(2026, 11, 2)
    assert last_closed_day(instant, "UTC") == dt.date(2026, 11, 1)
    assert last_closed_day(instant, "Pacific/Niue") == dt.date(2026, 10, 31)


@pytest.mark.parametrize(
    ("timezone", "instant", "closed"),
    [
        (AUCKLAND, "2026-04-05T11:59:59.999999", "2026-04-04"),
        (AUCKLAND, "2026-04-05T12:00", "2026-04-05"),
        (AUCKLAND, "2026-09-27T10:59:59.999999", "2026-09-26"),
        (AUCKLAND, "2026-09-27T11:00", "2026-09-27"),
        (COPENHAGEN, "2026-03-29T21:59:59.999999", "2026-03-28"),
        (COPENHAGEN, "2026-03-29T22:00", "2026-03-29"),
        (COPENHAGEN, "2026-10-25T22:59:59.999999", "2026-10-24"),
        (COPENHAGEN, "2026-10-25T23:00", "2026-10-25"),
        (COPENHAGEN, "2024-02-28T23:00", "2024-02-28"),
        (COPENHAGEN, "2024-02-29T23:00", "2024-02-29"),
        (COPENHAGEN, "2026-12-31T23:00", "2026-12-31"),
    ],
)
def test_a_day_is_closed_from_the_first_instant_after_it(timezone: str, instant: str, closed: str) -> None:
    assert last_closed_day(utc(instant), timezone) == dt.date.fromisoformat(closed)


ZONES = st.sampled_from(
    [AUCKLAND, COPENHAGEN, "UTC", "Pacific/Apia", "America/St_Johns", "Africa/Cairo", "America/Santiago"]
)


@given(st.dates(dt.date(2020, 1, 1), dt.date(2036, 12, 31)), ZONES)
def test_the_end_of_a_day_is_its_last_microsecond(day: dt.date, timezone: str) -> None:
    end = end_of_day(day, timezone)

    assert end.utcoffset() == dt.timedelta(0)
    assert day_of(end, timezone) == day == end.astimezone(ZoneInfo(timezone)).date()
    assert day_of(end + MICROSECOND, timezone) == day + ONE_DAY
    assert last_closed_day(end, timezone) == day - ONE_DAY
    assert last_closed_day(end + MICROSECOND, timezone) == day


def test_days_run_through_a_leap_day_and_a_months_end() -> None:
    assert [*days(dt.date(2024, 2, 28), dt.date(2024, 3, 1))] == [
        dt.date(2024, 2, 28),
        dt.date(2024, 2, 29),
        dt.date(2024, 3, 1),
    ]
    assert [*days(dt.date(2026, 2, 28), dt.date(2026, 3, 1))] == [dt.date(2026, 2, 28), dt.date(2026, 3, 1)]
    assert not [*days(dt.date(2026, 3, 2), dt.date(2026, 3, 1))]


@pytest.mark.parametrize(
    ("month", "last"),
    [
        (Month(2024, 2), "2024-02-29"),
        (Month(2026, 2), "2026-02-28"),
        (Month(2000, 2), "2000-02-29"),
        (Month(2100, 2), "2100-02-28"),
        (Month(2026, 4), "2026-04-30"),
        (Month(2026, 11), "2026-11-30"),
        (Month(2026, 12), "2026-12-31"),
    ],
    ids=str,
)
def test_a_month_ends_with_its_last_day(month: Month, last: str) -> None:
    day = dt.date.fromisoformat(last)

    assert month.last_day == day
    assert month_of(day) == month
    assert month_of(day + ONE_DAY) == month.next()
    assert month_before(day + ONE_DAY) == month


def test_the_month_before_january_is_december() -> None:
    assert month_before(dt.date(2027, 1, 31)) == Month(2026, 12)
    assert str(Month(2026, 12).next()) == "2027-01"


def test_every_day_of_a_month_has_the_same_month_before_it() -> None:
    assert {month_before(day) for day in days(dt.date(2026, 3, 1), dt.date(2026, 3, 31))} == {Month(2026, 2)}
