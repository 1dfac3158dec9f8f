"""What a person decides about an anomaly."""

from __future__ import annotations

import pytest
from tests.core.example_feed import DROPPED, INVALID, JUMPED, Feed, reading

from prsync.core.decisions import NotAcceptableError, accept, pages_accepting_adds
from prsync.core.model import MAX_COUNT


def test_an_accepted_jump_adds_its_pages_to_the_next_deposit(feed: Feed) -> None:
    feed.reads(2, 1_000_000)
    feed.run(2)
    assert pages_accepting_adds(feed.the_open_one(), 1000, None) == 999_000
    feed.decide(accepted=True)
    assert feed.row() == (1000, 1000, 0)
    assert [pages_accepting_adds(one, 1000, None) for one in feed.store.anomalies.values()] == [None]

    feed.reads(3, 1_000_020)
    feed.reads(4, 1_000_021)
    feed.nightly(3, 4)

    assert feed.pages() == [0, 999_020, 1]
    assert feed.anomalies() == [(2, JUMPED, 1_000_000, "accepted")]


def test_accepted_pages_go_into_the_first_of_the_open_days(feed: Feed) -> None:
    feed.reads(2, 1_000_000)
    feed.run(2)
    feed.decide(accepted=True)
    feed.says(3)
    feed.says(4)
    feed.reads(5, 1_000_005)

    feed.nightly(3, 5)

    assert feed.pages() == [0, 999_000, 0, 5]


def test_a_rejected_jump_moves_the_row_without_counting(feed: Feed) -> None:
    feed.reads(2, 1_000_000)
    feed.run(2)
    feed.decide(accepted=False)
    assert feed.row() == (1_000_000, 1_000_000, 0)

    feed.reads(3, 1_000_020)
    feed.run(3)

    assert feed.pages() == [0, 20]
    assert feed.anomalies() == [(2, JUMPED, 1_000_000, "rejected")]


def test_an_accepted_drop_was_a_reset_and_counts_no_pages(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.reads(3, 40)
    feed.nightly(2, 3)
    assert pages_accepting_adds(feed.the_open_one(), 1120, None) == 0
    feed.decide(accepted=True)
    assert feed.row() == (-80, 40, 120)

    feed.reads(4, 95)
    feed.run(4)

    assert feed.pages() == [120, 0, 55]
    assert feed.anomalies() == [(3, DROPPED, 40, "accepted")]


def test_a_rejected_drop_was_a_glitch_and_its_repeat_is_not_reported_again(feed: Feed) -> None:
    feed.reads(2, 40)
    feed.run(2)
    feed.decide(accepted=False)
    feed.reads(3, 40, read_on=2)
    feed.run(3)
    assert feed.anomalies() == [(2, DROPPED, 40, "rejected")]

    feed.reads(4, 1010)
    feed.run(4)
    assert feed.pages() == [0, 0, 10]
    assert feed.anomalies() == [(2, DROPPED, 40, "rejected")]


def test_a_rejected_drop_does_not_confirm_a_reset(feed: Feed) -> None:
    feed.reads(2, 40)
    feed.run(2)
    feed.decide(accepted=False)
    feed.reads(3, 95)
    feed.run(3)

    assert feed.pages() == [0, 0]
    assert feed.anomalies() == [(2, DROPPED, 40, "rejected"), (3, DROPPED, 95, "open")]


def test_an_invalid_reading_can_only_be_rejected_and_its_repeat_is_not_reported_again(feed: Feed) -> None:
    feed.reads(2, "?")
    feed.run(2)
    assert pages_accepting_adds(feed.the_open_one(), 1000, None) is None
    with pytest.raises(NotAcceptableError):
        accept(feed.store.load(), feed.the_open_one())
    feed.decide(accepted=False)

    feed.reads(3, "?", read_on=2)
    feed.run(3)

    assert feed.anomalies() == [(2, INVALID, None, "rejected")]


def test_another_invalid_reading_after_a_rejected_one_is_reported() -> None:
    feed = Feed()
    feed.reads(1, 1000)
    feed.reads(2, "?")
    feed.run(2)
    feed.decide(accepted=False)
    feed.reads(3, "?")
    feed.run(3)

    assert feed.anomalies() == [(2, INVALID, None, "rejected"), (3, INVALID, None, "open")]


@pytest.mark.parametrize("too_many", [0, 1])
def test_jumps_that_together_are_more_than_the_ledger_can_hold_cannot_both_be_accepted(too_many: int) -> None:
    feed = Feed()
    half = 2**62
    feed.says(1, reading(1000, 1, device_id="a"), reading(9, 1, device_id="b"))
    feed.says(2, reading(1000 + half, 2, device_id="a"), reading(9 + MAX_COUNT - half + too_many, 2, device_id="b"))
    feed.run(2)
    first, second = feed.store.anomalies.values()
    feed.store.anomalies[first.key] = accept(feed.store.load(), first).anomaly

    if too_many:
        with pytest.raises(NotAcceptableError):
            accept(feed.store.load(), second)
        return
    feed.store.anomalies[second.key] = accept(feed.store.load(), second).anomaly
    feed.says(3, reading(1000 + half, 3, device_id="a"))
    feed.run(3)
    assert feed.pages() == [0, MAX_COUNT]
