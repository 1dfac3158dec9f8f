"""What a certificate costs, beside the least that draws the same page with reportlab, turn by turn in one run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench import TODAY, Cost, measured, measured_command, table
from benchmarks.ledger import make_ledger
from tests.support import Prsync

from prsync.core.periods import month_before

COUNTS: Final = (100, 1000)
TIMES: Final = 5
BRAND: Final = """
issuer = "Nordlys Print A/S"
address = "Havnegade 12, 8000 Aarhus C"
signatory = "Mette Kjær Sørensen"
office = "Managing Director"
verify_url = "https://nordlys.example/v"
totals = true
"""


def main() -> None:
    """Measure both, for each count."""
    rows = []
    for count in COUNTS:
        ours, bare = [], []
        for _ in range(TIMES):
            ours.append(_issued(count))
            bare.append(_drawn_barely(count))
        cpu = median(cost.cpu for cost in ours) / median(cost.cpu for cost in bare)
        rows += [_row(f"prsync certify, {count}", ours, f"{cpu:.2f}"), _row(f"a bare script, {count}", bare, "1")]
    table("Certificates", ("", "seconds", "CPU seconds", "ratio", "peak RSS, MiB"), rows)


def _issued(count: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        prsync = Prsync(Path(folder) / "home")
        month = month_before(TODAY)
        make_ledger(prsync.state, month, month, customers=count, certified=False)
        prsync.state.with_name("brand.toml").write_text(BRAND)
        return measured(prsync, "certify", "--month", month, "--output", Path(folder) / "certificates")


def _drawn_barely(count: int) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        prsync = Prsync(Path(folder) / "home")
        prsync.environment["PYTHONPATH"] = str(Path(__file__).parents[1])
        return measured_command(prsync, sys.executable, "-m", "benchmarks.bare_certificates", folder, count)


def _row(what: str, costs: list[Cost], ratio: str) -> list[str]:
    seconds, cpu, peak = (median(getattr(cost, name) for cost in costs) for name in ("seconds", "cpu", "peak"))
    return [what, f"{seconds:.2f}", f"{cpu:.2f}", ratio, f"{peak:.1f}"]


if __name__ == "__main__":
    main()
