"""One open ledger: every statement passes through here, and SQLite's own errors end here."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from prsync.errors import ConstraintError, LedgerFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlite_utils import Database
    from sqlite_utils.db import Table

    Values = Mapping[str, object]

_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long; try again when that has ended",
    sqlite3.SQLITE_FULL: "the disk is full; what was deposited stays, make room and the next run goes on from there",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup, and the next sync collects the days since",
}
"""What the errors that a sysadmin can do something about mean to them."""

_PRIMARY_CODE: Final = 0xFF
"""The part of SQLite's error code that says what went wrong; the rest of it says where in SQLite."""


@contextmanager
def as_ledger_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a LedgerFileError of the ledger `path`."""
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename not in {None, str(path), path} else ""
        raise LedgerFileError(path, place + (error.strerror or str(error))) from error
    except sqlite3.IntegrityError as error:
        raise ConstraintError(path, str(error)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE  # errors of Python's own module have none
        raise LedgerFileError(path, _ADVICE.get(code, str(error))) from error


class Connection:
    """The connection of one process to one ledger. Each method raises a LedgerFileError where SQLite fails."""

    def __init__(self, db: Database, path: Path) -> None:
        self.path = path
        self._db = db

    @property
    def sqlite(self) -> sqlite3.Connection:
        """SQLite's own connection, for a copy of the whole file."""
        return self._db.conn

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT, each as a dict by column name."""
        with as_ledger_errors(self.path):
            return list(self._db.query(sql, parameters))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction that is a writer's from its first statement: it waits for its turn and never half-starts."""
        with as_ledger_errors(self.path), immediate(self._db):
            yield

    def insert(self, table: str, values: Values) -> int:
        """Add a row to a table; its rowid. A ConstraintError where the table's rules do not allow it."""
        with as_ledger_errors(self.path):
            self._table(table).insert(dict(values))
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0])

    def update(self, table: str, row_id: int, values: Values) -> None:
        """Change some columns of the row with that id."""
        with as_ledger_errors(self.path):
            self._table(table).update(row_id, dict(values))

    def delete(self, table: str, row_id: int) -> None:
        """Remove the row with that id, and with it whatever belongs to it."""
        with as_ledger_errors(self.path):
            self._table(table).delete(row_id)

    def write_all(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one writing statement for each of `rows`."""
        with as_ledger_errors(self.path):
            self._db.conn.executemany(sql, rows)

    def _table(self, name: str) -> Table:
        return cast("Table", self._db[name])


@contextmanager
def immediate(db: Database) -> Iterator[None]:
    """BEGIN IMMEDIATE: SQLite's own default would let two writers begin and then fail one of them at once."""
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
