"""`prsync health`: checks servers and feeds, or shows the result of the last check."""

from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of
from prsync.cli.status import Status

if TYPE_CHECKING:
    from prsync.services.health import HealthReport
    from prsync.store.records import Feed

# The columns of a server and of a feed that --json shows.
_SERVER_KEYS = ("health", "health_error", "health_checked_at", "health_changed_at")
_FEED_KEYS = ("server", "health", "last_data_at", "synced_through", "health_changed_at")


def health(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Show the last result, do not connect.")] = False,
    json: JsonOption = False,
) -> None:
    """Check every server and feed. Status 1 if something is unhealthy."""
    from prsync.services.health import check_health, last_health
    from prsync.services.server_access import connect

    invocation = invocation_of(context)
    opened = invocation.ledger_to_read() if offline else invocation.ledger()
    with opened as ledger:
        report = last_health(ledger) if offline else check_health(ledger, connect, invocation.now)
    if json:
        show.document(_document(report))
    elif not invocation.quiet:
        _show(report)
    # With --json the document says it; with --quiet as well the notes are for cron's mail.
    if invocation.quiet or not json:
        _note_what_is_unhealthy(report)
    if not report.ok:
        raise typer.Exit(Status.FAILED)


def _document(report: "HealthReport") -> dict[str, object]:
    return {
        "ok": report.ok,
        "servers": [
            {"server": server.name, **{key: server.document()[key] for key in _SERVER_KEYS}}
            for server in report.servers
        ],
        "feeds": [
            {
                "feed": feed.name,
                **{key: feed.document()[key] for key in _FEED_KEYS},
                "error": report.errors.get(feed.id),
            }
            for feed in report.feeds
        ],
        "shared_devices": [shared.document() for shared in report.shared_devices],
    }


def _note_what_is_unhealthy(report: "HealthReport") -> None:
    for server in report.unhealthy_servers:
        show.note(f"server {server.name} is unhealthy: {server.health_error}", server=server.name)
    unhealthy_servers = {server.name for server in report.unhealthy_servers}
    for feed in report.feeds:
        if (error := report.errors.get(feed.id)) is not None:
            show.note(f"feed {feed.name} cannot be judged: {error}", server=feed.server, feed=feed.name)
    for feed in report.unhealthy_feeds:
        # While its server is unhealthy, nothing is known about the customer's DCA.
        if feed.server not in unhealthy_servers:
            line = f"feed {feed.name} is unhealthy: {_silence(feed)}; is its DCA running?"
            show.note(line, server=feed.server, feed=feed.name)


def _show(report: "HealthReport") -> None:
    from prsync.services.shared_devices import shared_device_lines

    servers, feeds = report.servers, report.feeds
    if not servers:
        show.line(show.NO_SERVER)
        return
    show.table(("Server", "Health", "Since"), ((s.name, s.health, _day(s.health_changed_at)) for s in servers))
    if feeds:
        show.line("")
        rows = ((f.name, f.server, _state(f), _day(f.last_data_at), f.deposited_through) for f in feeds)
        show.table(("Feed", "Server", "Health", "Last data", "Synced through"), rows)
    for text in shared_device_lines(report.shared_devices):
        show.line(text)


def _state(feed: "Feed") -> str:
    return "paused" if feed.paused else feed.health


def _day(instant: object) -> str | None:
    return f"{instant:%Y-%m-%d}" if instant else None


def _silence(feed: "Feed") -> str:
    return f"no new data since {feed.last_data_at:%Y-%m-%d}" if feed.last_data_at else "no data yet"
