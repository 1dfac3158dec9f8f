"""Parses columns that SQLite has no type for.

Days are kept as YYYY-MM-DD, instants as RFC 3339 in UTC, a remembered reset as two integers, both NULL where there is
none.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from prsync.core.model import RememberedReset

LARGEST_INTEGER: Final = 2**63 - 1
"""A larger one does not fit into a column or a parameter: sqlite3 has no other word for it than an OverflowError."""


def parse_id(text: str) -> int | None:
    """The id that a person has written; None for what is none, or can be none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_INTEGER))
    return int(text) if is_number and int(text) <= LARGEST_INTEGER else None


def parse_instant(text: str | None) -> datetime | None:
    """The aware instant in a column; None for NULL."""
    return None if text is None else datetime.fromisoformat(text)


def parse_day(text: str) -> date:
    """The day in a column."""
    return date.fromisoformat(text)


def parse_reset(fell_from: int | None, pages_since: int | None) -> RememberedReset | None:
    """The remembered reset in two columns; None for NULL."""
    return None if fell_from is None or pages_since is None else RememberedReset(fell_from, pages_since)
