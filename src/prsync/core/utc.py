"""Instants and days as text: ISO 8601, instants in UTC with Z. Wherever prsync writes one, it looks like this."""

from __future__ import annotations

from datetime import UTC, date, datetime


def utc_text(moment: datetime, *, timespec: str = "auto") -> str:
    """An aware instant as text. `timespec` is that of datetime.isoformat: the smallest unit shown."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def json_value(value: object) -> object:
    """A value as JSON can hold it: instants and days are text there."""
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else value
