"""The worked example of the ledger's rules: night by night and as a backfill."""

from __future__ import annotations

from tests.core.example_feed import DROPPED, JUMPED, OCTOBER_31, Count, Feed, day, reading

from prsync.core.model import DepositedDays, OpenDay

WORKED: dict[int, Count] = {
    1: 1000,
    2: 1120,
    3: 0,
    4: 7,
    5: 1300,
    6: 40,
    7: 95,
    8: 5_000_095,
    9: 150,
}
LATEST_COUNTS = {2: 1120, 4: 1120, 5: 1300, 6: 1300, 7: 95, 8: 95, 9: 150}


def worked_example() -> Feed:
    feed = Feed()
    for number, count in WORKED.items():
        feed.says(number, reading(count, number))
    return feed


def assert_it_ended_as_the_contract_says(feed: Feed) -> None:
    assert feed.pages() == [120, 0, 0, 180, 0, 55, 0, 55]
    assert feed.row() == (-260, 150, 410)
    assert feed.anomalies() == [
        (4, DROPPED, 7, "transient"),
        (6, DROPPED, 40, "reset"),
        (8, JUMPED, 5_000_095, "transient"),
    ]
    assert [(one.settled_on - OCTOBER_31).days for one in feed.store.anomalies.values() if one.settled_on] == [5, 7, 9]


def test_the_worked_example_night_by_night() -> None:
    feed = worked_example()

    latest = {}
    for number in range(2, 10):
        feed.run(number)
        latest[number] = feed.row()[1]

    assert {number: count for number, count in latest.items() if number in LATEST_COUNTS} == LATEST_COUNTS
    assert_it_ended_as_the_contract_says(feed)
    assert [type(step) for step in feed.steps] == [DepositedDays, OpenDay, *[DepositedDays] * 6]
    assert [len(step.deposits) for step in feed.steps if isinstance(step, DepositedDays)] == [1, 2, 1, 1, 1, 1, 1]


def test_the_worked_example_as_a_backfill() -> None:
    feed = worked_example()

    feed.run(9)

    assert_it_ended_as_the_contract_says(feed)


def test_a_drop_in_the_worked_example_is_reported_with_the_zero_day_before_it() -> None:
    feed = worked_example()
    feed.nightly(2, 3)
    assert feed.steps[-1] == OpenDay(day(3), unread=1)
    assert feed.pages() == [120]

    feed.run(4)

    assert feed.pages() == [120, 0, 0]
    assert feed.anomalies() == [(4, DROPPED, 7, "open")]
