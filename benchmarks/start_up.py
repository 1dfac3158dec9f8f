"""What starting costs: cron and shell completion start prsync often. The median of many starts, in turns."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.bench import Cost, measured_command, table
from tests.support import Prsync

from prsync.store.ledger import Ledger

TIMES = 15


def main() -> None:
    """Measure."""
    prsync = [sys.executable, "-m", "prsync"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import typer'": [sys.executable, "-c", "import typer"],
        "prsync --version": [*prsync, "--version"],
        "prsync --help": [*prsync, "--help"],
        "prsync feed list": [*prsync, "feed", "list"],
        "prsync sync, no server yet": [*prsync, "sync"],
    }
    costs: dict[str, list[Cost]] = {what: [] for what in commands}
    with tempfile.TemporaryDirectory() as folder:
        home = Prsync(Path(folder) / "home")
        with Ledger(home.state):
            pass
        for _ in range(TIMES):
            for what, command in commands.items():
                # A sync that has nobody to ask is a failure: PRSYNC_STATE may be wrong.
                status = 1 if "sync" in command else 0
                costs[what].append(measured_command(home, *command, status=status))
    rows = [
        [
            what,
            f"{1000 * median(cost.seconds for cost in found):.0f}",
            f"{1000 * median(cost.cpu for cost in found):.0f}",
            f"{median(cost.peak for cost in found):.1f}",
        ]
        for what, found in costs.items()
    ]
    table("Starting", ("", "ms", "CPU ms", "peak RSS, MiB"), rows)


if __name__ == "__main__":
    main()
