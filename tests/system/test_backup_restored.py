"""Backing up and restoring as docs/ledger.md says: its own lines are run, only with another place for the backup."""

from __future__ import annotations

import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import Prsync, lasting, sums
from tests.system.at import machines_date

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

DOCUMENT = Path(__file__).parents[2] / "docs" / "ledger.md"
TODAY = machines_date()


def commands(heading: str, place: int, copy: Path) -> str:
    """One of the shell blocks under a heading of the document, with `copy` as the backup."""
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    block = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)[place]
    assert "/var/backups/" in block
    return re.sub(r"/var/backups/\S+", str(copy), block)


def shell(prsync: Prsync, lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", lines], env=prsync.environment, cwd=prsync.home, capture_output=True, text=True, check=False
    )


@pytest.fixture
def fleet() -> Fleet:
    return LifelikeFleet(7, organizations=3, devices=4, first_day=TODAY - timedelta(days=60))


@pytest.fixture
def at_home(prsync: Prsync, simulator: Simulator) -> Prsync:
    """prsync with its ledger where it is by default, and three feeds."""
    prsync.state = prsync.home / ".local/share/prsync/ledger.db"
    del prsync.environment["PRSYNC_STATE"]
    prsync.register(simulator)
    for organization in simulator.fleet.organizations:
        start = TODAY - timedelta(days=30)
        assert prsync("feed", "add", "main", organization.organization_id, "--activation-date", start).status == 0
    return prsync


def test_a_restored_backup_and_a_sync_make_the_ledger_that_was_lost(at_home: Prsync, tmp_path: Path) -> None:
    assert at_home("sync", "--through", TODAY - timedelta(days=6)).status == 0
    done = shell(at_home, commands("Backups", 0, tmp_path / "copy.db"))
    assert (done.returncode, done.stderr) == (0, "")
    before = lasting(at_home.state)
    assert lasting(tmp_path / "copy.db") == before

    assert at_home("sync").status == 0
    undisturbed = lasting(at_home.state)
    assert undisturbed != before

    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        at_home.state.with_name(name).write_bytes(b"what a broken disk says" * 1000)
    done = shell(at_home, commands("Backups", 1, tmp_path / "copy.db"))
    assert (done.returncode, done.stderr) == (0, "")
    assert lasting(at_home.state) == undisturbed
    assert all(pages == life > 0 for pages, life in sums(at_home.state).values())
    assert oct(at_home.state.stat().st_mode)[-3:] == "600"
    assert lasting(tmp_path / "copy.db") == before
