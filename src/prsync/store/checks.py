"""Whether a ledger's file is whole and can be written: for whoever looks at it without opening it for work."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_WAIT_SECONDS: Final = 1.0
"""Somebody is waiting for the answer; a sync that writes just now is done with it sooner."""


def damage(path: Path) -> str | None:
    """What SQLite finds wrong in the file, on one line; None where it is whole."""
    try:
        with closing(_connect(path)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    return None if found == "ok" else " ".join(found.split())


def why_not_writable(path: Path) -> str | None:
    """Why no transaction can begin; None where one can. Nothing is written."""
    try:
        with closing(_connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return str(error)
    return None


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)
