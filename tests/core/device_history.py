"""One device in the second ledger: replayed from all that ever happened to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, Reading, RememberedReset, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


ONE_DAY = dt.timedelta(days=1)

FASTEST_MACHINE = 50_000

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
    timezone: str
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
    falls: list[tuple[Key, int]] = field(default_factory=list)
    """Resets that may have been none: the anomaly of each, and from where the counter fell."""
    counted_since: list[int] = field(default_factory=list)
    """The pages of each reading since the first of them."""

    def recorded(self) -> dict[Key, Anomaly]:
        """The anomalies, the last of the falls with what is known of them all."""
        if not self.falls:
            return self.anomalies
        newest, _ = self.falls[-1]
        reset = RememberedReset(self._height_of_falls(), sum(self.counted_since))
        return {**self.anomalies, newest: replace(self.anomalies[newest], reset=reset)}

    def _height_of_falls(self) -> int:
        return max(height for _, height in self.falls)

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
            if not self._was_not_read_since_it_was_away(day, reading):
                self._count(day.date, reading, reading.count)

    def _deposit_accepted_jump(self, date: dt.date) -> None:
        if self.held is None or self.anomalies[self.held].state is not AnomalyState.ACCEPTED:
            return
        count = self.anomalies[self.held].count
        assert count is not None
        assert self.row is not None
        self._rise(date, count, self._worth(count)[0], managed=self.row[0])
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

    def _was_not_read_since_it_was_away(self, day: Day, reading: Reading) -> bool:
        """The answer of a day on which it is managed again is the reading of a day on which it was not."""
        if self.row is None or self.row[0] is not False or day.rule.scope is not Scope.MANAGED:
            return False
        if reading.read_at is None or reading.count != self.row[2]:
            return False
        return reading.read_at <= end_of(day.date - ONE_DAY, day.timezone)

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
        if count < self.row[2]:
            if not self._is_reset(date, reading, count):
                self._hold(date, AnomalyKind.COUNTER_DROPPED, reading)
            return
        pages, came_back = self._worth(count)
        if self._too_many(pages):
            self._hold(date, AnomalyKind.COUNTER_JUMPED, reading)
            return
        self._close("held", date, AnomalyState.TRANSIENT)
        self._rise(date, count, pages, managed=reading.managed)
        if came_back:
            key = self._report(date, AnomalyKind.COUNTER_RETURNED, reading)
            self.anomalies[key] = replace(self.anomalies[key], state=AnomalyState.TRANSIENT, settled_on=date)

    def _too_many(self, pages: int) -> bool:
        assert self.row is not None
        ever = self.row[2] - self.row[1]
        return pages > self.ceiling or pages > max(FASTEST_MACHINE, ever)

    def _worth(self, count: int) -> tuple[int, bool]:
        """The pages of a count that is no drop, and whether it shows that the falls were none."""
        assert self.row is not None
        step = count - self.row[2]
        if not self.falls or count < self._height_of_falls() or step <= sum(self.counted_since):
            return step, False
        # All it has printed since it fell first, of which a part is counted already.
        printed = count - self._height_of_falls()
        return max(0, printed - sum(self.counted_since)), True

    def _rise(self, date: dt.date, count: int, pages: int, *, managed: bool | None) -> None:
        """Count the pages of a count that is no drop, however long the step to it was."""
        assert self.row is not None
        ever = self.row[2] - self.row[1]
        self._add(date, pages)
        self.row = (managed, count - ever - pages, count)
        self.counted_since.append(pages)
        if self.falls and count >= self._height_of_falls():
            self._forget_falls()

    def _forget_falls(self) -> None:
        self.falls.clear()

    def _is_reset(self, date: dt.date, reading: Reading, count: int) -> bool:
        if self.held is None or self.held[2] is not AnomalyKind.COUNTER_DROPPED:
            return False
        board = self.anomalies[self.held].count
        assert board is not None
        if board >= count or self._too_many(count - board):
            return False
        assert self.row is not None
        _, initial, latest = self.row
        self._add(date, count - board)
        self.row = (reading.managed, board - (latest - initial), count)
        if not self.falls:
            self.counted_since.clear()
        self.falls.append((self.held, latest))
        self.counted_since.append(count - board)
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
        self._join_earlier_falls(earlier)
        if self.row is None:
            assert earlier.rule is not None
            # Since then it may have been out of scope, which is not written down of a device that is not stored.
            self.starts_anew = earlier.rule != self.rule or earlier.rule.scope is Scope.MANAGED
            self.row = (None, earlier.row[1], earlier.row[2]) if self.starts_anew else earlier.row
        else:
            managed, initial, latest = self.row
            self.row = (managed, initial - (earlier.row[2] - earlier.row[1]), latest)

    def _join_earlier_falls(self, earlier: DeviceHistory) -> None:
        """As if the days had come in order: what fell before them has not come back, or it has, and is forgotten."""
        if not earlier.falls:
            return
        if self.row is not None:
            _, initial, latest = self.row
            if max([latest, *(height for _, height in self.falls)]) >= earlier._height_of_falls():
                return
            earlier.counted_since.append(latest - initial)
        self.falls = [*earlier.falls, *self.falls]
        self.counted_since = earlier.counted_since

    # Steps that the rules have in common

    def _add(self, date: dt.date, pages: int) -> None:
        self.pages[date] = self.pages.get(date, 0) + pages

    def _move_to(self, count: int, *, managed: bool | None) -> None:
        assert self.row is not None
        _, initial, latest = self.row
        self.row = (managed, initial + count - latest, count)
        self._forget_falls()

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
