"""A reset that may have been none: what is remembered of it, and what tells."""

from __future__ import annotations

import pytest
from tests.core.example_feed import DROPPED, JUMPED, RETURNED, Feed, reading

from prsync.core.decisions import pages_accepting_adds
from prsync.core.model import RememberedReset, Scope


def feed_that_reads(*counts: int, timed: bool = True, scope: Scope = Scope.ALL) -> Feed:
    """A feed whose device a has these counts from the baseline day on, collected night by night."""
    feed = Feed(timed=timed, scope=scope)
    for number, count in enumerate(counts, 1):
        feed.reads(number, count)
    feed.nightly(2, len(counts))
    return feed


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize(
    ("counts", "pages"),
    [
        ((100_000, 100_010, 50, 51, 100_030), [10, 0, 1, 19]),
        ((1300, 1300, 40, 95, 1340), [0, 0, 55, 0]),
        ((1300, 1300, 40, 95, 100, 1390), [0, 0, 55, 5, 30]),
        ((1300, 1310, 7, 9, 2, 5, 1320), [10, 0, 2, 0, 3, 5]),
    ],
)
def test_a_counter_that_comes_back_adds_what_is_not_counted_yet(
    counts: tuple[int, ...], pages: list[int], *, timed: bool
) -> None:
    feed = feed_that_reads(*counts, timed=timed)

    assert feed.pages() == pages
    assert feed.row()[1] == counts[-1]
    assert feed.anomalies()[-1] == (len(counts), RETURNED, counts[-1], "transient")
    assert feed.remembered() is None


def test_a_counter_that_prints_its_way_back_counts_as_usual() -> None:
    feed = feed_that_reads(1000, 7, 300, 700, 1001, 1002)

    assert feed.pages() == [0, 293, 400, 301, 1]
    assert feed.anomalies() == [(2, DROPPED, 7, "reset")]
    assert feed.remembered() is None


@pytest.mark.parametrize(("back", "pages", "returned"), [(1009, 504, False), (1010, 0, True)])
def test_one_is_back_by_a_step_longer_than_the_pages_since(back: int, pages: int, *, returned: bool) -> None:
    feed = feed_that_reads(1000, 1, 505, back)

    assert feed.pages() == [0, 504, pages]
    assert (RETURNED in {kind for _, kind, _, _ in feed.anomalies()}) == returned


def test_the_highest_of_several_resets_and_all_pages_since_are_remembered() -> None:
    assert feed_that_reads(1000, 7, 10).remembered() == (1000, 3)
    assert feed_that_reads(1000, 7, 10, 60).remembered() == (1000, 53)
    assert feed_that_reads(1000, 7, 10, 60, 2, 5).remembered() == (1000, 56)
    assert feed_that_reads(1000, 7, 10, 60, 2, 5, 5).remembered() == (1000, 56)


def test_what_comes_back_elsewhere_is_held_as_a_jump_and_still_remembered() -> None:
    feed = feed_that_reads(100_000, 100_010, 50, 51, 90_000)

    assert feed.pages() == [10, 0, 1, 0]
    assert feed.the_open_one().kind is JUMPED
    assert feed.remembered() == (100_010, 1)

    feed.reads(6, 100_030)
    feed.run(6)
    assert feed.pages()[-1] == 19
    assert [(kind, state) for _, kind, _, state in feed.anomalies()][1:] == [
        (JUMPED, "transient"),
        (RETURNED, "transient"),
    ]


def test_one_that_comes_back_with_too_many_pages_is_held_and_accepting_adds_only_what_it_printed() -> None:
    feed = feed_that_reads(1000, 7, 10, 700_000)
    assert feed.pages() == [0, 3, 0]
    assert pages_accepting_adds(feed.the_open_one(), 10, RememberedReset(1000, 3)) == 698_997

    feed.decide(accepted=True)
    feed.reads(5, 700_001)
    feed.run(5)

    assert feed.pages() == [0, 3, 0, 698_998]
    assert feed.remembered() is None


def test_a_drop_that_a_person_has_accepted_is_not_remembered() -> None:
    feed = feed_that_reads(1000, 7)
    feed.decide(accepted=True)
    assert feed.remembered() is None
    for number, count in {3: 10, 4: 1020}.items():
        feed.reads(number, count)
    feed.nightly(3, 4)

    assert feed.pages() == [0, 3, 1010]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_person_who_moves_the_row_ends_it(*, accepted: bool) -> None:
    feed = feed_that_reads(1000, 7, 10, 2 if accepted else 900_000)
    feed.decide(accepted=accepted)

    assert feed.remembered() is None
    assert feed.row()[1:] == (2 if accepted else 900_000, 3)


def test_leaving_scope_ends_it() -> None:
    feed = feed_that_reads(1000, 7, 10, scope=Scope.MANAGED)
    feed.reads(4, 12, managed=False)
    feed.run(4)
    assert feed.remembered() is None


def test_the_first_reading_by_a_new_rule_ends_it() -> None:
    feed = feed_that_reads(1000, 7, 10)
    feed.changes(meter="color")
    feed.reads(4, 5)
    feed.run(4)
    assert feed.remembered() is None


def test_earlier_days_leave_it_as_it_is() -> None:
    feed = Feed()
    for number, count in {-1: 900, 0: 950, 1: 1000, 2: 7, 3: 10}.items():
        feed.reads(number, count)
    feed.nightly(2, 3)
    feed.joins(0)

    assert feed.remembered() == (1000, 3)
    assert feed.row() == (-93, 10, 103)


@pytest.mark.parametrize(
    ("known", "remembered"),
    [([40, 95], (1300, 9 + 55)), ([40, 3, 5], (1300, 9 + 2)), ([40, 1400, 6, 8], (1400, 2)), ([40, 1400], None)],
    ids=["none of its own", "one of its own", "one from further up", "it has come back"],
)
def test_a_reset_on_the_earlier_days_is_remembered_as_if_all_had_come_in_order(
    known: list[int], remembered: tuple[int, int] | None
) -> None:
    feed = Feed()
    for number, count in {-2: 1300, -1: 31, 0: 38, 1: 40}.items():
        feed.reads(number, count)
    for number, count in enumerate(known[1:], 2):
        feed.reads(number, count)
    last = len(known)
    feed.nightly(2, last)
    feed.joins(-1)
    assert feed.remembered() == remembered


def test_a_device_of_the_earlier_days_alone_goes_on_with_its_reset() -> None:
    feed = Feed()
    for number, count in {-2: 1300, -1: 31, 0: 38}.items():
        feed.reads(number, count)
    for number in (1, 2, 3):
        feed.says(number, reading(50 + number, number, device_id="z"))
    feed.nightly(2, 3)
    feed.joins(-1)
    assert feed.remembered() == (1300, 7)

    feed.reads(4, 1320)
    feed.run(4)
    assert feed.pages()[-1] == 13
