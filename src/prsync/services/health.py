"""The health checks: runs them and records what they found."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prsync.core.feed_health import feed_health
from prsync.core.periods import day_of, today
from prsync.errors import InvalidValueError, PrsyncError
from prsync.services.connection import check
from prsync.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from prsync.core.model import Health
    from prsync.services.connection import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server


def check_servers(ledger: Ledger, servers: Iterable[Server], connect: Connect, now: datetime) -> None:
    """Connect to each server with its stored credentials and record whether it lets us in."""
    for server in servers:
        error = None
        try:
            with connect(server) as client:
                check(client)
        except PrsyncError as problem:
            error = words(problem)
        ledger.servers.record_health(server, error, now)


def judge_feeds(ledger: Ledger, feeds: Iterable[Feed], now: datetime) -> None:
    """Judge each feed that is not paused by its last new data, and record it."""
    for feed in feeds:
        if not feed.paused:
            ledger.feeds.record_health(feed, judged(feed, today(now, feed.timezone)), now)


def judged(feed: Feed, today: date) -> Health:
    """Whether a feed's data still flow, as found on the day `today` by its own calendar."""
    return feed_health(_last_data(feed), today, holidays_of(feed.holidays))


def _last_data(feed: Feed) -> date:
    if feed.last_data_at is not None:
        return day_of(feed.last_data_at, feed.timezone)
    return max(feed.activation_date, day_of(feed.created_at, feed.timezone))


@cache
def holidays_of(region: str | None) -> Callable[[date], bool]:
    """Which days are public holidays in a country, or in a region of it as `DE-BY`; in none where none is set."""
    if region is None:
        return lambda _: False
    from holidays import country_holidays

    country, _, subdivision = region.upper().partition("-")
    try:
        days = country_holidays(country, subdiv=subdivision or None)
    except (NotImplementedError, KeyError) as error:
        raise InvalidValueError("--holidays", region, "is no country or region whose holidays are known") from error
    return days.__contains__
