"""An activation date that moves earlier."""

from __future__ import annotations

from tests.core.example_feed import DROPPED, INVALID, Feed, day, managed_feed, reading

from prsync.core.model import FeedState


def test_earlier_days_are_deposited_and_lower_initial_count(feed: Feed) -> None:
    feed.reads(-3, 700)
    feed.reads(-2, 750)
    feed.reads(-1, 760)
    feed.reads(0, 900)
    feed.reads(2, 1120)
    feed.run(2)

    feed.joins(-2)

    assert feed.pages() == [50, 10, 140, 100, 120]
    assert feed.row() == (700, 1120, 420)
    assert feed.store.feed.activation_date == day(-2)


def test_every_earlier_day_is_deposited_though_none_has_new_data(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.answers.pop(1)

    feed.joins(-2)

    assert feed.pages() == [0, 0, 0, 0, 120]


def test_what_earlier_days_hold_closes_where_the_known_days_begin(feed: Feed) -> None:
    feed.reads(-1, 900)
    feed.reads(0, 7)
    feed.reads(1, "?")
    feed.reads(2, 1120)
    feed.run(2)
    assert feed.anomalies() == [(1, INVALID, None, "transient")]

    feed.joins(0)

    recorded = feed.anomalies()
    assert sorted(recorded) == [(0, DROPPED, 7, "transient"), (1, INVALID, None, "transient")]
    assert {one.settled_on for one in feed.store.anomalies.values()} == {day(1), day(2)}


def test_what_earlier_days_have_closed_themselves_keeps_its_day(feed: Feed) -> None:
    for number, count in {-1: 900, 0: 7, 1: 960, 2: 1120, 3: 1120}.items():
        feed.reads(number, count)
    feed.store.feed = FeedState.before_first_deposit(day(3), feed.timezone, feed.store.feed.rule)
    feed.run(3)

    feed.joins(0)

    assert feed.anomalies() == [(0, DROPPED, 7, "transient")]
    assert [one.settled_on for one in feed.store.anomalies.values()] == [day(1)]


def test_a_device_of_earlier_days_only_gets_its_row_and_goes_on_from_there(feed: Feed) -> None:
    feed.says(-1, reading(10, -1, device_id="old"))
    feed.says(0, reading(15, 0, device_id="old"))
    feed.reads(2, 1120)
    feed.run(2)

    feed.joins(0)
    assert feed.row("old") == (10, 15, 5)

    feed.says(3, reading(18, 3, device_id="old"))
    feed.run(3)
    assert feed.pages() == [5, 0, 120, 3]


def test_a_device_of_earlier_days_only_may_have_been_away_since_and_counts_only_from_its_next_reading() -> None:
    feed = managed_feed()
    feed.says(-1, reading(100, -1, device_id="x"))
    feed.says(0, reading(200, 0, device_id="x"))
    for number in (2, 3):  # printing, but out of scope: nothing is stored of it
        feed.reads(number, 1000)
        feed.answers[number].append(reading(2500 * number, number, device_id="x", managed=False))
    feed.nightly(2, 3)
    assert "x" not in feed.store.devices

    feed.joins(0)
    feed.says(4, reading(8000, 4, device_id="x"))
    feed.says(5, reading(8010, 5, device_id="x"))
    feed.nightly(4, 5)

    assert feed.pages() == [100, 0, 0, 0, 0, 10]
    assert feed.row("x") == (7900, 8010, 110)


def test_a_device_of_earlier_days_read_by_a_rule_never_deposited_begins_anew(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.changes(meter="color")
    feed.says(-1, reading(10, -1, device_id="old"))
    feed.says(0, reading(15, 0, device_id="old"))
    feed.joins(0)
    feed.changes(meter="total")

    feed.says(3, reading(3000, 3, device_id="old"))
    feed.run(3)

    assert feed.pages() == [5, 0, 120, 0]
