"""A run of `deliver`: what the ledger has deposited goes into the customers' PrintReleaf accounts, each day once."""

from __future__ import annotations

import logging
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from prsync.core.delivery import LIST_MAY_LAG, DeliveryState, Verdict, decide
from prsync.core.model import ONE_DAY
from prsync.errors import (
    ClockError,
    CredentialError,
    IncompleteListError,
    InvalidValueError,
    LedgerFileError,
    PrsyncError,
    UnansweredError,
    error_line,
)
from prsync.process.faults import Fault
from prsync.services.deliver_report import DeliverReport, FeedDelivery
from prsync.services.locks import delivery_lock
from prsync.services.printreleaf import connection_of
from prsync.services.runs import recorded
from prsync.services.sending import LOST, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from prsync.core.delivery import Decision, DeliveryKey
    from prsync.printreleaf.deposit_client import DepositClient
    from prsync.services.printreleaf import ConnectPrintReleaf
    from prsync.services.watch import Watch
    from prsync.store.delivery_records import DeliveredFeed, Delivery
    from prsync.store.ledger import Ledger

log = logging.getLogger(__name__)


def run_deliver(
    ledger: Ledger,
    names: Sequence[str],
    *,
    connect: ConnectPrintReleaf,
    now: datetime,
    clock: Callable[[], datetime],
    watch: Watch,
    dry_run: bool = False,
    wait: float = 0.0,
) -> DeliverReport:
    """Deliver what is due of the feeds of those names, of all where there is none, and note the run in the ledger.

    `clock` tells the time during the run. For a dry run the caller gives a `rehearsal` of the ledger: the accounts are
    looked at, and nothing is sent.
    """
    connection_of(ledger)
    chosen = {ledger.feeds.find(name).id: name for name in names}
    feeds = [feed for feed in ledger.deliveries.feeds() if not chosen or feed.feed_id in chosen]
    for feed_id in chosen.keys() - {feed.feed_id for feed in feeds}:
        raise InvalidValueError("--feed", chosen[feed_id], "has no account; prsync feed update --account gives it one")
    with ExitStack() as stack:
        stack.enter_context(nullcontext() if dry_run else delivery_lock(ledger, now, wait=wait))
        # Of single feeds: by such a run nobody can tell whether the nightly ones run.
        command = "deliver --feed" if chosen else "deliver"
        record = stack.enter_context(nullcontext() if dry_run else recorded(ledger, command, now))
        courier = _Courier(ledger=ledger, connect=connect, clock=clock, watch=watch, stack=stack, dry_run=dry_run)
        report = courier.deliver(feeds, all_feeds=not chosen)
        if record is not None:
            record.done(report.document(), report.faults, ok=report.ok)
    return report


