"""Copies of the ledger: made while it is in use, and believed only after they were read back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prsync.errors import LedgerFileError, RefusedError
from prsync.files import make_private_file

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds, counted in the copy itself."""

    feeds: int
    deposits: int
    pages: int


def copy_ledger(source: sqlite3.Connection, target: Path) -> Copied:
    """Copy a ledger with SQLite's online backup: one moment of it, whatever is written meanwhile.

    The copy appears under its name only when it has been verified.
    """
    if target.exists():
        raise RefusedError(f"writing the backup {target}", "it exists already; choose another name")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        make_private_file(unfinished)
        with closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, wherever it is carried
            copied = _verified(copy, unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise LedgerFileError(target, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise LedgerFileError(target, str(error)) from error
    _flush(target.parent)
    return copied


def _verified(copy: sqlite3.Connection, path: Path) -> Copied:
    problems = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
    problems += [f"foreign key of {row[0]}" for row in copy.execute("PRAGMA foreign_key_check")]
    if problems:
        raise LedgerFileError(path, f"the copy is damaged: {problems[0]}")
    feeds = copy.execute("SELECT count(*) FROM feeds").fetchone()[0]
    deposits, pages = copy.execute("SELECT count(*), coalesce(sum(pages), 0) FROM deposits").fetchone()
    return Copied(feeds, deposits, pages)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
