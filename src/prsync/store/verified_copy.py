"""Copies of the ledger: made while it is in use, and believed only after they were read back."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from prsync.errors import CopyError, RefusedError
from prsync.process.files import flush_folder


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds, counted in the copy itself."""

    feeds: int
    deposits: int
    pages: int


def copy_ledger(source: sqlite3.Connection, target: Path) -> Copied:
    """Copy a ledger with SQLite's online backup: one moment of it, whatever is written meanwhile.

    The copy appears under its name only when it has been verified; one that is not leaves nothing behind.
    """
    try:
        if target.exists():
            raise RefusedError(f"writing the backup {target}", "it exists already; choose another name")
        # A name of its own: two copies to one target at once must not write into each other.
        handle, name = tempfile.mkstemp(".unfinished", f".{target.name}.", target.parent)
        os.close(handle)
        unfinished = Path(name)
        try:
            copied = _copied(source, unfinished, target)
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        flush_folder(target.parent)
    except OSError as error:
        raise CopyError(target, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise CopyError(target, str(error)) from error
    return copied


def _copied(source: sqlite3.Connection, unfinished: Path, target: Path) -> Copied:
    with closing(sqlite3.connect(unfinished)) as copy:
        copy.execute("PRAGMA journal_mode = MEMORY")  # nothing beside it: a copy that is cut off is thrown away
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, wherever it is carried
        return _verified(copy, target)


def _verified(copy: sqlite3.Connection, target: Path) -> Copied:
    problems = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
    problems += [f"foreign key of {row[0]}" for row in copy.execute("PRAGMA foreign_key_check")]
    if problems:
        raise CopyError(target, f"the ledger is damaged ({problems[0]}); restore an earlier backup")
    feeds = copy.execute("SELECT count(*) FROM feeds").fetchone()[0]
    deposits, pages = copy.execute("SELECT count(*), coalesce(sum(pages), 0) FROM deposits").fetchone()
    return Copied(feeds, deposits, pages)
