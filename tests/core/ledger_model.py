"""A second ledger, written from the contract alone: slow, plain, and nothing like the first.

It keeps everything that ever happened to a feed and, whenever it is asked, tells the story of every device again from
the beginning, one device at a time. The real ledger keeps a few numbers and steps all devices day by day. Where the two
differ, one of them has misread the contract.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prsync.core.model import (
    Anomaly,
    AnomalyKind,
    AnomalyState,
    DepositedDays,
    Device,
    EarlierDays,
    FeedState,
    OpenDay,
    Reading,
    Rule,
    Scope,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ONE_DAY = dt.timedelta(days=1)

Key = tuple[str, dt.date, AnomalyKind]
Row = tuple[bool | None, int, int]
"""Managed, InitialCount, LatestCount."""


def end_of(day: dt.date, timezone: str) -> dt.datetime:
    """The last instant of a day."""
    following = day + ONE_DAY
    midnight = dt.datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(timezone))
    return midnight.astimezone(dt.UTC) - dt.timedelta(microseconds=1)


def days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    while first <= last:
        yield first
        first += ONE_DAY


def settle_answer(answer: Iterable[Reading], end: dt.datetime) -> dict[str, Reading]:
    """One reading a device: never read after the day's end, the newest first, then the highest count.

    Of two that are still alike the more doubtful one: not a count, not managed.
    """

    def rank(reading: Reading) -> tuple[bool, dt.datetime, int, bool, bool]:
        return (
            reading.read_at is not None,
            reading.read_at or end,
            reading.count or 0,
            reading.invalid,
            not reading.managed,
        )

    best: dict[str, Reading] = {}
    for told in answer:
        reading = told
        if told.read_at is not None and told.read_at > end:
            reading = replace(told, read_at=end)
        if told.device_id not in best or rank(reading) > rank(best[told.device_id]):
            best[told.device_id] = reading
    return best


@dataclass(frozen=True)
class Day:
    """A day that was gone through, with what the server said of it and the rule it was counted by."""

    date: dt.date
    answer: dict[str, Reading]
    rule: Rule
    ceiling: int
    opens_transaction: bool = False


@dataclass(frozen=True)
class Decision:
    """A person's word on an open anomaly."""

    key: Key
    accepted: bool
    on: dt.date


@dataclass(frozen=True)
class Front:
    """The days before an earlier activation date, joined in front."""

    days: tuple[Day, ...]


Event = Day | Decision | Front


def counts(reading: Reading, rule: Rule) -> bool:
    """Whether the device is in scope."""
    return reading.managed or rule.scope is Scope.ALL


def is_next(reading: Reading, before: Anomaly) -> bool:
    """Whether this is another reading than the remembered one, and not the same one told again."""
    if reading.read_at is not None and before.read_at is not None:
        return reading.read_at > before.read_at
    return reading.count != before.count


