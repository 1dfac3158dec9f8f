"""Instants as text: UTC, ISO 8601, with Z. Wherever prsync writes one, it looks like this."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_text(moment: datetime, *, timespec: str = "auto") -> str:
    """An aware instant as text. `timespec` is that of datetime.isoformat: the smallest unit shown."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
