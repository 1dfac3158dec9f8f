"""A sync run: servers, their feeds one after another, their days. Asks the client, then the core, then the store."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from prsync.core.feed_run import feed_run, front_run
from prsync.core.model import ONE_DAY, AnomalyKind, AnomalyState, Health, Looked
from prsync.core.periods import last_closed_day
from prsync.errors import LockedError, PrsyncError
from prsync.process.lock import held
from prsync.services.connection import check
from prsync.services.health import judged
from prsync.services.sync_report import FeedOutcome, FeedReport, ServerReport, SyncReport
from prsync.store.database import unusable
from prsync.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from prsync.core.model import Deposited, Joined, Reading
    from prsync.services.connection import Connect
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.client import ThreeManager

log = logging.getLogger(__name__)


class Watch(Protocol):
    """Who watches a run go by: a progress bar, or nobody."""

    def feed(self, feed: Feed, days: int) -> None:
        """A feed's collection begins, of so many days."""

    def day(self) -> None:
        """One of them is done."""


@dataclass(frozen=True, slots=True)
class Collector:
    """All that a run is given: the ledger, a way to connect, the instant, and how it is meant.

    A dry run is a run on a ledger of its own (a `rehearsal`): it needs no lock, and differs in nothing else.
    """

    ledger: Ledger
    connect: Connect
    now: datetime
    through: date
    watch: Watch
    dry_run: bool = False
    wait: float = 0.0

    def sync(self, servers: Sequence[Server], only: Sequence[Feed] | None = None) -> SyncReport:
        """Collect `servers`, each with all its feeds or with those of `only`. One failure never stops the next."""
        report = SyncReport(self.through)
        for server in servers:
            self._collect_server(server, only, report)
        return report

    def _collect_server(self, server: Server, only: Sequence[Feed] | None, report: SyncReport) -> None:
        lock = held(self.ledger.path, f"server-{server.id}", f"server {server.name}", self.now, wait=self.wait)
        try:
            with nullcontext() if self.dry_run else lock:
                # Read here, not before: whoever had the lock until now has moved them on.
                feeds = self.ledger.feeds.of_server(server.id)
                chosen = [feed for feed in feeds if only is None or any(feed.id == other.id for other in only)]
                self._collect_feeds(server, chosen, report)
        except LockedError as error:
            report.servers.append(ServerReport(server.name, server.health, words(error), locked=True))

    def _collect_feeds(self, server: Server, feeds: Sequence[Feed], report: SyncReport) -> None:
        with ExitStack() as stack:
            try:
                client = stack.enter_context(self.connect(server))
                check(client)
            except PrsyncError as error:
                self._record_server(server, words(error), report)
                report.feeds.extend(self._not_collected(feed) for feed in feeds)
                return
            self._record_server(server, None, report)
            report.feeds.extend(self._collect_feed(client, feed) for feed in feeds)

    def _record_server(self, server: Server, error: str | None, report: SyncReport) -> None:
        log.info("server %s: %s", server.name, error or "healthy", extra={"server": server.name})
        report.servers.append(ServerReport(server.name, Health.UNHEALTHY if error else Health.HEALTHY, error))
        self.ledger.servers.record_health(server, error, self.now)

    def _not_collected(self, feed: Feed) -> FeedReport:
        report = self._report(feed, FeedOutcome.SERVER_UNHEALTHY)
        if feed.paused:
            report.outcome = FeedOutcome.PAUSED
        else:
            self._judge(feed, report)
        return report

    def _collect_feed(self, client: ThreeManager, feed: Feed) -> FeedReport:
        if feed.paused:
            return self._not_collected(feed)
        report = self._report(feed, FeedOutcome.UP_TO_DATE)
        with self._isolated(report):
            self._collect_days(client, feed, report)
        self._judge(feed, report)
        return report

    @contextmanager
    def _isolated(self, report: FeedReport) -> Iterator[None]:
        """Whatever goes wrong with a feed is its own failure, and never the next one's."""
        try:
            yield
        except PrsyncError as error:
            self._fail(report, words(error))
        except sqlite3.Error as error:
            self._fail(report, words(unusable(self.ledger.path, error)))
        except Exception as error:
            log.debug("feed %s", report.feed, exc_info=True)
            self._fail(report, words(error))

    def _report(self, feed: Feed, outcome: FeedOutcome) -> FeedReport:
        through = feed.synced_through if feed.has_deposits else None
        return FeedReport(feed.name, feed.server, outcome, health=feed.health, synced_through=through)

    def _fail(self, report: FeedReport, error: str) -> None:
        log.info("feed %s: %s", report.feed, error, extra={"server": report.server, "feed": report.feed})
        report.outcome, report.error = FeedOutcome.FAILED, error

    def _collect_days(self, client: ThreeManager, feed: Feed, report: FeedReport) -> None:
        through = _last_day(feed, self.through, self.now)
        self.watch.feed(feed, days_to_ask(feed, self.through, self.now))

        def ask(day: date) -> list[Reading]:
            log.debug("feed %s: asking for %s", feed.name, day, extra=_names(feed, day))
            readings = client.devices(feed.organization_id, day, feed.meter)
            self.watch.day()
            return readings

        state = self.ledger.days.state(feed)
        if feed.joining_from is not None:
            # First of all, so that cutting a run off here or there makes no difference to the days after it.
            joined = front_run(state, feed.joining_from, ask)
            self._join(feed, joined, report)
            state = joined.joined_to(state)
        report.devices = len(state.devices)
        for step in feed_run(state, through, ask):
            self._take(feed, step, report)

    def _take(self, feed: Feed, step: Looked | Deposited, report: FeedReport) -> None:
        """Keep a step, then report it: what could not be kept was not done."""
        if isinstance(step, Looked):
            self.ledger.days.look(feed, step)
            report.looked_at(step.day)
            report.unread = step.unread
            if report.outcome is FeedOutcome.UP_TO_DATE:
                report.outcome = FeedOutcome.NO_NEW_DATA
            return
        self.ledger.days.deposit(feed, step, self.now)
        self._add(step, report)
        report.unread = step.unread
        report.anomalies += step.reported
        report.devices = len(step.state.devices)
        report.jumps = _held_jumps(step, feed.synced_through)
        report.last_data_at, report.synced_through = step.state.last_data_at, step.state.synced_through
        log.debug("feed %s: deposited %s", feed.name, report.last, extra=_names(feed, report.last))

    def _join(self, feed: Feed, step: Joined, report: FeedReport) -> None:
        self.ledger.days.join(feed, step, self.now)
        self._add(step, report)
        report.anomalies += len(step.anomalies)

    def _add(self, step: Deposited | Joined, report: FeedReport) -> None:
        report.outcome = FeedOutcome.DEPOSITED
        for deposit in step.deposits:
            report.looked_at(deposit.date)
            report.pages += deposit.pages
        report.days += len(step.deposits)

    def _judge(self, feed: Feed, report: FeedReport) -> None:
        """Judge the feed's health as of the morning after the run's last day: later ones were not asked for."""
        feed = replace(feed, last_data_at=report.last_data_at or feed.last_data_at)
        morning = _last_day(feed, self.through, self.now) + ONE_DAY
        report.last_data_at = feed.last_data_at
        with self._isolated(report):
            report.health = judged(feed, morning)
        # Since the last sync: a health check between the two has told whoever ran it, and nobody's cron. While its
        # server is down, a feed's silence is not told; should it last, that is told when the server is back.
        told = report.outcome is not FeedOutcome.SERVER_UNHEALTHY
        ill, was_ill = report.health is Health.UNHEALTHY, feed.sync_health is Health.UNHEALTHY
        report.turned_unhealthy = told and ill and not was_ill
        self.ledger.feeds.record_health(feed, report.health, self.now, by_sync=told)


def _held_jumps(step: Deposited, before: date) -> int:
    """Jumps held back after the day `before`, the last that was deposited when this run began, and still open."""
    jumps = (a for a in step.state.held.values() if a.kind is AnomalyKind.COUNTER_JUMPED)
    return sum(jump.date > before and jump.state is AnomalyState.OPEN for jump in jumps)


def days_to_ask(feed: Feed, through: date, now: datetime) -> int:
    """How many days a run through the day `through` has before it in a feed."""
    days = max((_last_day(feed, through, now) - feed.looked_through).days, 0)
    front = (feed.activation_date - feed.joining_from).days if feed.joining_from else 0
    return days + front


def _last_day(feed: Feed, through: date, now: datetime) -> date:
    """The last day to collect: no feed's day is collected before it is over there."""
    return min(through, last_closed_day(now, feed.timezone))


def _names(feed: Feed, day: date | None) -> dict[str, str | None]:
    return {"server": feed.server, "feed": feed.name, "day": day.isoformat() if day else None}
