"""Other programs at the same file, and other runs of prsync: who waits for whom, and for how long."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from tests.edges.ledgers import NOW, SERVER, collect, connected, content, states
from tests.support import rows

from prsync.cli.app import run_command_line
from prsync.errors import LedgerFileError
from prsync.store import database
from prsync.store.ledger import Ledger
from prsync.store.migrations import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

_FORK = multiprocessing.get_context("fork")
_BUSY = "another program has been writing to it for too long; try again when that has ended"

_NEIGHBOUR = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
first = connection.execute("SELECT count(*) FROM deposits").fetchone()[0]
print("ready", flush=True)
sys.stdin.read()
print(first, connection.execute("SELECT count(*) FROM deposits").fetchone()[0])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    connected(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


@contextmanager
def neighbour(path: Path, begin: str) -> Iterator[subprocess.Popen[str]]:
    """Another program that has begun a transaction and stays in it until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _NEIGHBOUR, str(path), begin], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        if process.poll() is None:
            process.communicate()


def test_another_programs_long_read_holds_nothing_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)  # not even a moment's wait
    with neighbour(path, "BEGIN") as reader:
        collect(path)
        assert rows(path, "SELECT count(*) AS days FROM deposits") == [{"days": 5}]
        told, _ = reader.communicate()
    assert told == "0 0\n"  # it has seen the ledger of the moment at which it began, to the end


@pytest.mark.long
def test_a_run_waits_for_another_programs_write_and_goes_on_by_itself(path: Path, tmp_path: Path) -> None:
    run = Thread(target=collect, args=(path,))
    with neighbour(path, "BEGIN IMMEDIATE") as writer:
        run.start()
        run.join(0.5)
        assert run.is_alive()
        writer.communicate()
        run.join(database.BUSY_SECONDS)
    assert content(path) == states(tmp_path / "undisturbed.db")[-1]


def test_a_write_that_never_ends_is_one_line_and_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    before = content(path)
    with neighbour(path, "BEGIN IMMEDIATE"):
        assert run_command_line(["--state", str(path), "feed", "pause", "Acme"]) == 1
    assert content(path) == before
    assert capsys.readouterr().err == f"prsync: the ledger {path} cannot be used: {_BUSY}\n"


def test_a_first_run_that_cannot_make_its_tables_says_so_and_leaves_no_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerFileError, match=_BUSY):
            Ledger(path)
        other.rollback()
    connected(path)


def test_opening_the_ledger_twice_in_one_process_keeps_the_first_ones_locks(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.runs.start("sync", NOW)
        with Ledger(path), neighbour(path, "BEGIN"):
            pass
        # Had the neighbour believed to be alone, it would have taken the log away from under us.
        assert path.with_name("ledger.db-wal").exists()
        ledger.runs.start("sync", NOW)
        assert len(content(path)["runs"]) == 2


def first_run(path: Path, barrier: Barrier, number: int) -> None:
    barrier.wait()
    with Ledger(path) as ledger:
        ledger.servers.add(replace(SERVER, name=f"server {number}"), NOW)


@pytest.mark.parametrize("attempt", range(10))
def test_many_first_runs_at_once_make_one_ledger(tmp_path: Path, attempt: int) -> None:
    path, number = tmp_path / "state" / f"ledger-{attempt}.db", 6
    barrier = _FORK.Barrier(number)
    processes = [_FORK.Process(target=first_run, args=(path, barrier, place)) for place in range(number)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * number
    assert rows(path, "SELECT name FROM _sqlite_migrations") == [{"name": step.__name__} for step in STEPS]
    assert len(content(path)["servers"]) == number
