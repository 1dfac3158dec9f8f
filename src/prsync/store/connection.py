"""The connection to an open ledger: runs every statement, and turns SQLite's errors into LedgerErrors."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from prsync.errors import ConstraintError, LedgerFileError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

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


class Connection:
    """A connection to one ledger, `path`. Each method raises a LedgerFileError where SQLite fails.

    The names of tables and columns that its methods take are the schema's own, never a user's text.
    """

    def __init__(self, sqlite: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self.sqlite = sqlite

    def close(self) -> None:
        """Close the file."""
        self.sqlite.close()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT, each as a dict by column name."""
        with as_ledger_errors(self.path):
            cursor = self.sqlite.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def query_tuples(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a SELECT, for those that are many: a dict of each takes twice as long as reading it."""
        with as_ledger_errors(self.path):
            return self.sqlite.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one transaction: all that it writes is committed at its end, or nothing if it raises.

        Another writer is waited for before the block begins.
        """
        with as_ledger_errors(self.path), immediate_transaction(self.sqlite):
            yield

    def insert(self, table: str, values: Values) -> int:
        """Add a row to a table and return its rowid; ConstraintError if the table's rules do not allow it."""
        columns, places = ", ".join(f'"{column}"' for column in values), ", ".join("?" * len(values))
        statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'  # noqa: S608
        with as_ledger_errors(self.path):
            return int(self.sqlite.execute(statement, tuple(values.values())).lastrowid or 0)

    def update(self, table: str, row_id: int, values: Values) -> None:
        """Change some columns of the row with that id; NotFoundError if it has been removed."""
        columns = ", ".join(f'"{column}" = ?' for column in values)
        changed = self.write(f'UPDATE "{table}" SET {columns} WHERE id = ?', (*values.values(), row_id))  # noqa: S608
        _refuse_none(changed, table, row_id)

    def delete(self, table: str, row_id: int) -> None:
        """Delete a row, and by ON DELETE CASCADE the rows that refer to it; NotFoundError if it is gone already."""
        _refuse_none(self.write(f'DELETE FROM "{table}" WHERE id = ?', (row_id,)), table, row_id)  # noqa: S608

    def write_all(self, sql: str, rows: Iterable[Sequence[object]]) -> int:
        """Run one INSERT or UPDATE for each of `rows`, which are its parameters; how many rows they have changed."""
        with as_ledger_errors(self.path):
            return self.sqlite.executemany(sql, rows).rowcount

    def write(self, sql: str, row: Sequence[object]) -> int:
        """Run one INSERT, UPDATE or DELETE; how many rows it has changed."""
        with as_ledger_errors(self.path):
            return self.sqlite.execute(sql, row).rowcount

    def run(self, statement: str) -> None:
        """Run one statement that has neither parameters nor rows."""
        with as_ledger_errors(self.path):
            self.sqlite.execute(statement)


def _refuse_none(changed: int, table: str, row_id: int) -> None:
    """NotFoundError, with the name of what the table's rows are, where no row was changed."""
    if not changed:
        raise NotFoundError(table.removesuffix("s"), str(row_id), "it has been removed")


@contextmanager
def immediate_transaction(sqlite: sqlite3.Connection) -> Iterator[None]:
    """Run the block between BEGIN IMMEDIATE and COMMIT, or ROLLBACK if it raises."""
    # A plain BEGIN takes the writer's lock only at the first write. Two transactions that have both read by then cannot
    # wait for each other, and SQLite fails one of them at once. IMMEDIATE takes the lock first, and so waits its turn.
    sqlite.execute("BEGIN IMMEDIATE")
    try:
        yield
        sqlite.execute("COMMIT")
    except BaseException:
        # After some errors, a full disk for one, SQLite has rolled back already.
        if sqlite.in_transaction:
            sqlite.execute("ROLLBACK")
        raise
