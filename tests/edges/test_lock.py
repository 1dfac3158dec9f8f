"""The lock on real files, contended for by real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from prsync.errors import LedgerFileError, LockedError, error_line
from prsync.process.lock import hold, is_running, marked_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HOLDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from prsync.process.lock import hold, marked_running
state, name, run = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with hold(state, name, "it", datetime(2026, 11, 24, 1, 30, tzinfo=UTC)), marked_running(state, run):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@contextmanager
def another(state: Path, name: str = "server-1", run: int = 1) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, and goes when it is told to or killed."""
    command = [sys.executable, "-c", HOLDER, str(state), name, str(run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def refused(state: Path, name: str = "server-1", wait: float = 0) -> LockedError:
    with pytest.raises(LockedError) as raised, hold(state, name, "server main", NOW, wait=wait):
        pass
    return raised.value


def test_a_ledger_by_a_symbolic_link_is_the_same_one(state: Path, tmp_path: Path) -> None:
    state.touch()
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(state)
    with another(state) as process:
        assert refused(link).pid == process.pid


def test_the_second_one_is_told_who_has_it_and_since_when(state: Path) -> None:
    with another(state) as process:
        error = refused(state)
        assert (error.what, error.pid, error.since) == ("server main", process.pid, NOW)
        assert error_line(error) == (
            f"another prsync, process {process.pid}, is at server main since 2026-11-24 01:30:00 UTC: nothing of it was"
            " changed; try again when it is done"
        )


def test_another_name_is_another_lock(state: Path) -> None:
    with another(state, "server-1"), hold(state, "server-2", "server two", NOW), hold(state, "certify", "it", NOW):
        assert (refused(state, "server-2").pid, refused(state, "certify").pid) == (os.getpid(), os.getpid())


def test_it_is_free_again_when_its_holder_is_done(state: Path) -> None:
    with hold(state, "server-1", "server main", NOW):
        pass
    with pytest.raises(ZeroDivisionError), hold(state, "server-1", "server main", NOW):
        _ = 1 / 0
    with hold(state, "server-1", "server main", NOW):
        assert refused(state).pid == os.getpid()


def test_it_is_free_at_once_when_its_holder_is_killed(state: Path) -> None:
    with another(state) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with hold(state, "server-1", "server main", NOW):
        pass


def test_waiting_ends_when_the_lock_is_free(state: Path) -> None:
    with another(state) as process:
        assert process.stdin is not None
        process.stdin.close()
        begun = time.monotonic()
        with hold(state, "server-1", "server main", NOW, wait=60):
            assert time.monotonic() - begun < 10
            assert refused(state).pid == os.getpid()


def test_waiting_ends_when_it_was_long_enough(state: Path) -> None:
    with another(state) as process:
        begun = time.monotonic()
        assert refused(state, wait=0.3).pid == process.pid
        assert 0.3 <= time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "written", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 99999999, "since": "2020-01-01T00:00:00+00:00"}']
)
@pytest.mark.long
def test_what_one_that_was_killed_has_left_is_not_taken_for_the_holder(state: Path, written: bytes) -> None:
    """A holder has the lock a moment before it has written its name: until then the file says whatever it said."""
    with another(state):
        state.with_name("ledger.db.server-1.lock").write_bytes(written)
        error = refused(state)
    assert (error.pid, error.since) == (None, None)
    assert error_line(error).startswith("another prsync is at server main: nothing of it was changed")


def test_what_a_killed_one_has_left_is_gone_with_the_next_holder(state: Path) -> None:
    with another(state) as process:
        process.kill()
        process.wait()
    with hold(state, "server-1", "server main", NOW):
        assert refused(state).pid == os.getpid()
    assert state.with_name("ledger.db.server-1.lock").read_bytes() == b""


def test_its_file_is_for_its_owner_alone(state: Path) -> None:
    before = os.umask(0)
    try:
        with hold(state, "server-1", "server main", NOW), marked_running(state, 1):
            pass
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in state.parent.iterdir()}
    assert modes == {"ledger.db.server-1.lock": 0o600, "ledger.db.runs.lock": 0o600}


def test_a_program_that_is_started_meanwhile_does_not_inherit_it(state: Path) -> None:
    with hold(state, "server-1", "server main", NOW):
        agent = subprocess.Popen(["sleep", "1000"], close_fds=False)
    try:
        with hold(state, "server-1", "server main", NOW):
            pass
    finally:
        agent.kill()
        agent.wait()


def test_a_folder_that_takes_no_lock_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "gone" / "ledger.db"
    with pytest.raises(LedgerFileError) as raised, hold(missing, "server-1", "server main", NOW):
        pass
    assert error_line(raised.value) == (
        f"the ledger {missing} cannot be used: its lock ledger.db.server-1.lock: No such file or directory"
    )
    (tmp_path / "ledger.db.server-1.lock").mkdir()
    with pytest.raises(LedgerFileError) as raised, hold(tmp_path / "ledger.db", "server-1", "server main", NOW):
        pass
    assert raised.value.reason == "its lock ledger.db.server-1.lock: Is a directory"


def test_a_run_is_running_as_long_as_its_process_lives(state: Path) -> None:
    assert not is_running(state, 7)
    assert list(state.parent.iterdir()) == []  # who only asks leaves nothing behind
    with another(state, run=7) as process:
        assert is_running(state, 7)
        assert not is_running(state, 6)
        assert not is_running(state, 8)
        process.kill()
        process.wait()
        assert not is_running(state, 7)
