"""Opens a ledger's file to read all of it, without changing anything: also where nothing can be written."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened_to_read(path: Path, *, timeout: float) -> Iterator[sqlite3.Connection]:
    """A connection to the ledger at `path`, or to a copy of it where SQLite cannot read it in its place.

    Where there is a write-ahead log, its days are read too. `timeout` is how many seconds to wait for a writer.
    """
    path = path.resolve()  # the log is beside the file itself, and not beside a symbolic link to it
    log = path.with_name(f"{path.name}-wal")
    index = path.with_name(f"{path.name}-shm")
    can_write = all(os.access(place, os.W_OK, effective_ids=True) for place in (path, path.parent))
    if not can_write and not (log.exists() and index.exists()):
        # To read a ledger SQLite makes a log and its index beside the file, and cannot always take them away again.
        # Nobody is writing to one that lacks them.
        with TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            for file in (path, log):
                if file.exists():
                    shutil.copyfile(file, copy.with_name(file.name))
            with closing(sqlite3.connect(copy)) as connection:
                yield connection
        return
    # Where there is a log, the last connection to close moves it into the file, unless it is read-only.
    # Where there is none, a read-only connection would make one and leave it behind.
    mode = "ro" if log.exists() else "rw"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=timeout)) as connection:
        yield connection