@dataclass
class Story:
    """All that ever happened to one device."""

    device_id: str
    row: Row | None = None
    starts_anew: bool = False
    """The next reading with a count only says where the device stands: it was away, or the rule is another."""
    held: Key | None = None
    invalid: Key | None = None
    pages: dict[dt.date, int] = field(default_factory=dict)
    anomalies: dict[Key, Anomaly] = field(default_factory=dict)
    rule: Rule | None = None
    ceiling: int = 0

    def tell(self, events: Iterable[Event]) -> Story:
        for event in events:
            if isinstance(event, Decision):
                if event.key[0] == self.device_id:
                    self._decide(event)
            elif isinstance(event, Front):
                self._join(event)
            else:
                self._go_through(event)
        return self

    # Days

    def _go_through(self, day: Day) -> None:
        if self.rule is not None and day.rule != self.rule and self.row is not None:
            self.starts_anew = True
            self.row = (None, self.row[1], self.row[2])
        self.rule = day.rule
        self.ceiling = day.ceiling
        if day.opens_transaction:
            self._enter_accepted_pages(day.date)
        reading = day.answer.get(self.device_id)
        if reading is None:
            return
        if not counts(reading, day.rule):
            self._out_of_scope(day.date, reading)
        elif reading.invalid:
            self._not_a_count(day.date, reading)
        elif reading.count is not None:
            if self.invalid is not None and is_next(reading, self.anomalies[self.invalid]):
                self._settle("invalid", day.date, AnomalyState.TRANSIENT)
            self._count(day.date, reading, reading.count)

    def _enter_accepted_pages(self, date: dt.date) -> None:
        if self.held is None or self.anomalies[self.held].state is not AnomalyState.ACCEPTED:
            return
        count = self.anomalies[self.held].count
        assert count is not None
        assert self.row is not None
        managed, initial, latest = self.row
        self._add(date, count - latest)
        self.row = (managed, initial, count)
        self._settle("held", date, AnomalyState.ACCEPTED)

    def _out_of_scope(self, date: dt.date, reading: Reading) -> None:
        if self.row is not None:
            self.starts_anew = True
            self._move_to(self.row[2] if reading.count is None else reading.count, managed=False)
        self._settle("held", date, AnomalyState.TRANSIENT)
        self._settle("invalid", date, AnomalyState.TRANSIENT)

    def _not_a_count(self, date: dt.date, reading: Reading) -> None:
        if self.invalid is not None:
            known = self.anomalies[self.invalid]
            if known.state is AnomalyState.OPEN or not is_next(reading, known):
                return
            self._settle("invalid", date, AnomalyState.TRANSIENT)
        self.invalid = self._report(date, AnomalyKind.INVALID_READING, reading)

    def _count(self, date: dt.date, reading: Reading, count: int) -> None:
        if self.row is None:
            self.row = (reading.managed, count, count)
            return
        if self.starts_anew:
            self.starts_anew = False
            self._move_to(count, managed=reading.managed)
            self._settle("held", date, AnomalyState.TRANSIENT)
            return
        if self.held is not None and not is_next(reading, self.anomalies[self.held]):
            return
        if self.held is not None and self.anomalies[self.held].state is AnomalyState.REJECTED:
            self._settle("held", date, AnomalyState.REJECTED)
        latest = self.row[2]
        if latest <= count <= latest + self.ceiling:
            self._settle("held", date, AnomalyState.TRANSIENT)
            self._add(date, count - latest)
            self.row = (reading.managed, self.row[1], count)
        elif count > latest:
            self._hold(date, AnomalyKind.COUNTER_JUMPED, reading)
        elif not self._is_reset(date, reading, count):
            self._hold(date, AnomalyKind.COUNTER_DROPPED, reading)

    def _is_reset(self, date: dt.date, reading: Reading, count: int) -> bool:
        if self.held is None or self.held[2] is not AnomalyKind.COUNTER_DROPPED:
            return False
        board = self.anomalies[self.held].count
        assert board is not None
        if not board < count <= board + self.ceiling:
            return False
        self._move_to(board, managed=reading.managed)
        assert self.row is not None
        self._add(date, count - board)
        self.row = (reading.managed, self.row[1], count)
        self._settle("held", date, AnomalyState.RESET)
        return True

    def _hold(self, date: dt.date, kind: AnomalyKind, reading: Reading) -> None:
        if self.held is not None and self.held[2] is kind:
            known = self.anomalies[self.held]
            self.anomalies[self.held] = replace(known, count=reading.count, read_at=reading.read_at)
            return
        self._settle("held", date, AnomalyState.TRANSIENT)
        self.held = self._report(date, kind, reading)

    # Decisions

    def _decide(self, decision: Decision) -> None:
        known = self.anomalies[decision.key]
        assert known.state is AnomalyState.OPEN
        state = AnomalyState.ACCEPTED if decision.accepted else AnomalyState.REJECTED
        self.anomalies[decision.key] = replace(known, state=state)
        is_jump = known.kind is AnomalyKind.COUNTER_JUMPED
        if known.kind is AnomalyKind.INVALID_READING or is_jump == decision.accepted:
            return  # it matters until the next deposit, or until another reading comes
        assert known.count is not None
        assert self.row is not None
        self._move_to(known.count, managed=self.row[0])
        self._settle("held", decision.on, state)

    # The front

    def _join(self, front: Front) -> None:
        story = Story(self.device_id).tell(front.days)
        last = front.days[-1].date
        story._settle("held", last, AnomalyState.TRANSIENT)
        story._settle("invalid", last, AnomalyState.TRANSIENT)
        for date, pages in story.pages.items():
            self._add(date, pages)
        for key, anomaly in story.anomalies.items():
            self.anomalies.setdefault(key, anomaly)
        if story.row is None:
            return
        if self.row is None:
            assert story.rule is not None
            # Since then it may have been out of scope, which is not written down of a device that is not stored.
            self.starts_anew = story.rule != self.rule or story.rule.scope is Scope.MANAGED
            self.row = (None, story.row[1], story.row[2]) if self.starts_anew else story.row
        else:
            managed, initial, latest = self.row
            self.row = (managed, initial - (story.row[2] - story.row[1]), latest)

    # Small change

    def _add(self, date: dt.date, pages: int) -> None:
        self.pages[date] = self.pages.get(date, 0) + pages

    def _move_to(self, count: int, *, managed: bool | None) -> None:
        assert self.row is not None
        _, initial, latest = self.row
        self.row = (managed, initial + count - latest, count)

    def _report(self, date: dt.date, kind: AnomalyKind, reading: Reading) -> Key:
        key = (self.device_id, date, kind)
        assert key not in self.anomalies
        self.anomalies[key] = Anomaly(self.device_id, date, kind, reading.count, reading.read_at)
        return key

    def _settle(self, which: str, date: dt.date, state: AnomalyState) -> None:
        key = self.held if which == "held" else self.invalid
        if key is None:
            return
        known = self.anomalies[key]
        decided = known.state is not AnomalyState.OPEN
        self.anomalies[key] = replace(known, state=known.state if decided else state, settled_on=date)
        if which == "held":
            self.held = None
        else:
            self.invalid = None


