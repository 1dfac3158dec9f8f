"""A ledger of many customers, written at once: what a benchmark of questions or certificates begins with."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.bench import TODAY

from prsync.core.model import Month, Scope
from prsync.core.periods import days, month_of
from prsync.core.settings import FeedSettings, ServerSettings
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

DEVICES: Final = 50


def make_ledger(path: Path, first: Month, last: Month, *, customers: int, certified: bool) -> None:
    """Each customer is collected through the last month's end; `certified`: and every month but a few is certified."""
    begun = datetime.combine(first.first_day, datetime.min.time(), UTC)
    now = datetime.now(UTC)
    settings = FeedSettings(
        name=None,
        activation_date=first.first_day,
        scope=Scope.ALL,
        meter="totalPages",
        timezone="Europe/Copenhagen",
        holidays="DK",
        ceiling=500_000,
    )
    with Ledger(path) as ledger:
        server = ledger.servers.add(ServerSettings(name="main", url="https://main.example", username="prsync"), now)
        ledger.feeds.add(
            [
                NewFeed(
                    server_id=server.id,
                    organization_id=str(number),
                    organization_name=f"Customer {number:04}",
                    settings=settings,
                )
                for number in range(customers)
            ],
            begun,
        )
        ledger.runs.finish(ledger.runs.start("sync", now), "ok", {}, now)
    with closing(sqlite3.connect(path)) as ledger_file, ledger_file:
        ledger_file.execute("PRAGMA synchronous = OFF")
        for feed in range(1, customers + 1):
            _fill(ledger_file, feed, list(days(first.first_day, last.last_day)), certified=certified)
        ledger_file.execute(
            "UPDATE feeds SET synced_through = ?, looked_through = ?, last_data_at = ?, last_run_at = ?",
            [str(last.last_day), str(TODAY - timedelta(days=1)), now.isoformat(), now.isoformat()],
        )


def _fill(ledger: sqlite3.Connection, feed: int, collected: list[date], *, certified: bool) -> None:
    ledger.executemany(
        "INSERT INTO deposits VALUES (?, ?, ?)",
        [(feed, str(day), 0 if day.weekday() > 4 else 100 + (feed * day.day) % 900) for day in collected],  # noqa: PLR2004
    )
    ledger.executemany(
        "INSERT INTO devices (feed_id, device_id, managed, initial_count, latest_count) VALUES (?, ?, 1, 0, 1)",
        [(feed, f"device {number}") for number in range(DEVICES)],
    )
    for month in dict.fromkeys(map(month_of, collected)) if certified else ():
        if (feed + month.number) % 29:
            facts = {
                "feed": f"Customer {feed:04}",
                "days": {str(day): 1 for day in days(month.first_day, month.last_day)},
            }
            ledger.execute(
                "INSERT INTO certificates (feed_id, month, revision, number, pages, trees, pages_per_tree, provisional,"
                " issued_at, sha256, facts) VALUES (?, ?, 1, ?, 1, '0.00', 8333, 0, '', ?, ?)",
                [feed, str(month), f"PR-{month}-{feed:04}-R1-AAAA", f"{feed} {month}", json.dumps(facts)],
            )
