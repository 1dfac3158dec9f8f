"""A night of prsync beside the least that does it (floor.py), turn by turn in one run, from the same ledgers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.bench import TODAY, Cost, measured, measured_command, table
from tests.support import Prsync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

SHAPES: Final = ((200, 50), (1000, 50))
TIMES: Final = 5
NIGHT: Final = TODAY - timedelta(days=1)
BEFORE: Final = NIGHT - timedelta(days=1)


def main() -> None:
    """Measure both, for each number of customers and devices."""
    rows = []
    for customers, devices in SHAPES:
        with tempfile.TemporaryDirectory() as name, served(Path(name), customers, devices) as url:
            ours, floor, nothing = nights(Path(name), url, customers)
        what = f"{customers} x {devices}"
        rows += [_row(f"prsync, {what}", ours, floor), _row(f"the floor, {what}", floor, floor)]
        rows.append(_row(f"prsync, {what}, nothing to do", nothing, floor))
    table("A night", ("", "seconds", "ratio", "CPU seconds", "ratio", "peak RSS, MiB", "ratio"), rows)


@contextmanager
def served(
    folder: Path, customers: int, devices: int, *, first: date = BEFORE - timedelta(days=1), delay: float = 0.0
) -> Iterator[str]:
    """The URL of a server with answers for the days from `first` on, each after so many seconds, in its own process."""
    arguments = (folder, customers, devices, first, NIGHT, delay)
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.precomputed", *map(str, arguments)])
    try:
        while not (folder / "port").exists():
            time.sleep(0.05)
        yield f"https://127.0.0.1:{(folder / 'port').read_text()}"
    finally:
        process.kill()
        process.wait()


def nights(folder: Path, url: str, customers: int) -> tuple[list[Cost], list[Cost], list[Cost]]:
    """The costs of the same night, so often: prsync's, the floor's, and prsync's with nothing to do."""
    prsync = Prsync(folder / "home")
    collected_before(prsync, folder, url, customers)
    prsync.environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    floor = ("benchmarks.floor", folder / "floor.db", url, folder / "ca.pem", customers)
    measured_command(prsync, sys.executable, "-m", *floor, BEFORE)
    ours, least, nothing = [], [], []
    with restored(prsync.state, folder / "floor.db") as restore:
        for _ in range(TIMES):
            restore()
            ours.append(measured(prsync, "-q", "sync"))
            least.append(measured_command(prsync, sys.executable, "-m", *floor, NIGHT))
            nothing.append(measured(prsync, "-q", "sync"))
    return ours, least, nothing


def collected_before(prsync: Prsync, folder: Path, url: str, customers: int, *, before: date = BEFORE) -> None:
    """Register the server, connect its customers, and collect the day `before`."""
    ca_bundle, password = folder / "ca.pem", folder / "password"
    password.write_text("secret\n")
    options = ("--url", url, "--username", "u", "--ca-bundle", ca_bundle, "--password-command", f"cat {password}")
    file = folder / "customers.csv"
    lines = [f"{number},{before},UTC" for number in range(1, customers + 1)]
    file.write_text("\n".join(["organization,activation_date,timezone", *lines]))
    for command in (
        ("server", "add", "main", *options),
        ("feed", "import", "main", file),
        ("sync", "--through", before),
    ):
        done = prsync(*command, timeout=600)
        if done.status:
            raise SystemExit(done.stderr)


@contextmanager
def restored(*ledgers: Path) -> Iterator[Callable[[], None]]:
    """What makes the ledgers again what they are now."""
    kept = {path: path.with_suffix(".kept") for path in ledgers}
    for path, copy in kept.items():
        shutil.copyfile(path, copy)

    def restore() -> None:
        for path, copy in kept.items():
            for log in ("-wal", "-shm"):
                Path(f"{path}{log}").unlink(missing_ok=True)
            shutil.copyfile(copy, path)

    yield restore


def _row(what: str, costs: list[Cost], least: list[Cost]) -> list[str]:
    cells = [what]
    for name, digits in (("seconds", 2), ("cpu", 2), ("peak", 1)):
        ours, floor = (median(getattr(cost, name) for cost in of) for of in (costs, least))
        cells += [f"{ours:.{digits}f}", f"{ours / floor:.2f}"]
    return cells


if __name__ == "__main__":
    main()
