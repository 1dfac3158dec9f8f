"""The health checks: runs them and records what they found."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from prsync.core.feed_health import feed_health
from prsync.core.model import Health
from prsync.core.periods import day_of, today
from prsync.errors import NotFoundError, PrsyncError, error_line
from prsync.services.holidays import holidays_of
from prsync.services.server_access import check_access

if TYPE_CHECKING:
    from datetime import date, datetime

    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server, SharedDevices


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What was found: every server and every feed, and why a feed could not be judged, by its id."""

    servers: list[Server]
    feeds: list[Feed]
    errors: dict[int, str] = field(default_factory=dict)
    shared_devices: list[SharedDevices] = field(default_factory=list)
    """As the last sync found them. They are worth knowing, and nothing is unhealthy by them."""

    @property
    def unhealthy_servers(self) -> list[Server]:
        """The servers that do not let us in."""
        return [server for server in self.servers if server.health is Health.UNHEALTHY]

    @property
    def unhealthy_feeds(self) -> list[Feed]:
        """The feeds whose data do not flow, less the paused ones: they are meant not to."""
        return [feed for feed in self.feeds if feed.health is Health.UNHEALTHY and not feed.paused]

    @property
    def ok(self) -> bool:
        """Whether all is healthy."""
        return not (self.unhealthy_servers or self.unhealthy_feeds or self.errors)


def last_health(ledger: Ledger) -> HealthReport:
    """What the last checks found."""
    return HealthReport(
        servers=ledger.servers.all(), feeds=ledger.feeds.all(), shared_devices=ledger.shared_devices.all()
    )


def check_health(ledger: Ledger, connect: Connect, now: datetime) -> HealthReport:
    """Connect to every server, judge every feed that is not paused, and record what was found."""
    for server in ledger.servers.all():
        refusal = _why_not_let_in(server, connect, now)
        with suppress(NotFoundError):  # a check holds no lock: a server may be removed while it is asked
            ledger.servers.record_health(server, refusal, now)
    errors = {}
    for feed in ledger.feeds.all():
        if feed.paused:
            continue
        try:
            health = judge_health(feed, today(now, feed.timezone))
        except PrsyncError as error:  # this feed's own fault: the others are judged all the same
            errors[feed.id] = error_line(error)
        else:
            with suppress(NotFoundError):
                ledger.feeds.record_health(feed, health, now)
    return replace(last_health(ledger), errors=errors)


def _why_not_let_in(server: Server, connect: Connect, now: datetime) -> str | None:
    try:
        with connect(server) as client:
            check_access(client, now)
    except PrsyncError as error:
        return error_line(error)
    return None


def judge_health(feed: Feed, today: date) -> Health:
    """Whether a feed's data still flow, as found on the day `today` by its own calendar.

    UnknownRegionError where its holidays are not known (any more).
    """
    return feed_health(_last_data(feed), today, holidays_of(feed.holidays))


def _last_data(feed: Feed) -> date:
    if feed.last_data_at is not None:
        return day_of(feed.last_data_at, feed.timezone)
    # A feed that was added with its history in the past has not been silent since then.
    return max(feed.activation_date, day_of(feed.created_at, feed.timezone))
