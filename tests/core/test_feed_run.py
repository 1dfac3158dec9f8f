"""A feed's run: what it asks for, what it writes, and what a failure leaves."""

from __future__ import annotations

import pytest
from tests.core.device_history import days
from tests.core.example_feed import Feed, day, reading

from prsync.core.model import DepositedDays


def test_a_nightly_run_with_nothing_special_asks_for_one_day(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.run(2)
    assert feed.asked == [1, 2]
    feed.asked.clear()

    feed.run(3)

    assert feed.asked == [3]


def test_nothing_is_asked_for_twice_in_one_run(feed: Feed) -> None:
    for number in range(2, 6):
        feed.says(number, reading(1000, 1))
    feed.reads(6, 1120)

    feed.run(6)

    assert sorted(feed.asked) == [1, 2, 3, 4, 5, 6]


def test_a_run_up_to_date_asks_nothing_and_so_does_one_before_the_activation_date(feed: Feed) -> None:
    assert not feed.run(1)
    assert not feed.run(-20)
    feed.reads(2, 1120)
    feed.run(2)
    feed.asked.clear()

    assert not feed.run(2)
    assert not feed.asked


def test_a_deposit_writes_only_the_rows_that_changed(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.run(3)

    written = [[row.device_id for row in step.devices] for step in feed.steps if isinstance(step, DepositedDays)]
    assert written == [["a", "z"], ["a"]]


def test_a_server_down_part_way_keeps_what_is_committed_and_the_rest_comes_later(feed: Feed) -> None:
    for number in range(2, 6):
        feed.reads(number, 1000 + 10 * number)
    feed.down_from = 4

    with pytest.raises(ConnectionError):
        feed.run(5)
    assert feed.pages() == [20, 10]

    feed.down_from = None
    feed.run(5)
    assert feed.pages() == [20, 10, 10, 10]


def test_the_deposits_cover_every_day_since_the_activation_date(feed: Feed) -> None:
    feed.reads(20, 1120)
    feed.run(20)

    assert [*feed.store.deposits] == [*days(day(2), day(20))]
    assert feed.pages() == [0] * 18 + [120]
