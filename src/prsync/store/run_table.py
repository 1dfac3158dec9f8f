"""What the last nights were like: a row for each run that changes something."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from prsync.store.database import immediate, utc_text
from prsync.store.records import Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlite_utils import Database
    from sqlite_utils.db import Table


class Runs:
    """The table `runs`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._table = cast("Table", db["runs"])

    def start(self, command: str, now: datetime) -> int:
        """Note that a run begins; its id. One that never finishes was killed."""
        with immediate(self._db):
            self._table.insert({"command": command, "started_at": utc_text(now)})
            return int(self._db.execute("SELECT last_insert_rowid()").fetchone()[0])

    def finish(self, run_id: int, outcome: str, summary: Mapping[str, object], now: datetime) -> None:
        """Note how it ended."""
        with immediate(self._db):
            values = {"finished_at": utc_text(now), "outcome": outcome, "summary": json.dumps(summary)}
            self._table.update(run_id, values)

    def last_of(self, command: str) -> Run | None:
        """The newest run of a command."""
        rows = self._table.rows_where("command = ?", [command], order_by="id desc", limit=1)
        return next((Run.of(row) for row in rows), None)

    def last(self, number: int) -> list[Run]:
        """The newest runs, newest first."""
        return [Run.of(row) for row in self._table.rows_where(order_by="id desc", limit=number)]
