"""The ledger's file: who may read it, and how SQLite is told to treat it."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import sqlite_utils
from sqlite_utils.plugins import pm
from tests.edges.ledgers import NOW, collect, connected
from tests.support import rows

from prsync.errors import LedgerFileError
from prsync.process.lock import hold
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


@pytest.mark.usefixtures("_umask")
def test_the_folder_and_every_file_in_it_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "prsync" / "ledger.db"
    connected(path)
    with Ledger(path) as ledger, hold(path, "server-1", "server main", NOW):
        ledger.servers.record_health(ledger.servers.named("main"), None, NOW)
        ledger.copy_to(path.with_name("copy.db"))
        files = {file.name: mode(file) for file in path.parent.iterdir()}
    expected = ("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.server-1.lock", "copy.db")
    assert files == dict.fromkeys(expected, "0o600")
    assert mode(path.parent) == "0o700"


def test_a_folder_that_is_there_already_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o750)
    connected(shared / "ledger.db")
    assert mode(shared) == "0o750"


def test_nothing_lies_beside_the_file_when_nobody_has_it_open(tmp_path: Path) -> None:
    connected(tmp_path / "ledger.db")
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("recursive_triggers", 1)]
)
def test_the_connection_that_writes_is_set_as_a_ledger_needs_it(tmp_path: Path, pragma: str, value: object) -> None:
    path = tmp_path / "ledger.db"
    connected(path)
    found = []
    collect(path, lambda ledger: found.append(ledger._connection.sqlite.execute(f"PRAGMA {pragma}").fetchone()[0]))
    assert set(found) == {value}


def test_a_file_that_was_restored_from_a_backup_is_kept_in_wal_mode_again(tmp_path: Path) -> None:
    connected(tmp_path / "ledger.db")
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.copy_to(tmp_path / "restored.db")
    assert rows(tmp_path / "restored.db", "PRAGMA journal_mode") == [{"journal_mode": "delete"}]
    collect(tmp_path / "restored.db")
    assert rows(tmp_path / "restored.db", "PRAGMA journal_mode") == [{"journal_mode": "wal"}]


class _Plugin:
    def __init__(self) -> None:
        self.connections: list[sqlite3.Connection] = []

    @sqlite_utils.hookimpl
    def prepare_connection(self, conn: sqlite3.Connection) -> None:
        self.connections.append(conn)


def test_plugins_of_sqlite_utils_get_no_hand_on_the_ledger(tmp_path: Path) -> None:
    plugin = _Plugin()
    pm.register(plugin)
    try:
        connected(tmp_path / "ledger.db")
        assert plugin.connections == []
        sqlite_utils.Database(memory=True).close()
        assert len(plugin.connections) == 1  # it would have been asked
    finally:
        pm.unregister(plugin)


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"This is no database. " * 100)


def _a_database_of_something_else(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE servers (name)")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (_not_a_database, "file is not a database"),
        (_a_database_of_something_else, "it is a database of another program; is --state or PRSYNC_STATE right?"),
        (os.mkdir, "unable to open database file"),
    ],
)
def test_what_is_no_ledger_is_said_in_words_and_left_alone(tmp_path: Path, made: Any, reason: str) -> None:
    path = tmp_path / "ledger.db"
    made(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(LedgerFileError) as raised:
        Ledger(path)
    assert raised.value.reason == reason
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.db"]


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerFileError) as raised:
        Ledger(tmp_path / "file" / "ledger.db")
    assert raised.value.reason == f"{tmp_path / 'file'}: File exists"
