"""`prsync health`: servers and feeds, checked now or as last found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from prsync.cli import show
from prsync.cli.invocation import JsonOption, invocation_of

if TYPE_CHECKING:
    from prsync.store.records import Feed, Server

_SERVER_KEYS = ("health", "health_error", "health_checked_at", "health_changed_at")
_FEED_KEYS = ("server", "health", "last_data_at", "synced_through", "health_changed_at")


def health(
    context: typer.Context,
    offline: Annotated[bool, typer.Option("--offline", help="Show the last result, do not connect.")] = False,
    json: JsonOption = False,
) -> None:
    """Check every server and feed. Status 1 if something is unhealthy."""
    from prsync.core.model import Health
    from prsync.services.connection import connect
    from prsync.services.health import check_servers, judge_feeds

    invocation = invocation_of(context)
    with invocation.ledger() as ledger:
        if not offline:
            check_servers(ledger, ledger.servers.all(), connect, invocation.now)
            judge_feeds(ledger, ledger.feeds.all(), invocation.now)
        servers, feeds = ledger.servers.all(), ledger.feeds.all()
    ill_servers = [server for server in servers if server.health is Health.UNHEALTHY]
    ill_feeds = [feed for feed in feeds if feed.health is Health.UNHEALTHY and not feed.paused]
    if json:
        show.document(_document(servers, feeds, ok=not (ill_servers or ill_feeds)))
    elif not invocation.quiet:
        _show(servers, feeds)
    if invocation.quiet or not json:
        for server in ill_servers:
            show.note(f"server {server.name} is unhealthy: {server.health_error}", server=server.name)
        down = {server.name for server in ill_servers}
        for feed in ill_feeds:
            if feed.server in down:  # it is not its DCA that is to blame
                continue
            line = f"feed {feed.name} is unhealthy: {_silence(feed)}; is its DCA running?"
            show.note(line, server=feed.server, feed=feed.name)
    if ill_servers or ill_feeds:
        raise typer.Exit(1)


def _document(servers: list[Server], feeds: list[Feed], *, ok: bool) -> dict[str, object]:
    return {
        "ok": ok,
        "servers": [
            {"server": server.name, **{key: server.document()[key] for key in _SERVER_KEYS}} for server in servers
        ],
        "feeds": [{"feed": feed.name, **{key: feed.document()[key] for key in _FEED_KEYS}} for feed in feeds],
    }


def _show(servers: list[Server], feeds: list[Feed]) -> None:
    if not servers:
        show.line(show.NO_SERVER)
        return
    show.table(("Server", "Health", "Since"), ((s.name, s.health, _day(s.health_changed_at)) for s in servers))
    if feeds:
        show.line("")
        rows = ((f.name, f.server, _state(f), _day(f.last_data_at), _through(f)) for f in feeds)
        show.table(("Feed", "Server", "Health", "Last data", "Synced through"), rows)


def _state(feed: Feed) -> str:
    return "paused" if feed.paused else feed.health


def _through(feed: Feed) -> object:
    return feed.synced_through if feed.has_deposits else None


def _day(instant: object) -> str | None:
    return f"{instant:%Y-%m-%d}" if instant else None


def _silence(feed: Feed) -> str:
    return f"no new data since {feed.last_data_at:%Y-%m-%d}" if feed.last_data_at else "no data yet"
