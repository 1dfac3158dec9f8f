"""The sync algorithm: from a feed's state and its days' readings to what is deposited, and nothing else.

One mechanism, the watermark, serves the nightly run, catching up, a stale DCA and backfill. How the runs fall does
not matter, because what a day brings is judged against the last deposit alone: an open day leaves nothing behind
but the fact that it was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from prsync.core.device import Book, Entry, in_scope, start_day, take
from prsync.core.model import (
    ONE_DAY,
    Anomaly,
    AnomalyKind,
    AnomalyState,
    Deposit,
    Deposited,
    Device,
    FeedState,
    Joined,
    Looked,
    Reading,
    Scope,
)
from prsync.core.periods import days, end_of_day
from prsync.core.readings import as_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    AnomalyKey = tuple[str, date, AnomalyKind]
    Row = TypeVar("Row")
    Readings = tuple[Reading, ...]
    Ask = Callable[[date], Iterable[Reading]]
    """Asks the server for one organization's devices as of the end of a day."""

DIFFERENT_DAYS_KEPT: Final = 31
"""Open days of which a run keeps the answers; those that repeat the day before weigh nothing and do not count."""


def feed_run(state: FeedState, through: date, ask: Ask) -> Iterator[Looked | Deposited]:
    """Collect a feed's days in order through the day `through`; each step is one transaction for the caller.

    Lazy: a day is asked for when the step before it has been taken. What has been asked for and is still open is kept
    until its deposit, as far as memory does not grow with it; only what is not kept is asked for again.
    """
    answers: dict[date, Readings] = {}

    def asked(day: date) -> Readings:
        if day in answers:
            return answers[day]
        readings = _sharing(as_of(ask(day), end_of_day(day, state.timezone)), answers.get(day - ONE_DAY))
        if len({id(readings), *map(id, answers.values())}) <= DIFFERENT_DAYS_KEPT:
            answers[day] = readings
        return readings

    while state.looked_through < through:
        day = state.looked_through + ONE_DAY
        known = state if state.has_deposits else _take_baseline(state, asked(state.synced_through))
        readings = asked(day)
        if any(_new_data(known, readings)):
            answers[day] = readings  # what has been found new is what is deposited
            step = _deposit(known, ((open_day, asked(open_day)) for open_day in _open_days(state, day)))
            for deposit in step.deposits:
                answers.pop(deposit.date, None)
            state = step.state
            yield step
        else:
            state = replace(state, looked_through=day)
            yield Looked(day, _unread(readings, state))


def _sharing(readings: Readings, before: Readings | None) -> Readings:
    """Use the day before's values where they are equal: a silent month then weighs no more than a silent day."""
    if before is None:
        return readings
    known = {reading: reading for reading in before}
    shared = tuple(known.get(reading, reading) for reading in readings)
    return before if shared == before else shared


def _open_days(state: FeedState, last: date) -> Iterator[date]:
    return days(state.synced_through + ONE_DAY, last)


def _new_data(state: FeedState, readings: Readings) -> Iterator[Reading]:
    """Those of a day's readings that tell anything that the last deposit did not know.

    Of a device in scope, with a count: a read_at later than the feed's last_data_at. Where the server gives no
    read_at: a count that differs from LatestCount and from a held count, or a new device.
    """
    return (reading for reading in _in_scope(state, readings) if reading.count and _is_new(state, reading))


def _is_new(state: FeedState, reading: Reading) -> bool:
    if reading.read_at is not None:
        return state.last_data_at is None or reading.read_at > state.last_data_at
    row, held = state.devices.get(reading.device_id), state.held.get(reading.device_id)
    if row is None:
        return True
    return reading.count != row.latest_count and (held is None or reading.count != held.count)


def _take_baseline(state: FeedState, readings: Readings) -> FeedState:
    """Enter the readings as of the day before the activation date: where each device starts."""
    baseline_day = state.activation_date - ONE_DAY
    after, _ = _enter(state, baseline_day, readings)
    last_data_at = max((r.read_at for r in _in_scope(state, readings) if r.count and r.read_at), default=None)
    return replace(after, last_data_at=last_data_at)


def _deposit(state: FeedState, answers: Iterable[tuple[date, Readings]], *, every_day: bool = False) -> Deposited:
    """Go through open days in order and deposit them, zero included, up to the last that has new data.

    What is new is told as if each of these days had come in its own night: against the last of them to be deposited.
    Where the DCA has delivered a part, the days after it only repeat that part: they stay open, and what comes later
    for them lands on its own day. `every_day`: none stays open.
    """
    before, passage = state, _Passage(state)
    if not before.has_deposits:
        passage.note(before.invalid.values())  # what the baseline reported; it holds nothing else
        before = replace(before, devices={}, invalid={})
    for day, readings in answers:
        if passage.go_through(day, readings) or every_day:
            passage.settle()
    return passage.deposited(before)


