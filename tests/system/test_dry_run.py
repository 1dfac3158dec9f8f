"""`sync --dry-run` says exactly what the sync then does, and changes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, ScriptedFleet, lasting
from tests.system.at import always_at

from prsync.demo.traffic import Answer
from prsync.process.lock import hold

if TYPE_CHECKING:
    from pathlib import Path

    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
TODAY = NOW.date()
START = TODAY - timedelta(days=20)
ORGANIZATIONS = ("Plain", "Late", "Odd", "Managed", "Moved", "Paused", "Forbidden", "Silent")


def day(number: int) -> date:
    return START + timedelta(days=number)


@pytest.fixture
def fleet() -> ScriptedFleet:
    """Twenty days of it: a DCA that is late, odd readings, devices that come and go, one customer never heard of."""
    fleet = ScriptedFleet(*ORGANIZATIONS)
    for name in ORGANIZATIONS[:-1]:
        fleet.reads_daily("A", day(-5), range(1000, 1500, 20), organization=name)
        fleet.reads_daily("B", day(3), range(500, 600, 5), organization=name)
    fleet.reads_daily("C", day(-1), [900, 940, 3, 9, 40, "many", 60, 9_000_000, 9_000_100], organization="Odd")
    for number in range(20):
        fleet.reads("D", day(number), 100 + number, managed=number % 4 != 1, organization="Managed")
    return fleet


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on the morning of TODAY, in every test here."""
    return always_at(NOW, prsync)


@pytest.fixture
def connected(registered: Prsync, simulator: Simulator) -> Prsync:
    """prsync with every customer connected, before its first sync."""
    lines = [f"{name},{START},{'managed' if name == 'Managed' else 'all'},UTC" for name in ORGANIZATIONS]
    customers = registered.home / "customers.csv"
    customers.write_text("\n".join(["organization,activation-date,scope,timezone", *lines]))
    assert registered("feed", "import", "main", customers).status == 0
    simulator.forbid("1007")
    simulator.make_stale("1002", day(8))
    return registered


def everything(folder: Path) -> dict[str, tuple[object, ...]]:
    """Of every file its content, when it was written last, and its mode."""
    found: dict[str, tuple[object, ...]] = {".": (folder.stat().st_mode,)}
    for file in folder.iterdir():
        status = file.stat()
        found[file.name] = (status.st_mode, hashlib.sha256(file.read_bytes()).hexdigest(), status.st_mtime_ns)
        if file.name.endswith("-shm"):
            # No data: memory that those share who have the ledger open, and made anew from the log after a crash.
            found[file.name] = (status.st_mode,)
    return found


def both(prsync: Prsync, *options: object) -> tuple[object, object]:
    """What a dry run says, and what the sync then says; the dry run must leave no trace."""
    before = everything(prsync.state.parent)
    dry = prsync("sync", "--dry-run", "--json", *options)
    assert everything(prsync.state.parent) == before
    real = prsync("sync", "--json", *options)
    assert everything(prsync.state.parent) != before
    assert (dry.status, dry.stderr) == (real.status, real.stderr)
    return dry.json(), real.json()


def test_a_dry_run_says_it_in_words(connected: Prsync) -> None:
    dry, real = connected("sync", "--dry-run"), connected("sync")
    assert "pages would be deposited" in dry.stdout
    assert "would deposit" in dry.stdout
    said = dry.stdout.replace("would be deposited", "deposited").replace("would deposit", "deposited")
    assert said.split() == real.stdout.split()
    assert dry.stderr == real.stderr


def test_a_dry_run_after_a_run_that_was_killed_leaves_the_log_as_it_is(connected: Prsync, simulator: Simulator) -> None:
    held = Event()
    simulator.answer_with(lambda request: request.day == str(day(6)), Answer(hold=held))
    with connected.start("sync") as process:
        while not any(request.day == str(day(6)) for request in simulator.devices_requests):
            assert process.poll() is None
        process.kill()
        process.communicate()
    simulator.answer_normally()
    assert {"ledger.db-wal", "ledger.db-shm"} <= set(everything(connected.state.parent))
    days = len(lasting(connected.state)["deposits"])
    assert days > 0
    before = everything(connected.state.parent)

    assert connected("sync", "--dry-run").status == 1  # Forbidden fails
    assert everything(connected.state.parent) == before
    assert len(lasting(connected.state)["deposits"]) == days


def test_a_dry_run_beside_a_program_that_reads_sees_what_is_there_and_changes_nothing(connected: Prsync) -> None:
    connected("sync", "--through", day(4))
    with closing(sqlite3.connect(connected.state, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM feeds").fetchall()
        dry, real = both(connected, "--through", day(6))
    assert dry == real


def test_a_dry_run_without_a_ledger_makes_none(prsync: Prsync) -> None:
    done = prsync("sync", "--dry-run", "--json")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"prsync: there is no ledger at {prsync.state}: ")
    assert not prsync.state.parent.exists()


def test_a_dry_run_of_an_empty_file_leaves_it_empty(prsync: Prsync) -> None:
    prsync.state.parent.mkdir(mode=0o700)
    prsync.state.touch(mode=0o600)
    before = everything(prsync.state.parent)
    assert prsync("sync", "--dry-run").status == 1
    assert everything(prsync.state.parent) == before


def test_a_dry_run_does_not_wait_for_a_sync(connected: Prsync) -> None:
    with hold(connected.state, "server-1", "server main", NOW):
        assert connected("sync", "--through", day(2)).status == 75
        assert connected("sync", "--dry-run", "--through", day(2)).status == 1  # Forbidden fails
