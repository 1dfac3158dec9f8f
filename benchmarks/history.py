"""One customer with 1,000 devices: what history costs, and whether memory grows with the number of its days."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.bench import TODAY, YESTERDAY, Bench, Fleet, bench, table
from tests.support.log_frames import frames

if TYPE_CHECKING:
    from collections.abc import Sequence

DEVICES = 1000
DAYS = (30, 365)


def history(days: int, fleet: Fleet, **options: str) -> list[object]:
    """Read back so many days at once."""
    with bench(fleet) as ready:
        ready.connect(TODAY - timedelta(days=days), **options)
        return [days, *_collected(ready, days)]


def after(days: int, fleet: Fleet, **options: str) -> list[object]:
    """Deposit one day, then so many days in one run."""
    with bench(fleet) as ready:
        ready.connect(TODAY - timedelta(days=days + 1), **options)
        ready.sync("--through", TODAY - timedelta(days=days + 1))
        return [days, *_collected(ready, days)]


def _collected(ready: Bench, days: int) -> Sequence[object]:
    with closing(sqlite3.connect(ready.prsync.state, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM feeds").fetchall()  # while this is read, the log keeps every commit
        log = ready.prsync.state.with_name("ledger.db-wal")
        before = sum(frames(log))
        cost = ready.sync()
        commits = sum(frames(log)) - before
    requests = len(ready.simulator.devices_requests)
    return f"{cost.peak:.1f}", requests, commits, f"{cost.seconds:.1f}", f"{1000 * cost.cpu / days:.0f}"


def main() -> None:
    """Measure."""
    columns = ("days", "peak RSS, MiB", "devices requests", "commits", "seconds", "CPU ms a day")
    first_day = TODAY - timedelta(days=500)
    talkative = Fleet(1, DEVICES, first_day)
    table("1,000 devices, new data every day", columns, [history(days, talkative) for days in DAYS])
    mute = [after(days, replace(talkative, silent_after=YESTERDAY - timedelta(days=days))) for days in DAYS]
    table("1,000 devices, silent: every day stays open", columns, mute)
    unmanaged = replace(talkative, managed=False)
    table(
        "1,000 devices, none of them managed, scope managed: every day stays open though all are read",
        columns,
        [history(days, unmanaged, scope="managed") for days in DAYS],
    )


if __name__ == "__main__":
    main()
