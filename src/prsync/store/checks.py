"""Checks a ledger's file without opening it as a ledger, which would make, upgrade or refuse it: for `doctor`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from prsync.store.file_to_read import opened_to_read

if TYPE_CHECKING:
    from pathlib import Path

# A transaction of a sync that is running ends well within this time, and a person is waiting for the answer.
_WAIT_SECONDS: Final = 1.0


def damage(path: Path) -> str | None:
    """What SQLite finds wrong in the file, on one line; None if it finds nothing."""
    try:
        with opened_to_read(path, timeout=_WAIT_SECONDS) as connection:
            # Not integrity_check, which also compares every index with its table and takes far longer.
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except (sqlite3.Error, OSError) as error:
        found = str(error)
    return None if found == "ok" else " ".join(found.split())


def why_not_writable(path: Path) -> str | None:
    """SQLite's reason why the file cannot be written; None if it can. Nothing is written to it."""
    for place in (path, path.parent):  # beside the file are its log and our locks
        if not os.access(place, os.W_OK, effective_ids=True):
            return f"{place} is not writable"
    try:
        with closing(_connect(path)) as connection:
            # Takes the lock of a writer, for which SQLite must be able to write beside the file.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
