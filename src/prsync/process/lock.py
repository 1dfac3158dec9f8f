"""One prsync at a time. The kernel holds each lock, so that it is released with the process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import struct
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prsync.errors import LedgerFileError, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RUNS: Final = "runs"
_POLL_SECONDS: Final = 0.1
_NAMED_WITHIN_SECONDS: Final = 0.5
"""How long a holder may take from having the lock to having written its process id into the file."""


@contextmanager
def hold(state: Path, name: str, what: str, now: datetime, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` of the ledger `state`, or raise LockedError naming its holder after `wait` seconds.

    `what` is what the lock is about, in a person's words. The file stays where it is: removing it would let two
    processes hold two files of the same name.
    """
    with _opened(state, name) as file:
        with _as_ledger_error(state, name):
            if not _acquire(file, wait):
                raise _locked_by(file, what)
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "since": now.isoformat()}).encode(), 0)
        try:
            yield
        finally:
            # Emptied before it is released: the next holder has the lock a moment before it has written its own id.
            os.ftruncate(file, 0)


@contextmanager
def marked_running(state: Path, run: int) -> Iterator[None]:
    """Let `is_running` say so of a row of `runs`, as long as this lasts and this process lives."""
    with _opened(state, _RUNS) as file:
        with _as_ledger_error(state, _RUNS):
            _byte_lock(file, fcntl.F_OFD_SETLKW, fcntl.F_WRLCK, run)
        yield


def is_running(state: Path, run: int) -> bool:
    """Whether a process is at this run; one that has no end and is not running was killed."""
    try:
        file = os.open(_path(state, _RUNS), os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):  # another account's, and not to be read: nobody here can be at it
        return False
    try:
        _byte_lock(file, fcntl.F_OFD_SETLK, fcntl.F_RDLCK, run)
    except (BlockingIOError, PermissionError):  # POSIX leaves open which
        return True
    except OSError as error:  # a file system without such locks
        raise LedgerFileError(state, f"its lock {_path(state, _RUNS).name}: {error.strerror}") from error
    finally:
        os.close(file)
    return False


def _byte_lock(file: int, command: int, kind: int, byte: int) -> None:
    """Lock one byte of a file; a run's byte is the one of its id, and need not be there.

    Such a lock belongs to the opened file ("open file description"), where that of `fcntl.lockf` belongs to the process
    and is lost as soon as the process closes the file anywhere: looking at a run would have released one's own.
    """
    # struct flock of 64-bit Linux: l_type, l_whence, l_start, l_len, l_pid, which must be 0 here.
    fcntl.fcntl(file, command, struct.pack("hhqqi4x", kind, os.SEEK_SET, byte, 1, 0))


@contextmanager
def _opened(state: Path, name: str) -> Iterator[int]:
    with _as_ledger_error(state, name):
        file = os.open(_path(state, name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _path(state: Path, name: str) -> Path:
    # Beside the file itself: by a symbolic link to it there would be two files of one lock.
    real = state.resolve()
    return real.with_name(f"{real.name}.{name}.lock")


@contextmanager
def _as_ledger_error(state: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerFileError(state, f"its lock {_path(state, name).name}: {error.strerror}") from error


def _acquire(file: int, wait: float) -> bool:
    """Whether the lock could be had within `wait` seconds."""
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _locked_by(file: int, what: str) -> LockedError:
    until = time.monotonic() + _NAMED_WITHIN_SECONDS
    while time.monotonic() < until:
        if (holder := _holder(file)) is not None:
            return LockedError(what, *holder)
        time.sleep(_POLL_SECONDS / 10)
    return LockedError(what, None, None)


def _holder(file: int) -> tuple[int, datetime] | None:
    """The process that has written its id and lives; None where the holder is one that is yet to write its own."""
    try:
        written = json.loads(os.pread(file, 1024, 0))
        pid, since = int(written["pid"]), datetime.fromisoformat(written["since"])
        os.kill(pid, 0)
    except PermissionError:  # another account's, and alive
        return pid, since
    except (ValueError, KeyError, TypeError, ProcessLookupError):
        return None
    return pid, since
