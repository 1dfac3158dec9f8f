"""The connection to an open ledger: runs every statement, and turns SQLite's errors into LedgerErrors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from sqlite_utils.db import NotFoundError as NoSuchRowError

from prsync.errors import ConstraintError, LedgerFileError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlite_utils import Database
    from sqlite_utils.db import Table

    Values = Mapping[str, object]

# What to do about the errors that a sysadmin can do something about; all others keep SQLite's own words.
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long; try again when that has ended",
    sqlite3.SQLITE_FULL: "the disk is full; what was deposited stays, make room and the next run goes on from there",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup, and the next sync collects the days since",
}

# The low byte of SQLite's error code says what went wrong, the others say more exactly where in SQLite.
_PRIMARY_CODE_MASK: Final = 0xFF


@contextmanager
def as_ledger_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into a LedgerFileError or a ConstraintError of the ledger `path`."""
    try:
        yield
    except OSError as error:
        # The error names the ledger already; another file, such as its folder, has to be named.
        place = f"{error.filename}: " if error.filename not in {None, str(path), path} else ""
        raise LedgerFileError(path, place + (error.strerror or str(error))) from error
    except sqlite3.IntegrityError as error:
        raise ConstraintError(path, str(error)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE_MASK  # errors of Python's own module have none
        raise LedgerFileError(path, _ADVICE.get(code, str(error))) from error


@contextmanager
def _as_not_found(table: str, row_id: int) -> Iterator[None]:
    """Turn what sqlite-utils raises where a row is gone into a NotFoundError, called as the table's rows are."""
    try:
        yield
    except NoSuchRowError:
        raise NotFoundError(table.removesuffix("s"), str(row_id), "it has been removed") from None


class Connection:
    """A connection to one ledger, `path`. Each method raises a LedgerFileError where SQLite fails."""

    def __init__(self, db: Database, path: Path) -> None:
        self.path = path
        self._db = db

    @property
    def sqlite(self) -> sqlite3.Connection:
        """The underlying connection of Python's sqlite3, for copying the whole file."""
        return self._db.conn

    def close(self) -> None:
        """Close the file."""
        self._db.conn.close()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT, each as a dict by column name."""
        # In plain SQL: sqlite-utils would set a savepoint around each of a night's thousands of questions.
        with as_ledger_errors(self.path):
            cursor = self._db.conn.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one transaction: all that it writes is committed at its end, or nothing if it raises.

        Another writer is waited for before the block begins.
        """
        with as_ledger_errors(self.path), immediate_transaction(self._db):
            yield

    def insert(self, table: str, values: Values) -> int:
        """Add a row to a table and return its rowid; ConstraintError if the table's rules do not allow it."""
        with as_ledger_errors(self.path):
            self._table(table).insert(dict(values))
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0])

    def update(self, table: str, row_id: int, values: Values) -> None:
        """Change some columns of the row with that id; NotFoundError if it has been removed."""
        # In plain SQL: sqlite-utils would read the table's schema anew for each of a night's thousands of changes.
        columns = ", ".join(f'"{column}" = ?' for column in values)
        statement = f'UPDATE "{table}" SET {columns} WHERE id = ?'  # noqa: S608  our own names
        with as_ledger_errors(self.path), _as_not_found(table, row_id):
            if self._db.conn.execute(statement, (*values.values(), row_id)).rowcount == 0:
                raise NoSuchRowError

    def delete(self, table: str, row_id: int) -> None:
        """Delete a row, and by ON DELETE CASCADE the rows that refer to it; NotFoundError if it is gone already."""
        with as_ledger_errors(self.path), _as_not_found(table, row_id):
            self._table(table).delete(row_id)

    def write_all(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one INSERT or UPDATE for each of `rows`, which are its parameters."""
        with as_ledger_errors(self.path):
            self._db.conn.executemany(sql, rows)

    def write(self, sql: str, row: Sequence[object]) -> int:
        """Run one INSERT or UPDATE; how many rows it has changed."""
        with as_ledger_errors(self.path):
            return self._db.conn.execute(sql, row).rowcount

    def run(self, statement: str) -> None:
        """Run one statement that has neither parameters nor rows."""
        with as_ledger_errors(self.path):
            self._db.conn.execute(statement)

    def _table(self, name: str) -> Table:
        return cast("Table", self._db[name])


@contextmanager
def immediate_transaction(db: Database) -> Iterator[None]:
    """Run the block between BEGIN IMMEDIATE and COMMIT, or ROLLBACK if it raises."""
    # A plain BEGIN takes the writer's lock only at the first write. Two transactions that have both read by then cannot
    # wait for each other, and SQLite fails one of them at once. IMMEDIATE takes the lock first, and so waits its turn.
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        # After some errors, a full disk for one, SQLite has rolled back already.
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
