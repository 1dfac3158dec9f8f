"""The contract of the ledger, sentence by sentence and row by row."""

from __future__ import annotations

import datetime as dt
import weakref
from dataclasses import dataclass, field, replace

import pytest
from tests.core.ledger_model import ONE_DAY, MemoryStore, check_invariants, days

from prsync.core.decisions import NotAcceptableError, accept, pages_accepting_adds, reject
from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import MAX_COUNT, Anomaly, AnomalyKind, DepositedDays, FeedState, OpenDay, Reading, Rule, Scope
from prsync.core.readings import reading_of

OCTOBER_31 = dt.date(2026, 10, 31)
CEILING = 500_000  # the default
DROPPED, JUMPED, INVALID = AnomalyKind.COUNTER_DROPPED, AnomalyKind.COUNTER_JUMPED, AnomalyKind.INVALID_READING

Count = int | str | None


def day(number: int) -> dt.date:
    """A day of November 2026."""
    return OCTOBER_31 + number * ONE_DAY


def noon(number: int) -> dt.datetime:
    return dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC) + number * ONE_DAY


def reading(
    count: Count, read_on: int | None, *, managed: bool = True, device_id: str = "a", hours: int = 0
) -> Reading:
    instant = None if read_on is None else (noon(read_on) + dt.timedelta(hours=hours)).isoformat()
    return reading_of(device_id, managed=managed, count=count, read_at=instant)