@dataclass(frozen=True)
class Picture:
    """All that can be seen of a feed's ledger."""

    activation_date: dt.date
    synced_through: dt.date
    looked_through: dt.date
    last_data_at: dt.datetime | None
    deposits: dict[dt.date, int]
    devices: dict[str, Row]
    anomalies: dict[Key, Anomaly]


class ModelLedger:
    """The ledger of one feed as its contract tells it."""

    def __init__(self, activation_date: dt.date, timezone: str, rule: Rule, ceiling: int) -> None:
        self.timezone = timezone
        self.ceiling = ceiling
        self.rule = rule
        self.history: tuple[Event, ...] = ()
        self.activate(activation_date)

    def activate(self, activation_date: dt.date) -> None:
        """Before the first deposit the activation date is only a date."""
        assert not self.history
        self.activation_date = activation_date
        self.synced_through = activation_date - ONE_DAY
        self.looked_through = activation_date - ONE_DAY
        self.last_data_at: dt.datetime | None = None

    # What there is to see

    def stories(self, history: tuple[Event, ...] | None = None) -> dict[str, Story]:
        events = self.history if history is None else history
        named: set[str] = set()
        for event in events:
            if isinstance(event, Front):
                for day in event.days:
                    named |= set(day.answer)
            elif isinstance(event, Day):
                named |= set(event.answer)
        return {device_id: Story(device_id).tell(events) for device_id in sorted(named)}

    def picture(self) -> Picture:
        deposits = dict.fromkeys(days(self.activation_date, self.synced_through), 0) if self.history else {}
        devices: dict[str, Row] = {}
        anomalies: dict[Key, Anomaly] = {}
        for device_id, story in self.stories().items():
            for date, pages in story.pages.items():
                deposits[date] += pages
            if story.row is not None:
                devices[device_id] = story.row
            anomalies.update(story.anomalies)
        return Picture(
            self.activation_date,
            self.synced_through,
            self.looked_through,
            self.last_data_at,
            deposits,
            devices,
            anomalies,
        )

    # A run

    def run(self, through: dt.date, ask: Callable[[dt.date], Iterable[Reading]]) -> Iterator[str]:
        """Look at one day after the other; what a step does is done when it has been yielded."""
        while self.looked_through < through:
            day = self.looked_through + ONE_DAY
            known, last_data_at = self.history, self.last_data_at
            if not known:
                baseline = self._day(ask, self.activation_date - ONE_DAY)
                known, last_data_at = (baseline,), self._baseline_read_at(baseline)
            at_last_deposit = self.stories(known)
            if not self._new_data(at_last_deposit, last_data_at, self._day(ask, day)):
                self.looked_through = day
                yield "looked"
                continue
            for date in days(self.synced_through + ONE_DAY, day):
                stepped = self._day(ask, date, opens_transaction=date == self.synced_through + ONE_DAY)
                new_data = self._new_data(at_last_deposit, last_data_at, stepped)
                known = (*known, stepped)
                # Data of which the server does not say when it was read is as new as the day it is of.
                for reading in new_data:
                    instant = reading.read_at or end_of(date, self.timezone)
                    last_data_at = instant if last_data_at is None else max(last_data_at, instant)
                if new_data:
                    at_last_deposit = self.stories(known)
                    self.history, self.last_data_at, self.synced_through = known, last_data_at, date
            self.looked_through = day
            yield "deposited"

    def _day(
        self, ask: Callable[[dt.date], Iterable[Reading]], date: dt.date, *, opens_transaction: bool = False
    ) -> Day:
        answer = settle_answer(ask(date), end_of(date, self.timezone))
        return Day(date, answer, self.rule, self.ceiling, opens_transaction)

    def _baseline_read_at(self, baseline: Day) -> dt.datetime | None:
        """The baseline is where devices start, not data; but what was read before it is not new any more."""
        instants = [
            reading.read_at
            for reading in baseline.answer.values()
            if reading.read_at is not None and reading.count is not None and counts(reading, baseline.rule)
        ]
        return max(instants, default=None)

    def _new_data(self, stories: dict[str, Story], last_data_at: dt.datetime | None, day: Day) -> list[Reading]:
        found = []
        for device_id, reading in day.answer.items():
            if not counts(reading, day.rule) or reading.count is None:
                continue
            if reading.read_at is not None:
                is_new = last_data_at is None or reading.read_at > last_data_at
            else:
                story = stories.get(device_id, Story(device_id))
                held = None if story.held is None else story.anomalies[story.held].count
                is_new = story.row is None or reading.count not in {story.row[2], held}
            if is_new:
                found.append(reading)
        return found

    # What a person does

    def decide(self, key: Key, *, accepted: bool) -> None:
        self.history = (*self.history, Decision(key, accepted, self.synced_through))

    def join_front(self, activation_date: dt.date, ask: Callable[[dt.date], Iterable[Reading]]) -> None:
        """Collect the days before what is known, from their own baseline, and put them in front."""
        gone_through = tuple(
            self._day(ask, date) for date in days(activation_date - ONE_DAY, self.activation_date - ONE_DAY)
        )
        self.history = (*self.history, Front(gone_through))
        self.activation_date = activation_date


