"""What a manager's questions and a monitor's cost: 2,000 customers with 24 months of deposits. Nobody is asked.

Usage: python -m benchmarks.questions [CUSTOMERS MONTHS]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench import TODAY, Cost, measured, table
from benchmarks.ledger import make_ledger
from tests.support import Prsync

from prsync.core.periods import month_before

CUSTOMERS, MONTHS = (int(text) for text in sys.argv[1:3] or ("2000", "24"))
TIMES: Final = 5


def main() -> None:
    """Make the ledger, and measure."""
    last = month_before(TODAY)
    first = last
    for _ in range(MONTHS - 1):
        first = month_before(first.first_day)
    with tempfile.TemporaryDirectory() as folder:
        prsync = Prsync(Path(folder) / "home")
        make_ledger(prsync.state, first, last, customers=CUSTOMERS, certified=True)
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


if __name__ == "__main__":
    main()
