"""A copy of the ledger: one moment of it, known to be good, under its name only then."""

from __future__ import annotations

import multiprocessing
import shutil
from dataclasses import replace
from pathlib import PosixPath
from typing import TYPE_CHECKING, Any

import pytest
from tests.edges.dying import deaths
from tests.edges.ledgers import NOW, SERVER, collect, connected, content, states

from prsync.errors import CopyError
from prsync.store.ledger import Ledger

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event
    from pathlib import Path

_FORK = multiprocessing.get_context("fork")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "ledger.db"
    connected(path)
    return path


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def keep_writing(path: Path, written: Event, stop: Event) -> None:
    """Add a server and a run in each transaction, as fast as it goes."""
    with Ledger(path) as ledger:
        number = 0
        while not stop.is_set():
            ledger.servers.add(replace(SERVER, name=f"server {number}"), NOW)
            ledger.runs.start("sync", NOW)
            number += 1
            written.set()


def test_a_backup_made_while_another_process_writes_is_one_moment_of_the_ledger(path: Path, tmp_path: Path) -> None:
    written, stop = _FORK.Event(), _FORK.Event()
    process = _FORK.Process(target=keep_writing, args=(path, written, stop))
    process.start()
    moments = []
    try:
        for number in range(20):
            written.clear()
            assert written.wait(30)
            with Ledger(path) as ledger:
                ledger.copy_to(tmp_path / f"{number}.db")
            copy = content(tmp_path / f"{number}.db")
            moments.append((len(copy["servers"]) - 1, len(copy["runs"])))
    finally:
        stop.set()
        process.join()
    assert process.exitcode == 0
    assert all(servers - runs in {0, 1} for servers, runs in moments)
    assert moments == sorted(set(moments))  # and the writer was never held up for long


@pytest.mark.hunt
def test_a_backup_cut_off_at_any_statement_never_bears_the_name(path: Path, tmp_path: Path) -> None:
    collect(path)
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    seen = []
    for number in deaths(lambda: back_up(path, copy)):
        seen.append(copy.exists())
        if copy.exists():
            assert content(copy) == content(path), number
            copy.unlink()
        back_up(path, copy)  # whatever the dead one left behind
        assert content(copy) == content(path)
        copy.unlink()
        assert all(name.startswith(".copy.db.") for name in files(copy.parent))
    assert seen[-1]
    assert seen.count(False) > 10


def back_up(path: Path, copy: Path) -> None:
    with Ledger(path) as ledger:
        ledger.copy_to(copy)


def test_two_backups_to_one_name_at_once_leave_one_whole_copy(path: Path, tmp_path: Path) -> None:
    collect(path)
    barrier = _FORK.Barrier(2)

    class Copy(PosixPath):
        """A name that neither has taken before both have found it free."""

        def exists(self, **options: bool) -> bool:
            found = super().exists(**options)
            barrier.wait()
            return found

    copy = tmp_path / "copy.db"

    def together() -> None:
        with Ledger(path) as ledger:
            ledger.copy_to(Copy(copy))

    processes: list[Any] = [_FORK.Process(target=together) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert content(copy) == content(path)
    assert files(tmp_path) == ["copy.db", "state"]


def test_a_link_that_leads_nowhere_is_replaced_not_followed(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.symlink_to(tmp_path / "nowhere")
    back_up(path, copy)
    assert not copy.is_symlink()
    assert content(copy) == content(path)


def test_a_copy_that_cannot_be_made_leaves_the_ledger_usable(path: Path, tmp_path: Path) -> None:
    with Ledger(path) as ledger:
        with pytest.raises(CopyError):
            ledger.copy_to(tmp_path / "missing" / "copy.db")
        ledger.runs.start("sync", NOW)
    assert len(content(path)["runs"]) == 1


def test_a_copy_of_the_ledger_with_cp_would_be_no_backup(path: Path, tmp_path: Path) -> None:
    """Why docs/ledger.md says so: the last days are in the log, which cp of the file leaves behind."""
    with Ledger(path):
        collect(path)
        shutil.copy(path, tmp_path / "cp.db")
        back_up(path, tmp_path / "copy.db")
    last = states(tmp_path / "undisturbed.db")[-1]
    assert content(tmp_path / "copy.db") == last
    assert content(tmp_path / "cp.db") != last
