"""A feed is unhealthy after three completed business days of silence."""

from __future__ import annotations

import datetime as dt

import pytest

from prsync.core.feed_health import feed_health, silence_since
from prsync.core.model import Health

# November 2026: the 2nd is a Monday, the 6th a Friday.
FRIDAY = dt.date(2026, 11, 6)
ONE_DAY = dt.timedelta(days=1)


def no_holiday(_day: dt.date) -> bool:
    return False


def first_unhealthy(last_data: dt.date, holidays: set[dt.date] | None = None) -> dt.date:
    """The first day whose check finds the feed unhealthy."""
    day = last_data
    while feed_health(last_data, day, (holidays or set()).__contains__) is not Health.UNHEALTHY:
        day += ONE_DAY
    return day


def test_last_data_on_a_friday_is_found_on_thursday_first() -> None:
    checks = {day: feed_health(FRIDAY, dt.date(2026, 11, day), no_holiday) for day in range(6, 15)}

    assert [day for day, health in checks.items() if health is Health.HEALTHY] == [6, 7, 8, 9, 10, 11]
    assert [day for day, health in checks.items() if health is Health.UNHEALTHY] == [12, 13, 14]


@pytest.mark.parametrize(
    ("last_data", "expected"),
    [(2, 6), (3, 7), (4, 10), (5, 11), (6, 12), (7, 12), (8, 12), (9, 13)],
    ids=["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "next Monday"],
)
def test_weekends_do_not_count(last_data: int, expected: int) -> None:
    assert first_unhealthy(dt.date(2026, 11, last_data)) == dt.date(2026, 11, expected)


def test_a_holiday_does_not_count() -> None:
    assert first_unhealthy(FRIDAY, {dt.date(2026, 11, 10)}) == dt.date(2026, 11, 13)


def test_a_holiday_on_a_weekend_changes_nothing() -> None:
    assert first_unhealthy(FRIDAY, {dt.date(2026, 11, 7)}) == dt.date(2026, 11, 12)


def test_christmas_and_new_year_only_delay() -> None:
    holidays = {dt.date(2026, 12, day) for day in (24, 25, 31)} | {dt.date(2027, 1, 1)}

    # Last data on Wednesday the 23rd: the 28th, 29th and 30th are the first three business days.
    assert first_unhealthy(dt.date(2026, 12, 23), holidays) == dt.date(2026, 12, 31)


def test_today_is_not_completed() -> None:
    assert feed_health(dt.date(2026, 11, 2), dt.date(2026, 11, 5), no_holiday) is Health.HEALTHY
    assert feed_health(dt.date(2026, 11, 2), dt.date(2026, 11, 6), no_holiday) is Health.UNHEALTHY


@pytest.mark.parametrize("ahead", [0, 1, 400])
def test_an_activation_date_that_is_still_to_come_is_healthy(ahead: int) -> None:
    today = dt.date(2026, 11, 2)

    assert feed_health(today + ahead * ONE_DAY, today, no_holiday) is Health.HEALTHY


def test_a_feed_silent_for_years_is_still_only_unhealthy() -> None:
    assert feed_health(dt.date(1999, 12, 31), dt.date(2026, 11, 2), no_holiday) is Health.UNHEALTHY


def test_it_is_silent_since_a_day_of_its_own_calendar() -> None:
    end_of_thursday_in_new_york = dt.datetime(2026, 3, 6, 4, 59, 59, tzinfo=dt.UTC)
    assert silence_since(end_of_thursday_in_new_york, "America/New_York") == "no new data since 2026-03-05"
    assert silence_since(end_of_thursday_in_new_york, "UTC") == "no new data since 2026-03-06"
    assert silence_since(None, "UTC") == "no data yet"
