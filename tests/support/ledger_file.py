"""The ledger's file as any SQLite tool sees it: with a connection that knows nothing of prsync."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def rows(ledger: Path, sql: str, *parameters: object) -> list[dict[str, Any]]:
    """The rows of a query."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, parameters)]


def deposits(ledger: Path, feed: str) -> dict[str, int]:
    """A feed's pages by day."""
    found = rows(
        ledger,
        "SELECT date, pages FROM deposits JOIN feeds ON feeds.id = feed_id WHERE feeds.name = ? ORDER BY date",
        feed,
    )
    return {row["date"]: row["pages"] for row in found}


def devices(ledger: Path, feed: str) -> dict[str, tuple[bool | None, int, int, int]]:
    """A feed's device rows: managed, InitialCount, LatestCount and LifeCount by device id."""
    found = rows(
        ledger,
        "SELECT devices.* FROM devices JOIN feeds ON feeds.id = feed_id WHERE feeds.name = ? ORDER BY device_id",
        feed,
    )
    return {
        row["device_id"]: (
            None if row["managed"] is None else bool(row["managed"]),
            row["initial_count"],
            row["latest_count"],
            row["life_count"],
        )
        for row in found
    }


def sums(ledger: Path) -> dict[str, tuple[int, int]]:
    """By feed: the sum of its deposits and the sum of its devices' LifeCount."""
    found = rows(
        ledger,
        """
        SELECT name,
               (SELECT coalesce(sum(pages), 0) FROM deposits WHERE feed_id = feeds.id) AS pages,
               (SELECT coalesce(sum(life_count), 0) FROM devices WHERE feed_id = feeds.id) AS life
          FROM feeds ORDER BY name
        """,
    )
    return {row["name"]: (row["pages"], row["life"]) for row in found}
