"""`prsync sync`: the nightly collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import show
from prsync.cli.invocation import Invocation, JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prsync.services.sync_report import FeedReport, SyncReport


def sync(
    context: typer.Context,
    server: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this server's feeds; repeatable.", show_default=False)
    ] = None,
    feed: Annotated[
        list[str] | None, typer.Option(metavar="FEED", help="Only this feed; repeatable.", show_default=False)
    ] = None,
    through: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day to collect.", show_default="yesterday")
    ] = None,
    wait: Annotated[float, typer.Option(metavar="SECONDS", help="Wait for another prsync to finish.", min=0)] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and change nothing.")] = False,
    json: JsonOption = False,
) -> None:
    """Collect every server's feeds through yesterday."""
    from prsync.services.connection import connect
    from prsync.services.sync import run_sync
    from prsync.services.sync_plan import SyncRequest

    invocation = invocation_of(context)
    request = SyncRequest(servers=server or (), feeds=feed or (), through=through)
    with invocation.ledger(rehearsal=dry_run) as ledger, show.progress(invocation, json=json) as watch:
        report = run_sync(
            ledger,
            request,
            connect=connect,
            now=invocation.now,
            local_timezone=invocation.local_timezone,
            watch=watch,
            dry_run=dry_run,
            wait=wait,
        )
    _tell(invocation, report, json=json, dry_run=dry_run)
    if report.failed:
        raise typer.Exit(Status.FAILED)
    if report.locked:
        raise typer.Exit(Status.LOCKED)


def _tell(invocation: Invocation, report: SyncReport, *, json: bool, dry_run: bool) -> None:
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show(report, dry_run=dry_run)
    _note_what_needs_a_person(report)


def _show(report: SyncReport, *, dry_run: bool) -> None:
    from prsync.core.text import quantity

    if not report.feeds:
        if not report.locked:
            show.line(show.NO_FEED)
        return
    columns = ("Feed", "Outcome", "From", "Through", "Days", "Pages", "Health")
    rows = ((f.feed, f.outcome, f.first, f.last, f.days, f"{f.pages:,}", f.health) for f in report.feeds)
    show.table(columns, rows, right=("Days", "Pages"))
    done = "would be deposited" if dry_run else "deposited"
    unread = sum(feed.unread for feed in report.feeds)
    gaps = f"; {quantity(unread, 'device')} had no readable counter" if unread else ""
    feeds, pages = quantity(len(report.feeds), "feed"), quantity(report.pages, "page")
    show.line(f"{feeds}: {pages} {done}, through {report.through}{gaps}")


def _note_what_needs_a_person(report: SyncReport) -> None:
    """What cron should mail about: failures every night they last, the rest on the night it happens."""
    for server in report.servers:
        if server.error:
            show.note(f"server {server.server}: {server.error}", server=server.server)
    for feed in report.feeds:
        for line in _about(feed):
            show.note(f"feed {feed.feed}{line}", server=feed.server, feed=feed.feed)
    if missed := report.not_collected:
        named = ", ".join(f"{feed.feed} ({_reach(feed)})" for feed in missed[:_NAMED])
        others = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
        show.note(f"not collected: {named}{others}; once that is mended, the next run catches up")


_NAMED: Final = 5
"""Feeds named in the line that sums up what was not collected: a server that is down takes all of its feeds along."""


def _reach(feed: FeedReport) -> str:
    return f"synced through {feed.synced_through}" if feed.synced_through else "nothing deposited yet"


def _about(feed: FeedReport) -> Iterator[str]:
    from prsync.core.text import quantity

    if feed.error:
        yield f": {feed.error}"
    if feed.turned_unhealthy:
        yield f" is unhealthy: {_silence(feed)}; is its DCA running?"
    if feed.jumps:
        yield f": {quantity(feed.jumps, 'jump')} held back; prsync anomaly list shows what to decide"


def _silence(feed: FeedReport) -> str:
    return f"no new data since {feed.last_data_at:%Y-%m-%d}" if feed.last_data_at else "no data yet"
