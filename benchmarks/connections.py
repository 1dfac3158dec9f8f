"""A year of history of one customer from a server that takes 200 ms for an answer: on one connection, and on more."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.bench import measured, table
from benchmarks.beside_the_floor import NIGHT, served
from tests.support import Prsync

if TYPE_CHECKING:
    from benchmarks.bench import Cost

DAYS: Final = 365
DELAY: Final = 0.2
CONNECTIONS: Final = (1, 2, 4, 8)


def main() -> None:
    """Measure each, and expect the same ledger of all."""
    first = NIGHT - timedelta(days=DAYS)
    rows, ledgers = [], set()
    with tempfile.TemporaryDirectory() as name, served(Path(name), 1, 50, first=first, delay=DELAY) as url:
        for connections in CONNECTIONS:
            cost, ledger = _collected(Path(name), url, connections)
            ledgers.add(ledger)
            rows.append((connections, cost))
    one = rows[0][1].seconds
    cells = [(n, f"{c.seconds:.1f}", f"{one / c.seconds:.2f}", f"{c.cpu:.1f}", f"{c.peak:.1f}") for n, c in rows]
    table(
        f"{DAYS} days, {DELAY} s an answer", ("connections", "seconds", "times as fast", "CPU", "peak RSS, MiB"), cells
    )
    print("\nAll ledgers are alike." if len(ledgers) == 1 else "\nTHE LEDGERS DIFFER.")


def _collected(folder: Path, url: str, connections: int) -> tuple[Cost, str]:
    prsync = Prsync(folder / f"home-{connections}")
    password = folder / "password"
    password.write_text("secret\n")
    options = (
        "--url",
        url,
        "--username",
        "u",
        "--ca-bundle",
        folder / "ca.pem",
        "--password-command",
        f"cat {password}",
    )
    activation_date = NIGHT - timedelta(days=DAYS - 1)
    for command in (
        ("server", "add", "main", *options, "--connections", connections),
        ("feed", "add", "main", "1", "--activation-date", activation_date, "--timezone", "UTC"),
    ):
        done = prsync(*command)
        if done.status:
            raise SystemExit(done.stderr)
    cost = measured(prsync, "-q", "sync")
    with closing(sqlite3.connect(prsync.state)) as ledger:
        found = [
            ledger.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608  two of our own
            for name in ("deposits", "devices")
        ]
    return cost, repr(found)


if __name__ == "__main__":
    main()