@dataclass(slots=True, kw_only=True)
class _Courier:
    """A run's work, and all that it is given for it. `stack` closes the client in the end."""

    ledger: Ledger
    connect: ConnectPrintReleaf
    clock: Callable[[], datetime]
    watch: Watch
    stack: ExitStack
    dry_run: bool
    _client: DepositClient | None = None
    _by_account: dict[str, list[Delivery]] = field(default_factory=dict)
    """All that is to be delivered to an account, and not in doubt: also what nobody has asked for in this run."""
    _decided: dict[str, Mapping[DeliveryKey, Decision]] = field(default_factory=dict)
    """What becomes of the deposits of each account that was looked at in this run."""
    _failed: dict[str, PrsyncError] = field(default_factory=dict)
    """The accounts that could not be looked at."""

    def deliver(self, feeds: Sequence[DeliveredFeed], *, all_feeds: bool) -> DeliverReport:
        """Deliver what is due of these feeds; of all, also what was sent for one that has no account any more."""
        self._settle_sent_elsewhere()
        by_feed: dict[int, list[Delivery]] = {}
        for one in self._read_to_do():
            if one.is_due:
                by_feed.setdefault(one.feed_id, []).append(one)
        reports = {feed.feed_id: FeedDelivery(feed.name, feed.account_id) for feed in feeds}
        if all_feeds:
            for feed_id, rows in by_feed.items():
                reports.setdefault(feed_id, FeedDelivery(rows[0].feed, rows[0].sent_to))
        report = DeliverReport(list(reports.values()))
        self.watch.begin(sum(len(by_feed.get(feed_id, ())) for feed_id in reports))
        for feed_id, feed in reports.items():
            rows = by_feed.get(feed_id, [])
            if report.lost is None:
                report.lost = self._deliver_feed(feed, rows)
            elif rows:
                feed.error = report.lost
        return report

    def _read_to_do(self) -> list[Delivery]:
        """All that is not known to be delivered; what was found out of the accounts before is forgotten."""
        to_do = self.ledger.deliveries.to_do()
        self._by_account, self._decided = {}, {}
        for one in to_do:
            if one.account_id is not None and one.state is not DeliveryState.IN_DOUBT:
                self._by_account.setdefault(one.account_id, []).append(one)
        return to_do

    def _settle_sent_elsewhere(self) -> None:
        """Find out what came of deposits that were sent to another account than their customer has now.

        One that is not there waits again, and is looked for in the present account before it is sent to that.
        """
        for row in self._read_to_do():
            if row.state is not DeliveryState.SENDING or row.sent_to in {None, row.feed_account_id}:
                continue
            try:
                decision = self._decision(row, row.sent_to or "")
            except PrsyncError:
                continue  # told when its feed's turn comes
            if decision.verdict in {Verdict.SEND, Verdict.LEAVE}:
                self.ledger.deliveries.end_sending(row, None)

    def _deliver_feed(self, feed: FeedDelivery, rows: Sequence[Delivery]) -> str | None:
        """Deliver a feed's days, in their order. What fails ends it; returned is what ends the whole run."""
        self.watch.feed(feed.feed, len(rows))
        for row in rows:
            try:
                self._expect_clock_to_be_right(row)
                self._deliver_day(feed, row)
            except LedgerFileError:
                raise  # the next feed would fare no better, and what is there must be known
            except _StoppedError:
                return None
            except PrsyncError as error:
                feed.error = error_line(error)
                # For the health check, until the next run.
                self.ledger.deliveries.note_error(row, feed.error)
                return feed.error if isinstance(error, (*LOST, CredentialError)) else None
            except Exception as error:  # a bug that one feed's deposits bring out must not take the others'
                log.debug("feed %s", feed.feed, exc_info=True)
                feed.fault = Fault.of(error, feed.feed)
                feed.error = error_line(error)
                return None
            self.watch.day()
        return None

    def _expect_clock_to_be_right(self, row: Delivery) -> None:
        """ClockError by a clock that is behind: what is sent by it would be sent again when it is right."""
        now = self.clock()
        # A zone's day may be over before that of UTC.
        if row.date > now.date() + ONE_DAY:
            raise ClockError(now, f"and {row.date} is deposited already")

    def _deliver_day(self, feed: FeedDelivery, row: Delivery) -> None:
        if row.state is DeliveryState.IN_DOUBT:
            feed.doubts.append((row.date, row.error or "in doubt"))
            # It is there and not as it was sent: the next one would be as wrong.
            if row.remote_id is not None:
                raise _StoppedError
            return
        account_id = row.account_id or ""
        decision = self._decision(row, account_id)
        match decision.verdict:
            case Verdict.FOUND:
                self.ledger.deliveries.deliver(row, account_id, decision.remote_id or "", self.clock())
                feed.found += 1
                feed.delivered(row.date)
            case Verdict.DOUBT:
                self.ledger.deliveries.doubt(row, account_id, decision.why or "")
                feed.doubts.append((row.date, f"in doubt: {decision.why}"))
            case Verdict.LATER:
                self._wait_for(row)
            case Verdict.LEAVE:
                if row.state is DeliveryState.SENDING:
                    self.ledger.deliveries.end_sending(row, None)
            case Verdict.SEND:
                self._send(feed, row)

    def _send(self, feed: FeedDelivery, row: Delivery) -> None:
        account_id = row.account_id or ""
        if account_id != row.feed_account_id:
            # Its hour was over only now; the next run looks into the account that the customer has now.
            raise UnansweredError(row.date, row.sent_at)
        if not self.dry_run and (doubt := send(self.ledger, self._open(), row, account_id, self.clock)) is not None:
            feed.doubts.append((row.date, f"in doubt: {doubt}"))
            raise _StoppedError
        feed.sent += 1
        feed.pages += row.pages
        feed.delivered(row.date)

    def _wait_for(self, row: Delivery) -> NoReturn:
        now = self.clock()
        if row.sent_at is None or row.sent_at <= now:
            raise UnansweredError(row.date, row.sent_at)
        # The clock was ahead then: the hour counts from now, or it would be over only at that time.
        self.ledger.deliveries.note_sent_at(row, now)
        raise UnansweredError(row.date, now)

    def _decision(self, row: Delivery, account_id: str) -> Decision:
        if account_id in self._failed:
            raise self._failed[account_id].with_traceback(None)
        if account_id not in self._decided:
            try:
                self._decided[account_id] = self._look_at(account_id)
            except PrsyncError as error:
                self._failed[account_id] = error
                raise
        return self._decided[account_id][row.key]

    def _look_at(self, account_id: str) -> Mapping[DeliveryKey, Decision]:
        """What becomes of all that is to be delivered to an account, of whichever feed; IncompleteListError."""
        client = self._open()
        listed = client.deposits(account_id)
        known = self.ledger.deliveries.ids_in(account_id)
        ids = {one.remote_id for one in listed}
        lacking = sorted(known.keys() - ids)
        # That one is gone is believed where the same question finds one that is there.
        if lacking and listed and client.deposit(account_id, listed[-1].remote_id) is None:
            raise IncompleteListError(account_id, lacking[0])
        for remote_id in lacking:
            if client.deposit(account_id, remote_id) is not None:
                at = known[remote_id]
                raise IncompleteListError(
                    account_id, remote_id, lately=at is not None and self.clock() - at < LIST_MAY_LAG
                )
        return decide(
            [one.undelivered for one in self._by_account[account_id]],
            listed,
            taken=known.keys() | self.ledger.deliveries.known_among(ids - known.keys()),
            now=self.clock(),
            account_id=account_id,
            dated=client.assumptions.is_dated,
        )

    def _open(self) -> DepositClient:
        """The client, which is connected only when there is something to deliver."""
        if self._client is None:
            self._client = self.stack.enter_context(self.connect(self.ledger))
        return self._client


class _StoppedError(Exception):
    """A day is in doubt in such a way that the feed's later days have to wait."""
