"""One at a time. The kernel holds the lock, so that it is gone with the process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from prsync.errors import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOOK_AGAIN_SECONDS: Final = 0.1


@contextmanager
def held(state: Path, name: str, what: str, now: datetime, *, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` of the ledger `state`, or raise LockedError naming its holder.

    `what` is what the lock is about, in a person's words. The file stays where it is: removing it would let two
    processes hold two files of the same name.
    """
    path = state.with_name(f"{state.name}.{name}.lock")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(file, wait):
            raise _locked_by(file, what)
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps({"pid": os.getpid(), "since": now.isoformat()}).encode(), 0)
        yield
    finally:
        os.close(file)


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
    try:
        holder = json.loads(os.pread(file, 1024, 0))
        return LockedError(what, int(holder["pid"]), datetime.fromisoformat(holder["since"]))
    except (ValueError, KeyError, TypeError):  # it has the lock, and has not written its name yet
        return LockedError(what, None, None)
