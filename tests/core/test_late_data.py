"""Days without new data stay open, and what a DCA delivers late lands on its own day."""

from __future__ import annotations

from tests.core.example_feed import Feed, alone, day, managed_feed, reading


def test_a_part_delivered_late_leaves_the_days_after_it_open_for_their_own_pages() -> None:
    feed = alone()
    feed.nightly(3, 6)  # silent
    for number in (3, 4, 5, 6, 7):
        feed.says(number, reading(1130, 3))  # so far the DCA has delivered the third
    feed.run(7)
    assert feed.pages() == [120, 10]
    assert feed.store.feed.looked_through == day(7)

    for number in (4, 5, 6, 7, 8):
        feed.says(number, reading(1130 + 20 * (number - 3), number))
    feed.run(8)

    assert feed.pages() == [120, 10, 20, 20, 20, 20, 20]


def test_what_is_new_of_a_part_is_judged_as_if_each_day_had_been_collected_in_its_own_run() -> None:
    feed = managed_feed(timed=False)

    def answers(number: int, count: int, *, managed: bool = True) -> None:
        feed.says(number, reading(count, None, managed=managed))

    for number in (2, 3, 4, 5):
        answers(number, 1120)
    feed.nightly(2, 5)  # silent since the second
    answers(3, 1130)
    answers(4, 1140, managed=False)
    answers(
        5, 1140
    )  # back in scope: new since the third day, the last deposited, though the fourth has moved LatestCount there
    for number in (6, 7):
        answers(number, 1140)  # not delivered yet
        feed.run(number)
    assert feed.pages() == [120, 10, 0, 0]

    for number in (6, 7, 8):
        answers(number, 1080 + 10 * number)
    feed.run(8)

    assert feed.pages() == [120, 10, 0, 0, 0, 10, 10]


def test_of_the_days_left_open_after_a_part_nothing_is_stored() -> None:
    feed = managed_feed()
    feed.says(2, reading(1120, 2))
    feed.nightly(2, 3)
    unread = reading(0, 3, device_id="u")
    feed.says(3, reading(1130, 3), reading(60, 3, device_id="c"), unread)
    feed.says(4, reading(1130, 3, managed=False), reading(60, 3, device_id="c"), reading("?", 3, device_id="b"), unread)
    (step,) = feed.run(4)
    assert feed.pages() == [120, 10]
    assert feed.store.devices["a"].managed
    assert not feed.store.anomalies
    assert step.unread == 1

    feed.says(4, reading(1140, 4))  # the answer for this day was not final
    feed.says(5, reading(1150, 5))
    feed.run(5)
    assert feed.pages() == [120, 10, 10, 10]


def test_a_day_without_new_data_stays_open_and_is_deposited_with_the_next_that_has_some(feed: Feed) -> None:
    feed.reads(2, 1120)
    stale = feed.answers[2]
    for number in (3, 4):
        feed.says(number, *stale)
    feed.nightly(2, 4)
    assert feed.pages() == [120]
    assert feed.store.feed.synced_through == day(2)
    assert feed.store.feed.looked_through == day(4)

    feed.reads(5, 1150)
    feed.run(5)

    assert feed.pages() == [120, 0, 0, 30]
    assert feed.store.feed.synced_through == feed.store.feed.looked_through == day(5)


def test_what_a_stale_dca_delivers_late_lands_on_its_own_day_and_in_its_own_month(feed: Feed) -> None:
    feed.reads(28, 1100)
    for number in range(2, 28):
        feed.reads(number, 1000)
    feed.run(28)
    stale = feed.answers[28]
    for number in (29, 30, 31):
        feed.says(number, *stale)
    feed.nightly(29, 31)  # through 1 December
    assert len(feed.pages()) == 27

    for number, count in {29: 1110, 30: 1130, 31: 1170, 32: 1171}.items():
        feed.reads(number, count)
    feed.run(32)

    november = {date: pages for date, pages in feed.store.deposits.items() if date.month == 11}
    december = {date: pages for date, pages in feed.store.deposits.items() if date.month == 12}
    assert november[day(29)] == 10
    assert november[day(30)] == 20
    assert list(december.values()) == [40, 1]


def test_where_only_some_devices_were_silent_theirs_land_when_they_are_seen_again(feed: Feed) -> None:
    feed.reads(2, 1120)
    silent = feed.answers[2][0]
    for number in (3, 4):
        feed.says(number, silent, reading(50 + number, number, device_id="z"))
    feed.reads(5, 1200)
    feed.says(5, feed.answers[5][0], reading(60, 5, device_id="z"))
    feed.nightly(2, 5)

    assert feed.pages() == [120, 3, 1, 86]
    assert feed.row() == (1000, 1200, 200)
