"""From what a server says of a device to the reading the ledger works with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from prsync.core.model import MAX_COUNT, Reading, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEVER = datetime.min.replace(tzinfo=UTC)

_FIRST_INSTANT = datetime(1990, 1, 1, tzinfo=UTC)
"""No device that is read over a network is older: what says so was never read."""

_MOST_DIGITS = 40
"""A longer string of digits is no count, also where most of them are leading zeros: int() of any answer stays cheap."""


def reading_of(device_id: str, *, managed: bool, count: object, read_at: datetime | None) -> Reading:
    """Make a reading of the raw values of an answer.

    `count` is as JSON gave it. Absent, null and 0 are no reading: 0 is what a counter says that nobody could read.
    A whole number from 1 to 2^63 - 1 is a count, also as digits in a string or as 120.0; anything else is an invalid
    reading. An aware `read_at` before 1990 counts as absent: it is a placeholder (0001-01-01, 1970-01-01).
    """
    number = _whole_number(count)
    invalid = count is not None and (number is None or not 0 <= number <= MAX_COUNT)
    return Reading(device_id, managed, None if invalid else number or None, usable_instant(read_at), invalid)


def usable_instant(read_at: datetime | None) -> datetime | None:
    """The instant at which a device was read; None for a placeholder."""
    return None if read_at is None or read_at < _FIRST_INSTANT else read_at


def _whole_number(raw: object) -> int | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return raw
    if isinstance(raw, str):
        digits = raw.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None
    if isinstance(raw, Decimal | float):
        return _whole_part(Decimal(raw))
    return None


def _whole_part(number: Decimal) -> int | None:
    # Compared before it is converted: int() of 1e999999999 would need all memory, and abs() overflows a Decimal.
    if not number.is_finite() or not -MAX_COUNT <= number <= MAX_COUNT:
        return None
    whole = int(number)
    return whole if whole == number else None


def is_in_scope(reading: Reading, scope: Scope) -> bool:
    """Whether the reading's pages may count at all."""
    return scope is Scope.ALL or reading.managed


def as_of(readings: Iterable[Reading], end_of_day: datetime) -> tuple[Reading, ...]:
    """One reading for each device, in the order of their ids, none read after the day it is of.

    A read_at after `end_of_day` counts as that end. Of a device that comes twice the newest read_at counts
    (none is the oldest); alike, the higher count.
    """
    chosen: dict[str, Reading] = {}
    for reading in readings:
        if reading.read_at is not None and reading.read_at > end_of_day:
            reading = replace(reading, read_at=end_of_day)  # noqa: PLW2901
        other = chosen.get(reading.device_id)
        if other is None or _rank(reading) > _rank(other):
            chosen[reading.device_id] = reading
    return tuple(chosen[device_id] for device_id in sorted(chosen))


def _rank(reading: Reading) -> tuple[datetime, int, bool, bool]:
    # The last two only make the choice independent of the order of the answer, which may differ between two runs.
    return (reading.read_at or _NEVER, reading.count or 0, reading.invalid, not reading.managed)
