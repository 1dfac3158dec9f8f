"""`prsync backup`, as a user and cron run it: what it says, and what it refuses."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.edges.ledgers import collect, connected, content
from tests.support import Prsync, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def collected(prsync: Prsync) -> Prsync:
    """prsync with a ledger that holds something."""
    connected(prsync.state)
    collect(prsync.state)
    return prsync


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_backup_holds_every_row_and_says_how_many(collected: Prsync, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    done = collected("backup", copy)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == f"{copy}: 1 feeds, 5 deposits, 267 pages; verified.\n"
    assert content(copy) == content(collected.state)
    assert oct(copy.stat().st_mode)[-3:] == "600"


def test_a_backup_says_it_in_json_too_and_is_silent_when_quiet(collected: Prsync, tmp_path: Path) -> None:
    done = collected("backup", tmp_path / "copy.db", "--json")
    assert done.json() == {"file": str(tmp_path / "copy.db"), "feeds": 1, "deposits": 5, "pages": 267, "removed": []}
    assert collected("-q", "backup", tmp_path / "other.db").stdout == ""


def test_a_name_that_is_taken_is_refused_and_what_is_there_stays(collected: Prsync, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("something else")
    done = collected("backup", taken)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == f"prsync: writing the backup {taken} is refused: it exists already; choose another name\n"
    assert taken.read_text() == "something else"


def test_the_ledger_itself_is_no_backup(collected: Prsync) -> None:
    before = collected.state.read_bytes()
    assert collected("backup", collected.state).status == 2
    assert collected.state.read_bytes() == before
    assert files(collected.state.parent) == ["ledger.db"]


@pytest.mark.parametrize("place", ["missing/copy.db", "file/copy.db", "x" * 300])
def test_a_place_that_cannot_be_written_is_said_in_one_line(collected: Prsync, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    before = files(tmp_path)
    done = collected("backup", tmp_path / place)
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"prsync: the copy {tmp_path / place} could not be made: ")
    assert done.stderr.count("\n") == 1
    assert files(tmp_path) == before


def test_no_ledger_no_backup_and_none_is_made_of_nothing(prsync: Prsync, tmp_path: Path) -> None:
    done = prsync("backup", tmp_path / "copy.db")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"prsync: there is no ledger at {prsync.state}: ")
    assert not (tmp_path / "copy.db").exists()
    assert not prsync.state.parent.exists()


def _scribble(path: Path) -> None:
    """Over the page of an index, which no count of rows ever reads."""
    page = rows(path, "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_servers_1'")[0]["rootpage"]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 4000)
        file.write(b"scribble" * 12)


def _orphan(path: Path) -> None:
    """A row that belongs to nothing, as another program may leave one."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO devices VALUES (99, 'A', 1, 1, 1)")


@pytest.mark.parametrize("damage", [_scribble, _orphan])
def test_a_damaged_ledger_makes_no_backup(collected: Prsync, tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(collected.state)
    before = files(tmp_path)
    done = collected("backup", tmp_path / "copy.db")
    assert done.status == 1
    assert "the ledger is damaged" in done.stderr
    assert done.stderr.count("\n") == 1
    assert files(tmp_path) == before


def test_a_disk_that_fills_up_leaves_no_copy_and_nothing_else(collected: Prsync, tmp_path: Path) -> None:
    room = collected.state.stat().st_size // 2
    before = files(tmp_path)
    with subprocess.Popen(
        ["prsync", "backup", tmp_path / "copy.db"],
        env=collected.environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),  # noqa: PLW1509  one thread
    ) as process:
        _, stderr = process.communicate()
    assert process.returncode == 1
    assert stderr.startswith(f"prsync: the copy {tmp_path / 'copy.db'} could not be made: ")
    assert stderr.count("\n") == 1
    assert files(tmp_path) == before
