"""A change of meter or scope: the first reading by the new rule moves the counts, and no page counts."""

from __future__ import annotations

import pytest
from tests.core.example_feed import Feed, reading

from prsync.core.model import Scope


def test_the_first_reading_by_another_meter_moves_the_row_and_counts_nothing(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.changes(meter="color")
    feed.reads(3, 0)
    feed.reads(4, 300)
    feed.reads(5, 310)
    feed.nightly(3, 5)

    assert feed.pages() == [120, 0, 0, 10]
    assert feed.row() == (180, 310, 130)
    assert not feed.anomalies()


def test_a_change_of_scope_begins_every_device_anew(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.changes(scope=Scope.MANAGED)
    feed.reads(3, 1150)
    feed.reads(4, 1160)
    feed.nightly(3, 4)

    assert feed.pages() == [120, 0, 10]


def test_a_change_taken_back_before_any_deposit_changes_nothing(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.changes(meter="color")
    feed.changes(meter="total")
    feed.reads(3, 1150)
    feed.run(3)

    assert feed.pages() == [120, 30]


def test_a_change_taken_back_after_a_deposit_is_a_change_again(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.changes(meter="color")
    feed.says(3, reading(20, 3, device_id="z"))
    feed.run(3)
    feed.changes(meter="total")
    feed.reads(4, 1150)
    feed.run(4)

    assert feed.pages() == [120, 0, 0]


@pytest.mark.parametrize("count", [7, 5_000_000])
def test_what_is_held_closes_at_the_moving_reading(feed: Feed, count: int) -> None:
    feed.reads(2, count)
    feed.run(2)
    feed.changes(meter="color")
    feed.reads(3, 0)
    feed.run(3)
    assert [state for _, _, _, state in feed.anomalies()] == ["open"]

    feed.reads(4, 20)
    feed.run(4)
    assert feed.row() == (20, 20, 0)
    assert [state for _, _, _, state in feed.anomalies()] == ["transient"]


def test_a_change_takes_effect_with_the_first_day_not_yet_deposited(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.says(3)
    feed.nightly(2, 3)
    feed.changes(scope=Scope.MANAGED)
    feed.reads(3, 1150)
    feed.reads(4, 1190)
    feed.run(4)

    assert feed.pages() == [120, 0, 40]
