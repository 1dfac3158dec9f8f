"""When a reading was made, as servers write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST: Final = 10**15
_DOTNET: Final = re.compile(r"/Date\((-?\d{1,17})(?:[+-]\d{4})?\)/")
_MORE_THAN_MICROSECONDS: Final = re.compile(r"(\.\d{6})\d+")


def instant_of(raw: Any, written_as: str, zone: str) -> datetime | None:
    """The aware instant in UTC that `raw` says; None for what says none.

    `written_as` is a profile's `read_at_format`, `zone` the time zone of an instant that names none.
    """
    read = _READERS.get(written_as)
    try:
        instant = read(raw) if read else datetime.strptime(_text(raw), written_as)  # noqa: DTZ007  the zone comes below
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ZoneInfo(zone))
        return instant.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        return None


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw.strip()


def _iso(raw: Any) -> datetime:
    text = _text(raw)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # RFC 3339 allows a small t and z, and .NET writes seven digits of a second.
        return datetime.fromisoformat(_MORE_THAN_MICROSECONDS.sub(r"\1", text).upper())


def _seconds(raw: Any) -> datetime:
    return _after_epoch(raw, 1)


def _milliseconds(raw: Any) -> datetime:
    return _after_epoch(raw, 1000)


def _after_epoch(raw: Any, per_second: int) -> datetime:
    if isinstance(raw, bool) or raw is None:
        raise TypeError
    number = Decimal(str(raw).strip())
    # No date that Python knows is as far away. Compared as it is: abs() of 1e999999999 is too much for a Decimal.
    if not number.is_finite() or not -_FARTHEST <= number <= _FARTHEST:
        raise ValueError
    return _EPOCH + timedelta(microseconds=int(number * 1_000_000 / per_second))


def _dotnet(raw: Any) -> datetime:
    # What follows the milliseconds is only how the server would show it: they count from 1970 in UTC.
    match = _DOTNET.fullmatch(_text(raw))
    if match is None:
        raise ValueError
    return _after_epoch(match[1], 1000)


_READERS: Final[dict[str, Callable[[Any], datetime]]] = {
    "iso": _iso,
    "seconds": _seconds,
    "milliseconds": _milliseconds,
    "dotnet": _dotnet,
}
