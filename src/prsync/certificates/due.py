"""Which of a feed's months can be certified: from which day to which, and what one waits for while it is incomplete."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from prsync.core.periods import day_of, last_closed_day, month_of, today

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from prsync.core.model import Month
    from prsync.store.records import Feed


def begins_on(feed: Feed) -> date:
    """The feed's activation date; where an earlier one was set and its days are not collected yet, that one."""
    return min(feed.activation_date, feed.joining_from or feed.activation_date)


def first_day(feed: Feed, month: Month) -> date:
    """The first of the month, or the day on which the feed begins if that is later (even after the month's end)."""
    return max(begins_on(feed), month.first_day)


def ends_on(feed: Feed) -> date | None:
    """The last day deposited of a customer who has left; None where there will be more."""
    return feed.synced_through if feed.has_ended else None


def last_day(feed: Feed, month: Month) -> date:
    """The last of the month, or the customer's last day if that is earlier."""
    return min(month.last_day, ends_on(feed) or month.last_day)


def has_days(feed: Feed, month: Month) -> bool:
    """Whether any day of the month is the feed's."""
    return first_day(feed, month) <= last_day(feed, month)


def months_since(first: Month, last: Month) -> Iterator[Month]:
    """Every month from `first` to `last`, both included."""
    month = first
    while month.first_day <= last.first_day:
        yield month
        month = month.next()


def month_of_connection(feed: Feed) -> Month:
    """The month in which the feed was connected: those before it are history, and certified only where named."""
    return month_of(day_of(feed.created_at, feed.timezone))


def has_begun(feed: Feed, month: Month, now: datetime) -> bool:
    """Whether at least one day of the feed's month is over, in the feed's time zone."""
    return first_day(feed, month) <= last_closed_day(now, feed.timezone)


def reason_to_wait(feed: Feed, month: Month, now: datetime) -> str | None:
    """What an incomplete month waits for, and what to do about it, as a message; None where the month is complete."""
    # Days before the activation date may still be missing although the month's last day is deposited.
    joining = feed.joining_from if _has_days_to_join(feed, month) else None
    if feed.synced_through >= last_day(feed, month) and joining is None:
        return None
    if today(now, feed.timezone) <= month.last_day:
        return f"{month} is not over until the end of {month.last_day}, by the clock of {feed.timezone}"
    if joining is not None:
        state = f"the days from {joining} on are not collected yet"
    else:
        state = f"deposited through {feed.synced_through}" if feed.has_deposits else "nothing is deposited yet"
    if feed.paused:
        advice = f"the feed is paused, prsync feed resume {quote(feed.name)} has it catch up"
    elif feed.last_error is not None:
        advice = f"the last sync of it failed: {feed.last_error}"
    # The last day that 3manager was asked for: what was never asked for, a sync may still bring.
    elif joining is not None or feed.looked_through_at(last_closed_day(now, feed.timezone)) < month.last_day:
        advice = "prsync sync collects the rest"
    else:
        advice = "no new data have come since, is its DCA running?"
    return f"{month} is not complete: {state}; {advice}"


def _has_days_to_join(feed: Feed, month: Month) -> bool:
    """Whether an earlier activation date was set of which some days in this month are not collected yet."""
    return (
        feed.joining_from is not None and feed.joining_from <= month.last_day and feed.activation_date > month.first_day
    )
