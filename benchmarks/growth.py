"""How a night grows: with customers, devices, days to catch up, and years of ledger behind it.

Usage: python -m benchmarks.growth [CUSTOMERS YEARS], which are those of the last table
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.bench import Cost, measured, table
from benchmarks.beside_the_floor import BEFORE, NIGHT, collected_before, restored, served
from tests.support import Prsync

if TYPE_CHECKING:
    from datetime import date

CUSTOMERS: Final = ((10, 50), (100, 50), (1_000, 50), (10_000, 50))
DEVICES: Final = ((1, 1), (1, 50), (1, 500), (1, 5_000))
DAYS: Final = (1, 31, 365, 730)
MOST, YEARS = (int(text) for text in sys.argv[1:3] or ("10000", "10"))
TIMES: Final = 3

_PAGES_A_DAY: Final = 100
_OLD_DAYS: Final = """
    WITH RECURSIVE old (day) AS (SELECT :first UNION ALL SELECT date(day, '+1 day') FROM old WHERE day < :last)
    INSERT INTO deposits (feed_id, date, pages) SELECT id, day, :pages FROM feeds, old ORDER BY id, day
"""


def main() -> None:
    """Measure each."""
    nights = [
        (f"{customers:,} x {devices:,}", *night(customers, devices)) for customers, devices in CUSTOMERS + DEVICES
    ]
    _table("A night, customers x devices", nights)
    histories = [(f"{days:,} days", *history(days)) for days in DAYS]
    _table("One customer with 50 devices that catches up", histories)
    _table(f"A night of {MOST:,} x 50", list(with_years(MOST, YEARS)))


def night(customers: int, devices: int) -> tuple[list[Cost], float]:
    """What a night costs, and the size of the ledger after it in MiB."""
    with tempfile.TemporaryDirectory() as name, served(Path(name), customers, devices) as url:
        prsync = Prsync(Path(name) / "home")
        collected_before(prsync, Path(name), url, customers)
        return _nights(prsync)


def history(days: int) -> tuple[list[Cost], float]:
    """What it costs to catch up with so many days."""
    first = NIGHT - timedelta(days=days)
    with tempfile.TemporaryDirectory() as name, served(Path(name), 1, 50, first=first - timedelta(days=1)) as url:
        prsync = Prsync(Path(name) / "home")
        collected_before(prsync, Path(name), url, 1, before=first)
        return _nights(prsync)


def with_years(customers: int, years: int) -> list[tuple[str, list[Cost], float]]:
    """A night from a ledger of a day, and from one of so many years, turn by turn."""
    with tempfile.TemporaryDirectory() as name, served(Path(name), customers, 50) as url:
        young, old = (Prsync(Path(name) / home) for home in ("young", "old"))
        for prsync in (young, old):
            collected_before(prsync, Path(name), url, customers)
        _age(old.state, BEFORE - timedelta(days=365 * years), BEFORE - timedelta(days=1))
        found: dict[str, tuple[Prsync, list[Cost]]] = {"a new ledger": (young, []), f"{years} years": (old, [])}
        with restored(young.state, old.state) as restore:
            for _ in range(TIMES):
                restore()
                for prsync, costs in found.values():
                    costs.append(measured(prsync, "-q", "sync"))
        return [(what, costs, _size(prsync)) for what, (prsync, costs) in found.items()]


def _nights(prsync: Prsync) -> tuple[list[Cost], float]:
    costs = []
    with restored(prsync.state) as restore:
        for _ in range(TIMES):
            restore()
            costs.append(measured(prsync, "-q", "sync"))
    return costs, _size(prsync)


def _age(path: Path, first: date, last: date) -> None:
    """Give each feed a deposit for each day before those that it has."""
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("PRAGMA synchronous = OFF")
        ledger.execute(_OLD_DAYS, {"first": str(first), "last": str(last), "pages": _PAGES_A_DAY})
        ledger.execute("UPDATE feeds SET activation_date = ?", [str(first)])
        # The sum of the deposits is that of the LifeCounts.
        pages = _PAGES_A_DAY * ((last - first).days + 1)
        ledger.execute("UPDATE devices SET initial_count = initial_count - ? WHERE device_id LIKE '%-00000'", [pages])


def _size(prsync: Prsync) -> float:
    return prsync.state.stat().st_size / 2**20


def _table(title: str, found: list[tuple[str, list[Cost], float]]) -> None:
    rows = []
    for what, costs, size in found:
        seconds, cpu, peak = (median(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu", "peak"))
        rows.append([what, f"{seconds:.2f}", f"{cpu:.2f}", f"{peak:.1f}", f"{size:.1f}"])
    table(title, ("", "seconds", "CPU seconds", "peak RSS, MiB", "ledger, MiB"), rows)


if __name__ == "__main__":
    main()
