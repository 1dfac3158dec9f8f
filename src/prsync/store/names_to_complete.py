"""The names in a ledger, for completion in a shell: read without anything that is slow to load, and without waiting."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path


def names_in(path: Path, table: Literal["feeds", "servers"]) -> list[str]:
    """The names in one of the tables, sorted; none where the ledger cannot be read just now."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.05)) as connection:
            return [str(row[0]) for row in connection.execute(f"SELECT name FROM {table} ORDER BY name")]  # noqa: S608
    except (sqlite3.Error, OSError):
        return []
