"""Which readings are new data, and the feed's last_data_at."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.example_feed import Count, Feed, alone, day, managed_feed, noon, reading

from prsync.core.model import DepositedDays, OpenDay, Reading
from prsync.core.readings import reading_of


def brings(feed: Feed, *readings: Reading) -> bool:
    feed.says(3, *readings)
    (step,) = feed.run(3)
    return isinstance(step, DepositedDays)


def test_a_later_read_at_is_new_data_though_the_count_is_the_same() -> None:
    assert brings(alone(), reading(1120, 3))


def test_an_equal_read_at_is_no_new_data_though_the_count_differs() -> None:
    assert not brings(alone(), reading(1130, 2))


def test_an_earlier_read_at_is_no_new_data_nor_is_a_new_device_with_one() -> None:
    assert not brings(alone(), reading(1130, 1), reading(5, 1, device_id="new"))


@pytest.mark.parametrize("count", [0, None, "?"])
def test_what_has_no_count_is_no_new_data(count: Count) -> None:
    assert not brings(alone(), reading(count, 3))


def test_instants_are_compared_as_instants() -> None:
    noon_of_the_2nd = dt.datetime.fromisoformat("2026-11-03T01:00:00+13:00")
    same = reading_of("a", managed=True, count=1130, read_at=noon_of_the_2nd)

    assert not brings(alone(), same)


def test_without_read_at_another_count_or_a_new_device_is_new_data() -> None:
    assert brings(alone(timed=False), reading(1121, None))
    assert brings(alone(timed=False), reading(1119, None))
    assert brings(alone(timed=False), reading(5, None, device_id="new"))


def test_without_read_at_the_same_count_is_no_new_data() -> None:
    assert not brings(alone(timed=False), reading(1120, None))


def test_without_read_at_the_held_count_is_no_new_data() -> None:
    feed = alone(timed=False)
    assert brings(feed, reading(7, None))
    feed.says(4, reading(7, None))
    (step,) = feed.run(4)

    assert isinstance(step, OpenDay)


def test_a_read_at_before_1990_is_a_placeholder_and_counts_as_absent() -> None:
    for placeholder in (dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(1970, 1, 1, tzinfo=dt.UTC)):
        assert brings(alone(), reading_of("a", managed=True, count=1130, read_at=placeholder))
        assert not brings(alone(), reading_of("a", managed=True, count=1120, read_at=placeholder))


def test_a_read_at_after_the_days_end_counts_as_that_end() -> None:
    feed = alone()
    assert brings(feed, reading(1130, 300))
    assert feed.store.feed.last_data_at == dt.datetime(2026, 11, 3, 22, 59, 59, 999999, tzinfo=dt.UTC)

    feed.says(4, reading(1140, 4))
    feed.run(4)
    assert feed.pages() == [120, 10, 10]


def test_last_data_at_is_the_newest_instant_of_new_data() -> None:
    feed = alone()
    assert feed.store.feed.last_data_at == noon(2)
    feed.says(3, reading(1120, 3), reading(5, 3, device_id="b", hours=5), reading(0, 3, device_id="c"))
    feed.run(3)

    assert feed.store.feed.last_data_at == noon(3) + dt.timedelta(hours=5)


def test_data_without_read_at_are_as_new_as_the_day_they_are_of() -> None:
    feed = alone(timed=False)

    assert feed.store.feed.last_data_at == dt.datetime(2026, 11, 2, 22, 59, 59, 999999, tzinfo=dt.UTC)


def test_a_count_that_the_baseline_knows_already_is_no_new_data_of_the_first_days() -> None:
    feed = Feed()
    for number in (1, 2):
        feed.says(number, reading(1000, None), reading(50, 1, device_id="z"))
    feed.says(3, reading(1000, None), reading(51, 3, device_id="z", hours=-8))
    feed.run(3)

    assert feed.store.feed.last_data_at == noon(3) - dt.timedelta(hours=8)


def test_what_the_baseline_had_read_already_is_no_new_data() -> None:
    feed = Feed()
    for number in (1, 2):
        feed.says(number, reading(1000, -5), reading(50, 1, device_id="z"))
    feed.run(2)

    assert feed.steps == [OpenDay(day(2), unread=0)]


@pytest.mark.parametrize("count", [0, 50], ids=["unread", "not managed"])
def test_what_is_no_data_of_the_baseline_makes_no_other_data_old(count: int) -> None:
    feed = managed_feed()
    feed.says(1, reading(1000, 0), reading(count, 1, device_id="z", managed=count == 0))
    feed.says(2, reading(1010, 0, hours=6))
    feed.run(2)

    assert feed.pages() == [10]


def test_last_data_at_never_goes_back() -> None:
    feed = alone()
    feed.run(3)
    feed.says(3, reading(1130, None))  # delivered late, and nobody says when it was read
    feed.says(4, reading(50, 3, device_id="b"))
    feed.run(4)

    assert feed.store.feed.last_data_at == dt.datetime(2026, 11, 3, 22, 59, 59, 999999, tzinfo=dt.UTC)
