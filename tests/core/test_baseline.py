"""Where devices start: the readings as of the day before the activation date."""

from __future__ import annotations

from tests.core.example_feed import Feed, day, reading

from prsync.core.model import OpenDay


def test_before_the_first_deposit_nothing_is_stored_of_any_device(feed: Feed) -> None:
    for number in (2, 3, 4):
        feed.says(number, *feed.answers[1])
    feed.nightly(2, 4)

    assert feed.steps == [OpenDay(day(number), unread=0) for number in (2, 3, 4)]
    assert not feed.store.devices
    assert feed.store.feed.last_data_at is None
    assert feed.store.feed.synced_through == day(1)


def test_the_baseline_stays_open_and_is_taken_as_it_is_answered_with_the_first_new_data(feed: Feed) -> None:
    for number in (2, 3):
        feed.says(number, *feed.answers[1])
    feed.nightly(2, 3)

    feed.reads(1, 1040)  # the stale DCA has delivered
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.reads(4, 1135)
    feed.run(4)

    assert feed.pages() == [80, 10, 5]
    assert feed.row() == (1040, 1135, 95)


def test_an_empty_baseline_starts_each_device_with_its_first_reading(feed: Feed) -> None:
    feed.answers.pop(1)
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 10]
    assert feed.row() == (1120, 1130, 10)


def test_a_device_first_seen_later_starts_with_its_first_reading(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.reads(3, 1120)
    feed.answers[3].append(reading(9_000_000, 3, device_id="new"))
    feed.reads(4, 1120)
    feed.answers[4].append(reading(9_000_007, 4, device_id="new"))
    feed.nightly(2, 4)

    assert feed.pages() == [120, 0, 7]
    assert feed.row("new") == (9_000_000, 9_000_007, 7)
    assert not feed.store.anomalies
