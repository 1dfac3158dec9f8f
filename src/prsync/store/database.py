"""Opens the ledger's file with the settings that a ledger needs, and brings an older schema up to date.

By default SQLite does not enforce foreign keys, makes files that everybody can read, and begins transactions in a way
that fails instead of waiting for another writer.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

from prsync.errors import LedgerFileError, NewerSchemaError, NotWritableError
from prsync.process.files import make_private_file, make_private_folder
from prsync.store.connection import Connection, as_ledger_errors, immediate_transaction
from prsync.store.file_to_read import opened_to_read
from prsync.store.migrations import STEPS, applied_steps, apply_steps, table_names
from prsync.store.verified_copy import copy_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from prsync.store.migrations import Step

# How long a writer waits for another one: far longer than any transaction of prsync takes.
BUSY_SECONDS: Final = 30.0

_POLL_SECONDS: Final = 0.02


def open_database(path: Path, steps: Sequence[Step] = STEPS) -> Connection:
    """Open the ledger, make it if it is not there, and bring an older schema up to date.

    LedgerFileError where it cannot be opened or is not a ledger, NotWritableError where it cannot be written,
    NewerSchemaError where a later prsync has upgraded it.
    """
    with as_ledger_errors(path), ExitStack() as stack:
        make_private_folder(path.parent)
        make_private_file(path)
        _refuse_what_cannot_be_written(path)
        # Without an isolation level, Python does not begin transactions of its own.
        sqlite = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        stack.enter_context(closing(sqlite))
        # Before anything is written: another program's database must stay as it is.
        _refuse_foreign_file(sqlite, path, steps)
        # A transaction is on the disk before COMMIT returns, so that a deposited day survives a power cut.
        sqlite.execute("PRAGMA synchronous = FULL")
        _switch_to_wal(sqlite, path)
        _upgrade(sqlite, path, steps)
        _enforce_rules(sqlite)
        stack.pop_all()
    return Connection(sqlite, path)


def open_copy(path: Path, steps: Sequence[Step] = STEPS) -> Connection:
    """Open a copy of the ledger in memory, for a dry run. The file is neither changed nor made.

    An older schema is brought up to date in the copy only.
    """
    with as_ledger_errors(path), ExitStack() as stack:
        memory = sqlite3.connect(":memory:", isolation_level=None)
        stack.enter_context(closing(memory))
        with opened_to_read(path, timeout=BUSY_SECONDS) as file:
            file.backup(memory)
        _refuse_foreign_file(memory, path, steps)
        if _pending(memory, steps):
            apply_steps(memory, steps)
        _enforce_rules(memory)
        stack.pop_all()
    return Connection(memory, path)


def _enforce_rules(sqlite: sqlite3.Connection) -> None:
    """Only after the upgrade, which may have to make a table anew that others refer to."""
    sqlite.execute("PRAGMA foreign_keys = ON")
    # A row that is replaced fires the triggers of one that is deleted.
    sqlite.execute("PRAGMA recursive_triggers = ON")


def _pending(sqlite: sqlite3.Connection, steps: Sequence[Step]) -> bool:
    """Whether the schema is older than the last of the steps."""
    applied = applied_steps(sqlite)
    return any(step.__name__ not in applied for step in steps)


def _refuse_what_cannot_be_written(path: Path) -> None:
    """NotWritableError at once: SQLite would tell only at the first write, and some of it as if it were busy."""
    for place in (path, path.parent):  # beside the file are its log and our locks
        if not os.access(place, os.W_OK, effective_ids=True):
            raise NotWritableError(path, place)


def _switch_to_wal(sqlite: sqlite3.Connection, path: Path) -> None:
    """Switch to a write-ahead log: with it, another program that reads the file does not stop prsync from writing."""
    # For this statement SQLite does not wait as it does for others: of two first runs at once, one or both would fail.
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if sqlite.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise LedgerFileError(path, "its file system is none for a database; keep it on a local disk")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _refuse_foreign_file(sqlite: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> None:
    """Raise an error for another program's database, and for a schema that this version does not know."""
    # Asked first: another process may make the tables in between, and its ledger must not look like a foreign file.
    is_empty = not table_names(sqlite)
    applied = applied_steps(sqlite)
    if not (applied or is_empty):
        raise LedgerFileError(path, "it is a database of another program; is --state or PRSYNC_STATE right?")
    if unknown := set(applied) - {step.__name__ for step in steps}:
        raise NewerSchemaError(path, tuple(sorted(unknown)))


def _upgrade(sqlite: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> None:
    """Apply all pending steps in one transaction, and keep a copy of the file as it was before.

    Foreign keys must not be enforced yet, so that a step may make a table anew.
    """
    if not _pending(sqlite, steps):
        return
    # Of two processes at once, the second waits here, and then finds nothing left to do.
    with immediate_transaction(sqlite):
        if not _pending(sqlite, steps):
            return
        with ExitStack() as stack:
            if done := len(applied_steps(sqlite)):
                stack.enter_context(_copied_before_upgrade(path, steps_applied=done))
            apply_steps(sqlite, steps)
            if broken := sqlite.execute("PRAGMA foreign_key_check").fetchone():
                raise LedgerFileError(path, f"a row of {broken[0]} would be left without what it belongs to")


@contextmanager
def _copied_before_upgrade(path: Path, *, steps_applied: int) -> Iterator[None]:
    """Copy the ledger to a file beside it, and run the block; if that raises, the copy is deleted again.

    The copy is for a sysadmin who has to go back to the version before.
    """
    name = f"{path.name}.schema-{steps_applied}"
    names = (path.with_name(f"{name}.{number}" if number > 1 else name) for number in count(1))
    copy = next(name for name in names if not name.exists())
    # Over a second connection: SQLite copies nothing over one that is in a transaction of its own.
    with closing(sqlite3.connect(path)) as reader:
        copy_ledger(reader, copy)
    try:
        yield
    # The upgrade was rolled back, so that the ledger itself is what the copy is.
    except BaseException:
        copy.unlink()
        raise
