"""Whether the machine's clock can be believed: by what is deposited already, and by the last run."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from prsync.core.periods import last_closed_day

if TYPE_CHECKING:
    from datetime import date, datetime

LONGEST_SILENCE: Final = timedelta(days=366)
"""A ledger that was left alone for so long is rarer than a clock that was set wrong."""


def day_not_over(deposited_through: date | None, now: datetime, timezone: str) -> date | None:
    """The last day deposited, if by the clock it is not over yet; None where there is nothing to doubt."""
    if deposited_through is None or deposited_through <= last_closed_day(now, timezone):
        return None
    return deposited_through


def is_long_after(last_run_at: datetime | None, now: datetime) -> bool:
    """Whether the clock is more than a year after the last run."""
    return last_run_at is not None and now - last_run_at > LONGEST_SILENCE
