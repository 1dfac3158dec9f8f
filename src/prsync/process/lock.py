"""One at a time. The kernel holds the lock, so that it is gone with the process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prsync.errors import LedgerFileError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RUNS: Final = "runs"
_LOOK_AGAIN_SECONDS: Final = 0.1
_NAMED_WITHIN_SECONDS: Final = 0.5
"""How long a holder may take from having the lock to having written its name."""


@contextmanager
def held(state: Path, name: str, what: str, now: datetime, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` of the ledger `state`, or raise LockedError naming its holder; wait so many seconds first.

    `what` is what the lock is about, in a person's words. The file stays where it is: removing it would let two
    processes hold two files of the same name.
    """
    with _opened(state, name) as file:
        with _as_ledger_error(state, name):
            if not _taken(file, wait):
                raise _locked_by(file, what)
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "since": now.isoformat()}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(file, 0)  # the next holder has the lock a moment before it has written its name


@contextmanager
def marked_running(state: Path, run: int) -> Iterator[None]:
    """Let `is_running` say so of a row of `runs`, as long as this lasts and this process lives."""
    with _opened(state, _RUNS) as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, run)  # a run is a byte that need not be there
        yield


def is_running(state: Path, run: int) -> bool:
    """Whether another process is at this run; one that has no end and is not running was killed."""
    try:
        file = os.open(_path(state, _RUNS), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, run)
    except (BlockingIOError, PermissionError):  # POSIX leaves open which
        return True
    finally:
        os.close(file)
    return False


@contextmanager
def _opened(state: Path, name: str) -> Iterator[int]:
    with _as_ledger_error(state, name):
        file = os.open(_path(state, name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _path(state: Path, name: str) -> Path:
    return state.with_name(f"{state.name}.{name}.lock")


@contextmanager
def _as_ledger_error(state: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerFileError(state, f"its lock {_path(state, name).name}: {error.strerror}") from error


def _taken(file: int, wait: float) -> bool:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return True


def _locked_by(file: int, what: str) -> LockedError:
    until = time.monotonic() + _NAMED_WITHIN_SECONDS
    while time.monotonic() < until:
        if (holder := _holder(file)) is not None:
            return LockedError(what, *holder)
        time.sleep(_LOOK_AGAIN_SECONDS / 10)
    return LockedError(what, None, None)


def _holder(file: int) -> tuple[int, datetime] | None:
    """The process that has written its name, unless it was killed: then the holder is one that is about to write."""
    try:
        written = json.loads(os.pread(file, 1024, 0))
        pid, since = int(written["pid"]), datetime.fromisoformat(written["since"])
        os.kill(pid, 0)
    except PermissionError:  # another account's, and alive
        return pid, since
    except (ValueError, KeyError, TypeError, ProcessLookupError):
        return None
    return pid, since