@dataclass
class Feed:
    """A feed activated on 2 November 2026, and what its server says of each day."""

    scope: Scope = Scope.ALL
    timed: bool = True
    """Whether the server says when a device was read."""
    told: dict[int, list[Reading]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    steps: list[OpenDay | DepositedDays] = field(default_factory=list)
    timezone: str = "Europe/Copenhagen"
    down_from: int | None = None
    """From which day on the server does not answer."""

    def __post_init__(self) -> None:
        rule = Rule("total", self.scope)
        self.store = MemoryStore(FeedState.before_first_deposit(day(2), self.timezone, rule))

    def says(self, number: int, *readings: Reading) -> None:
        self.told[number] = [*readings]

    def reads(self, number: int, count: Count, *, managed: bool = True, read_on: int | None = None) -> None:
        """Device a is read on that day, and beside it device z, of which there is news every day but never a page."""
        own = reading(count, (read_on or number) if self.timed else None, managed=managed)
        self.says(number, own, reading(50, number, device_id="z"))

    def ask(self, date: dt.date) -> list[Reading]:
        number = (date - OCTOBER_31).days
        if self.down_from is not None and number >= self.down_from:
            raise ConnectionError
        self.asked.append(number)
        return self.told.get(number, [])

    def run(self, through: int) -> list[OpenDay | DepositedDays]:
        taken = []
        for step in collect_days(self.store.load(), day(through), self.ask):
            taken.append(step)
            self.store.apply(step)
            check_invariants(self.store)
        self.steps += taken
        return taken

    def nightly(self, first: int, last: int) -> None:
        for number in range(first, last + 1):
            self.run(number)

    def joins(self, activation: int) -> None:
        self.store.join(collect_earlier_days(self.store.load(), day(activation), self.ask))
        check_invariants(self.store)

    def pages(self) -> list[int]:
        return [self.store.deposits[date] for date in sorted(self.store.deposits)]

    def row(self, device_id: str = "a") -> tuple[int, int, int]:
        row = self.store.devices[device_id]
        return row.initial_count, row.latest_count, row.life_count

    def anomalies(self, device_id: str = "a") -> list[tuple[int, AnomalyKind, int | None, str]]:
        return [
            ((one.date - OCTOBER_31).days, one.kind, one.count, str(one.state))
            for one in self.store.anomalies.values()
            if one.device_id == device_id
        ]

    def the_open_one(self) -> Anomaly:
        (one,) = [one for one in self.store.anomalies.values() if one.state == "open"]
        return one

    def decide(self, *, accepted: bool) -> None:
        decided = (accept if accepted else reject)(self.store.load(), self.the_open_one())
        self.store.anomalies[decided.anomaly.key] = decided.anomaly
        if decided.device is not None:
            self.store.devices[decided.device.device_id] = decided.device
        check_invariants(self.store)

    def changes(self, *, meter: str | None = None, scope: Scope | None = None) -> None:
        now = self.store.feed.rule
        self.store.feed = replace(self.store.feed, rule=Rule(meter or now.meter, scope or now.scope))


@pytest.fixture(params=[True, False], ids=["with read_at", "without read_at"])
def feed(request: pytest.FixtureRequest) -> Feed:
    """A feed whose device a stood at 1000 on the baseline day."""
    made = Feed(timed=request.param)
    made.reads(1, 1000)
    return made


def managed_feed(*, timed: bool = True) -> Feed:
    made = Feed(scope=Scope.MANAGED, timed=timed)
    made.reads(1, 1000)
    return made


# The worked example


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
    made = Feed()
    for number, count in WORKED.items():
        made.says(number, reading(count, number))
    return made


def assert_it_ended_as_the_contract_says(made: Feed) -> None:
    assert made.pages() == [120, 0, 0, 180, 0, 55, 0, 55]
    assert made.row() == (-260, 150, 410)
    assert made.anomalies() == [
        (4, DROPPED, 7, "transient"),
        (6, DROPPED, 40, "reset"),
        (8, JUMPED, 5_000_095, "transient"),
    ]
    assert [(one.settled_on - OCTOBER_31).days for one in made.store.anomalies.values() if one.settled_on] == [5, 7, 9]


def test_the_worked_example_night_by_night() -> None:
    made = worked_example()

    latest = {}
    for number in range(2, 10):
        made.run(number)
        latest[number] = made.row()[1]

    assert {number: count for number, count in latest.items() if number in LATEST_COUNTS} == LATEST_COUNTS
    assert_it_ended_as_the_contract_says(made)
    assert [type(step) for step in made.steps] == [DepositedDays, OpenDay, *[DepositedDays] * 6]
    assert [len(step.deposits) for step in made.steps if isinstance(step, DepositedDays)] == [1, 2, 1, 1, 1, 1, 1]


def test_the_worked_example_as_a_backfill() -> None:
    made = worked_example()

    made.run(9)

    assert_it_ended_as_the_contract_says(made)


def test_a_drop_in_the_worked_example_is_reported_with_the_zero_day_before_it() -> None:
    made = worked_example()
    made.nightly(2, 3)
    assert made.steps[-1] == OpenDay(day(3), unread=1)
    assert made.pages() == [120]

    made.run(4)

    assert made.pages() == [120, 0, 0]
    assert made.anomalies() == [(4, DROPPED, 7, "open")]


# The first table


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


@pytest.mark.parametrize(("count", "pages"), [(1000, 0), (1001, 1), (1000 + CEILING, CEILING), ("1250", 250)])
def test_a_count_at_or_above_the_latest_counts_what_is_between(feed: Feed, count: Count, pages: int) -> None:
    feed.reads(2, count)
    feed.run(2)

    assert feed.pages() == [pages]
    assert feed.row() == (1000, 1000 + pages, pages)
    assert not feed.anomalies()


def test_pages_over_the_ceiling_are_held(feed: Feed) -> None:
    feed.reads(2, 1001 + CEILING)
    feed.run(2)

    assert feed.pages() == [0]
    assert feed.row() == (1000, 1000, 0)
    assert feed.anomalies() == [(2, JUMPED, 1001 + CEILING, "open")]


def test_a_count_below_the_latest_is_held(feed: Feed) -> None:
    feed.reads(2, 999)
    feed.run(2)

    assert feed.pages() == [0]
    assert feed.row() == (1000, 1000, 0)
    assert feed.anomalies() == [(2, DROPPED, 999, "open")]


@pytest.mark.parametrize("order", [1, -1])
def test_of_the_same_device_twice_the_newest_reading_counts(order: int) -> None:
    made = Feed()
    made.reads(1, 1000)
    made.says(2, *[reading(1900, 2, hours=-3), reading(1120, 2)][::order])
    made.run(2)

    assert made.pages() == [120]


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


# The next reading


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
    made = Feed()
    made.reads(1, 1000)
    made.reads(2, 7)
    made.reads(3, 30, read_on=2)
    made.nightly(2, 3)

    assert made.pages() == [0, 0]
    assert made.anomalies() == [(2, DROPPED, 7, "open")]


def test_the_same_count_read_later_is_a_next_reading_but_confirms_nothing() -> None:
    made = Feed()
    made.reads(1, 1000)
    made.reads(2, 7)
    made.reads(3, 7)
    made.nightly(2, 3)

    assert made.anomalies() == [(2, DROPPED, 7, "open")]
    assert made.the_open_one().read_at == noon(3)


def test_where_one_of_two_answers_has_no_read_at_only_the_count_tells_them_apart() -> None:
    made = Feed()
    made.reads(1, 1000)
    made.reads(2, 7)
    made.says(3, reading(7, None), reading(50, 3, device_id="z"))
    made.nightly(2, 3)
    assert made.the_open_one().read_at == noon(2)

    made.says(4, reading(30, None), reading(50, 4, device_id="z"))
    made.run(4)
    assert made.pages() == [0, 0, 23]


def test_a_count_told_of_the_same_instant_counts_but_does_not_close_an_invalid_reading() -> None:
    made = Feed()
    made.reads(1, 1000)
    made.reads(2, "?")
    made.reads(3, 1300, read_on=2)
    made.nightly(2, 3)

    assert made.pages() == [0, 300]
    assert made.anomalies() == [(2, INVALID, None, "open")]


def test_a_device_stuck_in_the_future_is_read_anew_every_day() -> None:
    made = Feed()
    made.reads(1, 1000)
    for number, count in {2: 7, 3: 30}.items():
        made.reads(number, count, read_on=400)
    made.nightly(2, 3)

    assert made.pages() == [0, 23]
    assert made.anomalies() == [(2, DROPPED, 7, "reset")]


# The second table


@pytest.mark.parametrize("held", [7, 5_000_000], ids=["drop", "jump"])
@pytest.mark.parametrize("pages", [0, 300, CEILING])
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
    feed.reads(1, 2_000_000)
    feed.reads(2, 7)
    feed.reads(3, next_count)
    feed.nightly(2, 3)

    assert feed.pages() == [0, CEILING if state == "reset" else 0]
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


# A person decides


def test_an_accepted_jump_adds_its_pages_to_the_next_deposit(feed: Feed) -> None:
    feed.reads(2, 1_000_000)
    feed.run(2)
    assert pages_accepting_adds(feed.the_open_one(), 1000) == 999_000
    feed.decide(accepted=True)
    assert feed.row() == (1000, 1000, 0)
    assert [pages_accepting_adds(one, 1000) for one in feed.store.anomalies.values()] == [None]

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
    assert pages_accepting_adds(feed.the_open_one(), 1120) == 0
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
    assert pages_accepting_adds(feed.the_open_one(), 1000) is None
    with pytest.raises(NotAcceptableError):
        accept(feed.store.load(), feed.the_open_one())
    feed.decide(accepted=False)

    feed.reads(3, "?", read_on=2)
    feed.run(3)

    assert feed.anomalies() == [(2, INVALID, None, "rejected")]


def test_another_invalid_reading_after_a_rejected_one_is_reported() -> None:
    made = Feed()
    made.reads(1, 1000)
    made.reads(2, "?")
    made.run(2)
    made.decide(accepted=False)
    made.reads(3, "?")
    made.run(3)

    assert made.anomalies() == [(2, INVALID, None, "rejected"), (3, INVALID, None, "open")]


@pytest.mark.parametrize("too_many", [0, 1])
def test_jumps_that_together_are_more_than_the_ledger_can_hold_cannot_both_be_accepted(too_many: int) -> None:
    made = Feed()
    half = 2**62
    made.says(1, reading(1000, 1, device_id="a"), reading(9, 1, device_id="b"))
    made.says(2, reading(1000 + half, 2, device_id="a"), reading(9 + MAX_COUNT - half + too_many, 2, device_id="b"))
    made.run(2)
    first, second = made.store.anomalies.values()
    made.store.anomalies[first.key] = accept(made.store.load(), first).anomaly

    if too_many:
        with pytest.raises(NotAcceptableError):
            accept(made.store.load(), second)
        return
    made.store.anomalies[second.key] = accept(made.store.load(), second).anomaly
    made.says(3, reading(1000 + half, 3, device_id="a"))
    made.run(3)
    assert made.pages() == [0, MAX_COUNT]


# Scope


@pytest.mark.parametrize("timed", [True, False])
def test_a_device_never_in_scope_is_not_stored_and_has_no_anomalies(timed: bool) -> None:
    made = managed_feed(timed=timed)
    counts: list[Count] = [1000, 1120, 7, "?"]
    for number, count in enumerate(counts, start=1):
        made.reads(number, count, managed=False)
    made.nightly(2, 4)

    assert [*made.store.devices] == ["z"]
    assert not made.store.anomalies


def test_a_device_that_comes_into_scope_starts_with_its_first_reading_there() -> None:
    made = managed_feed()
    made.reads(1, 1000, managed=False)
    made.reads(2, 1120, managed=False)
    made.reads(3, 1200)
    made.reads(4, 1210)
    made.nightly(2, 4)

    assert made.pages() == [0, 0, 10]
    assert made.row() == (1200, 1210, 10)


@pytest.mark.parametrize("timed", [True, False])
def test_pages_while_a_device_is_not_managed_never_count(timed: bool) -> None:
    made = managed_feed(timed=timed)
    made.reads(2, 1120)
    made.reads(3, 1200, managed=False)
    made.reads(4, 1300, managed=False)
    made.nightly(2, 4)
    assert made.row() == (1180, 1300, 120)

    made.reads(5, 1400)  # of the day of return, too, nothing counts
    made.reads(6, 1410)
    made.nightly(5, 6)

    assert made.pages() == [120, 0, 0, 0, 10]
    assert made.row() == (1280, 1410, 130)


def test_away_without_a_count_is_away_all_the_same() -> None:
    made = managed_feed()
    made.reads(2, 1120)
    made.reads(3, 0, managed=False)
    made.reads(4, 1400)
    made.nightly(2, 4)

    assert made.pages() == [120, 0, 0]
    assert made.row() == (1280, 1400, 120)


def test_a_device_back_without_a_count_counts_only_from_its_first_count() -> None:
    made = managed_feed()
    made.reads(2, 1120, managed=False)
    made.reads(3, 0)
    made.reads(4, 1400)
    made.reads(5, 1401)
    made.nightly(2, 5)

    assert made.pages() == [0, 0, 0, 1]


@pytest.mark.parametrize("count", [7, 5_000_000, "?"])
def test_what_is_open_closes_when_the_device_leaves_scope(count: Count) -> None:
    made = managed_feed()
    made.reads(2, count)
    made.reads(3, 0, managed=False)
    made.nightly(2, 3)

    assert [state for _, _, _, state in made.anomalies()] == ["transient"]


def test_a_drop_or_a_jump_out_of_scope_only_moves_the_row() -> None:
    made = managed_feed()
    made.reads(2, 7, managed=False)
    made.reads(3, 5_000_000, managed=False)
    made.nightly(2, 3)

    assert made.row() == (5_000_000, 5_000_000, 0)
    assert not made.store.anomalies


def test_open_days_are_gone_through_for_scope_too() -> None:
    made = managed_feed()
    made.says(2, reading(1120, 2))
    made.says(3, reading(1200, 3, managed=False))
    made.says(4, reading(1300, 4))
    made.nightly(2, 4)
    assert isinstance(made.steps[1], OpenDay)

    assert made.pages() == [120, 0, 0]
    assert made.row() == (1180, 1300, 120)


def test_out_of_scope_readings_bring_no_new_data_nor_are_they_missed() -> None:
    made = managed_feed()
    made.says(2, reading(1120, 2, managed=False), reading(0, 2, managed=False, device_id="b"))
    made.run(2)

    assert made.steps == [OpenDay(day(2), unread=0)]
    assert not made.store.devices


def test_with_scope_all_it_does_not_matter_who_is_managed(feed: Feed) -> None:
    feed.reads(2, 1120, managed=False)
    feed.reads(3, 1140)
    feed.nightly(2, 3)

    assert feed.pages() == [120, 20]


# Changes


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


def test_days_before_join_in_front_and_lower_initial_count(feed: Feed) -> None:
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


def test_every_day_of_the_front_is_deposited_though_none_has_new_data(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.run(2)
    feed.told.pop(1)

    feed.joins(-2)

    assert feed.pages() == [0, 0, 0, 0, 120]


def test_what_the_front_holds_closes_where_the_known_days_begin(feed: Feed) -> None:
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


def test_what_the_front_has_settled_itself_keeps_its_day(feed: Feed) -> None:
    for number, count in {-1: 900, 0: 7, 1: 960, 2: 1120, 3: 1120}.items():
        feed.reads(number, count)
    feed.store.feed = FeedState.before_first_deposit(day(3), feed.timezone, feed.store.feed.rule)
    feed.run(3)

    feed.joins(0)

    assert feed.anomalies() == [(0, DROPPED, 7, "transient")]
    assert [one.settled_on for one in feed.store.anomalies.values()] == [day(1)]


def test_a_device_known_only_in_front_gets_its_row_and_goes_on_from_there(feed: Feed) -> None:
    feed.says(-1, reading(10, -1, device_id="old"))
    feed.says(0, reading(15, 0, device_id="old"))
    feed.reads(2, 1120)
    feed.run(2)

    feed.joins(0)
    assert feed.row("old") == (10, 15, 5)

    feed.says(3, reading(18, 3, device_id="old"))
    feed.run(3)
    assert feed.pages() == [5, 0, 120, 3]


def test_a_device_known_only_in_front_may_have_been_away_since_and_counts_only_from_its_next_reading() -> None:
    made = managed_feed()
    made.says(-1, reading(100, -1, device_id="x"))
    made.says(0, reading(200, 0, device_id="x"))
    for number in (2, 3):  # printing, but out of scope: nothing is stored of it
        made.reads(number, 1000)
        made.told[number].append(reading(2500 * number, number, device_id="x", managed=False))
    made.nightly(2, 3)
    assert "x" not in made.store.devices

    made.joins(0)
    made.says(4, reading(8000, 4, device_id="x"))
    made.says(5, reading(8010, 5, device_id="x"))
    made.nightly(4, 5)

    assert made.pages() == [100, 0, 0, 0, 0, 10]
    assert made.row("x") == (7900, 8010, 110)


def test_a_front_device_read_by_a_rule_never_deposited_begins_anew(feed: Feed) -> None:
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


# The run


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


@dataclass(frozen=True)
class Weighed(Reading):
    """A reading that can be watched being let go: what has slots alone takes no weak reference."""


@pytest.mark.parametrize("silent", [False, True], ids=["news every day", "silent for a year"])
def test_a_years_readings_are_not_kept_in_memory(silent: bool) -> None:
    told: list[weakref.ref[Reading]] = []

    def ask(date: dt.date) -> list[Reading]:
        read_at = noon(0 if silent else (date - OCTOBER_31).days)
        readings: list[Reading] = [Weighed(str(number), True, 5, read_at) for number in range(3)]
        told.extend(map(weakref.ref, readings))
        return readings

    for _ in collect_days(Feed().store.load(), day(366), ask):
        assert sum(reading() is not None for reading in told) <= 9
    assert len(told) == 3 * 366


def test_a_part_delivered_late_leaves_the_days_after_it_open_for_their_own_pages() -> None:
    made = alone()
    made.nightly(3, 6)  # silent
    for number in (3, 4, 5, 6, 7):
        made.says(number, reading(1130, 3))  # so far the DCA has delivered the third
    made.run(7)
    assert made.pages() == [120, 10]
    assert made.store.feed.looked_through == day(7)

    for number in (4, 5, 6, 7, 8):
        made.says(number, reading(1130 + 20 * (number - 3), number))
    made.run(8)

    assert made.pages() == [120, 10, 20, 20, 20, 20, 20]


def test_what_is_new_of_a_part_is_told_as_if_each_day_had_come_in_its_own_night() -> None:
    made = managed_feed(timed=False)

    def told(number: int, count: int, *, managed: bool = True) -> None:
        made.says(number, reading(count, None, managed=managed))

    for number in (2, 3, 4, 5):
        told(number, 1120)
    made.nightly(2, 5)  # silent since the second
    told(3, 1130)
    told(4, 1140, managed=False)
    told(5, 1140)  # back in scope: against the third day that is new, though the row has been moved there already
    for number in (6, 7):
        told(number, 1140)  # not delivered yet
        made.run(number)
    assert made.pages() == [120, 10, 0, 0]

    for number in (6, 7, 8):
        told(number, 1080 + 10 * number)
    made.run(8)

    assert made.pages() == [120, 10, 0, 0, 0, 10, 10]


def test_of_the_days_left_open_after_a_part_nothing_is_stored() -> None:
    made = managed_feed()
    made.says(2, reading(1120, 2))
    made.nightly(2, 3)
    unread = reading(0, 3, device_id="u")
    made.says(3, reading(1130, 3), reading(60, 3, device_id="c"), unread)
    made.says(4, reading(1130, 3, managed=False), reading(60, 3, device_id="c"), reading("?", 3, device_id="b"), unread)
    (step,) = made.run(4)
    assert made.pages() == [120, 10]
    assert made.store.devices["a"].managed
    assert not made.store.anomalies
    assert step.unread == 1

    made.says(4, reading(1140, 4))  # what was told of it was not the last word
    made.says(5, reading(1150, 5))
    made.run(5)
    assert made.pages() == [120, 10, 10, 10]


def test_a_day_without_new_data_stays_open_and_is_deposited_with_the_next_that_has_some(feed: Feed) -> None:
    feed.reads(2, 1120)
    stale = feed.told[2]
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
    stale = feed.told[28]
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
    silent = feed.told[2][0]
    for number in (3, 4):
        feed.says(number, silent, reading(50 + number, number, device_id="z"))
    feed.reads(5, 1200)
    feed.says(5, feed.told[5][0], reading(60, 5, device_id="z"))
    feed.nightly(2, 5)

    assert feed.pages() == [120, 3, 1, 86]
    assert feed.row() == (1000, 1200, 200)


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


# The baseline


def test_before_the_first_deposit_nothing_is_stored_of_any_device(feed: Feed) -> None:
    for number in (2, 3, 4):
        feed.says(number, *feed.told[1])
    feed.nightly(2, 4)

    assert feed.steps == [OpenDay(day(number), unread=0) for number in (2, 3, 4)]
    assert not feed.store.devices
    assert feed.store.feed.last_data_at is None
    assert feed.store.feed.synced_through == day(1)


def test_the_baseline_stays_open_and_is_taken_as_it_is_told_with_the_first_new_data(feed: Feed) -> None:
    for number in (2, 3):
        feed.says(number, *feed.told[1])
    feed.nightly(2, 3)

    feed.reads(1, 1040)  # the stale DCA has delivered
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.reads(4, 1135)
    feed.run(4)

    assert feed.pages() == [80, 10, 5]
    assert feed.row() == (1040, 1135, 95)


def test_an_empty_baseline_starts_each_device_with_its_first_reading(feed: Feed) -> None:
    feed.told.pop(1)
    feed.reads(2, 1120)
    feed.reads(3, 1130)
    feed.nightly(2, 3)

    assert feed.pages() == [0, 10]
    assert feed.row() == (1120, 1130, 10)


def test_a_device_first_seen_later_starts_with_its_first_reading(feed: Feed) -> None:
    feed.reads(2, 1120)
    feed.reads(3, 1120)
    feed.told[3].append(reading(9_000_000, 3, device_id="new"))
    feed.reads(4, 1120)
    feed.told[4].append(reading(9_000_007, 4, device_id="new"))
    feed.nightly(2, 4)

    assert feed.pages() == [120, 0, 7]
    assert feed.row("new") == (9_000_000, 9_000_007, 7)
    assert not feed.store.anomalies


# New data


def alone(*, timed: bool = True) -> Feed:
    """A feed whose only device was read at noon of every day through the 2nd."""
    made = Feed(timed=timed)
    for number, count in {1: 1000, 2: 1120}.items():
        made.says(number, reading(count, number if timed else None))
    made.run(2)
    return made


def brings(made: Feed, *readings: Reading) -> bool:
    made.says(3, *readings)
    (step,) = made.run(3)
    return isinstance(step, DepositedDays)


def test_a_later_read_at_is_new_data_though_the_count_is_the_same() -> None:
    assert brings(alone(), reading(1120, 3))


def test_an_equal_read_at_is_no_new_data_though_the_count_differs() -> None:
    assert not brings(alone(), reading(1130, 2))


def test_an_earlier_read_at_is_no_new_data_nor_is_a_new_device_with_one() -> None:
    assert not brings(alone(), reading(1130, 1), reading(5, 1, device_id="new"))


@pytest.mark.parametrize("count", [0, None, "?"])
def test_what_has_no_count_is_no_new_data(count: Count) -> None:
    assert not brings(alone(), reading(count, 3))


def test_instants_are_compared_as_instants() -> None:
    same = reading_of("a", managed=True, count=1130, read_at="2026-11-03T01:00:00+13:00")  # noon of the 2nd

    assert not brings(alone(), same)


def test_without_read_at_another_count_or_a_new_device_is_new_data() -> None:
    assert brings(alone(timed=False), reading(1121, None))
    assert brings(alone(timed=False), reading(1119, None))
    assert brings(alone(timed=False), reading(5, None, device_id="new"))


def test_without_read_at_the_same_count_is_no_new_data() -> None:
    assert not brings(alone(timed=False), reading(1120, None))


def test_without_read_at_the_held_count_is_no_new_data() -> None:
    made = alone(timed=False)
    assert brings(made, reading(7, None))
    made.says(4, reading(7, None))
    (step,) = made.run(4)

    assert isinstance(step, OpenDay)


def test_a_read_at_that_cannot_be_read_counts_as_absent() -> None:
    assert brings(alone(), reading_of("a", managed=True, count=1130, read_at="this morning"))
    assert not brings(alone(), reading_of("a", managed=True, count=1120, read_at="this morning"))


def test_a_read_at_after_the_days_end_counts_as_that_end() -> None:
    made = alone()
    assert brings(made, reading(1130, 300))
    assert made.store.feed.last_data_at == dt.datetime(2026, 11, 3, 22, 59, 59, 999999, tzinfo=dt.UTC)

    made.says(4, reading(1140, 4))
    made.run(4)
    assert made.pages() == [120, 10, 10]


def test_last_data_at_is_the_newest_instant_of_new_data() -> None:
    made = alone()
    assert made.store.feed.last_data_at == noon(2)
    made.says(3, reading(1120, 3), reading(5, 3, device_id="b", hours=5), reading(0, 3, device_id="c"))
    made.run(3)

    assert made.store.feed.last_data_at == noon(3) + dt.timedelta(hours=5)


def test_data_without_read_at_are_as_new_as_the_day_they_are_of() -> None:
    made = alone(timed=False)

    assert made.store.feed.last_data_at == dt.datetime(2026, 11, 2, 22, 59, 59, 999999, tzinfo=dt.UTC)


def test_a_count_that_the_baseline_knows_already_is_no_new_data_of_the_first_days() -> None:
    made = Feed()
    for number in (1, 2):
        made.says(number, reading(1000, None), reading(50, 1, device_id="z"))
    made.says(3, reading(1000, None), reading(51, 3, device_id="z", hours=-8))
    made.run(3)

    assert made.store.feed.last_data_at == noon(3) - dt.timedelta(hours=8)


def test_what_the_baseline_had_read_already_is_no_new_data() -> None:
    made = Feed()
    for number in (1, 2):
        made.says(number, reading(1000, -5), reading(50, 1, device_id="z"))
    made.run(2)

    assert made.steps == [OpenDay(day(2), unread=0)]


@pytest.mark.parametrize("count", [0, 50], ids=["unread", "not managed"])
def test_what_is_no_data_of_the_baseline_makes_no_other_data_old(count: int) -> None:
    made = managed_feed()
    made.says(1, reading(1000, 0), reading(count, 1, device_id="z", managed=count == 0))
    made.says(2, reading(1010, 0, hours=6))
    made.run(2)

    assert made.pages() == [10]


def test_last_data_at_never_goes_back() -> None:
    made = alone()
    made.run(3)
    made.says(3, reading(1130, None))  # delivered late, and nobody says when it was read
    made.says(4, reading(50, 3, device_id="b"))
    made.run(4)

    assert made.store.feed.last_data_at == dt.datetime(2026, 11, 3, 22, 59, 59, 999999, tzinfo=dt.UTC)


def test_the_deposits_cover_every_day_since_the_activation_date(feed: Feed) -> None:
    feed.reads(20, 1120)
    feed.run(20)

    assert [*feed.store.deposits] == [*days(day(2), day(20))]
    assert feed.pages() == [0] * 18 + [120]
