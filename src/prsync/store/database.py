"""Opening the file.

sqlite-utils' and SQLite's defaults are not a ledger's: foreign keys are off, a file is born 0644, BEGIN is deferred
(two writers then fail at once instead of waiting), plugins load. All of it is set here.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from prsync.errors import LedgerFileError, NewerSchemaError
from prsync.process.files import make_private_file, make_private_folder
from prsync.store.connection import Connection, as_ledger_errors, immediate
from prsync.store.migrations import STEPS, as_migrations
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from prsync.store.migrations import Step

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another one: far longer than any transaction of prsync's takes."""

_POLL_SECONDS: Final = 0.02


def open_database(path: Path, steps: Sequence[Step] = STEPS) -> Connection:
    """Open the ledger, make it if it is not there, and bring an older schema up to date.

    WAL with synchronous=FULL: a committed day survives a power cut, an uncommitted one leaves no trace, and another
    program's long read never stops a write.
    """
    with as_ledger_errors(path), ExitStack() as stack:
        make_private_folder(path.parent)
        make_private_file(path)
        sqlite = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        stack.enter_context(closing(sqlite))
        db = Database(sqlite, execute_plugins=False, strict=True)
        _refuse_what_is_not_ours(db, path, steps)  # before anything is written
        sqlite.execute("PRAGMA synchronous = FULL")
        _switch_to_wal(sqlite, path)
        _upgrade(db, path, steps)
        sqlite.execute("PRAGMA foreign_keys = ON")
        stack.pop_all()
    return Connection(db, path)


def open_copy(path: Path, steps: Sequence[Step] = STEPS) -> Connection:
    """A copy of the ledger in memory, to try something out on. The file stays as it is, also where there is none.

    An older schema is brought up to date in the copy alone.
    """
    with as_ledger_errors(path), ExitStack() as stack:
        memory = sqlite3.connect(":memory:", isolation_level=None)
        stack.enter_context(closing(memory))
        if path.exists():
            with closing(sqlite3.connect(_unchanging(path), uri=True, timeout=BUSY_SECONDS)) as file:
                file.backup(memory)
        db = Database(memory, execute_plugins=False, strict=True)
        _refuse_what_is_not_ours(db, path, steps)
        as_migrations(steps).apply(db)
        memory.execute("PRAGMA foreign_keys = ON")
        stack.pop_all()
    return Connection(db, path)


def _unchanging(path: Path) -> str:
    """Where to read a file so that neither it nor what lies beside it changes.

    Whoever closes a ledger last takes the log into the file; who may only read leaves both, even a log of its own.
    """
    mode = "ro" if path.with_name(f"{path.name}-wal").exists() else "rw"
    return f"{path.absolute().as_uri()}?mode={mode}"


def _switch_to_wal(sqlite: sqlite3.Connection, path: Path) -> None:
    """SQLite does not wait for this one: of two first runs at once it would fail one, or both."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if sqlite.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise LedgerFileError(path, "its file system is none for a database; keep it on a local disk")
        except sqlite3.OperationalError:
            if time.monotonic() >= until:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _refuse_what_is_not_ours(db: Database, path: Path, steps: Sequence[Step]) -> None:
    is_empty = not db.table_names()  # asked first: another first run may be making the tables just now
    applied = [step.name for step in as_migrations(steps).applied(db)]
    if not (applied or is_empty):
        raise LedgerFileError(path, "it is a database of another program; is --state or PRSYNC_STATE right?")
    if unknown := set(applied) - {step.__name__ for step in steps}:
        raise NewerSchemaError(path, tuple(sorted(unknown)))


def _upgrade(db: Database, path: Path, steps: Sequence[Step]) -> None:
    """All pending steps in one transaction; while foreign keys are not kept, so that a step may make a table anew."""
    migrations = as_migrations(steps)
    if not migrations.pending(db):
        return
    with immediate(db):  # two at once: the second one waits here and finds nothing left to do
        done = len(migrations.applied(db))
        if not migrations.pending(db):
            return
        with ExitStack() as stack:
            if done:
                stack.enter_context(_kept_before(path, done))
            migrations.apply(db)
            if broken := db.execute("PRAGMA foreign_key_check").fetchone():
                raise LedgerFileError(path, f"a row of {broken[0]} would be left without what it belongs to")


@contextmanager
def _kept_before(path: Path, done: int) -> Iterator[None]:
    """Keep the file as it was before its schema changes; should that fail, the file itself is still what it was."""
    name = f"{path.name}.schema-{done}"
    names = (path.with_name(f"{name}.{number}" if number > 1 else name) for number in count(1))
    copy = next(name for name in names if not name.exists())
    with closing(sqlite3.connect(path)) as reader:  # SQLite copies nothing through a connection that is writing
        copy_ledger(reader, copy)
    try:
        yield
    except BaseException:
        copy.unlink()
        raise
