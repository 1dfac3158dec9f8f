"""`prsync sync`: collects the feeds' days, and says what a person should know of it."""

from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from prsync.cli import show
from prsync.cli.invocation import FeedsOption, JsonOption, PingOption, ServersOption, WaitOption, invocation_of
from prsync.cli.pinged import pinged
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prsync.services.sync_report import FeedReport, SyncReport


def sync(
    context: typer.Context,
    server: ServersOption = None,
    feed: FeedsOption = None,
    through: Annotated[
        str | None, typer.Option(metavar="DATE", help="The last day to collect.", show_default="yesterday")
    ] = None,
    wait: WaitOption = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and change nothing.")] = False,
    ping_url: PingOption = None,
    json: JsonOption = False,
) -> None:
    """Collect every server's feeds through yesterday."""
    from prsync.services.server_access import connect
    from prsync.services.sync import run_sync
    from prsync.services.sync_plan import SyncRequest

    invocation = invocation_of(context)
    request = SyncRequest(servers=server or (), feeds=feed or (), through=through)
    with pinged(None if dry_run else ping_url) as end:
        # A dry run does all that a run does, on a copy of the ledger: so it finds what a run would find.
        opened = invocation.rehearsal() if dry_run else invocation.ledger()
        with opened as ledger, show.progress(invocation, json=json) as watch:
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
        notes = list(_what_needs_a_person(report))
        end.ok = report.ok
        end.summary = "\n".join([_total(report, dry_run=dry_run), *(note.text for note in notes)])
    if json:
        show.document(report.document())
    elif not invocation.quiet:
        _show_table(report, dry_run=dry_run)
    for note in notes:
        show.note(note.text, **note.names)
    # A failure before a lock: with both, somebody has to look.
    if report.failed:
        raise typer.Exit(Status.FAILED)
    if report.locked:
        raise typer.Exit(Status.LOCKED)


def _show_table(report: "SyncReport", *, dry_run: bool) -> None:
    if not report.feeds:
        if not report.locked:
            ended = "No feed is collected: all are deactivated, and prsync feed list --all shows them."
            show.line(ended if report.has_ended_feeds else show.NO_FEED)
        return
    columns = ("Feed", "Outcome", "From", "Through", "Days", "Pages", "Health")
    rows = (
        (f.feed, _outcome(f, dry_run=dry_run), f.first, f.last, f.days, f"{f.pages:,}", f.health) for f in report.feeds
    )
    show.table(columns, rows, right=("Days", "Pages"))
    show.line(_total(report, dry_run=dry_run))


def _outcome(feed: "FeedReport", *, dry_run: bool) -> str:
    return "would deposit" if dry_run and feed.outcome == "deposited" else str(feed.outcome)


def _total(report: "SyncReport", *, dry_run: bool) -> str:
    from prsync.core.text import quantity

    done = "would be deposited" if dry_run else "deposited"
    unread = sum(feed.unread for feed in report.feeds)
    gaps = f"; {quantity(unread, 'device')} had no readable counter" if unread else ""
    feeds, pages = quantity(len(report.feeds), "feed"), quantity(report.pages, "page")
    missed = f"; {quantity(len(report.not_collected), 'feed')} not collected" if report.not_collected else ""
    return f"{feeds}: {pages} {done}, through {report.through}{missed}{gaps}"


class _Note(NamedTuple):
    """A line for cron's mail, and the server and the feed that it is about."""

    text: str
    names: dict[str, str]


def _what_needs_a_person(report: "SyncReport") -> "Iterator[_Note]":
    """The notes that cron should mail: failures on every night they last, the rest on the night it happens."""
    from prsync.services.shared_devices import shared_device_lines

    for server in report.servers:
        if server.error:
            yield _Note(f"server {server.server}: {server.error}", {"server": server.server})
    yield from _notes_about_feeds(report.feeds)
    for line in shared_device_lines(report.shared_devices):
        yield _Note(line, {})
    if missed := report.not_collected:
        named = ", ".join(f"{feed.feed} ({_progress_of(feed)})" for feed in missed[:_MOST_NAMED])
        others = f" and {len(missed) - _MOST_NAMED} more" if len(missed) > _MOST_NAMED else ""
        yield _Note(f"not collected: {named}{others}; once that is mended, the next run catches up", {})


def _notes_about_feeds(feeds: "Sequence[FeedReport]") -> "Iterator[_Note]":
    """A note for each thing about each feed; one for all where the same is so of many, as when the clock is wrong."""
    lines = [(feed, line) for feed in feeds for line in _notes_about(feed)]
    alike: dict[str, list[FeedReport]] = {}
    for feed, line in lines:
        alike.setdefault(line, []).append(feed)
    for feed, line in lines:
        if len(alike[line]) <= _MOST_NAMED:
            yield _Note(f"feed {feed.feed}{line}", {"server": feed.server, "feed": feed.feed})
    for line, several in alike.items():
        if len(several) > _MOST_NAMED:
            named = ", ".join(feed.feed for feed in several[:_MOST_NAMED])
            more = len(several) - _MOST_NAMED
            yield _Note(f"{len(several):,} feeds ({named} and {more:,} more), each of them{line}", {})


# Of the feeds that were not collected only so many are named: when a server is down, that is all of its feeds.
_MOST_NAMED: Final = 5


def _progress_of(feed: "FeedReport") -> str:
    return f"synced through {feed.synced_through}" if feed.synced_through else "nothing deposited yet"


def _notes_about(feed: "FeedReport") -> "Iterator[str]":
    """The notes about one feed, each as the end of a line that begins with its name."""
    import shlex

    from prsync.core.feed_health import silence_since
    from prsync.core.text import quantity

    if feed.looked_ahead_through:
        early = f"days through {feed.looked_ahead_through} were looked at before they were over"
        yield f": the clock was ahead once: {early}, and are looked at again"
    if feed.days_not_rehearsed:
        left = quantity(feed.days_not_rehearsed, "more day")
        yield f": {left} to go, which a dry run does not ask for; prsync sync does"
    if feed.error:
        yield f": {feed.error}"
    if feed.turned_unhealthy or feed.is_still_unhealthy:
        still = "still " if feed.is_still_unhealthy else ""
        yield f" is {still}unhealthy: {silence_since(feed.last_data_at, feed.timezone)}; is its DCA running?"
    if feed.ended_short_of:
        again = shlex.join(["prsync", "feed", "activate", feed.feed])
        accepted = ", ".join(map(str, feed.accepted_left))
        left = f", so that what was accepted is in no deposit (anomaly {accepted})" if accepted else ""
        yield (
            f" has ended: it is {_progress_of(feed)}, and nothing came for the days to {feed.ended_short_of}{left};"
            f" {again} goes on asking"
        )
    if feed.jumps:
        yield f": {quantity(feed.jumps, 'jump')} held back; prsync anomaly list shows what to decide"
