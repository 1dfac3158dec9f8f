"""The health report as the status of a monitoring plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prsync.core.feed_health import Reason, silence_since
from prsync.core.model import Health
from prsync.core.text import quantity
from prsync.monitoring.nagios import PluginAnswer, PluginStatus
from prsync.services.runs import TWO_NIGHTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from prsync.services.health import FeedHealth, HealthReport

_MOST_DETAILS: Final = 20
"""More lines than this nobody reads in a monitor."""


def plugin_answer(report: HealthReport, now: datetime, ignored: Collection[int] = ()) -> PluginAnswer:
    """CRITICAL for a server, or where no sync was begun for two nights; WARNING for a feed or a delivery.

    `ignored` are feeds' ids.
    """
    if not report.servers:
        return PluginAnswer(status=PluginStatus.UNKNOWN, summary="the ledger has no server: is it the right one?")
    feeds = [found for found in report.feeds if found.feed.id not in ignored]
    wrong = [found for found in feeds if found.is_wrong]
    servers = report.unhealthy_servers
    missed = _no_sync_for_two_nights(report, feeds, now)
    problems = [missed] if missed else []
    problems += [f"{len(servers)} of {quantity(len(report.servers), 'server')} unhealthy"] if servers else []
    problems += [f"{len(wrong):,} of {quantity(len(feeds), 'feed')} not well"] if wrong else []
    deliveries = [one for one in report.deliveries if one.feed_id not in ignored]
    problems += [f"{quantity(len(deliveries), 'problem')} with the delivery to PrintReleaf"] if deliveries else []
    fresh = sum(found.is_fresh for found in feeds)
    well = f"{quantity(len(report.servers), 'server')} and {quantity(len(feeds) - fresh, 'feed')} are well"
    well += f", {quantity(fresh, 'feed')} not collected yet" if fresh else ""
    details = [f"server {server.name}: {server.health_error}" for server in servers]
    details += [_detail(found) for found in wrong if found.reason is not Reason.SERVER_UNHEALTHY]
    details += [one.line for one in deliveries]
    if len(details) > _MOST_DETAILS:
        details[_MOST_DETAILS:] = [f"and {len(details) - _MOST_DETAILS:,} more"]
    is_warning = bool(wrong or deliveries)
    return PluginAnswer(
        status=PluginStatus.CRITICAL if missed or servers else PluginStatus.WARNING if is_warning else PluginStatus.OK,
        summary="; ".join(problems) or well,
        figures={
            "servers": len(report.servers),
            "servers_unhealthy": len(servers),
            "feeds": len(feeds),
            "feeds_not_well": len(wrong),
            "feeds_stale": sum(found.reason is Reason.STALE for found in wrong),
            "feeds_failing": sum(found.reason is Reason.FAILING for found in wrong),
        },
        details=tuple(details),
    )


def _no_sync_for_two_nights(report: HealthReport, feeds: list[FeedHealth], now: datetime) -> str | None:
    """That cron does not run; None where it does, or where there is nothing yet that it could do."""
    active = [found for found in feeds if found.feed.is_active]
    if not active:
        return None
    last = report.last_sync.started_at if report.last_sync else None
    if now - (last or min(found.feed.created_at for found in active)) <= TWO_NIGHTS:
        return None
    return f"no sync since {last:%Y-%m-%d %H:%M} UTC" if last else "no sync was ever run"


def _detail(found: FeedHealth) -> str:
    feed = found.feed
    if found.reason is Reason.STALE:
        silence = silence_since(feed.last_data_at, feed.timezone)
        return f"feed {feed.name} ({feed.server}): {Health.UNHEALTHY}, {silence}"
    return f"feed {feed.name} ({feed.server}): {found.reason}, {found.error}"
