"""A sync run: servers one after another, their feeds, their days.

For each feed the core is given a way to ask the server for a day, and each step that it answers with is stored.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from prsync.core.earlier_days import collect_earlier_days
from prsync.core.feed_run import collect_days
from prsync.core.model import ONE_DAY, AnomalyKind, AnomalyState, Health, OpenDay
from prsync.core.periods import last_closed_day
from prsync.errors import (
    ClockError,
    LockedError,
    NotFoundError,
    PrsyncError,
    error_line,
)
from prsync.services.asking_ahead import AskingAhead
from prsync.services.feed_questions import FeedQuestions
from prsync.services.health import doubt_of_clock, judge_health
from prsync.services.holidays import expect_known
from prsync.services.isolated import isolated
from prsync.services.locks import server_lock
from prsync.services.lost_server import FailuresInARow
from prsync.services.runs import recorded
from prsync.services.server_access import check_access
from prsync.services.sync_plan import last_day_of, make_plan
from prsync.services.sync_report import FeedOutcome, FeedReport, ServerReport, SyncReport
from prsync.store.feed_table import FeedRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from prsync.core.model import DepositedDays, EarlierDays, FeedState
    from prsync.services.server_access import Connect
    from prsync.services.sync_plan import SyncPlan, SyncRequest
    from prsync.services.watch import Watch
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server
    from prsync.threemanager.client import ThreeManager

log = logging.getLogger(__name__)

MOST_DAYS_REHEARSED: Final = 31
"""A dry run asks for so many days of a feed; where more are to go it asks for one, and says so."""


_RECORDED_TOGETHER: Final = 25
"""What a run came to for so many feeds is stored at once, since each time the disk is waited for. (Not so deposits.)"""


def run_sync(
    ledger: Ledger,
    request: SyncRequest,
    *,
    connect: Connect,
    now: datetime,
    local_timezone: str,
    watch: Watch,
    dry_run: bool = False,
    wait: float = 0.0,
) -> SyncReport:
    """Collect what was asked for, and note the run in the ledger.

    For a dry run the caller gives a `rehearsal` of the ledger, a copy that is thrown away: the run then needs no lock
    and leaves no row, and differs in nothing else.
    """
    plan = make_plan(ledger, request, now, local_timezone)
    watch.begin(plan.all_days_ahead)
    collector = Collector(ledger=ledger, plan=plan, connect=connect, now=now, watch=watch, dry_run=dry_run, wait=wait)
    # Of single feeds: by such a run nobody can tell whether the nightly ones run.
    command = "sync --feed" if request.feeds else "sync"
    with nullcontext() if dry_run else recorded(ledger, command, now) as record:
        if record is not None:
            collector = replace(collector, run_id=record.run_id)
        report = collector.collect()
        if record is not None:
            record.done(report.document(), report.faults, ok=report.ok, only_locked=not report.failed)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A run's work, and all that it is given for it."""

    ledger: Ledger
    plan: SyncPlan
    connect: Connect
    now: datetime
    watch: Watch
    run_id: int | None = None
    """The run's row in the ledger; None in a dry run, which has none."""
    dry_run: bool = False
    wait: float = 0.0
    _finished: list[FeedRun] = field(default_factory=list)
    """The feeds that the run is done with, and that are not recorded yet."""

    def collect(self) -> SyncReport:
        """Collect the plan's servers, one after another. One failure never stops the next."""
        report = SyncReport(self.plan.through)
        for server in self.plan.servers:
            self._collect_server(server, report)
        if self.plan.is_monday:
            report.shared_devices = self.ledger.shared_devices.all()
        return report

    def _collect_server(self, server: Server, report: SyncReport) -> None:
        lock = server_lock(self.ledger, self.now, server_id=server.id, server=server.name, wait=self.wait)
        try:
            with nullcontext() if self.dry_run else lock:
                # Read again: whoever had the lock until now may have changed the server and moved its feeds on.
                server = self.ledger.servers.get(server.id)
                connected = self.ledger.feeds.of_server(server.id)
                feeds = [one for one in connected if self.plan.chooses(one)]
                # Only now: of a server that another run is at, that run is the one that may yet be killed.
                if self.run_id is not None:
                    self.ledger.feeds.begin_run(self.run_id, [feed.id for feed in feeds if self._is_wanted(feed)])
                # A server without any feed is asked: whoever has just registered it wants to know.
                if connected and not any(map(self._is_wanted, feeds)):
                    self._leave_alone(server, feeds, report)
                else:
                    self._collect_feeds(server, feeds, report)
        except LockedError as error:
            report.servers.append(ServerReport(server.name, server.health, error_line(error), locked=True))
        except NotFoundError as error:
            report.servers.append(ServerReport(server.name, server.health, error_line(error)))

    def _is_wanted(self, feed: Feed) -> bool:
        return not (feed.paused or feed.has_ended_by(last_closed_day(self.now, feed.timezone)))

    def _leave_alone(self, server: Server, feeds: Sequence[Feed], report: SyncReport) -> None:
        """Report a server all of whose feeds are paused or deactivated; the deactivated are not among `feeds`."""
        report.servers.append(ServerReport(server.name, server.health))
        report.feeds.extend(self._not_collected(feed) for feed in feeds)
        report.has_ended_feeds = report.has_ended_feeds or not feeds

    def _collect_feeds(self, server: Server, feeds: Sequence[Feed], report: SyncReport) -> None:
        with ExitStack() as stack:
            try:
                client = stack.enter_context(self.connect(server))
                check_access(client, self.now)
            except PrsyncError as error:
                self._record_server(server, error_line(error), report)
                report.feeds.extend(self._not_collected(feed) for feed in feeds)
                return
            self._record_server(server, None, report)
            # Also where the run is stopped.
            stack.callback(self._record_finished)
            ahead = stack.enter_context(AskingAhead(client, server.connections))
            self.ledger.shared_devices.begin()
            failures = FailuresInARow()
            # Who has waited longest goes first: nobody starves behind a limit of the server's.
            waiting = sorted(feeds, key=lambda feed: (feed.synced_through, feed.name))
            collected = [self._collect_or_leave(client, ahead, feed, failures) for feed in waiting]
            report.feeds.extend(sorted(collected, key=lambda feed: feed.feed))
            report.shared_devices.extend(self.ledger.shared_devices.record())
            if failures.lost is not None:
                report.servers.pop()
                self._record_server(server, failures.lost, report)

    def _record_server(self, server: Server, error: str | None, report: SyncReport) -> None:
        log.info("server %s: %s", server.name, error or "healthy", extra={"server": server.name})
        report.servers.append(ServerReport(server.name, Health.UNHEALTHY if error else Health.HEALTHY, error))
        self.ledger.servers.record_health(server, error, self.now)

    def _not_collected(self, feed: Feed) -> FeedReport:
        report = FeedReport.of(feed, FeedOutcome.SERVER_UNHEALTHY)
        if feed.paused:
            report.outcome = FeedOutcome.PAUSED
        else:
            self._judge(feed, report)
            # Not as a run: none has come to the feed.
            self.ledger.feeds.record_health(feed, report.health, self.now)
        return report

    def _collect_or_leave(
        self, client: ThreeManager, ahead: AskingAhead, feed: Feed, failures: FailuresInARow
    ) -> FeedReport:
        return self._not_collected(feed) if failures.lost else self._collect_feed(client, ahead, feed, failures)

    def _collect_feed(
        self, client: ThreeManager, ahead: AskingAhead, feed: Feed, failures: FailuresInARow
    ) -> FeedReport:
        if feed.paused:
            return self._not_collected(feed)
        report = FeedReport.of(feed, FeedOutcome.UP_TO_DATE)
        with isolated(report) as failure:
            self._expect_clock_to_be_right(feed)
            self._collect_days(client, ahead, feed, report)
        ahead.forget()
        failures.feed_done(failure.error)
        # By a clock that is wrong nothing can be judged, and the instant of this run is none.
        if not isinstance(failure.error, ClockError):
            self._record_feed_run(feed, report)
        return report

    def _expect_clock_to_be_right(self, feed: Feed) -> None:
        last_run_at = None if self.plan.is_through_given else self.plan.last_run_at
        if (error := doubt_of_clock(feed, self.now, last_run_at)) is not None:
            raise error

    def _collect_days(self, client: ThreeManager, ahead: AskingAhead, feed: Feed, report: FeedReport) -> None:
        self.watch.feed(feed.name, self.plan.days_ahead[feed.id])
        last_day = last_day_of(feed, self.plan.through, self.now)
        shortened = self._rehearsed_through(feed, last_day) if self.dry_run else last_day
        questions = FeedQuestions(
            client=client,
            feed=feed,
            yesterday=last_closed_day(self.now, feed.timezone),
            watch=self.watch,
            ahead=ahead,
        )
        feed = self._without_future_looks(feed, report)
        state = self.ledger.days.state(feed)
        if self.dry_run and feed.joining_from is not None and _days_in_front(feed) > MOST_DAYS_REHEARSED:
            report.days_not_rehearsed += _days_in_front(feed)
        elif feed.joining_from is not None:
            # Before the other days, so that a run that is cut off at any point makes no difference to them.
            questions.through = feed.activation_date - ONE_DAY
            joined = collect_earlier_days(state, feed.joining_from, questions.ask)
            self._join(feed, joined, report)
            state = joined.joined_to(state)
        report.devices = len(state.devices)
        report.days_not_rehearsed += (last_day - shortened).days
        questions.through = shortened
        for step in collect_days(state, shortened, questions.ask):
            if isinstance(step, OpenDay):
                self._keep_open_day(feed, step, report)
            else:
                self._keep_deposit(feed, step, report)
        if (devices := questions.devices) is not None:
            self.ledger.shared_devices.add_answer(feed.id, devices)

    def _rehearsed_through(self, feed: Feed, last_day: date) -> date:
        """The last day that a dry run asks for: of a long history only its first."""
        looked_through = feed.looked_through_at(last_closed_day(self.now, feed.timezone))
        is_long = (last_day - looked_through).days > MOST_DAYS_REHEARSED
        return looked_through + ONE_DAY if is_long else last_day

    def _without_future_looks(self, feed: Feed, report: FeedReport) -> Feed:
        """The feed as it is when days that were looked at before they were over have not been looked at."""
        looked_through = feed.looked_through_at(last_closed_day(self.now, feed.timezone))
        if looked_through == feed.looked_through:
            return feed
        # Written at once: a run that has no day to collect writes nothing else, and the next would say it again.
        self.ledger.days.look_again(feed, looked_through)
        report.looked_ahead_through = feed.looked_through
        return replace(feed, looked_through=looked_through)

    # Each step is kept before it is reported: what could not be kept was not done.

    def _keep_open_day(self, feed: Feed, step: OpenDay, report: FeedReport) -> None:
        self.ledger.days.look(feed, step)
        report.looked_at(step.day)
        report.unread = step.unread
        if report.outcome is FeedOutcome.UP_TO_DATE:
            report.outcome = FeedOutcome.NO_NEW_DATA

    def _keep_deposit(self, feed: Feed, step: DepositedDays, report: FeedReport) -> None:
        self.ledger.days.deposit(feed, step, self.now)
        report.add(step.deposits)
        report.unread = step.unread
        report.anomalies += step.reported
        report.devices = len(step.state.devices)
        # Counted anew and not added: the state holds all that this run has held so far, and some may be closed by now.
        report.jumps = _open_jumps_since(step.state, feed.synced_through)
        report.last_data_at, report.synced_through = step.state.last_data_at, step.state.synced_through
        log.debug("feed %s: deposited %s", feed.name, report.last, extra=_log_names(feed, report.last))

    def _join(self, feed: Feed, step: EarlierDays, report: FeedReport) -> None:
        self.ledger.days.join(feed, step, self.now)
        report.add(step.deposits)
        report.anomalies += len(step.anomalies)

    def _judge(self, feed: Feed, report: FeedReport) -> None:
        """Judge the feed's health as of the morning after the run's last day: later ones were not asked for.

        A dry run that has left out days cannot: it leaves the feed's health as it is.
        """
        if report.days_not_rehearsed:
            return
        report.last_data_at = report.last_data_at or feed.last_data_at
        feed = replace(feed, last_data_at=report.last_data_at, looked_through=self._looked_through(feed, report))
        with isolated(report):
            # Told on the first night: not only when the feed falls silent and it depends on them.
            expect_known(feed.holidays)
            report.health = judge_health(feed, last_day_of(feed, self.plan.through, self.now) + ONE_DAY)

    def _record_feed_run(self, feed: Feed, report: FeedReport) -> None:
        self._judge(feed, report)
        has_ended = replace(feed, looked_through=self._looked_through(feed, report)).has_ended
        if has_ended and feed.deactivated_on != report.synced_through:
            report.ended_short_of = feed.deactivated_on
            report.accepted_left = [one.id for one in self.ledger.anomalies.accepted(feed.id)]
        # A feed's silence is not reported while its server is down: if it lasts, the first sync with the server back
        # reports it. It is compared with what the last sync found: a health check in between told only the person who
        # ran it, and nobody who reads cron's mail.
        # Nor while it cannot be asked, or not asked for all its days.
        is_asked = report.error is None and not report.days_not_rehearsed
        if report.health is Health.UNHEALTHY and is_asked:
            report.turned_unhealthy = feed.sync_health is not Health.UNHEALTHY
            report.is_still_unhealthy = not report.turned_unhealthy and self.plan.is_monday
        if self.plan.is_monday:
            report.jumps = sum(one.kind is AnomalyKind.COUNTER_JUMPED for one in self.ledger.anomalies.open(feed.id))
        self._finished.append(FeedRun(feed.id, report.health, report.error))
        if len(self._finished) >= _RECORDED_TOGETHER:
            self._record_finished()

    def _looked_through(self, feed: Feed, report: FeedReport) -> date:
        """The last day that the feed was asked for, now that this run is done with it; `feed` is as before the run."""
        before = feed.looked_through_at(last_closed_day(self.now, feed.timezone))
        return max(before, report.last or before)

    def _record_finished(self) -> None:
        """Store what this run came to for the feeds it is done with."""
        finished = list(self._finished)
        self._finished.clear()
        if finished:
            self.ledger.feeds.record_runs(finished, self.now)


def _days_in_front(feed: Feed) -> int:
    """How many days before the activation date are to be collected."""
    return (feed.activation_date - feed.joining_from).days if feed.joining_from else 0


def _open_jumps_since(state: FeedState, last_deposited: date) -> int:
    """The jumps that nobody has decided and that were first seen after that day: those a person has not heard of yet.

    `last_deposited` is the last day deposited before this run; the baseline day where there was none.
    """
    jumps = (held for held in state.held.values() if held.kind is AnomalyKind.COUNTER_JUMPED)
    return sum(jump.date > last_deposited and jump.state is AnomalyState.OPEN for jump in jumps)


def _log_names(feed: Feed, day: date | None) -> dict[str, str | None]:
    """What a JSON log line names beside its message."""
    return {"server": feed.server, "feed": feed.name, "day": day.isoformat() if day else None}
