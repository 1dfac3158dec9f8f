"""The table of runs: a row for each `sync`, `certify` and `deliver`, for `run list`, `health` and support."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prsync.core.utc import utc_text
from prsync.errors import NotFoundError
from prsync.store.records import Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from prsync.store.connection import Connection


class RunTable:
    """The table `runs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, command: str, now: datetime) -> int:
        """Record that a run begins, and return its id."""
        # Written at the beginning, so that a run that is killed leaves a row without an end.
        with self._connection.transaction():
            return self._connection.insert("runs", {"command": command, "started_at": utc_text(now)})

    def finish(self, run_id: int, outcome: str, summary: Mapping[str, object], now: datetime) -> None:
        """Record how a run ended; `summary` is kept as JSON."""
        values = {"finished_at": utc_text(now), "outcome": outcome, "summary": json.dumps(summary)}
        with self._connection.transaction():
            self._connection.update("runs", run_id, values)

    def get(self, run_id: int) -> Run:
        """The run of that id; NotFoundError if there is none."""
        for row in self._connection.query("SELECT * FROM runs WHERE id = ?", [run_id]):
            return Run.from_row(row)
        raise NotFoundError("run", str(run_id), "prsync run list shows the last ones")

    def unfinished(self) -> list[Run]:
        """The runs that have not written an end: those that are running, and those that were killed."""
        return [Run.from_row(row) for row in self._connection.query("SELECT * FROM runs WHERE finished_at IS NULL")]

    def last_of(self, command: str) -> Run | None:
        """The latest run of a command; None if there was none."""
        rows = self._connection.query("SELECT * FROM runs WHERE command = ? ORDER BY id DESC LIMIT 1", [command])
        return next(map(Run.from_row, rows), None)

    def last_ended(self, command: str) -> Run | None:
        """The latest run of a command that has written its end; None if there was none."""
        last = "SELECT * FROM runs WHERE command = ? AND finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
        rows = self._connection.query(last, [command])
        return next(map(Run.from_row, rows), None)

    def last(self, number: int) -> list[Run]:
        """The latest runs, latest first, at most `number`."""
        return [
            Run.from_row(row) for row in self._connection.query("SELECT * FROM runs ORDER BY id DESC LIMIT ?", [number])
        ]
