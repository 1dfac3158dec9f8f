"""`prsync health`: checks servers and feeds, or shows the result of the last check."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from prsync.cli import complete, show
from prsync.cli.invocation import Invocation, JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from prsync.services.health import FeedHealth, HealthReport
    from prsync.store.records import Feed

# The columns of a server and of a feed that --json shows.
_SERVER_KEYS = ("health", "health_error", "health_checked_at", "health_changed_at")
_FEED_KEYS = ("last_data_at", "synced_through", "health_changed_at", "paused", "last_run_at")

# Of the feeds that no run has come to only so many are named: where cron does not run, that is all of them.
_MOST_NAMED: Final = 5


def health(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Judge by the ledger alone, do not connect.")] = False,
    nagios: Annotated[
        bool, typer.Option("--nagios", help="As a monitoring plugin: one line, and status 0 to 3.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FEED",
            help="With --nagios: not this feed; repeatable.",
            show_default=False,
            autocompletion=complete.feeds,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check every server and feed. Status 1 if something is unhealthy."""
    from prsync.errors import InvalidValueError
    from prsync.services.health import check_health, last_health
    from prsync.services.server_access import connect

    invocation = invocation_of(context)
    if nagios and json:
        raise InvalidValueError("--json", "with --nagios", "a monitoring plugin's answer has its own form")
    if nagios:
        raise typer.Exit(_plugin(invocation, offline=offline, ignore=ignore or ()))
    if ignore:
        raise InvalidValueError("--ignore", ignore[0], "goes with --nagios only")
    opened = invocation.ledger_to_read() if offline else invocation.ledger()
    with opened as ledger:
        # Without connecting, too, the reasons are found anew: a monitor must see that nobody runs `sync` any more.
        report = last_health(ledger, invocation.now) if offline else check_health(ledger, connect, invocation.now)
    if json:
        show.document(_document(report))
    elif not invocation.quiet:
        _show(report)
    # With --json the document says it; with --quiet as well the notes are for cron's mail.
    if invocation.quiet or not json:
        _note_what_is_unhealthy(report)
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _plugin(invocation: Invocation, *, offline: bool, ignore: "Sequence[str]") -> int:
    """Check as a monitoring plugin does: whatever goes wrong is an answer, too."""
    from prsync.errors import PrsyncError, error_line
    from prsync.monitoring.nagios import PluginAnswer, PluginStatus
    from prsync.services.health import check_health, last_health
    from prsync.services.plugin_status import plugin_answer
    from prsync.services.server_access import connect_at_once

    try:
        opened = invocation.ledger_to_read() if offline else invocation.ledger()
        with opened as ledger:
            ignored = [ledger.feeds.find(name).id for name in ignore]
            now = invocation.now
            report = last_health(ledger, now) if offline else check_health(ledger, connect_at_once, now)
        answer = plugin_answer(report, now, ignored)
    except PrsyncError as error:
        answer = PluginAnswer(status=PluginStatus.UNKNOWN, summary=error_line(error))
    for line in answer.lines():
        show.line(line)
    return answer.status


def _document(report: "HealthReport") -> dict[str, object]:
    return {
        "ok": report.ok,
        "servers": [
            {"server": server.name, **{key: server.document()[key] for key in _SERVER_KEYS}}
            for server in report.servers
        ],
        "feeds": [_feed_document(feed) for feed in report.feeds],
        "shared_devices": [shared.document() for shared in report.shared_devices],
        "deliveries": [problem.document() for problem in report.deliveries],
    }


def _feed_document(found: "FeedHealth") -> dict[str, object]:
    stored = found.feed.document()
    return {
        "feed": found.feed.name,
        "server": found.feed.server,
        "health": found.health,
        "reason": found.reason,
        "error": found.error,
        **{key: stored[key] for key in _FEED_KEYS},
    }


def _note_what_is_unhealthy(report: "HealthReport") -> None:
    from prsync.core.text import quantity

    for server in report.unhealthy_servers:
        show.note(f"server {server.name} is unhealthy: {server.health_error}", server=server.name)
    not_collected: dict[str, list[FeedHealth]] = {}
    for found in report.wrong_feeds:
        if found.reason == "not_collected" and found.error is not None:
            not_collected.setdefault(found.error, []).append(found)
        for line in _lines_about(found):
            show.note(f"feed {found.feed.name}{line}", server=found.feed.server, feed=found.feed.name)
    for error, feeds in not_collected.items():
        for found in feeds[:_MOST_NAMED]:
            line = f"feed {found.feed.name} is not collected: {error}"
            show.note(line, server=found.feed.server, feed=found.feed.name)
        if len(feeds) > _MOST_NAMED:
            more = len(feeds) - _MOST_NAMED
            show.note(f"{quantity(more, 'more feed')} {'is' if more == 1 else 'are'} not collected: {error}")
    for problem in report.deliveries:
        show.note(problem.line, **({"feed": problem.feed} if problem.feed else {}))


def _lines_about(found: "FeedHealth") -> "Iterator[str]":
    """The end of a line that begins with a feed's name. While its server is unhealthy nothing is known of its DCA."""
    if found.reason == "failing":
        yield f" fails: {found.error}"
    if found.reason == "stale":
        from prsync.core.feed_health import silence_since

        yield f" is unhealthy: {silence_since(found.feed.last_data_at, found.feed.timezone)}; is its DCA running?"


def _show(report: "HealthReport") -> None:
    from prsync.services.shared_devices import shared_device_lines

    servers, feeds = report.servers, report.feeds
    if not servers:
        show.line(show.NO_SERVER)
        return
    show.table(("Server", "Health", "Since"), ((s.name, s.health, _day(s.health_changed_at)) for s in servers))
    if feeds:
        show.line("")
        rows = (
            (one.feed.name, one.feed.server, one.standing, _last_data(one.feed), one.feed.deposited_through)
            for one in feeds
        )
        show.table(("Feed", "Server", "Health", "Last data", "Synced through"), rows)
    if report.last_sync is not None:
        show.line(f"\nLast sync: {report.last_sync.started_at:%Y-%m-%d %H:%M} UTC, {report.last_outcome}")
    for text in shared_device_lines(report.shared_devices):
        show.line(text)


def _day(instant: object) -> str | None:
    return f"{instant:%Y-%m-%d}" if instant else None


def _last_data(feed: "Feed") -> "date | None":
    from prsync.core.periods import day_of

    return day_of(feed.last_data_at, feed.timezone) if feed.last_data_at else None
