"""How the text of a column is read: days as YYYY-MM-DD, instants in UTC."""

from __future__ import annotations

from datetime import date, datetime


def instant(written: str | None) -> datetime | None:
    """An instant as the ledger wrote it; None for NULL."""
    return None if written is None else datetime.fromisoformat(written)


def day(written: str) -> date:
    """A day as the ledger wrote it."""
    return date.fromisoformat(written)
