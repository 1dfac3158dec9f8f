"""A disk that is really full: the run ends with one line, the days before stand, and with room the next one goes on."""

from __future__ import annotations

import resource
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import pytest
from tests.support import Done, Prsync, lasting, rows, sums
from tests.system.at import always_at

from prsync.demo.lifelike import LifelikeFleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prsync.demo.fleet import Fleet
    from prsync.demo.simulator import Simulator

NOW = datetime(2026, 11, 26, 5, 30, tzinfo=UTC)
DAYS = 60


class Disk(Protocol):
    """Where a ledger lies, and how much room there is."""

    def has_room(self, size: int | None) -> None:
        """From now on for so many bytes more; None for as much as anybody needs."""

    def sync(self, prsync: Prsync) -> Done:
        """A sync under this condition."""


class SmallDisk:
    """A file system of its own, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700)
        _mount(folder, "size=64m,mode=0700")

    def has_room(self, size: int | None) -> None:
        used = sum(file.stat().st_size for file in self.folder.iterdir())
        _mount(self.folder, f"remount,size={'64m' if size is None else (used + size) // 1024 * 1024}")

    def sync(self, prsync: Prsync) -> Done:
        return prsync("sync")


class Quota:
    """A limit to how large a file may get, which needs no rights: SQLite meets it as an I/O error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.limit: int | None = None

    def has_room(self, size: int | None) -> None:
        self.limit = size

    def sync(self, prsync: Prsync) -> Done:
        limit = self.limit or resource.RLIM_INFINITY
        done = subprocess.run(
            ["prlimit", f"--fsize={limit}", *prsync.program, "sync"],
            env=prsync.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, capture_output=True)


@contextmanager
def _unmounted(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def _may_mount() -> bool:
    with TemporaryDirectory() as folder:
        script = f"mount -t tmpfs tmpfs {folder}"
        return subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, check=False).returncode == 0


@pytest.fixture
def prsync(prsync: Prsync) -> Prsync:
    """As on that morning, in every test here."""
    return always_at(NOW, prsync)


@pytest.fixture(params=["quota", "disk"] if _may_mount() else ["quota"])
def disk(request: pytest.FixtureRequest, prsync: Prsync) -> Iterator[Disk]:
    folder = prsync.state.parent
    if request.param == "quota":
        yield Quota(folder)
        return
    small = SmallDisk(folder)
    with _unmounted(folder):
        yield small


@pytest.fixture
def fleet() -> Fleet:
    return LifelikeFleet(3, organizations=2, devices=60, first_day=NOW.date() - timedelta(days=DAYS + 30))


def connect(prsync: Prsync, simulator: Simulator, options: list[str]) -> None:
    assert prsync("server", "add", "main", *options).status == 0
    for organization in simulator.fleet.organizations:
        start = NOW.date() - timedelta(days=DAYS)
        assert prsync("feed", "add", "main", organization.organization_id, "--activation-date", start).status == 0


def test_with_the_disk_full_the_days_before_stand_and_with_room_the_next_run_goes_on(
    disk: Disk, prsync: Prsync, simulator: Simulator, tmp_path: Path
) -> None:
    undisturbed, options = always_at(NOW, Prsync(tmp_path / "undisturbed")), prsync.server_options(simulator)
    connect(undisturbed, simulator, options)
    assert undisturbed("sync").status == 0
    connect(prsync, simulator, options)
    end = lasting(undisturbed.state)

    disk.has_room(250_000)
    days = 0
    for hour in (1, 2, 3):
        # Later each time: SQLite does not write what is there already, such as the instant of a check.
        done = disk.sync(always_at(NOW + timedelta(hours=hour), prsync))
        print(done.stderr)
        assert done.status == 1
        assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["prsync"]
        assert f"the ledger {prsync.state} cannot be used: " in done.stderr
        deposited = rows(prsync.state, "SELECT * FROM deposits")
        assert deposited == [row for row in end["deposits"] if row in deposited]
        assert days <= len(deposited) < len(end["deposits"])
        days = len(deposited)
        assert all(pages == life for pages, life in sums(prsync.state).values())
    assert days > 0

    disk.has_room(None)
    assert disk.sync(prsync).status == 0
    assert lasting(prsync.state) == end
