"""Which months are due: from when a feed's month counts, and what an incomplete one waits for."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from prsync.core.periods import last_closed_day, today

if TYPE_CHECKING:
    from datetime import date, datetime

    from prsync.core.model import Month
    from prsync.store.records import Feed


def begins_on(feed: Feed) -> date:
    """The activation date, also an earlier one whose days have yet to join in front."""
    return min(feed.activation_date, feed.joining_from or feed.activation_date)


def first_day(feed: Feed, month: Month) -> date:
    """The day on which the feed's month begins. It lies after the month where the feed begins later."""
    return max(begins_on(feed), month.first_day)


def has_begun(feed: Feed, month: Month, now: datetime) -> bool:
    """Whether a day of the feed's month is over."""
    return first_day(feed, month) <= last_closed_day(now, feed.timezone)


def waits_for(feed: Feed, month: Month, now: datetime) -> str | None:
    """What an incomplete month waits for, in a person's words; None where it is complete."""
    joining = feed.joining_from if _has_days_to_join(feed, month) else None
    if feed.synced_through >= month.last_day and joining is None:
        return None
    if today(now, feed.timezone) <= month.last_day:
        return f"{month} is not over until the end of {month.last_day}, by the clock of {feed.timezone}"
    if joining is not None:
        what = f"the days from {joining} on are not collected yet"
    else:
        what = f"deposited through {feed.synced_through}" if feed.has_deposits else "nothing is deposited yet"
    if feed.paused:
        rest = f"the feed is paused, prsync feed resume {quote(feed.name)} has it catch up"
    elif joining is not None or feed.looked_through < month.last_day:
        rest = "prsync sync collects the rest"
    else:
        rest = "no new data have come since, is its DCA running?"
    return f"{month} is not complete: {what}; {rest}"


def _has_days_to_join(feed: Feed, month: Month) -> bool:
    """Whether some days of the month lie between an earlier activation date and the one whose days are deposited."""
    return (
        feed.joining_from is not None and feed.joining_from <= month.last_day and feed.activation_date > month.first_day
    )
