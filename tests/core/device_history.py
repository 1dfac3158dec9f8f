"""One device in the second ledger: replayed from all that ever happened to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, Reading, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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


def one_reading_each(answer: Iterable[Reading], end: dt.datetime) -> dict[str, Reading]:
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
    for answered in answer:
        reading = answered
        if answered.read_at is not None and answered.read_at > end:
            reading = replace(answered, read_at=end)
        if reading.device_id not in best or rank(reading) > rank(best[reading.device_id]):
            best[reading.device_id] = reading
    return best


@dataclass(frozen=True)
class Day:
    """A day whose readings were applied, with the server's answer and the rule and ceiling they were judged by."""

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
class JoinedDays:
    """The days from an earlier activation date on, joined to those before which they lie."""

    days: tuple[Day, ...]


Event = Day | Decision | JoinedDays


def counts(reading: Reading, rule: Rule) -> bool:
    """Whether the device is in scope."""
    return reading.managed or rule.scope is Scope.ALL


def is_next(reading: Reading, before: Anomaly) -> bool:
    """Whether this is another reading than the remembered one, and not a repeat of it."""
    if reading.read_at is not None and before.read_at is not None:
        return reading.read_at > before.read_at
    return reading.count != before.count


@dataclass
class DeviceHistory:
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

    def replay(self, events: Iterable[Event]) -> DeviceHistory:
        for event in events:
            if isinstance(event, Decision):
                if event.key[0] == self.device_id:
                    self._decide(event)
            elif isinstance(event, JoinedDays):
                self._join_earlier_days(event)
            else:
                self._apply_day(event)
        return self

    # Days

    def _apply_day(self, day: Day) -> None:
        if self.rule is not None and day.rule != self.rule and self.row is not None:
            self.starts_anew = True
            self.row = (None, self.row[1], self.row[2])
        self.rule = day.rule
        self.ceiling = day.ceiling
        if day.opens_transaction:
            self._deposit_accepted_jump(day.date)
        reading = day.answer.get(self.device_id)
        if reading is None:
            return
        if not counts(reading, day.rule):
            self._leave_scope(day.date, reading)
        elif reading.invalid:
            self._not_a_count(day.date, reading)
        elif reading.count is not None:
            if self.invalid is not None and is_next(reading, self.anomalies[self.invalid]):
                self._close("invalid", day.date, AnomalyState.TRANSIENT)
            self._count(day.date, reading, reading.count)

    def _deposit_accepted_jump(self, date: dt.date) -> None:
        if self.held is None or self.anomalies[self.held].state is not AnomalyState.ACCEPTED:
            return
        count = self.anomalies[self.held].count
        assert count is not None
        assert self.row is not None
        managed, initial, latest = self.row
        self._add(date, count - latest)
        self.row = (managed, initial, count)
        self._close("held", date, AnomalyState.ACCEPTED)

    def _leave_scope(self, date: dt.date, reading: Reading) -> None:
        if self.row is not None:
            self.starts_anew = True
            self._move_to(self.row[2] if reading.count is None else reading.count, managed=False)
        self._close("held", date, AnomalyState.TRANSIENT)
        self._close("invalid", date, AnomalyState.TRANSIENT)

    def _not_a_count(self, date: dt.date, reading: Reading) -> None:
        if self.invalid is not None:
            known = self.anomalies[self.invalid]
            if known.state is AnomalyState.OPEN or not is_next(reading, known):
                return
            self._close("invalid", date, AnomalyState.TRANSIENT)
        self.invalid = self._report(date, AnomalyKind.INVALID_READING, reading)

    def _count(self, date: dt.date, reading: Reading, count: int) -> None:
        if self.row is None:
            self.row = (reading.managed, count, count)
            return
        if self.starts_anew:
            self.starts_anew = False
            self._move_to(count, managed=reading.managed)
            self._close("held", date, AnomalyState.TRANSIENT)
            return
        if self.held is not None and not is_next(reading, self.anomalies[self.held]):
            return
        if self.held is not None and self.anomalies[self.held].state is AnomalyState.REJECTED:
            self._close("held", date, AnomalyState.REJECTED)
        latest = self.row[2]
        if latest <= count <= latest + self.ceiling:
            self._close("held", date, AnomalyState.TRANSIENT)
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
        self._close("held", date, AnomalyState.RESET)
        return True

    def _hold(self, date: dt.date, kind: AnomalyKind, reading: Reading) -> None:
        if self.held is not None and self.held[2] is kind:
            known = self.anomalies[self.held]
            self.anomalies[self.held] = replace(known, count=reading.count, read_at=reading.read_at)
            return
        self._close("held", date, AnomalyState.TRANSIENT)
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
        self._close("held", decision.on, state)

    # Earlier days

    def _join_earlier_days(self, joined: JoinedDays) -> None:
        earlier = DeviceHistory(self.device_id).replay(joined.days)
        last = joined.days[-1].date
        earlier._close("held", last, AnomalyState.TRANSIENT)
        earlier._close("invalid", last, AnomalyState.TRANSIENT)
        for date, pages in earlier.pages.items():
            self._add(date, pages)
        for key, anomaly in earlier.anomalies.items():
            self.anomalies.setdefault(key, anomaly)
        if earlier.row is None:
            return
        if self.row is None:
            assert earlier.rule is not None
            # Since then it may have been out of scope, which is not written down of a device that is not stored.
            self.starts_anew = earlier.rule != self.rule or earlier.rule.scope is Scope.MANAGED
            self.row = (None, earlier.row[1], earlier.row[2]) if self.starts_anew else earlier.row
        else:
            managed, initial, latest = self.row
            self.row = (managed, initial - (earlier.row[2] - earlier.row[1]), latest)

    # Steps that the rules have in common

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

    def _close(self, which: str, date: dt.date, state: AnomalyState) -> None:
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
