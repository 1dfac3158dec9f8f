"""What a sync run is to collect: which servers, which of their feeds, and through which day."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.core.periods import last_closed_day, today
from prsync.errors import InvalidValueError, NoServerError
from prsync.services.values import parse_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """What a person asked for: names of servers and feeds, none for all; `through` as written, None for yesterday."""

    servers: Sequence[str] = ()
    feeds: Sequence[str] = ()
    through: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlan:
    """The servers, one after another, and the days that each chosen feed has before it, by the feed's id."""

    servers: Sequence[Server]
    through: date
    days_ahead: Mapping[int, int]
    is_through_given: bool
    """Whether a person has said through which day: by that, a clock far ahead is meant to be there."""
    last_run_at: datetime | None
    """When a sync was last done with any feed of the ledger."""
    is_monday: bool
    """Where the run is started. On Mondays what lasts is said again."""

    def chooses(self, feed: Feed) -> bool:
        """Whether the feed is one of those to collect, however many days it has."""
        return feed.id in self.days_ahead

    @property
    def all_days_ahead(self) -> int:
        """The days of all feeds together."""
        return sum(self.days_ahead.values())


def make_plan(ledger: Ledger, request: SyncRequest, now: datetime, local_timezone: str) -> SyncPlan:
    """What a run of this request collects; an InputError where it cannot be, NoServerError where there is nothing."""
    servers, feeds = _chosen(ledger, request, now)
    # Wrong usage is told before a ledger without servers.
    through = _last_day(request.through, feeds, now, local_timezone)
    if not servers:
        raise NoServerError(ledger.path)
    return SyncPlan(
        servers=servers,
        through=through,
        is_through_given=request.through is not None,
        last_run_at=ledger.feeds.last_run_at(),
        is_monday=today(now, local_timezone).weekday() == 0,
        days_ahead={feed.id: 0 if feed.paused else _days_ahead(feed, through, now) for feed in feeds},
    )


def _chosen(ledger: Ledger, request: SyncRequest, now: datetime) -> tuple[list[Server], list[Feed]]:
    """The servers to collect, and the feeds; those of a named server and a feed named beside it are both meant."""
    # A name given twice is meant once.
    servers = [ledger.servers.named(name) for name in dict.fromkeys(request.servers)]
    feeds = [_named(ledger, name, now) for name in dict.fromkeys(request.feeds)]
    if feeds:
        wanted = {feed.server_id for feed in feeds} | {server.id for server in servers}
        feeds += _feeds_of(ledger, servers, now)
        return [server for server in ledger.servers.all() if server.id in wanted], feeds
    servers = servers or ledger.servers.all()
    return servers, _feeds_of(ledger, servers, now)


def _named(ledger: Ledger, name: str, now: datetime) -> Feed:
    feed = ledger.feeds.find(name)
    if feed.has_ended_by(last_closed_day(now, feed.timezone)):
        again = shlex.join(["prsync", "feed", "activate", feed.name])
        raise InvalidValueError("--feed", feed.name, f"was deactivated on {feed.deactivated_on}; {again} takes it back")
    return feed


def _feeds_of(ledger: Ledger, servers: Sequence[Server], now: datetime) -> list[Feed]:
    found = (feed for server in servers for feed in ledger.feeds.of_server(server.id))
    return [feed for feed in found if not feed.has_ended_by(last_closed_day(now, feed.timezone))]


def _last_day(through: str | None, feeds: Sequence[Feed], now: datetime, local_timezone: str) -> date:
    """The day that was asked for, else the last one that is over for at least one of the feeds."""
    # In Auckland a day is over half a day before it is in Copenhagen, and each feed has its own last day.
    zones = {feed.timezone for feed in feeds} or {local_timezone}
    latest = max(last_closed_day(now, zone) for zone in zones)
    if through is None:
        return latest
    wanted = parse_date("--through", through)
    if wanted > latest:
        raise InvalidValueError("--through", through, f"is not over yet; the last complete day is {latest}")
    return wanted


def last_day_of(feed: Feed, through: date, now: datetime) -> date:
    """The last day of a feed to collect in a run through `through`.

    None before it is over where the feed is, and none after the customer has left.
    """
    return min(through, last_closed_day(now, feed.timezone), feed.deactivated_on or through)


def _days_ahead(feed: Feed, through: date, now: datetime) -> int:
    looked_through = feed.looked_through_at(last_closed_day(now, feed.timezone))
    days = max((last_day_of(feed, through, now) - looked_through).days, 0)
    front = (feed.activation_date - feed.joining_from).days if feed.joining_from else 0
    return days + front
