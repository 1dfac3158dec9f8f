"""What a manager's questions and a monitor's cost: 2,000 customers with 24 months of deposits. Nobody is asked."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench import TODAY, Cost, measured, table
from tests.support import Prsync

from prsync.core.model import Month, Scope
from prsync.core.periods import days, month_before, month_of
from prsync.core.settings import FeedSettings, ServerSettings
from prsync.store.feed_table import NewFeed
from prsync.store.ledger import Ledger

CUSTOMERS: Final = 2000
MONTHS: Final = 24
DEVICES: Final = 50
TIMES: Final = 5


def main() -> None:
    """Make the ledger, and measure."""
    last = month_before(TODAY)
    first = last
    for _ in range(MONTHS - 1):
        first = month_before(first.first_day)
    with tempfile.TemporaryDirectory() as folder:
        prsync = Prsync(Path(folder) / "home")
        _make(prsync.state, first, last)
        span = ("--from", first, "--to", last)
        commands: dict[str, tuple[object, ...]] = {
            "report, a table": ("report", *span),
            "report, CSV": ("report", *span, "--format", "csv"),
            "report, JSON": ("report", *span, "--json"),
            "report, .xlsx": ("report", *span, "--output", "report.xlsx"),
            "report, .html": ("report", *span, "--output", "report.html"),
            "metrics": ("metrics",),
            "health --offline": ("health", "--offline"),
            "health --offline --nagios": ("health", "--offline", "--nagios"),
            "feed list": ("feed", "list"),
        }
        costs = {what: [measured(prsync, *command) for _ in range(TIMES)] for what, command in commands.items()}
        prsync.environment |= {
            "_PRSYNC_COMPLETE": "complete_bash",
            "COMP_WORDS": "prsync feed show C",
            "COMP_CWORD": "3",
        }
        costs["Tab after a feed's name"] = [measured(prsync) for _ in range(TIMES)]
        size = prsync.state.stat().st_size / 2**20
    print(f"The ledger has {size:.0f} MiB.\n")
    table("Questions", ("", "seconds", "CPU seconds", "peak RSS, MiB"), [_row(*one) for one in costs.items()])


def _row(what: str, costs: list[Cost]) -> list[str]:
    seconds, cpu, peak = (median(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu", "peak"))
    return [what, f"{seconds:.2f}", f"{cpu:.2f}", f"{peak:.1f}"]


def _make(path: Path, first: Month, last: Month) -> None:
    """Each customer is collected through the last month's end, and every month but a few is certified."""
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
                for number in range(CUSTOMERS)
            ],
            begun,
        )
        ledger.runs.finish(ledger.runs.start("sync", now), "ok", {}, now)
    with closing(sqlite3.connect(path)) as ledger_file, ledger_file:
        ledger_file.execute("PRAGMA synchronous = OFF")
        for feed in range(1, CUSTOMERS + 1):
            _fill(ledger_file, feed, list(days(first.first_day, last.last_day)))
        ledger_file.execute(
            "UPDATE feeds SET synced_through = ?, looked_through = ?, last_data_at = ?, last_run_at = ?",
            [str(last.last_day), str(TODAY - timedelta(days=1)), now.isoformat(), now.isoformat()],
        )


def _fill(ledger: sqlite3.Connection, feed: int, collected: list[date]) -> None:
    ledger.executemany(
        "INSERT INTO deposits VALUES (?, ?, ?)",
        [(feed, str(day), 0 if day.weekday() > 4 else 100 + (feed * day.day) % 900) for day in collected],  # noqa: PLR2004
    )
    ledger.executemany(
        "INSERT INTO devices (feed_id, device_id, managed, initial_count, latest_count) VALUES (?, ?, 1, 0, 1)",
        [(feed, f"device {number}") for number in range(DEVICES)],
    )
    for month in dict.fromkeys(map(month_of, collected)):
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


if __name__ == "__main__":
    main()
