"""What the benchmarks share: a simulated server full of devices, and prsync as a process that is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import Prsync

from prsync.demo.fleet import DeviceAsOf, Organization
from prsync.demo.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TODAY = date.today()  # noqa: DTZ011  prsync, too, is run today
YESTERDAY = TODAY - timedelta(days=1)

# A small process in between: what a large one starts is born with its parent's peak.
_MEASURE = """
import json, os, sys, time
began = time.monotonic()
_, status, used = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[2], sys.argv[2:]), 0)
seconds = time.monotonic() - began
with open(sys.argv[1], "w") as file:
    json.dump([os.waitstatus_to_exitcode(status), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], file)
"""


@dataclass(frozen=True)
class Cost:
    """What a process took: `peak` is its largest resident set in MiB, `cpu` its own seconds of it."""

    status: int
    seconds: float
    cpu: float
    peak: float


def measured(prsync: Prsync, *arguments: object) -> Cost:
    """Run prsync and measure it."""
    return measured_command(prsync, sys.executable, "-m", "prsync", *arguments)


def measured_command(prsync: Prsync, *command: object, status: int = 0) -> Cost:
    """Run any command in prsync's environment and measure it; it must end with `status`."""
    result = prsync.home / "measured"
    line = [sys.executable, "-I", "-S", "-c", _MEASURE, str(result), *map(str, command)]
    subprocess.run(line, env=prsync.environment, cwd=prsync.home, capture_output=True, check=True)
    cost = Cost(*json.loads(result.read_text()))
    if cost.status != status:
        raise SystemExit(f"{command} ended with status {cost.status}")
    return cost


@dataclass(frozen=True)
class Fleet:
    """So many customers with so many devices each.

    Every device prints 7 pages a day and is read at noon. After `silent_after` nothing is read any more: the answers
    repeat.
    """

    customers: int
    count: int
    first_day: date
    silent_after: date = date.max
    managed: bool = True

    @property
    def organizations(self) -> Sequence[Organization]:
        """The customers."""
        return [Organization(str(1001 + number), f"Customer {number:04}") for number in range(self.customers)]

    def devices(self, organization_id: str, day: date) -> Sequence[DeviceAsOf]:
        """One customer's devices; each customer has its own numbers."""
        read_on = min(day, self.silent_after)
        read_at, pages = datetime.combine(read_on, time(12), UTC), 7 * (read_on - self.first_day).days
        return [
            DeviceAsOf(f"{organization_id}-{n:05}", self.managed, read_at, {"totalPages": 1000 + n + pages})
            for n in range(self.count)
        ]


@dataclass(frozen=True)
class Bench:
    """prsync in a folder of its own, with a server full of devices."""

    prsync: Prsync
    simulator: Simulator

    def connect(self, activation_date: date, **options: str) -> None:
        """Connect all customers."""
        self.prsync.register(self.simulator)
        names = ["organization", "activation-date", "timezone", *options]
        rows = [
            [found.name, str(activation_date), "UTC", *options.values()] for found in self.simulator.fleet.organizations
        ]
        file = self.prsync.home / "customers.csv"
        file.write_text("\n".join(",".join(row) for row in [names, *rows]))
        done = self.prsync("feed", "import", "main", file)
        if done.status:
            raise SystemExit(done.stderr)

    def sync(self, *options: object) -> Cost:
        """Sync, and measure it."""
        self.simulator.forget_requests()
        return measured(self.prsync, "sync", *options)


@contextmanager
def bench(fleet: Fleet) -> Iterator[Bench]:
    """Everything set up, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Simulator(fleet, folder=folder / "3manager") as simulator:
            yield Bench(Prsync(folder / "home"), simulator)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table as Markdown has it."""
    print(f"\n{title}\n")
    for row in (columns, ["---"] * len(columns), *rows):
        print("| " + " | ".join(map(str, row)) + " |")
    sys.stdout.flush()
