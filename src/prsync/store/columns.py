"""Parses columns that SQLite has no type for: days, kept as YYYY-MM-DD, and instants, kept as RFC 3339 in UTC."""

from __future__ import annotations

from datetime import date, datetime


def parse_instant(text: str | None) -> datetime | None:
    """The aware instant in a column; None for NULL."""
    return None if text is None else datetime.fromisoformat(text)


def parse_day(text: str) -> date:
    """The day in a column."""
    return date.fromisoformat(text)
