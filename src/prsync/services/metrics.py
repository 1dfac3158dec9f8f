"""The samples of a ledger's metrics. Nobody is connected to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prsync.certificates.open_months import OpenMonths
from prsync.core.delivery import DeliveryState
from prsync.core.feed_health import Reason
from prsync.core.model import Health
from prsync.core.periods import month_before, today
from prsync.monitoring.prometheus import DeliverySample, FeedSample, LeftSample, RunSample, Samples, ServerSample
from prsync.services.health import last_health
from prsync.services.runs import COMMANDS, outcome_of
from prsync.store.records import RunOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from prsync.services.health import FeedHealth
    from prsync.store.ledger import Ledger


def samples_of(ledger: Ledger, now: datetime, local_timezone: str) -> Samples:
    """What the ledger tells at the instant `now`."""
    health = last_health(ledger, now)
    reasons = Counter(found.reason for found in health.wrong_feeds)
    last_month = month_before(today(now, local_timezone))
    feeds = ledger.feeds.all()
    waiting = OpenMonths(ledger).without_certificate(feeds, last_month)
    pages, anomalies = ledger.days.pages_by_feed(), ledger.anomalies.open_by_feed()
    undelivered = Counter((one.feed_id, one.state) for one in ledger.deliveries.to_do() if one.is_due)

    def sample(found: FeedHealth) -> FeedSample:
        feed = found.feed
        return FeedSample(
            name=feed.name,
            server=feed.server,
            is_well=not found.is_wrong,
            last_data_at=feed.last_data_at,
            synced_through=feed.deposited_through,
            pages=pages.get(feed.id, 0),
            open_anomalies=anomalies.get(feed.id, 0),
            months_pending=waiting[feed.id],
        )

    return Samples(
        servers=[
            ServerSample(
                name=server.name,
                is_healthy=server.health is not Health.UNHEALTHY,
                checked_at=server.health_checked_at,
            )
            for server in health.servers
        ],
        feeds=[sample(found) for found in health.feeds],
        left=[
            LeftSample(name=feed.name, server=feed.server, months_pending=waiting[feed.id])
            for feed in feeds
            if feed.has_ended and waiting[feed.id]
        ],
        runs=[last for command in COMMANDS if (last := _last_run(ledger, command, now)) is not None],
        reasons=_with_all_reasons(reasons),
        deliveries=[
            DeliverySample(name=found.feed.name, server=found.feed.server, state=state, deposits=deposits)
            for found in health.feeds
            if found.feed.account_id is not None
            # Each state has its line, also with 0.
            for state in (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
            for deposits in [undelivered[found.feed.id, state]]
        ],
    )


def _with_all_reasons(reasons: Mapping[Reason | None, int]) -> dict[str, int]:
    # Each reason has its line, also with 0: a line that comes and goes cannot be alerted on.
    return {reason.value: reasons.get(reason, 0) for reason in Reason}


def _last_run(ledger: Ledger, command: str, now: datetime) -> RunSample | None:
    """The last run that is over; one that was killed is over, and has not gone well."""
    run = ledger.runs.last_of(command, now)
    if run is None:
        return None
    outcome = outcome_of(ledger, run)
    if outcome is RunOutcome.RUNNING:
        run = ledger.runs.last_ended(command)
        if run is None:
            return None
        outcome = outcome_of(ledger, run)
    return RunSample(
        command=command, started_at=run.started_at, finished_at=run.finished_at, is_ok=outcome is RunOutcome.OK
    )
