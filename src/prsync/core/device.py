"""One device's reading: what it counts, what it moves and what is held back.

The two tables of the ledger's rules, "A device's reading, one by one", are this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prsync.core.model import Anomaly, AnomalyKind, AnomalyState, Device, Reading, Scope

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of one device: its row, its held reading, its invalid one. Each may be missing."""

    row: Device | None = None
    held: Anomaly | None = None
    invalid: Anomaly | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a day made of one device: its book afterwards, its pages, and the anomalies that are new or changed."""

    book: Book
    pages: int = 0
    anomalies: tuple[Anomaly, ...] = ()


def is_next(reading: Reading, anomaly: Anomaly) -> bool:
    """Whether `reading` was made after the one the anomaly is about; a repeat neither confirms nor clears it.

    Without a read_at on both sides there is only the count to tell by.
    """
    if reading.read_at is not None and anomaly.read_at is not None:
        return reading.read_at > anomaly.read_at
    return reading.count != anomaly.count


def in_scope(reading: Reading, scope: Scope) -> bool:
    """Whether the reading's pages may count at all."""
    return scope is Scope.ALL or reading.managed


def start_day(book: Book, day: date) -> Entry:
    """What a person accepted since the last deposit goes into this one."""
    row, held = book.row, book.held
    if row is None or held is None or held.count is None or held.state is not AnomalyState.ACCEPTED:
        return Entry(book)
    pages = held.count - row.latest_count
    row = row.counted(held.count, pages, managed=row.managed)
    settled = held.settled(day, AnomalyState.ACCEPTED)
    return Entry(Book(row, None, book.invalid), pages, (settled,))


def take(book: Book, reading: Reading, day: date, scope: Scope, ceiling: int) -> Entry:
    """Enter one reading in a device's book."""
    if not in_scope(reading, scope):
        return _out_of_scope(book, reading, day)
    if reading.invalid:
        return _invalid(book, reading, day)
    if reading.count is None:
        return Entry(book)
    entry = _clear_invalid(book, reading, day)
    row = entry.book.row
    if row is None:
        first = Device(reading.device_id, reading.managed, reading.count, reading.count)
        return replace(entry, book=Book(first, entry.book.held, entry.book.invalid))
    if row.managed is None or (scope is Scope.MANAGED and not row.managed):
        return _new_start(entry, row, reading, day)
    return _count(entry, row, reading, day, ceiling)


def _out_of_scope(book: Book, reading: Reading, day: date) -> Entry:
    """Pages of an unmanaged device never count: the row moves along. One never in scope is not stored."""
    closed = tuple(anomaly.settled(day, AnomalyState.TRANSIENT) for anomaly in (book.held, book.invalid) if anomaly)
    row = book.row
    if row is not None:
        # Without a count, too, it must be known to have been away: what it prints meanwhile never counts.
        row = row.moved(reading.count or row.latest_count, managed=False)
    return Entry(Book(row), 0, closed)


def _new_start(entry: Entry, row: Device, reading: Reading, day: date) -> Entry:
    """The first reading back in scope, or by a new rule: it moves the row and counts nothing."""
    assert reading.count is not None  # noqa: S101  take() has looked
    closed = entry.anomalies
    if entry.book.held is not None:
        closed += (entry.book.held.settled(day, AnomalyState.TRANSIENT),)
    moved = row.moved(reading.count, managed=reading.managed)
    return Entry(Book(moved, None, entry.book.invalid), 0, closed)


def _invalid(book: Book, reading: Reading, day: date) -> Entry:
    known = book.invalid
    if known is not None and (known.state is AnomalyState.OPEN or not is_next(reading, known)):
        return Entry(book)
    closed = (known.settled(day, known.state),) if known is not None else ()
    new = Anomaly(reading.device_id, day, AnomalyKind.INVALID_READING, None, reading.read_at)
    return Entry(replace(book, invalid=new), 0, (*closed, new))


def _clear_invalid(book: Book, reading: Reading, day: date) -> Entry:
    if book.invalid is None or not is_next(reading, book.invalid):
        return Entry(book)
    return Entry(replace(book, invalid=None), 0, (book.invalid.settled(day, AnomalyState.TRANSIENT),))


def _count(entry: Entry, row: Device, reading: Reading, day: date, ceiling: int) -> Entry:
    """A reading of a device that stands in the books: plausible, a drop or a jump."""
    assert reading.count is not None  # noqa: S101  take() has looked
    held, before = entry.book.held, entry.anomalies
    if held is not None and not is_next(reading, held):
        return entry
    kind = _suspicion(row, reading.count, ceiling)
    if kind is None:
        pages = reading.count - row.latest_count
        counted = row.counted(reading.count, pages, managed=reading.managed)
        return _counted(entry, counted, pages, day, AnomalyState.TRANSIENT)
    if held is not None and held.state is AnomalyState.OPEN and held.kind is kind:
        if held.count is not None and _is_reset(kind, held.count, reading.count, ceiling):
            pages = reading.count - held.count
            counted = row.counted(reading.count, pages, managed=reading.managed)
            return _counted(entry, counted, pages, day, AnomalyState.RESET)
        again = replace(held, count=reading.count, read_at=reading.read_at)
        return Entry(replace(entry.book, held=again), 0, (*before, again))
    closed = (held.settled(day, AnomalyState.TRANSIENT),) if held is not None else ()
    new = Anomaly(reading.device_id, day, kind, reading.count, reading.read_at)
    return Entry(replace(entry.book, held=new), 0, (*before, *closed, new))


def _counted(entry: Entry, row: Device, pages: int, day: date, state: AnomalyState) -> Entry:
    """The device's row with so many pages counted; what was held closes in that state."""
    held = entry.book.held
    closed = (held.settled(day, state),) if held is not None else ()
    return Entry(Book(row, None, entry.book.invalid), pages, (*entry.anomalies, *closed))


def _suspicion(row: Device, count: int, ceiling: int) -> AnomalyKind | None:
    if count < row.latest_count:
        return AnomalyKind.COUNTER_DROPPED
    if count > row.latest_count + ceiling:
        return AnomalyKind.COUNTER_JUMPED
    return None


def _is_reset(kind: AnomalyKind, held_count: int, count: int, ceiling: int) -> bool:
    """A counter that goes on from where it dropped to has really been reset."""
    return kind is AnomalyKind.COUNTER_DROPPED and held_count < count <= held_count + ceiling
