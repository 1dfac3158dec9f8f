"""The table of runs: a row for each `sync`, `certify` and `deliver`, for `run list`, `health` and support."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from prsync.core.utc import utc_text
from prsync.errors import NotFoundError
from prsync.store.columns import LARGEST_INTEGER
from prsync.store.records import Run, RunOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from prsync.store.connection import Connection


_LONG = """
    SELECT id, summary FROM runs
    WHERE finished_at < ?
        AND (json_type(summary, '$.feeds') = 'array' OR json_type(summary, '$.certificates') = 'array')
"""


def _shortened(summary: dict[str, Any]) -> dict[str, object]:
    """A run's summary without its lists; of feeds and certificates how often each outcome came: `feeds_by_outcome`."""
    kept = {key: value for key, value in summary.items() if not isinstance(value, list)}
    for key in ("feeds", "certificates"):
        if isinstance(summary.get(key), list):
            kept[f"{key}_by_outcome"] = dict(Counter(one["outcome"] for one in summary[key]))
    return kept


class RunTable:
    """The table `runs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(self, command: str, now: datetime) -> int:
        """Record that a run begins, and return its id."""
        # Written at the beginning, so that a run that is killed leaves a row without an end.
        with self._connection.transaction():
            return self._connection.insert("runs", {"command": command, "started_at": utc_text(now)})

    def finish(self, run_id: int, outcome: RunOutcome, summary: Mapping[str, object], now: datetime) -> None:
        """Record how a run ended; `summary` is kept as JSON."""
        values = {"finished_at": utc_text(now), "outcome": outcome, "summary": json.dumps(summary)}
        with self._connection.transaction():
            self._connection.update("runs", run_id, values)

    def shorten(self, before: datetime) -> None:
        """Keep of the runs before that instant how many feeds and months they were about, and not each of them."""
        rows = self._connection.query(_LONG, [utc_text(before)])
        if rows:
            with self._connection.transaction():
                self._connection.write_all(
                    "UPDATE runs SET summary = ? WHERE id = ?",
                    [(json.dumps(_shortened(json.loads(row["summary"]))), row["id"]) for row in rows],
                )

    def get(self, run_id: int) -> Run:
        """The run of that id; NotFoundError if there is none."""
        for row in self._connection.query("SELECT * FROM runs WHERE id = ?", [run_id]):
            return Run.from_row(row)
        raise NotFoundError("run", str(run_id), "prsync run list shows the last ones")

    def unfinished(self) -> list[Run]:
        """The runs that have not written an end: those that are running, and those that were killed."""
        return [Run.from_row(row) for row in self._connection.query("SELECT * FROM runs WHERE finished_at IS NULL")]

    def last_of(self, command: str, now: datetime) -> Run | None:
        """The latest run of a command that was not kept from it by another run; None if there was none.

        Not one that began later than `now`: the clock was ahead then, and nobody knows when it was.
        """
        last = (
            "SELECT * FROM runs WHERE command = ? AND started_at <= ? AND outcome IS NOT 'locked'"
            " ORDER BY id DESC LIMIT 1"
        )
        rows = self._connection.query(last, [command, utc_text(now)])
        return next(map(Run.from_row, rows), None)

    def last_ended(self, command: str) -> Run | None:
        """The latest run of a command that has written its end, as above; None if there was none."""
        last = (
            "SELECT * FROM runs WHERE command = ? AND finished_at IS NOT NULL AND outcome <> 'locked'"
            " ORDER BY id DESC LIMIT 1"
        )
        rows = self._connection.query(last, [command])
        return next(map(Run.from_row, rows), None)

    def last(self, number: int, command: str | None = None) -> list[Run]:
        """The latest runs, of one command or of all, latest first, at most `number`."""
        return [
            Run.from_row(row)
            for row in self._connection.query(
                "SELECT * FROM runs WHERE command = coalesce(?, command) ORDER BY id DESC LIMIT ?",
                [command, min(number, LARGEST_INTEGER)],
            )
        ]
