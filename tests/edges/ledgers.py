"""A small ledger, days for it as the core makes them, and the file as a connection foreign to prsync sees it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

from prsync.core.feed_run import collect_days
from prsync.core.model import DEFAULT_CEILING, DepositedDays, OpenDay, Reading, Scope
from prsync.core.settings import FeedSettings, ServerSettings
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from prsync.store.records import Feed

NOW: Final = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
ACTIVATION: Final = date(2026, 11, 2)
SERVER: Final = ServerSettings(name="main", url="https://app.3manager.example", username="prsync")

_COUNTS: Final[
    dict[str, list[object]]
] = {  # from the baseline day on; a day without new data repeats the one before it
    "A": [1000, 1120, 1120, 1200, 5_001_200, 5_001_300],  # jumps, and is not believed
    "B": [500, 7, 7, 20, 33, 40],  # drops, and goes on from there: a reset
    "C": [70, None, None, 95, 99, 104],  # is no number at first
}
_OPEN_DAY: Final = 2
THROUGH: Final = date(2026, 11, 6)


def new_feed(server_id: int, name: str = "Acme", organization_id: str = "1001") -> NewFeed:
    """What is said of a feed when it is connected."""
    settings = feed_settings(activation_date=ACTIVATION)
    return NewFeed(server_id=server_id, organization_id=organization_id, organization_name=name, settings=settings)


def feed_settings(*, activation_date: date, timezone: str = "UTC") -> FeedSettings:
    """A feed's settings as they are by default."""
    return FeedSettings(
        name=None,
        activation_date=activation_date,
        scope=Scope.ALL,
        meter="totalPages",
        timezone=timezone,
        holidays=None,
        ceiling=DEFAULT_CEILING,
    )


def connected(path: Path) -> None:
    """Make a ledger with the server main and its feed Acme."""
    with Ledger(path) as ledger:
        server = ledger.servers.add(SERVER, NOW)
        ledger.feeds.add([new_feed(server.id)], NOW)


def answer(day: date) -> list[Reading]:
    """What the server says of Acme's three devices as of a day: a reset, a jump, an invalid reading, one open day."""
    place = (day - date(2026, 11, 1)).days
    read_on = day.replace(day=day.day - 1) if place == _OPEN_DAY else day
    read_at = datetime.combine(read_on, time(12, tzinfo=UTC))
    return [
        Reading(device_id, True, count, read_at)
        if isinstance(count, int)
        else Reading(device_id, True, None, read_at, True)
        for device_id, counts in _COUNTS.items()
        for count in [counts[place]]
    ]


def steps(ledger: Ledger, feed: Feed) -> Iterator[OpenDay | DepositedDays]:
    """What there is to write for a feed, step by step."""
    return collect_days(ledger.days.state(feed), THROUGH, answer)


def collect(path: Path, after_each: Callable[[Ledger], None] = lambda _: None) -> None:
    """Write all of Acme's days, as a sync does."""
    with Ledger(path) as ledger:
        after_each(ledger)
        feed = ledger.feeds.find("Acme")
        for step in steps(ledger, feed):
            write(ledger, feed, step)
            after_each(ledger)


def write(ledger: Ledger, feed: Feed, step: OpenDay | DepositedDays) -> None:
    """Write one step."""
    if isinstance(step, OpenDay):
        ledger.days.look(feed, step)
    else:
        ledger.days.deposit(feed, step, NOW)


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, seen by a second connection; but not when the schema came into being."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != '_sqlite_migrations' ORDER BY name"
    with closing(sqlite3.connect(path)) as connection:
        names = [row[0] for row in connection.execute(tables)]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608


def states(path: Path) -> list[dict[str, list[tuple[object, ...]]]]:
    """What an undisturbed ledger holds before its first step and after each; nothing else may ever be seen of it."""
    seen = []
    connected(path)
    collect(path, lambda _: seen.append(content(path)))
    return seen
