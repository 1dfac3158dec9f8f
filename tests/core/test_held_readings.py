"""A reading that is held back and the next one, which decides what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.core.example_feed import CEILING, DROPPED, INVALID, JUMPED, Feed, noon, reading

if TYPE_CHECKING:
    from prsync.core.model import AnomalyKind


def test_a_repeat_of_a_drop_neither_confirms_nor_clears_it_and_is_reported_once(feed: Feed) -> None:
    for number in range(2, 6):
        feed.reads(number, 7, read_on=2)
    feed.nightly(2, 5)

    assert feed.pages() == [0, 0, 0, 0]
    assert feed.anomalies() == [(2, DROPPED, 7, "open")]


def test_a_repeat_of_a_jump_neither_confirms_nor_clears_it_and_is_reported_once(feed: Feed) -> None:
    for number in range(2, 6):
        feed.reads(number, 5_000_000, read_on=2)
    feed.nightly(2, 5)

    assert feed.pages() == [0, 0, 0, 0]
    assert feed.anomalies() == [(2, JUMPED, 5_000_000, "open")]


def test_another_count_read_at_the_same_instant_is_not_a_next_reading() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.reads(2, 7)
    feed.reads(3, 30, read_on=2)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 0]
    assert feed.anomalies() == [(2, DROPPED, 7, "open")]


def test_the_same_count_read_later_is_a_next_reading_but_confirms_nothing() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.reads(2, 7)
    feed.reads(3, 7)
    feed.nightly(2, 3)

    assert feed.anomalies() == [(2, DROPPED, 7, "open")]
    assert feed.the_open_one().read_at == noon(3)


def test_where_one_of_two_answers_has_no_read_at_only_the_count_tells_them_apart() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.reads(2, 7)
    feed.says(3, reading(7, None), reading(50, 3, device_id="z"))
    feed.nightly(2, 3)
    assert feed.the_open_one().read_at == noon(2)

    feed.says(4, reading(30, None), reading(50, 4, device_id="z"))
    feed.run(4)
    assert feed.pages() == [0, 0, 23]


def test_a_count_of_the_same_instant_counts_but_does_not_close_an_invalid_reading() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.reads(2, "?")
    feed.reads(3, 1300, read_on=2)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 300]
    assert feed.anomalies() == [(2, INVALID, None, "open")]


def test_a_device_stuck_in_the_future_is_read_anew_every_day() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    for number, count in {2: 7, 3: 30}.items():
        feed.reads(number, count, read_on=400)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 23]
    assert feed.anomalies() == [(2, DROPPED, 7, "reset")]


@pytest.mark.parametrize("held", [7, 5_000_000], ids=["drop", "jump"])
@pytest.mark.parametrize("pages", [0, 300, 50_000])
def test_a_plausible_next_reading_shows_that_it_was_a_glitch(feed: Feed, held: int, pages: int) -> None:
    feed.reads(2, held)
    feed.reads(3, 1000 + pages)
    feed.nightly(2, 3)

    assert feed.pages() == [0, pages]
    assert feed.row() == (1000, 1000 + pages, pages)
    assert feed.anomalies() == [(2, DROPPED if held == 7 else JUMPED, held, "transient")]


@pytest.mark.parametrize("pages", [1, 55, 992])
def test_a_next_reading_that_goes_on_from_the_drop_is_a_true_reset(feed: Feed, pages: int) -> None:
    feed.reads(2, 7)
    feed.reads(3, 7 + pages)
    feed.nightly(2, 3)

    assert feed.pages() == [0, pages]
    assert feed.row() == (7, 7 + pages, pages)
    assert feed.anomalies() == [(2, DROPPED, 7, "reset")]


@pytest.mark.parametrize(
    ("next_count", "state"), [(7 + CEILING, "reset"), (8 + CEILING, "open")], ids=["the ceiling", "one more"]
)
def test_a_reset_adds_no_more_than_the_ceiling(feed: Feed, next_count: int, state: str) -> None:
    feed.has_counted_800_000()
    feed.reads(7, 7)
    feed.reads(8, next_count)
    feed.nightly(7, 8)

    assert feed.pages()[5:] == [0, CEILING if state == "reset" else 0]
    assert feed.anomalies() == [(7, DROPPED, 7 if state == "reset" else next_count, state)]


@pytest.mark.parametrize(("next_count", "state"), [(50_007, "reset"), (50_008, "open")])
def test_a_reset_of_a_young_device_adds_no_more_than_50_000_pages(feed: Feed, next_count: int, state: str) -> None:
    feed.reads(1, 2_000_000)
    feed.reads(2, 7)
    feed.reads(3, next_count)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 50_000 if state == "reset" else 0]
    assert feed.anomalies() == [(2, DROPPED, 7 if state == "reset" else next_count, state)]


def test_after_a_drop_any_other_count_below_the_latest_is_held_instead(feed: Feed) -> None:
    feed.reads(2, 40)
    feed.reads(3, 30)
    feed.nightly(2, 3)
    assert feed.anomalies() == [(2, DROPPED, 30, "open")]

    feed.reads(4, 35)
    feed.run(4)

    assert feed.pages() == [0, 0, 5]
    assert feed.anomalies() == [(2, DROPPED, 30, "reset")]


def test_after_a_jump_another_count_over_the_ceiling_is_held_instead(feed: Feed) -> None:
    feed.reads(2, 5_000_000)
    feed.reads(3, 5_000_100)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 0]
    assert feed.anomalies() == [(2, JUMPED, 5_000_100, "open")]


@pytest.mark.parametrize(
    ("first", "second"), [((7, DROPPED), (5_000_000, JUMPED)), ((5_000_000, JUMPED), (7, DROPPED))]
)
def test_the_other_kind_closes_it_and_is_held_as_its_own_anomaly(
    feed: Feed, first: tuple[int, AnomalyKind], second: tuple[int, AnomalyKind]
) -> None:
    feed.reads(2, first[0])
    feed.reads(3, second[0])
    feed.nightly(2, 3)

    assert feed.pages() == [0, 0]
    assert feed.anomalies() == [(2, first[1], first[0], "transient"), (3, second[1], second[0], "open")]