@dataclass(slots=True)
class _Passage:
    """Open days that are gone through: those that are settled, and those that wait for a later one with new data."""

    state: FeedState
    settled: FeedState = field(init=False)
    deposits: list[Deposit] = field(default_factory=list)
    changed: dict[AnomalyKey, Anomaly] = field(default_factory=dict)
    waiting: list[tuple[Deposit, list[Anomaly]]] = field(default_factory=list)
    unread: int = 0

    def __post_init__(self) -> None:
        self.settled = self.state

    def go_through(self, day: date, readings: Readings) -> bool:
        """Enter a day; whether it brought new data."""
        # Where the server does not say when it read them, data are as old as the day they are of.
        end = end_of_day(day, self.state.timezone)
        instants = [reading.read_at or end for reading in _new_data(self.settled, readings)]
        state, entries = _enter(self.state, day, readings)
        last_data_at = max(filter(None, (state.last_data_at, *instants)), default=None)
        self.state = replace(state, synced_through=day, looked_through=day, last_data_at=last_data_at)
        deposit = Deposit(day, sum(entry.pages for entry in entries))
        self.waiting.append((deposit, [anomaly for entry in entries for anomaly in entry.anomalies]))
        self.unread = _unread(readings, state)
        return bool(instants)

    def settle(self) -> None:
        """Deposit all days so far."""
        for deposit, anomalies in self.waiting:
            self.deposits.append(deposit)
            self.note(anomalies)
        self.waiting.clear()
        self.settled = self.state

    def note(self, anomalies: Iterable[Anomaly]) -> None:
        self.changed.update((anomaly.key, anomaly) for anomaly in anomalies)

    def deposited(self, before: FeedState) -> Deposited:
        """What is to be written; `before` is what is written already."""
        state = replace(self.settled, looked_through=self.state.looked_through)
        rows = (row for device_id, row in sorted(state.devices.items()) if before.devices.get(device_id) != row)
        known = {anomaly.key for anomaly in (*before.held.values(), *before.invalid.values())}
        reported = len(self.changed.keys() - known)
        return Deposited(tuple(self.deposits), tuple(rows), tuple(self.changed.values()), state, self.unread, reported)


def _enter(state: FeedState, day: date, readings: Readings) -> tuple[FeedState, list[Entry]]:
    """Enter one day's readings, device by device."""
    devices, held, invalid = dict(state.devices), dict(state.held), dict(state.invalid)
    if state.deposited_rule != state.rule:
        devices = {key: replace(row, managed=None) for key, row in devices.items()}
    entries = []

    def write(device_id: str, entry: Entry) -> None:
        entries.append(entry)
        _put(devices, device_id, entry.book.row)
        _put(held, device_id, entry.book.held)
        _put(invalid, device_id, entry.book.invalid)

    for device_id in sorted(held):
        write(device_id, start_day(_book(device_id, devices, held, invalid), day))
    for reading in readings:
        book = _book(reading.device_id, devices, held, invalid)
        write(reading.device_id, take(book, reading, day, state.rule.scope, state.ceiling))
    after = replace(state, devices=devices, held=held, invalid=invalid, deposited_rule=state.rule)
    return after, entries


def _book(device_id: str, devices: dict[str, Device], held: dict[str, Anomaly], invalid: dict[str, Anomaly]) -> Book:
    return Book(devices.get(device_id), held.get(device_id), invalid.get(device_id))


def _put(rows: dict[str, Row], key: str, row: Row | None) -> None:
    if row is None:
        rows.pop(key, None)
    else:
        rows[key] = row


def _in_scope(state: FeedState, readings: Iterable[Reading]) -> Iterator[Reading]:
    return (reading for reading in readings if in_scope(reading, state.rule.scope))


def _unread(readings: Iterable[Reading], state: FeedState) -> int:
    """Devices in scope whose counter nobody could read."""
    return sum(reading.count is None and not reading.invalid for reading in _in_scope(state, readings))


def front_run(state: FeedState, activation_date: date, ask: Ask) -> Joined:
    """Collect the days before the first deposit, back to an earlier activation date, from their own baseline.

    They join in front: a device known since then has its InitialCount moved down by the pages added, so that its
    LifeCount grows by them alone. What is still held back when the known days begin closes there, uncounted.
    """
    last = state.activation_date - ONE_DAY
    start = FeedState.before_first_deposit(activation_date, state.timezone, state.rule, state.ceiling)

    def asked(day: date) -> Readings:
        return as_of(ask(day), end_of_day(day, state.timezone))

    baseline = _take_baseline(start, asked(start.synced_through))
    front = _deposit(baseline, ((day, asked(day)) for day in days(activation_date, last)), every_day=True)
    anomalies = tuple(
        anomaly if anomaly.settled_on else anomaly.settled(last, AnomalyState.TRANSIENT) for anomaly in front.anomalies
    )
    rows = tuple(_joined(state, row) for row in front.devices)
    return Joined(activation_date, front.deposits, rows, anomalies, front.unread)


def _joined(state: FeedState, front: Device) -> Device:
    known = state.devices.get(front.device_id)
    if known is None:
        # Nobody wrote down where it was on the known days: they leave out who is not managed, or read by another rule.
        untold = state.rule.scope is Scope.MANAGED or state.deposited_rule != state.rule
        return replace(front, managed=None) if untold else front
    return replace(known, initial_count=known.initial_count - front.life_count)
