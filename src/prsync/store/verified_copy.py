"""Copies the ledger while it is in use, and verifies the copy before it gets its name."""

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
class CopyContents:
    """How much a copy holds, counted in the copy and not in the original."""

    feeds: int
    deposits: int
    pages: int


def copy_ledger(source: sqlite3.Connection, target: Path) -> CopyContents:
    """Copy a ledger as it is at one moment, also while it is written to; RefusedError if `target` exists.

    The copy appears as `target` only after it was verified. CopyError if that or the copying fails; nothing is left of
    the copy then.
    """
    # Under another name until it is verified: a copy that nobody has read back may not be taken for a backup.
    try:
        if target.exists():
            raise RefusedError(f"writing the backup {target}", "it exists already; choose another name")
        # A name of its own, since two copies to one target at once must not write into one file. mkstemp makes it
        # readable by its owner only.
        handle, name = tempfile.mkstemp(".unfinished", f".{target.name}.", target.parent)
        os.close(handle)
        unfinished = Path(name)
        try:
            contents = _copy_and_verify(source, unfinished, target)
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        # The new name is on the disk only when the folder is.
        flush_folder(target.parent)
    except OSError as error:
        raise CopyError(target, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise CopyError(target, str(error)) from error
    return contents


def deposits_in(copy: Path) -> int:
    """How many deposits a copy holds; 0 where it is none that could be read."""
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM deposits").fetchone()[0])
    except sqlite3.Error:
        return 0


def _copy_and_verify(source: sqlite3.Connection, unfinished: Path, target: Path) -> CopyContents:
    with closing(sqlite3.connect(unfinished)) as copy:
        # No journal on disk while copying: it would stay behind after a crash, and an unfinished copy needs none.
        copy.execute("PRAGMA journal_mode = MEMORY")
        source.backup(copy)
        # Out of WAL mode, in which the copy would be two files as soon as somebody opens it.
        copy.execute("PRAGMA journal_mode = DELETE")
        return _verify(copy, target)


def _verify(copy: sqlite3.Connection, target: Path) -> CopyContents:
    """Read the whole copy back; CopyError if it is damaged."""
    # What is damaged here is damaged in the ledger too, which may not have been noticed there yet.
    problems = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
    problems += [f"foreign key of {row[0]}" for row in copy.execute("PRAGMA foreign_key_check")]
    if problems:
        raise CopyError(target, f"the ledger is damaged ({problems[0]}); restore an earlier backup")
    feeds = copy.execute("SELECT count(*) FROM feeds").fetchone()[0]
    deposits, pages = copy.execute("SELECT count(*), coalesce(sum(pages), 0) FROM deposits").fetchone()
    return CopyContents(feeds, deposits, pages)
