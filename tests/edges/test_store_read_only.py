"""A ledger that cannot be written: it is read all the same, to its last day, and nothing is made beside it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest
from tests.edges.ledgers import collect, connected

from prsync.errors import CopyError, NoLedgerError, NotWritableError
from prsync.store import database
from prsync.store.ledger import Access, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY: Final = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that another account may get to: pytest's own are their owner's alone."""
    with TemporaryDirectory() as made:
        place = Path(made)
        place.chmod(0o755)
        yield place
        place.chmod(0o755)


@contextmanager
def not_writable(path: Path, *, but_the_folder: bool = False) -> Iterator[None]:
    """Nobody can write the files, nor into their folder. For root every file is writable: it becomes nobody."""
    for file in path.parent.iterdir():
        file.chmod(0o444)
    path.parent.chmod(0o777 if but_the_folder else 0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.parent.chmod(0o755)


def as_left_by_a_crash(path: Path, target: Path, *, with_index: bool) -> None:
    """Copy a ledger whose last days are in its log only."""
    with Ledger(path) as ledger:
        collect(path)
        endings = ("", "-wal", "-shm") if with_index else ("", "-wal")
        for ending in endings:
            shutil.copyfile(f"{path}{ending}", f"{target}{ending}")
        assert ledger.feeds.find("Acme").has_deposits


@pytest.mark.parametrize("access", [Access.READ, Access.REHEARSE])
@pytest.mark.parametrize("but_the_folder", [False, True])
def test_it_is_read(folder: Path, access: Access, but_the_folder: bool) -> None:
    path = folder / "ledger.db"
    connected(path)
    collect(path)
    with not_writable(path, but_the_folder=but_the_folder):
        with Ledger(path, access) as ledger:
            feed = ledger.feeds.find("Acme")
            found = ledger.days.deposits(feed.id)
        assert [file.name for file in folder.iterdir()] == ["ledger.db"]
    assert found[-1].date == feed.synced_through


@pytest.mark.parametrize("with_index", [False, True])
def test_the_days_that_are_in_its_log_only_are_read_too(tmp_path: Path, folder: Path, with_index: bool) -> None:
    original, path = tmp_path / "ledger.db", folder / "ledger.db"
    connected(original)
    as_left_by_a_crash(original, path, with_index=with_index)
    with Ledger(original) as ledger:
        expected = ledger.days.deposits(1)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with not_writable(path), Ledger(path, Access.READ) as ledger:
        assert ledger.days.deposits(1) == expected
    after = {file.name: file.read_bytes() for file in folder.iterdir()}
    # The index is memory that readers share, and no data.
    assert (after["ledger.db"], after["ledger.db-wal"], after.keys()) == (
        before["ledger.db"],
        before["ledger.db-wal"],
        before.keys(),
    )


@pytest.mark.parametrize("access", [Access.WORK, Access.MAKE])
@pytest.mark.parametrize("but_the_folder", [False, True])
def test_to_work_with_it_is_refused_at_once(folder: Path, access: Access, but_the_folder: bool) -> None:
    path = folder / "ledger.db"
    connected(path)
    with not_writable(path, but_the_folder=but_the_folder), pytest.raises(NotWritableError) as raised:
        Ledger(path, access)
    assert str(raised.value) == (
        f"the ledger {path} cannot be used: this account cannot write {path}, or its disk is read-only"
    )


def test_a_folder_alone_that_cannot_be_written_is_named(folder: Path) -> None:
    path = folder / "ledger.db"
    connected(path)
    with not_writable(path):
        pass
    path.chmod(0o666)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(NotWritableError, match=f"cannot write {folder},"):
            Ledger(path, Access.WORK)
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("access", [Access.WORK, Access.READ, Access.REHEARSE])
def test_where_there_is_none_none_is_made(tmp_path: Path, access: Access) -> None:
    path = tmp_path / "unmounted" / "ledger.db"
    with pytest.raises(NoLedgerError) as raised:
        Ledger(path, access)
    assert str(raised.value) == (
        f"there is no ledger at {path}: --state or PRSYNC_STATE says where it is; prsync server add begins a new one"
    )
    assert not path.parent.exists()


def test_by_a_symbolic_link_its_log_is_found_beside_the_file_itself(tmp_path: Path, folder: Path) -> None:
    original, path = tmp_path / "original.db", folder / "disk" / "ledger.db"
    connected(original)
    path.parent.mkdir()
    as_left_by_a_crash(original, path, with_index=False)
    link = folder / "ledger.db"
    link.symlink_to(path)
    with Ledger(original) as ledger:
        expected = ledger.days.deposits(1)
    with not_writable(path), Ledger(link, Access.READ) as ledger:
        assert ledger.days.deposits(1) == expected


def test_one_of_an_earlier_prsync_is_read_also_where_no_copy_can_be_made_of_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "ledger.db"
    schema = (Path(__file__).parent / "data" / "schema-8.sql").read_text("utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)

    def full(_: sqlite3.Connection, copy: Path) -> None:
        raise CopyError(copy, "No space left on device")

    monkeypatch.setattr(database, "copy_ledger", full)
    with pytest.raises(CopyError):
        Ledger(path, Access.WORK)
    with Ledger(path, Access.READ) as ledger:
        assert ledger.feeds.all()
