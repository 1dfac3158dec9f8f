"""`prsync sync`: the nightly collection."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import show
from prsync.cli.invocation import Invocation, JsonOption, invocation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from prsync.services.sync_report import FeedReport, SyncReport
    from prsync.store.ledger import Ledger
    from prsync.store.records import Feed, Server


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
    from prsync.cli.record import Record, recorded
    from prsync.errors import NoServerError
    from prsync.services.connection import connect
    from prsync.services.sync import Collector, days_to_ask

    invocation = invocation_of(context)
    with invocation.ledger(rehearsal=dry_run) as ledger:
        servers, only = _chosen(ledger, server or [], feed or [])
        feeds = only if only is not None else [f for found in servers for f in ledger.feeds.of_server(found.id)]
        last = _last_day(invocation, through, feeds)
        if not servers:
            raise NoServerError(ledger.path)
        ahead = sum(days_to_ask(found, last, invocation.now) for found in feeds if not found.paused)
        shown = not (json or invocation.quiet or invocation.verbose)
        with nullcontext(Record()) if dry_run else recorded(ledger, "sync", invocation.now) as record:
            with show.progress(ahead, shown=shown) as watch:
                report = Collector(ledger, connect, invocation.now, last, watch, dry_run, wait).sync(servers, only)
            record.done(report.document(), ok=report.ok, locked=not report.failed)
    _tell(invocation, report, json=json, dry_run=dry_run)
    if report.failed:
        raise typer.Exit(1)
    if report.locked:
        raise typer.Exit(75)


def _chosen(ledger: Ledger, servers: list[str], feeds: list[str]) -> tuple[list[Server], list[Feed] | None]:
    """The servers to collect, and the feeds if only some are wanted."""
    named = [ledger.servers.named(name) for name in dict.fromkeys(servers)]
    only = [ledger.feeds.find(name) for name in dict.fromkeys(feeds)]
    if not feeds:
        return named or ledger.servers.all(), None
    ids = {feed.server_id for feed in only} | {server.id for server in named}
    if named:
        only += [feed for server in named for feed in ledger.feeds.of_server(server.id)]
    return [server for server in ledger.servers.all() if server.id in ids], only


def _last_day(invocation: Invocation, through: str | None, feeds: Sequence[Feed]) -> date:
    from prsync.core.periods import last_closed_day
    from prsync.errors import InvalidValueError
    from prsync.services.feed_settings import a_date, system_timezone

    zones = {feed.timezone for feed in feeds} or {system_timezone()}
    latest = max(last_closed_day(invocation.now, zone) for zone in zones)
    if through is None:
        return latest
    wanted = a_date("--through", through)
    if wanted > latest:
        raise InvalidValueError("--through", through, f"is not over yet; the last day that is, is {latest}")
    return wanted


def _tell(invocation: Invocation, report: SyncReport, *, json: bool, dry_run: bool) -> None:
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show(report, dry_run=dry_run)
    _note_what_needs_a_person(report)


def _show(report: SyncReport, *, dry_run: bool) -> None:
    from prsync.wording import counted

    if not report.feeds:
        if not report.locked:
            show.line(show.NO_FEED)
        return
    columns = ("Feed", "Outcome", "From", "Through", "Days", "Pages", "Health")
    rows = ((f.feed, f.outcome, f.first, f.last, f.days, f"{f.pages:,}", f.health) for f in report.feeds)
    show.table(columns, rows, right=("Days", "Pages"))
    done = "would be deposited" if dry_run else "deposited"
    unread = sum(feed.unread for feed in report.feeds)
    gaps = f"; {counted(unread, 'device')} had no readable counter" if unread else ""
    feeds, pages = counted(len(report.feeds), "feed"), counted(report.pages, "page")
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
    from prsync.wording import counted

    if feed.error:
        yield f": {feed.error}"
    if feed.turned_unhealthy:
        yield f" is unhealthy: {_silence(feed)}; is its DCA running?"
    if feed.jumps:
        yield f": {counted(feed.jumps, 'jump')} held back; prsync anomaly list shows what to decide"


def _silence(feed: FeedReport) -> str:
    return f"no new data since {feed.last_data_at:%Y-%m-%d}" if feed.last_data_at else "no data yet"
