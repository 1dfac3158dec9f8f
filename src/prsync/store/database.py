"""Opening the file, and how a transaction begins.

sqlite-utils' and SQLite's defaults are not a ledger's: foreign keys are off, a file is born 0644, BEGIN is deferred
(two writers then fail at once instead of waiting), plugins load. All of it is set here.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from sqlite_utils import Database

from prsync.errors import LedgerFileError, NewerSchemaError
from prsync.files import make_private_file, make_private_folder
from prsync.store.backup import copy_ledger
from prsync.store.migrations import MIGRATION_NAMES, migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUSY_SECONDS: Final = 30.0
"""How long a writer waits for another one: far longer than any transaction of prsync's takes."""


def open_database(path: Path, *, read_only: bool = False) -> Database:
    """Open the ledger, make it if it is not there, and bring an older schema up to date.

    WAL with synchronous=FULL: a committed day survives a power cut, an uncommitted one leaves no trace, and another
    program's long read never stops a write.
    """
    try:
        make_private_folder(path.parent)
        make_private_file(path)
        return _opened(path, read_only=read_only)
    except OSError as error:
        raise LedgerFileError(path, error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise LedgerFileError(path, str(error)) from error


def _opened(path: Path, *, read_only: bool) -> Database:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")
    db = Database(connection, execute_plugins=False, strict=True)
    _migrate(db, path)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return db


def _migrate(db: Database, path: Path) -> None:
    unknown = tuple(applied.name for applied in migrations.applied(db) if applied.name not in MIGRATION_NAMES)
    if unknown:
        raise NewerSchemaError(path, unknown)
    if not migrations.pending(db):
        return
    if migrations.applied(db):
        _keep_copy(db.conn, path, len(migrations.applied(db)))
    with immediate(db):  # two first runs at once: the second one waits here and finds nothing left to do
        migrations.apply(db)


def _keep_copy(connection: sqlite3.Connection, path: Path, step: int) -> None:
    """Keep the file as it was before its schema changes, once for each schema."""
    copy = path.with_name(f"{path.name}.schema-{step}")
    if not copy.exists():
        copy_ledger(connection, copy)


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """One transaction that is a writer's from its first statement: it waits for its turn and never half-starts."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    db.conn.execute("COMMIT")


def utc_text(moment: datetime) -> str:
    """An instant as the ledger writes it: UTC, ISO 8601, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant(written: str | None) -> datetime | None:
    """An instant as the ledger wrote it."""
    return None if written is None else datetime.fromisoformat(written)


def day(written: str) -> date:
    """A day as the ledger wrote it."""
    return date.fromisoformat(written)
