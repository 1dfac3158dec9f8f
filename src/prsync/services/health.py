"""The health checks: runs them, records what they found, and says of each feed that is not well why."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from prsync.core.clock_doubt import day_not_over, is_long_after
from prsync.core.feed_health import Reason, feed_health
from prsync.core.model import Health
from prsync.core.periods import day_of, last_closed_day, today
from prsync.errors import ClockError, NotFoundError, PrsyncError, error_line
from prsync.services.delivery_health import delivery_problems
from prsync.services.holidays import holidays_of
from prsync.services.runs import TWO_NIGHTS, outcome_of
from prsync.services.server_access import check_access
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from prsync.services.delivery_health import DeliveryProblem
    from prsync.services.server_access import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Run, Server, SharedDevices


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How a feed is now: whether its data flow, and why it is not well, None where it is or is not judged."""

    feed: Feed
    health: Health
    reason: Reason | None = None
    error: str | None = None
    is_fresh: bool = False
    """Connected since the last run: no run has come to it, and none could."""

    @property
    def standing(self) -> str:
        """How it is, in a word. Of a silent feed the word is "unhealthy", as it is everywhere else."""
        if self.feed.paused:
            return "paused"
        return self.health if self.reason in {None, Reason.STALE} else str(self.reason)

    @property
    def is_wrong(self) -> bool:
        """Whether a person should look."""
        return self.reason is not None and not self.is_fresh


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What was found: every server, every feed, and how the last sync ended."""

    servers: list[Server]
    feeds: list[FeedHealth]
    last_sync: Run | None
    last_outcome: RunOutcome | None
    """That of the last sync; None where there was none."""
    idle_servers: frozenset[int] = frozenset()
    """The ids of those that are not connected to, because each feed of theirs is paused or deactivated."""
    shared_devices: list[SharedDevices] = field(default_factory=list)
    """As the last sync found them. They are worth knowing, and nothing is unhealthy by them."""
    deliveries: list[DeliveryProblem] = field(default_factory=list)
    """What is wrong with the delivery to PrintReleaf."""

    @property
    def unhealthy_servers(self) -> list[Server]:
        """The servers that do not let us in, where somebody wants to be let in."""
        wanted = (server for server in self.servers if server.id not in self.idle_servers)
        return [server for server in wanted if server.health is Health.UNHEALTHY]

    @property
    def wrong_feeds(self) -> list[FeedHealth]:
        """The feeds that a person should look at."""
        return [feed for feed in self.feeds if feed.is_wrong]

    @property
    def ok(self) -> bool:
        """Whether all is healthy."""
        return not (self.unhealthy_servers or self.wrong_feeds or self.deliveries)


def last_health(ledger: Ledger, now: datetime) -> HealthReport:
    """What the ledger alone tells: what the last checks found, and whether there have been any."""
    servers, feeds = ledger.servers.all(), ledger.feeds.all()
    last_sync = ledger.runs.last_of("sync", now)
    judge = _Judge(
        servers={server.id: server for server in servers},
        killed={run.id: run for run in ledger.runs.unfinished() if outcome_of(ledger, run) is RunOutcome.KILLED},
        last_run_at=ledger.feeds.last_run_at(),
        last_sync=last_sync,
        now=now,
    )
    return HealthReport(
        servers=servers,
        feeds=[judge.judged(feed) for feed in feeds if not feed.has_ended],
        idle_servers=_idle_servers(feeds),
        last_sync=last_sync,
        last_outcome=outcome_of(ledger, last_sync) if last_sync else None,
        shared_devices=ledger.shared_devices.all(),
        deliveries=delivery_problems(ledger, now),
    )


def check_health(ledger: Ledger, connect: Connect, now: datetime) -> HealthReport:
    """Connect to every server, judge every feed that is not paused, and record what was found."""
    feeds = ledger.feeds.all()
    idle = _idle_servers(feeds)
    for server in ledger.servers.all():
        if server.id in idle:
            continue
        refusal = why_not_let_in(server, connect, now)
        with suppress(NotFoundError):  # a check holds no lock: a server may be removed while it is asked
            ledger.servers.record_health(server, refusal, now)
    for feed in feeds:
        if not feed.is_active:
            continue
        try:
            health = judge_health(feed, today(now, feed.timezone))
        except PrsyncError:  # what cannot be judged is told below
            continue
        with suppress(NotFoundError):
            ledger.feeds.record_health(feed, health, now)
    return last_health(ledger, now)


def _idle_servers(feeds: Sequence[Feed]) -> frozenset[int]:
    """The servers that have feeds, and none that is collected."""
    return frozenset({feed.server_id for feed in feeds} - {feed.server_id for feed in feeds if feed.is_active})


def why_not_let_in(server: Server, connect: Connect, now: datetime) -> str | None:
    """What keeps us from a server, as a line; None where it lets us in."""
    try:
        with connect(server) as client:
            check_access(client, now)
    except PrsyncError as error:
        return error_line(error)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """What feeds are judged by. `killed` are the runs that were killed, by id."""

    servers: Mapping[int, Server]
    killed: Mapping[int, Run]
    last_run_at: datetime | None
    last_sync: Run | None
    now: datetime

    def judged(self, feed: Feed) -> FeedHealth:
        """How a feed is."""
        if feed.paused:
            return FeedHealth(feed=feed, health=feed.health)
        try:
            health = judge_health(feed, today(self.now, feed.timezone))
        except PrsyncError as error:  # this feed's own fault: the others are judged all the same
            return FeedHealth(feed=feed, health=feed.health, reason=Reason.FAILING, error=error_line(error))
        reason, error_text = self._reason(feed, health)
        is_fresh = reason is Reason.NOT_COLLECTED and error_text is None
        return FeedHealth(feed=feed, health=health, reason=reason, error=error_text, is_fresh=is_fresh)

    def _reason(self, feed: Feed, health: Health) -> tuple[Reason | None, str | None]:
        server = self.servers[feed.server_id]
        if server.health is Health.UNHEALTHY:
            return Reason.SERVER_UNHEALTHY, server.health_error
        if (doubt := doubt_of_clock(feed, self.now, self.last_run_at)) is not None:
            return Reason.FAILING, error_line(doubt)
        if feed.last_error is not None:
            return Reason.FAILING, feed.last_error
        is_collected, why = self._collected(feed)
        if not is_collected:
            return Reason.NOT_COLLECTED, why
        return (Reason.STALE, None) if health is Health.UNHEALTHY else (None, None)

    def _collected(self, feed: Feed) -> tuple[bool, str | None]:
        """Whether a run was done with it of late, and if not, why; None where nobody need do anything about it."""
        run = self.killed.get(feed.wanted_by_run) if feed.wanted_by_run is not None else None
        if run is not None and (feed.last_run_at is None or feed.last_run_at < run.started_at):
            # What a run has done with several feeds is noted at once: of one that was killed their days tell it.
            if feed.looked_through >= last_closed_day(run.started_at, feed.timezone):
                return feed.last_run_at is not None, None
            return False, f"the run of {run.started_at:%Y-%m-%d %H:%M} UTC was killed before it was done with it"
        last = self.last_sync
        since = feed.last_run_at or feed.created_at
        if since > self.now:  # the clock was ahead then: the last run before it is what is known
            since = last.started_at if last else feed.created_at
        if self.now - since <= TWO_NIGHTS:
            return feed.last_run_at is not None, None
        return False, self._why_no_run_came(feed, since)

    def _why_no_run_came(self, feed: Feed, since: datetime) -> str | None:
        last = self.last_sync
        silence = f"no sync has come to it since {since:%Y-%m-%d %H:%M} UTC"
        if last is None or self.now - last.started_at > TWO_NIGHTS:
            return f"{silence}; does cron run?"
        if feed.wanted_by_run is not None and feed.wanted_by_run >= last.id:
            collected = "has not come to it yet" if last.outcome is None else "could not collect it"
            return f"the sync of {last.started_at:%Y-%m-%d %H:%M} UTC {collected}; prsync run show sync shows it"
        # It was paused then, or deactivated, and was taken back since; or the sync was for another server.
        return None if feed.server in _servers_of(last) else f"{silence}; does cron run it for server {feed.server}?"


@cache
def _servers_of(run: Run) -> frozenset[str]:
    """The names of the servers that a sync was for; none of one that has not said so."""
    servers = json.loads(run.summary or "{}").get("servers", [])
    return frozenset(server["server"] for server in servers)


def doubt_of_clock(feed: Feed, now: datetime, last_run_at: datetime | None) -> ClockError | None:
    """Why the clock cannot be believed; None where it can. `last_run_at`: of any feed, None to do without."""
    if (day := day_not_over(feed.deposited_through, now, feed.timezone)) is not None:
        return ClockError(now, f"and {day} is deposited already")
    if last_run_at is not None and is_long_after(last_run_at, now):
        last_day = last_closed_day(now, feed.timezone)
        return ClockError(
            now,
            f"more than a year after the last run ({last_run_at:%Y-%m-%d})",
            f"if that is right, prsync sync --through {last_day} goes on",
        )
    return None


def judge_health(feed: Feed, today: date) -> Health:
    """Whether a feed's data still flow, as found on the day `today` by its own calendar.

    Of one that has never been collected that is unknown. UnknownRegionError where it depends on its holidays, and they
    are not known any more.
    """
    if feed.looked_through < feed.activation_date:
        return Health.UNKNOWN
    return feed_health(_last_data(feed), today, holidays_of(feed.holidays))


def _last_data(feed: Feed) -> date:
    if feed.last_data_at is not None:
        return day_of(feed.last_data_at, feed.timezone)
    # A feed that was added with its history in the past has not been silent since then.
    return max(feed.activation_date, day_of(feed.created_at, feed.timezone))
