"""What happens to a reading, row by row of the first table of the ledger's rules."""

from __future__ import annotations

import pytest
from tests.core.example_feed import CEILING, DROPPED, INVALID, JUMPED, Count, Feed, reading

from prsync.core.model import MAX_COUNT


@pytest.mark.parametrize("count", [None, 0, "0", 0.0])
def test_a_count_absent_null_or_0_leaves_the_row_alone_and_is_summed_up(feed: Feed, count: Count) -> None:
    feed.reads(2, 1120)
    feed.reads(3, count)
    feed.reads(4, 1150)

    feed.run(3)
    assert feed.row() == (1000, 1120, 120)
    assert [step.unread for step in feed.steps] == [0, 1]
    assert not feed.anomalies()

    feed.run(4)
    assert feed.pages() == [120, 0, 30]


@pytest.mark.parametrize("count", ["120 pages", -5, str(MAX_COUNT + 1), ""])
def test_what_is_not_a_whole_number_is_reported_without_a_count_and_the_others_go_on(feed: Feed, count: Count) -> None:
    feed.says(2, reading(count, 2 if feed.timed else None), reading(70, 2, device_id="z"))

    feed.run(2)

    assert feed.row() == (1000, 1000, 0)
    assert feed.row("z") == (50, 70, 20)
    assert feed.anomalies() == [(2, INVALID, None, "open")]
    assert feed.steps[-1].unread == 0


def test_an_invalid_reading_is_reported_once_and_closed_by_the_next_reading_that_has_a_count(feed: Feed) -> None:
    feed.reads(2, "?")
    feed.reads(3, "!")
    feed.reads(4, 0)
    feed.nightly(2, 4)
    assert feed.anomalies() == [(2, INVALID, None, "open")]

    feed.reads(5, 1300)
    feed.run(5)

    assert feed.pages() == [0, 0, 0, 300]
    assert feed.anomalies() == [(2, INVALID, None, "transient")]


def test_an_invalid_reading_is_also_closed_by_a_count_that_is_held(feed: Feed) -> None:
    feed.reads(2, "?")
    feed.reads(3, 7)
    feed.nightly(2, 3)

    assert feed.anomalies() == [(2, INVALID, None, "transient"), (3, DROPPED, 7, "open")]


def test_an_invalid_reading_does_not_decide_what_is_held(feed: Feed) -> None:
    feed.reads(2, 7)
    feed.reads(3, "?")
    feed.nightly(2, 3)

    assert feed.anomalies() == [(2, DROPPED, 7, "open"), (3, INVALID, None, "open")]


def test_an_invalid_baseline_is_reported_and_the_device_starts_with_its_first_count(feed: Feed) -> None:
    feed.reads(1, "?")
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.nightly(2, 3)

    assert feed.row() == (1120, 1130, 10)
    assert feed.anomalies() == [(1, INVALID, None, "transient")]


def test_a_new_device_may_begin_with_an_invalid_reading(feed: Feed) -> None:
    feed.says(2, reading("?", 2, device_id="n"), reading(50, 2, device_id="z"))
    feed.says(3, reading(900, 3, device_id="n"), reading(50, 3, device_id="z"))
    feed.run(2)
    assert "n" not in feed.store.devices
    feed.run(3)

    assert feed.row("n") == (900, 900, 0)
    assert feed.anomalies("n") == [(2, INVALID, None, "transient")]


@pytest.mark.parametrize(("count", "pages"), [(1000, 0), (1001, 1), (51_000, 50_000), ("1250", 250)])
def test_a_count_at_or_above_the_latest_counts_what_is_between(feed: Feed, count: Count, pages: int) -> None:
    feed.reads(2, count)
    feed.run(2)

    assert feed.pages() == [pages]
    assert feed.row() == (1000, 1000 + pages, pages)
    assert not feed.anomalies()


def test_pages_up_to_the_ceiling_count_and_more_are_held(feed: Feed) -> None:
    feed.has_counted_800_000()
    feed.reads(7, 801_000 + CEILING)
    feed.reads(8, 801_001 + 2 * CEILING)
    feed.nightly(7, 8)

    assert feed.pages()[5:] == [CEILING, 0]
    assert feed.row() == (1000, 801_000 + CEILING, 800_000 + CEILING)
    assert feed.anomalies() == [(8, JUMPED, 801_001 + 2 * CEILING, "open")]


def test_over_50_000_pages_are_held_where_they_are_more_than_the_device_has_ever_counted(feed: Feed) -> None:
    feed.reads(2, 51_000)
    feed.reads(3, 51_001)
    feed.reads(4, 101_002)
    feed.reads(5, 101_003)
    feed.reads(6, 201_007)
    feed.nightly(2, 6)

    assert feed.pages() == [50_000, 1, 50_001, 1, 0]
    assert feed.row() == (1000, 101_003, 100_003)
    assert feed.anomalies() == [(6, JUMPED, 201_007, "open")]


def test_a_counter_that_is_corrected_upward_is_held() -> None:
    feed = Feed()
    for number, count in enumerate((30_000, 30_100, 95_400, 95_500), 1):
        feed.reads(number, count)
    feed.nightly(2, 4)

    assert feed.pages() == [100, 0, 0]
    assert feed.anomalies() == [(3, JUMPED, 95_500, "open")]


def test_a_count_below_the_latest_is_held(feed: Feed) -> None:
    feed.reads(2, 999)
    feed.run(2)

    assert feed.pages() == [0]
    assert feed.row() == (1000, 1000, 0)
    assert feed.anomalies() == [(2, DROPPED, 999, "open")]


@pytest.mark.parametrize("order", [1, -1])
def test_of_the_same_device_twice_the_newest_reading_counts(order: int) -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.says(2, *[reading(1900, 2, hours=-3), reading(1120, 2)][::order])
    feed.run(2)

    assert feed.pages() == [120]


@pytest.mark.parametrize("order", [1, -1])
def test_of_the_same_device_twice_and_alike_the_higher_count_counts(feed: Feed, order: int) -> None:
    read_on = 2 if feed.timed else None
    feed.says(2, *[reading(1120, read_on), reading(1119, read_on)][::order])
    feed.run(2)

    assert feed.pages() == [120]
    assert not feed.anomalies()


def test_a_device_no_longer_in_the_answer_keeps_its_row_and_goes_on_where_it_stood(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.says(3, reading(50, 3, device_id="z"))
    feed.says(4, reading(50, 4, device_id="z"))
    feed.reads(5, 1180)
    feed.nightly(2, 4)
    assert feed.row() == (1000, 1120, 120)

    feed.run(5)
    assert feed.pages() == [120, 0, 0, 60]
