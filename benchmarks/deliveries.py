"""What delivering costs: some 10,000 deposits (a month of 450 customers), then nothing due, then one day more."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

from benchmarks.bench import TODAY, Cost, measured, table
from benchmarks.ledger import make_ledger
from tests.support import Prsync

from prsync.core.periods import month_before
from prsync.demo.printreleaf_simulator import PrintReleafSimulator

CUSTOMERS: Final = 450


def main() -> None:
    """Deliver, and measure."""
    month = month_before(TODAY)
    with tempfile.TemporaryDirectory() as folder:
        prsync = Prsync(Path(folder) / "home")
        make_ledger(prsync.state, month, month, customers=CUSTOMERS, certified=False)
        accounts = {f"account-{number}": f"Customer {number}" for number in range(1, CUSTOMERS + 1)}
        with PrintReleafSimulator(accounts, folder=Path(folder) / "printreleaf") as there:
            key = Path(folder) / "key"
            key.write_text(there.api.key)
            options = ("--url", there.url, "--ca-bundle", there.ca_bundle, "--key-command", f"cat {key}")
            done = prsync("printreleaf", "connect", *options)
            if done.status:
                raise SystemExit(done.stderr)
            _give_accounts(prsync.state, str(month.first_day))
            rows = [_row("a month of each customer", there, prsync)]
            rows.append(_row("again: nothing due", there, prsync))
            _deposit_a_day(prsync.state, str(month.last_day + timedelta(days=1)))
            rows.append(_row("one day more of each", there, prsync))
    table("Deliveries", ("", "deposits", "requests", "seconds", "CPU seconds", "peak RSS, MiB"), rows)


def _row(what: str, there: PrintReleafSimulator, prsync: Prsync) -> list[str]:
    there.forget_requests()
    before = len(there.api.deposits)
    cost: Cost = measured(prsync, "-q", "deliver")
    methods = Counter(request.method for request in there.requests)
    requests = ", ".join(f"{number} {method}" for method, number in methods.items()) or "none"
    figures = (f"{cost.seconds:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.1f}")
    return [what, str(len(there.api.deposits) - before), requests, *figures]


def _give_accounts(path: Path, first: str) -> None:
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("UPDATE feeds SET account_id = 'account-' || id, deliver_from = ?", [first])
        ledger.execute(
            "INSERT INTO deliveries (feed_id, date, pages, state)"
            " SELECT feed_id, date, pages, 'waiting' FROM deposits WHERE pages > 0"
        )


def _deposit_a_day(path: Path, day: str) -> None:
    with closing(sqlite3.connect(path)) as ledger, ledger:
        ledger.execute("INSERT INTO deposits SELECT id, ?, 77 FROM feeds", [day])
        ledger.execute(
            "INSERT INTO deliveries (feed_id, date, pages, state) SELECT id, ?, 77, 'waiting' FROM feeds", [day]
        )


if __name__ == "__main__":
    main()
