"""Pages count only while a device is in scope."""

from __future__ import annotations

import pytest
from tests.core.example_feed import Count, Feed, day, managed_feed, reading

from prsync.core.model import OpenDay


@pytest.mark.parametrize("timed", [True, False])
def test_a_device_never_in_scope_is_not_stored_and_has_no_anomalies(timed: bool) -> None:
    feed = managed_feed(timed=timed)
    counts: list[Count] = [1000, 1120, 7, "?"]
    for number, count in enumerate(counts, start=1):
        feed.reads(number, count, managed=False)
    feed.nightly(2, 4)

    assert [*feed.store.devices] == ["z"]
    assert not feed.store.anomalies


def test_a_device_that_comes_into_scope_starts_with_its_first_reading_there() -> None:
    feed = managed_feed()
    feed.reads(1, 1000, managed=False)
    feed.reads(2, 1120, managed=False)
    feed.reads(3, 1200)
    feed.reads(4, 1210)
    feed.nightly(2, 4)

    assert feed.pages() == [0, 0, 10]
    assert feed.row() == (1200, 1210, 10)


@pytest.mark.parametrize("timed", [True, False])
def test_pages_while_a_device_is_not_managed_never_count(timed: bool) -> None:
    feed = managed_feed(timed=timed)
    feed.reads(2, 1120)
    feed.reads(3, 1200, managed=False)
    feed.reads(4, 1300, managed=False)
    feed.nightly(2, 4)
    assert feed.row() == (1180, 1300, 120)

    feed.reads(5, 1400)  # of the day of return, too, nothing counts
    feed.reads(6, 1410)
    feed.nightly(5, 6)

    assert feed.pages() == [120, 0, 0, 0, 10]
    assert feed.row() == (1280, 1410, 130)


@pytest.mark.parametrize(("read_again", "pages"), [(1400, 10), (1200, 210)], ids=["printed since", "printed nothing"])
def test_a_device_that_returns_without_being_read_counts_from_its_first_reading_there(
    read_again: int, pages: int
) -> None:
    feed = managed_feed()
    feed.reads(2, 1120)
    feed.reads(3, 1200, managed=False)
    feed.reads(4, 1200, read_on=3)
    feed.reads(5, 1200, read_on=3)
    feed.reads(6, read_again)
    feed.reads(7, 1410)
    feed.nightly(2, 7)

    assert feed.pages() == [120, 0, 0, 0, 0, pages]


def test_a_device_that_is_always_read_the_day_before_counts_again_from_its_first_other_count() -> None:
    feed = managed_feed()
    feed.reads(2, 1120, read_on=1, managed=False)
    feed.reads(3, 1200, read_on=2)
    feed.reads(4, 1210, read_on=3)
    feed.nightly(2, 4)

    assert feed.pages() == [0, 0, 10]


def test_away_without_a_count_is_away_all_the_same() -> None:
    feed = managed_feed()
    feed.reads(2, 1120)
    feed.reads(3, 0, managed=False)
    feed.reads(4, 1400)
    feed.nightly(2, 4)

    assert feed.pages() == [120, 0, 0]
    assert feed.row() == (1280, 1400, 120)


def test_a_device_back_without_a_count_counts_only_from_its_first_count() -> None:
    feed = managed_feed()
    feed.reads(2, 1120, managed=False)
    feed.reads(3, 0)
    feed.reads(4, 1400)
    feed.reads(5, 1401)
    feed.nightly(2, 5)

    assert feed.pages() == [0, 0, 0, 1]


@pytest.mark.parametrize("count", [7, 5_000_000, "?"])
def test_what_is_open_closes_when_the_device_leaves_scope(count: Count) -> None:
    feed = managed_feed()
    feed.reads(2, count)
    feed.reads(3, 0, managed=False)
    feed.nightly(2, 3)

    assert [state for _, _, _, state in feed.anomalies()] == ["transient"]


def test_a_drop_or_a_jump_out_of_scope_only_moves_the_row() -> None:
    feed = managed_feed()
    feed.reads(2, 7, managed=False)
    feed.reads(3, 5_000_000, managed=False)
    feed.nightly(2, 3)

    assert feed.row() == (5_000_000, 5_000_000, 0)
    assert not feed.store.anomalies


def test_open_days_are_applied_for_scope_too() -> None:
    feed = managed_feed()
    feed.says(2, reading(1120, 2))
    feed.says(3, reading(1200, 3, managed=False))
    feed.says(4, reading(1300, 4))
    feed.nightly(2, 4)
    assert isinstance(feed.steps[1], OpenDay)

    assert feed.pages() == [120, 0, 0]
    assert feed.row() == (1180, 1300, 120)


def test_out_of_scope_readings_bring_no_new_data_nor_are_they_missed() -> None:
    feed = managed_feed()
    feed.says(2, reading(1120, 2, managed=False), reading(0, 2, managed=False, device_id="b"))
    feed.run(2)

    assert feed.steps == [OpenDay(day(2), unread=0)]
    assert not feed.store.devices


def test_with_scope_all_it_does_not_matter_who_is_managed(feed: Feed) -> None:
    feed.reads(2, 1120, managed=False)
    feed.reads(3, 1140)
    feed.nightly(2, 3)

    assert feed.pages() == [120, 20]
