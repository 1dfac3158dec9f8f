"""A ledger with all that is in it, to see that nothing of it has changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def everything(ledger: Path) -> list[str]:
    """Every table and every row, as SQL."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())
