"""A customer who leaves: the last day of a feed, and how it is taken back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from prsync.core.periods import last_closed_day
from prsync.errors import RefusedError
from prsync.services.feeds import locked_feed
from prsync.services.sync import run_sync
from prsync.services.sync_plan import SyncRequest
from prsync.services.values import parse_date

if TYPE_CHECKING:
    from datetime import date, datetime

    from prsync.services.server_access import Connect
    from prsync.services.watch import Watch
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed


def deactivate(
    ledger: Ledger, name: str, on: str | None, *, connect: Connect, now: datetime, local_timezone: str, watch: Watch
) -> Feed:
    """Collect the feed of that name or id through the day `on` and no further; the last day deposited where None.

    Days until then that are over are collected at once: RefusedError where the server has nothing more to give.
    """
    feed = ledger.feeds.find(name)
    if feed.has_ended and on is not None:
        again = shlex.join(["prsync", "feed", "activate", feed.name])
        why = f"it has ended on {feed.deactivated_on}; {again} takes that back"
        raise RefusedError(f"deactivating feed {feed.name} on {on}", why)
    last_day = feed.synced_through if on is None else parse_date("--on", on)
    if feed.synced_through < last_day <= last_closed_day(now, feed.timezone):
        feed = _collected_through(
            ledger, feed, last_day, connect=connect, now=now, local_timezone=local_timezone, watch=watch
        )
    with locked_feed(ledger, feed, now) as current:
        _refuse_what_would_be_lost(ledger, current, last_day)
        # Days that were looked at before they were over, by a clock that was ahead, are none that were asked for.
        looked_through = current.looked_through_at(last_closed_day(now, current.timezone))
        if looked_through != current.looked_through:
            ledger.days.look_again(current, looked_through)
        return ledger.feeds.update(current, {"deactivated_on": last_day})


def _collected_through(
    ledger: Ledger,
    feed: Feed,
    last_day: date,
    *,
    connect: Connect,
    now: datetime,
    local_timezone: str,
    watch: Watch,
) -> Feed:
    what = f"deactivating feed {feed.name} on {last_day}"
    if last_day <= feed.looked_through_at(last_closed_day(now, feed.timezone)):
        # Not asked again: a sync through a day long over would judge the feed's health as of then.
        why = "its server had nothing new for the days since, and each sync asks for them again"
        raise RefusedError(what, f"it is deposited through {feed.synced_through}, take that day; {why}")
    if feed.paused:
        again = shlex.join(["prsync", "feed", "resume", feed.name])
        raise RefusedError(what, f"the days since {feed.synced_through} are not collected; {again} first")
    request = SyncRequest(feeds=[str(feed.id)], through=last_day.isoformat())
    report = run_sync(ledger, request, connect=connect, now=now, local_timezone=local_timezone, watch=watch)
    collected = ledger.feeds.get(feed.id)
    if collected.synced_through < last_day:
        errors = [*(server.error for server in report.servers), *(one.error for one in report.feeds)]
        why = next(filter(None, errors), "its server has nothing new for the days since")
        if not collected.has_deposits:
            raise RefusedError(what, f"nothing of it is deposited: {why}")
        raise RefusedError(what, f"it is deposited through {collected.synced_through}, take that day; {why}")
    return collected


def _refuse_what_would_be_lost(ledger: Ledger, feed: Feed, last_day: date) -> None:
    what = f"deactivating feed {feed.name} on {last_day}"
    if last_day < feed.synced_through:
        if not feed.has_deposits:
            raise RefusedError(what, f"it begins on {feed.activation_date}, and nothing is collected before")
        through = feed.synced_through
        raise RefusedError(what, f"it is deposited through {through}, and a deposit never changes; take that day")
    if last_day > feed.synced_through:
        return
    if waiting := ledger.anomalies.accepted(feed.id):
        why = "a jump that was accepted goes into its next deposit, and there would be none"
        ways = f"prsync anomaly reject {waiting[0].id} takes that back; with --on a day to come it may yet have one"
        raise RefusedError(what, f"{why}: {ways}")


def activate(ledger: Ledger, name: str, now: datetime) -> Feed:
    """Collect the feed of that name or id again, from the day after its last deposit."""
    with locked_feed(ledger, ledger.feeds.find(name), now) as feed:
        return ledger.feeds.update(feed, {"deactivated_on": None})