# The store


@dataclass
class MemoryStore:
    """What a database would hold of one feed, and no more: rows by their keys, and the feed's own columns."""

    feed: FeedState
    deposits: dict[dt.date, int] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    anomalies: dict[Key, Anomaly] = field(default_factory=dict)

    def load(self) -> FeedState:
        unsettled = [anomaly for anomaly in self.anomalies.values() if anomaly.settled_on is None]
        held = {anomaly.device_id: anomaly for anomaly in unsettled if anomaly.count is not None}
        invalid = {anomaly.device_id: anomaly for anomaly in unsettled if anomaly.count is None}
        assert len(unsettled) == len(held) + len(invalid), "more than one held reading of a device"
        return replace(self.feed, devices=dict(self.devices), held=held, invalid=invalid)

    def apply(self, step: OpenDay | DepositedDays) -> None:
        if isinstance(step, OpenDay):
            self.feed = replace(self.feed, looked_through=step.day)
            return
        for deposit in step.deposits:
            assert deposit.date not in self.deposits, "a day deposited twice"
            self.deposits[deposit.date] = deposit.pages
        self.devices.update((row.device_id, row) for row in step.devices)
        assert step.reported == sum(anomaly.key not in self.anomalies for anomaly in step.anomalies)
        self.anomalies.update((anomaly.key, anomaly) for anomaly in step.anomalies)
        self.feed = replace(
            self.feed,
            synced_through=step.state.synced_through,
            looked_through=step.state.looked_through,
            last_data_at=step.state.last_data_at,
            deposited_rule=step.state.deposited_rule,
        )
        assert self.load() == step.state, "what is written is not all that the run goes on with"

    def join(self, joined: EarlierDays) -> None:
        going_on = joined.joined_to(self.load())
        for deposit in joined.deposits:
            assert deposit.date not in self.deposits, "a day deposited twice"
            self.deposits[deposit.date] = deposit.pages
        self.devices.update((row.device_id, row) for row in joined.devices)
        self.anomalies = {anomaly.key: anomaly for anomaly in joined.anomalies} | self.anomalies
        self.feed = replace(self.feed, activation_date=joined.activation_date)
        assert self.load() == going_on, "what is written is not all that the run goes on with"

    def picture(self) -> Picture:
        return Picture(
            self.feed.activation_date,
            self.feed.synced_through,
            self.feed.looked_through,
            self.feed.last_data_at,
            dict(self.deposits),
            {key: (row.managed, row.initial_count, row.latest_count) for key, row in self.devices.items()},
            dict(self.anomalies),
        )


def check_invariants(store: MemoryStore) -> None:
    feed = store.feed
    assert sum(store.deposits.values()) == sum(row.life_count for row in store.devices.values())
    assert sorted(store.deposits) == list(days(feed.activation_date, feed.synced_through))
    assert all(pages >= 0 for pages in store.deposits.values())
    assert feed.synced_through <= feed.looked_through
    for anomaly in store.anomalies.values():
        assert anomaly.settled_on is not None or anomaly.state in {
            AnomalyState.OPEN,
            AnomalyState.ACCEPTED,
            AnomalyState.REJECTED,
        }
        assert anomaly.settled_on is None or anomaly.state is not AnomalyState.OPEN
